# SPDX-License-Identifier: Apache-2.0
"""The other side of numpy_test.cc: `make DIR` writes arrays, `check DIR` compares what came back.

Bit for bit, but for sums (within the bound that kernels/reduction.h states) and NaN payloads.
"""
import sys

import numpy as np

ROWS, COLS = 300, 701
FLOATS = ("float64", "float32", "float16")
PAD = {"clamp": {"mode": "edge"}, "reflect": {"mode": "reflect"}, "wrap": {"mode": "wrap"},
       "constant": {"mode": "constant", "constant_values": 0.25}}


def inputs():
    rng = np.random.Generator(np.random.SFC64(1))
    values = {}
    for name in FLOATS:
        for suffix in ("", "_y"):
            x = (rng.random((ROWS, COLS)) * 1000).astype(name)
            x[0, :8] = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-7, 65504, -1]
            x[1] = np.ldexp(1.0, rng.integers(-24, 8, COLS))
            values[name + suffix] = x
    for suffix in ("", "_y"):
        values["int32" + suffix] = rng.integers(-2**31, 2**31, (ROWS, COLS), dtype=np.int32)
    values["uint8"] = rng.integers(0, 256, (ROWS, COLS), dtype=np.uint8)
    values["line"] = rng.random(5000)
    values["cube"] = rng.random((7, 11, 300))
    return values


def same(got, expected, what):
    if got.dtype != expected.dtype or got.shape != expected.shape:
        sys.exit(f"{what}: {got.dtype} {got.shape} instead of {expected.dtype} {expected.shape}")
    equal = got.view(np.uint8) == expected.view(np.uint8)
    equal = equal.reshape(got.shape + (-1,)).all(axis=-1)
    if got.dtype.kind == "f":
        equal |= np.isnan(got) & np.isnan(expected)
    if not equal.all():
        at = tuple(np.argwhere(~equal)[0])
        sys.exit(f"{what}: {(~equal).sum()} differ, the first at {at}: "
                 f"{got[at]!r} instead of {expected[at]!r}")


def five(p, centre, side):
    inner = p[1:-1, 1:-1]
    return centre * inner + side * ((p[:-2, 1:-1] + p[2:, 1:-1]) + (p[1:-1, :-2] + p[1:-1, 2:]))


def nine(p, centre, side, corner):
    return five(p, centre, side) + corner * ((p[:-2, :-2] + p[:-2, 2:]) + (p[2:, :-2] + p[2:, 2:]))


def blur(p, radius):
    width = 2 * radius + 1
    rows, cols = p.shape[0] - 2 * radius, p.shape[1] - 2 * radius
    columns = np.zeros((rows, p.shape[1]), p.dtype)
    for k in range(width):
        columns = columns + p[k:k + rows]
    total = np.zeros((rows, cols), p.dtype)
    for k in range(width):
        total = total + columns[:, k:k + cols]
    return total * p.dtype.type(1.0 / (width * width))


def in_float32(x, operation):
    """float16 is computed on in float32 and rounded once."""
    if x.dtype != np.float16:
        return operation(lambda a: a, x.dtype.type)
    return operation(lambda a: a.astype(np.float32), np.float32).astype(np.float16)


def check_elementwise(folder, x):
    load = lambda name: np.load(f"{folder}/{name}.npy")
    for name in FLOATS + ("int32", "uint8"):
        same(load(f"copy_{name}"), x[name], f"copy of {name}")
        same(load(f"fill_{name}"), np.full((ROWS, COLS), 117, name), f"fill of {name}")
        same(load(f"transpose_{name}"), np.ascontiguousarray(x[name].T), f"transpose of {name}")
    for name in FLOATS + ("int32",):
        y = x[f"{name}_y"]
        same(load(f"triad_{name}"), in_float32(x[name], lambda f, t: f(x[name]) + t(3) * f(y)),
             f"triad of {name}")
    for name in FLOATS:
        same(load(f"sqrt_{name}"), np.sqrt(x[name]), f"sqrt of {name}")
        same(load(f"scale_{name}"),
             in_float32(x[name], lambda f, t: t(1.1) * f(x[name]) + t(0.3)), f"a*x+b of {name}")
    same(load("scale_int32"), np.int32(3) * x["int32"] + np.int32(-5), "a*x+b of int32")
    same(load("narrow"), x["float32"].astype(np.float16), "float32 to float16")
    same(load("wide"), x["float16"].astype(np.float32), "float16 to float32")
    same(load("sqrt_line"), np.sqrt(x["line"]), "one dimension")
    same(load("sqrt_cube"), np.sqrt(x["cube"]), "three dimensions")
    f = np.float32
    same(load("chain"), np.sqrt(f(2) * x["float32"] + f(0.5)).astype(np.float16), "a chain")
    same(load("near_chain"), f(2) * blur(np.pad(x["float32"], 2, mode="reflect"), 2) + f(0.5),
         "a chain that begins with neighbours")


def check_neighbours(folder, x):
    for name in ("float64", "float32"):
        t = np.dtype(name).type
        for word, padding in PAD.items():
            ends = f"{name}_{word}"
            p = np.pad(x[name], 1, **padding)
            same(np.load(f"{folder}/five_{ends}.npy"), five(p, t(0.5), t(0.125)), f"five {ends}")
            same(np.load(f"{folder}/nine_{ends}.npy"), nine(p, t(0.4), t(0.1), t(0.05)),
                 f"nine {ends}")
            same(np.load(f"{folder}/blur_{ends}.npy"), blur(np.pad(x[name], 5, **padding), 5),
                 f"blur {ends}")


def check_sums(folder, x):
    levels = 12 + int(np.ceil(np.log2((ROWS - 1) * 3)))  # reduction.h: 12 + ceil(log2 units)
    for line in open(f"{folder}/sums.txt"):
        name, what, total, integer, least, most = line.split()
        finite = x[name][1:]
        terms = finite.astype(np.longdouble)
        if what == "squares":
            terms = terms * terms
        exact = np.sum(terms)
        rounded = 1 if what == "squares" and name in ("float64", "int32") else 0
        bound = (levels + rounded) * 2.0**-53 * float(np.sum(np.abs(terms)))
        if not abs(float(np.longdouble(total) - exact)) <= bound:
            sys.exit(f"{what} of {name}: {total} instead of {exact!r}, off by more than {bound!r}")
        if name in ("int32", "uint8") and what != "squares" and int(integer) != int(
                finite.sum(dtype=np.int64)):
            sys.exit(f"{what} of {name}: {integer} instead of {finite.sum(dtype=np.int64)}")
        if what == "summary" and (float(least), float(most)) != (finite.min(), finite.max()):
            sys.exit(f"{what} of {name}: {least} {most} instead of {finite.min()} {finite.max()}")


def check(folder):
    np.seterr(all="ignore")
    x = inputs()
    check_elementwise(folder, x)
    check_neighbours(folder, x)
    check_sums(folder, x)


if sys.argv[1] == "make":
    for key, value in inputs().items():
        np.save(f"{sys.argv[2]}/{key}.npy", value)
else:
    check(sys.argv[2])
