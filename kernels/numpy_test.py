# SPDX-License-Identifier: Apache-2.0
"""The other side of numpy_test.cc: `make DIR` writes arrays, `check DIR` compares what came back.

Bit for bit, but for sums (within the bound that kernels/reduction.h states) and NaN payloads.
"""
import sys

import numpy as np

ROWS, COLS = 300, 701


def inputs():
    rng = np.random.Generator(np.random.SFC64(1))
    values = {}
    for name in ("float64", "float32", "float16"):
        x = (rng.random((ROWS, COLS)) * 1000).astype(name)
        x[0, :8] = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-7, 65504, -1]
        x[1] = np.ldexp(1.0, rng.integers(-24, 15, COLS))
        values[name] = x
    values["int32"] = rng.integers(-2**31, 2**31, (ROWS, COLS), dtype=np.int32)
    values["uint8"] = rng.integers(0, 256, (ROWS, COLS), dtype=np.uint8)
    return values


def same(got, expected, what):
    if got.dtype != expected.dtype or got.shape != expected.shape:
        sys.exit(f"{what}: {got.dtype} {got.shape} instead of {expected.dtype} {expected.shape}")
    equal = got.view(np.uint8) == expected.view(np.uint8)
    equal = equal.reshape(got.shape + (-1,)).all(axis=-1)
    if got.dtype.kind == "f":
        equal |= np.isnan(got) & np.isnan(expected)
    if not equal.all():
        r, c = np.argwhere(~equal)[0]
        sys.exit(f"{what}: {(~equal).sum()} differ, the first at {r},{c}: "
                 f"{got[r, c]!r} instead of {expected[r, c]!r}")


def check(folder):
    np.seterr(all="ignore")
    x = inputs()
    for name, array in x.items():
        same(np.load(f"{folder}/copy_{name}.npy"), array, f"copy of {name}")
    for name in ("float64", "float32", "float16"):
        same(np.load(f"{folder}/sqrt_{name}.npy"), np.sqrt(x[name]), f"sqrt of {name}")
    for name in ("float64", "float32"):
        a, b = x[name].dtype.type(1.1), x[name].dtype.type(0.3)
        same(np.load(f"{folder}/scale_{name}.npy"), a * x[name] + b, f"a*x+b of {name}")
    same(np.load(f"{folder}/narrow.npy"), x["float32"].astype(np.float16), "float32 to float16")
    same(np.load(f"{folder}/wide.npy"), x["float16"].astype(np.float32), "float16 to float32")
    p = np.pad(x["float64"], 1, mode="edge")
    stencil = 0.5 * p[1:-1, 1:-1] + 0.125 * ((p[:-2, 1:-1] + p[2:, 1:-1])
                                             + (p[1:-1, :-2] + p[1:-1, 2:]))
    same(np.load(f"{folder}/stencil.npy"), stencil, "5-point stencil")
    same(np.load(f"{folder}/transpose.npy"), np.ascontiguousarray(x["float64"].T), "transpose")
    finite = x["float64"][1:]
    got = np.loadtxt(f"{folder}/sums.txt")
    bound = (12 + 10) * 2.0**-53 * np.abs(finite).sum()
    exact = float(np.sum(finite.astype(np.longdouble)))
    if not abs(got[0] - exact) <= bound:
        sys.exit(f"sum: {got[0]!r} instead of {exact!r}, which is off by more than {bound!r}")
    if got[1] != finite.min() or got[2] != finite.max():
        sys.exit(f"extremes: {got[1]!r} {got[2]!r} instead of {finite.min()!r} {finite.max()!r}")


if sys.argv[1] == "make":
    for key, value in inputs().items():
        np.save(f"{sys.argv[2]}/{key}.npy", value)
else:
    check(sys.argv[2])
