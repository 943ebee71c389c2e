# SPDX-License-Identifier: Apache-2.0
"""The peers of `./dev bench kernels`: reads "THREADS NAME" lines, runs that once, writes its
seconds and the bytes that its resident set grew by.

Arrays are of the size the benchmark uses, resident before anything is timed; results go to memory
that is used again (out=), except where the name says otherwise. "-" means: not installed.
"""
import importlib
import os
import sys
import time
import zlib


def load(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


np = load("numpy")
if np is None:
    sys.exit(0)
ne = load("numexpr")
torch = load("torch")
da = load("dask.array")
dask = load("dask")

side = int(sys.argv[1])
path = sys.argv[2] if len(sys.argv) > 2 else ""
rng = np.random.Generator(np.random.SFC64(7))
a = rng.random((side, side))
b = np.full((side, side), 1.25)
c = np.zeros((side, side))
t = np.zeros((side, side))


def as_type(array, dtype):
    return array.view(dtype).reshape(-1)[: side * side].reshape(side, side)


# Values of their own: what a float64's halves are as float32 is nobody's data.
a32, c32 = rng.random((side, side), dtype=np.float32), as_type(c, np.float32)
a16, c16 = a32.astype(np.float16), as_type(c, np.float16)


def tensors():
    made = {k: torch.from_numpy(v) for k, v in
            dict(a=a, b=b, c=c, a32=a32, c32=c32, a16=a16, c16=c16).items()}
    for name in "a16", "c16":
        made[name.replace("16", "bf16")] = made[name].view(torch.bfloat16)
    return made


T = tensors() if torch else {}


def sqrt_chunks():
    step = max(1, side // 10)
    for r in range(0, side, step):
        c[r:r + step] = np.sqrt(a[r:r + step])


def scale():
    np.multiply(a, 1.1, out=c)
    np.add(c, 0.3, out=c)


def stencil():
    o = c[1:-1, 1:-1]
    u = t[1:-1, 1:-1]
    np.add(a[:-2, 1:-1], a[2:, 1:-1], out=o)
    np.add(a[1:-1, :-2], a[1:-1, 2:], out=u)
    np.add(o, u, out=o)
    np.multiply(o, 0.125, out=o)
    np.multiply(a[1:-1, 1:-1], 0.5, out=u)
    np.add(o, u, out=o)


def stencil_numexpr():
    ne.evaluate("0.5*m + 0.125*((n + s) + (w + e))",
                local_dict=dict(m=a[1:-1, 1:-1], n=a[:-2, 1:-1], s=a[2:, 1:-1],
                                w=a[1:-1, :-2], e=a[1:-1, 2:]), out=c[1:-1, 1:-1])


def stencil_9_numexpr():
    ne.evaluate("0.5*m + 0.1*((n + s) + (w + e)) + 0.025*((nw + ne_) + (sw + se))",
                local_dict=dict(m=a[1:-1, 1:-1], n=a[:-2, 1:-1], s=a[2:, 1:-1],
                                w=a[1:-1, :-2], e=a[1:-1, 2:], nw=a[:-2, :-2], ne_=a[:-2, 2:],
                                sw=a[2:, :-2], se=a[2:, 2:]), out=c[1:-1, 1:-1])


def box():
    """Columns first, then neighbours, as ours does."""
    u = t[1:-1]
    o = c[1:-1, 1:-1]
    np.add(a[:-2], a[1:-1], out=u)
    np.add(u, a[2:], out=u)
    np.add(u[:, :-2], u[:, 1:-1], out=o)
    np.add(o, u[:, 2:], out=o)
    np.multiply(o, 1 / 9, out=o)


def three():
    return a.sum(), a.min(), a.max()


def file_memmap():
    return np.memmap(path, dtype=np.float64, mode="r").sum()


def forget_cached():
    """The file's pages leave the page cache, so that the next read comes from the disk."""
    file = os.open(path, os.O_RDONLY)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)


def peak_resident():
    with open("/proc/self/status") as status:
        return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:")), 0)


def reset_peak_resident():
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def dask_chunks():
    return da.from_array(a, chunks=(max(1, side // 10), side), name=False)


# Name: what it needs, what is timed, and what is done before that.
JOBS = {
    "numpy sqrt chunks": (np, sqrt_chunks),
    "dask sqrt chunks": (da, lambda: da.store(da.sqrt(dask_chunks()), c, lock=False)),
    "numpy sqrt out=": (np, lambda: np.sqrt(a, out=c)),
    "torch sqrt out=": (torch, lambda: torch.sqrt(T["a"], out=T["c"])),
    "numpy sqrt f32 out=": (np, lambda: np.sqrt(a32, out=c32)),
    "torch sqrt f32 out=": (torch, lambda: torch.sqrt(T["a32"], out=T["c32"])),
    "numpy a*x+b": (np, scale),
    "numexpr a*x+b": (ne, lambda: ne.evaluate("1.1*a + 0.3", out=c)),
    "numexpr x+a*y": (ne, lambda: ne.evaluate("a + 1.1*b", out=c)),
    "torch x+a*y": (torch, lambda: torch.add(T["a"], T["b"], alpha=1.1, out=T["c"])),
    "numpy f32->f16": (np, lambda: np.copyto(c16, a32, casting="unsafe")),
    "torch f32->f16": (torch, lambda: T["c16"].copy_(T["a32"])),
    "numpy f16->f32": (np, lambda: np.copyto(c32, a16)),
    "torch f16->f32": (torch, lambda: T["c32"].copy_(T["a16"])),
    "torch f32->bf16": (torch, lambda: T["cbf16"].copy_(T["a32"])),
    "torch bf16->f32": (torch, lambda: T["c32"].copy_(T["abf16"])),
    "numpy fill": (np, lambda: c.fill(1.5)),
    "torch fill": (torch, lambda: T["c"].fill_(1.5)),
    "numpy SFC64": (np, lambda: rng.random(out=c)),
    "numpy stencil out=": (np, stencil),
    "numexpr stencil": (ne, stencil_numexpr),
    "numexpr 9-point stencil": (ne, stencil_9_numexpr),
    "numpy box out=": (np, box),
    "numpy copyto T": (np, lambda: np.copyto(c, a.T)),
    "torch T": (torch, lambda: T["c"].copy_(T["a"].t())),
    "numpy sum": (np, lambda: a.sum()),
    "torch sum": (torch, lambda: T["a"].sum()),
    "dask sum": (da, lambda: dask_chunks().sum().compute()),
    "numpy sum,min,max": (np, three),
    "numpy dot f32": (np, lambda: np.dot(a32.reshape(-1), a32.reshape(-1))),
    "zlib crc32": (np, lambda: zlib.crc32(a)),
    "numpy memmap sum": (np if path else None, file_memmap),
    "numpy memmap sum, cold": (np if path else None, file_memmap, forget_cached),
}


def versions():
    names = dict(numpy=np, numexpr=ne, torch=torch, dask=dask)
    return " ".join(f"{k} {m.__version__}" if m else f"{k} absent" for k, m in names.items())


for line in sys.stdin:
    line = line.rstrip("\n")
    if line == "versions":
        print(versions(), flush=True)
        continue
    threads, name = line.split(" ", 1)
    module, job, *before = JOBS.get(name, (None, None))
    if module is None:
        print("-", flush=True)
        continue
    if torch:
        torch.set_num_threads(int(threads))
    if ne:
        ne.set_num_threads(int(threads))
    if dask:
        dask.config.set(scheduler="threads", num_workers=int(threads))
    for prepare in before:
        prepare()
    reset_peak_resident()
    before = peak_resident()
    start = time.perf_counter()
    job()
    seconds = time.perf_counter() - start
    print(seconds, max(0, peak_resident() - before), flush=True)
