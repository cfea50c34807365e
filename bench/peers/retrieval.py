#!/usr/bin/env python3
"""Exact retrieval figures of N images and M texts: a blocked NumPy version and ours, in turns, in one run.

    retrieval.py BENCH_PROGRAM [--images 50000] [--texts 250000] [--width 512] [--rounds 1] [--threads 2]

Text j belongs to image j mod N. NumPy multiplies block by block once, and counts for both directions what scores more
and what scores the same (so that ties can be told), as ours does; mean average precision is left out there, which
spares it work.
"""
import argparse, json, os, resource, subprocess, sys, tempfile, time

p = argparse.ArgumentParser()
p.add_argument("program")
p.add_argument("--images", type=int, default=50000)
p.add_argument("--texts", type=int, default=250000)
p.add_argument("--width", type=int, default=512)
p.add_argument("--rounds", type=int, default=1)
p.add_argument("--threads", type=int, default=2)
p.add_argument("--noise", type=float, default=6, help="of a text around its image: how hard the task is")
a = p.parse_args()
os.environ["OPENBLAS_NUM_THREADS"] = str(a.threads)
import numpy as np


def make(folder):
    rng = np.random.default_rng(0)
    images = rng.standard_normal((a.images, a.width), dtype=np.float32)
    images /= np.linalg.norm(images, axis=1, keepdims=True)
    np.save(f"{folder}/images.npy", images)
    texts = np.lib.format.open_memmap(f"{folder}/texts.npy", "w+", np.float32, (a.texts, a.width))
    for first in range(0, a.texts, 10000):
        rows = np.arange(first, min(a.texts, first + 10000))
        t = images[rows % a.images] + a.noise * rng.standard_normal((len(rows), a.width), dtype=np.float32) / a.width ** 0.5
        texts[rows] = t / np.linalg.norm(t, axis=1, keepdims=True)
    texts.flush()


def numpy_version(folder, block=2048):
    images, texts = np.load(f"{folder}/images.npy", mmap_mode="r"), np.load(f"{folder}/texts.npy", mmap_mode="r")
    n, m = len(images), len(texts)
    of = np.arange(m) % n
    own = np.empty(m, np.float32)
    for f in range(0, m, 10000):
        own[f:f + 10000] = np.einsum("ij,ij->i", texts[f:f + 10000], images[of[f:f + 10000]])
    best = np.full(n, -np.inf, np.float32)
    np.maximum.at(best, of, own)
    above_t, same_t = np.zeros(m, np.int64), np.zeros(m, np.int64)
    above_i, same_i = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for i in range(0, n, block):
        x = np.ascontiguousarray(images[i:i + block])
        for j in range(0, m, 8 * block):
            s = x @ texts[j:j + 8 * block].T
            # a product's rounding depends on its shape: a pair's own score has to be the one it is compared with
            mine = np.nonzero((of[j:j + 8 * block] >= i) & (of[j:j + 8 * block] < i + block))[0]
            s[of[j + mine] - i, mine] = own[j + mine]
            above_i[i:i + block] += np.count_nonzero(s > best[i:i + block, None], axis=1)
            same_i[i:i + block] += np.count_nonzero(s == best[i:i + block, None], axis=1)
            above_t[j:j + 8 * block] += np.count_nonzero(s > own[None, j:j + 8 * block], axis=0)
            same_t[j:j + 8 * block] += np.count_nonzero(s == own[None, j:j + 8 * block], axis=0)
    figures = lambda r: {"r1": float((r < 1).mean()), "r5": float((r < 5).mean()), "r10": float((r < 10).mean()),
                         "median_rank": float(np.median(r + 1)), "mean_rank": float((r + 1).mean())}
    return {"image_to_text": figures(above_i), "text_to_image": figures(above_t)}


def child(folder):
    t = time.perf_counter()
    out = numpy_version(folder)
    out["seconds"] = time.perf_counter() - t
    use = resource.getrusage(resource.RUSAGE_SELF)
    out["cpu"], out["resident_mib"] = use.ru_utime, use.ru_maxrss // 1024
    print(json.dumps(out))


def ours(folder):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    r = json.loads(subprocess.check_output([a.program, f"{folder}/images.npy", f"{folder}/texts.npy", str(a.threads)]))
    r["cpu"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    return r


if os.environ.get("RETRIEVAL_CHILD"):
    child(os.environ["RETRIEVAL_CHILD"])
    sys.exit(0)
with tempfile.TemporaryDirectory() as folder:
    make(folder)
    for _ in range(a.rounds):
        peer = json.loads(subprocess.check_output([sys.executable] + sys.argv, env=dict(os.environ, RETRIEVAL_CHILD=folder)))
        mine = ours(folder)
        print(json.dumps({"numpy": np.__version__, "peer": peer, "ours": mine, "speedup": peer["seconds"] / mine["seconds"],
                          "speedup_cpu": peer["cpu"] / mine["cpu"]}), flush=True)
