"""CCA, randomised SVD, NMF and KSG beside scikit-learn, cca-zoo and NumPy, on two threads.

Usage: classic.py BENCH_CLASSIC FOLDER [--jobs cca svd nmf ksg] [--runs 3] [--scale 1]
Arrays are made in FOLDER once (--scale shrinks the number of rows). Both sides start from float64 arrays in memory. Runs
are interleaved; the figure is the median over rounds of peer's time over ours, on the clock and of processor, and the
values that each computes stand beside it. Needs numpy, scipy, scikit-learn, cca-zoo.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")
os.environ.setdefault("OMP_NUM_THREADS", "2")
import numpy as np  # noqa: E402


def arrays(job, folder, scale):
    names = {"cca": ["a", "b"], "svd": ["x"], "nmf": ["x", "w", "h"], "ksg": ["x", "y"]}[job]
    files = [f"{folder}/{job}_{scale}_{n}.npy" for n in names]
    if not all(os.path.exists(f) for f in files):
        r = np.random.default_rng(1)
        if job == "cca":
            n = int(100_000 * scale)
            z = r.standard_normal((n, 40))
            made = [z @ r.standard_normal((40, p)) / 6 + r.standard_normal((n, p)) for p in (512, 384)]
        elif job == "svd":
            n = int(100_000 * scale)
            made = [(r.standard_normal((n, 200)) * 0.97 ** np.arange(200)) @ r.standard_normal((200, 1000)) + 0.3 * r.standard_normal((n, 1000))]
        elif job == "nmf":
            n, p, k = int(20_000 * scale), 2000, 32
            made = [r.gamma(1, 1, (n, k)) @ r.gamma(0.7, 1, (k, p)) + 0.1 * r.random((n, p)), r.random((n, k)) + 0.1, r.random((k, p)) + 0.1]
        else:
            n = int(20_000 * scale)
            x = r.standard_normal((n, 1))
            made = [x, 0.7 * x + 0.5 * r.standard_normal((n, 1))]
        for f, m in zip(files, made):
            np.save(f, m)
    return files


def peer_cca(a, b):
    from cca_zoo.linear import CCA
    m = CCA(64).fit([a, b])
    s, t = m.transform([a[:2000], b[:2000]])
    return abs(np.corrcoef(s[:, 0], t[:, 0])[0, 1])


def peer_cca_numpy(a, b):
    """What one would write by hand: covariances, Cholesky whitening, SVD."""
    import scipy.linalg as sl
    n = len(a)
    a, b = a - a.mean(0), b - b.mean(0)
    la, lb = sl.cholesky(a.T @ a / (n - 1), lower=True), sl.cholesky(b.T @ b / (n - 1), lower=True)
    m = sl.solve_triangular(lb, sl.solve_triangular(la, a.T @ b / (n - 1), lower=True).T, lower=True).T
    return np.linalg.svd(m)[1][0]


def peer_svd(x):
    from sklearn.utils.extmath import randomized_svd
    return randomized_svd(x, 64, random_state=0)[1].sum()


def peer_nmf(x, w, h):
    from sklearn.decomposition import NMF
    m = NMF(32, init="custom", solver="cd", max_iter=100, tol=0)
    m.fit_transform(x, W=w.copy(), H=h.copy())
    return m.reconstruction_err_


def peer_ksg(x, y):
    from sklearn.feature_selection import mutual_info_regression
    return mutual_info_regression(x, y[:, 0], n_neighbors=3, random_state=0)[0]


PEERS = {"cca": {"cca-zoo": peer_cca, "numpy": peer_cca_numpy}, "svd": {"scikit-learn": peer_svd}, "nmf": {"scikit-learn": peer_nmf},
         "ksg": {"scikit-learn": peer_ksg}}


def timed(f, *args):
    time.sleep(0.2)  # threads of the one before have ended their waiting
    used, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    value = f(*args)
    wall, now = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    return {"wall_s": wall, "processor_s": now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime, "check": float(value)}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("bench"), p.add_argument("folder"), p.add_argument("--jobs", nargs="*", default=list(PEERS))
    p.add_argument("--runs", type=int, default=3), p.add_argument("--scale", type=float, default=1)
    a = p.parse_args()
    os.makedirs(a.folder, exist_ok=True)
    for job in a.jobs:
        files = arrays(job, a.folder, a.scale)
        x = [np.load(f).astype(np.float64) for f in files]
        ours, theirs = [], {name: [] for name in PEERS[job]}
        for _ in range(a.runs):
            time.sleep(0.2)
            ours.append(json.loads(subprocess.run([a.bench, job, "2", *files], check=True, capture_output=True, text=True).stdout))
            for name, f in PEERS[job].items():
                theirs[name].append(timed(f, *x))
        m = statistics.median
        for name, runs in theirs.items():
            ratio = {k: round(m(t[k] / o[k] for t, o in zip(runs, ours)), 2) for k in ("wall_s", "processor_s")}
            print(json.dumps({"job": job, "peer": name, "ratio": ratio, "ours_s": m(o["wall_s"] for o in ours),
                              "theirs_s": round(m(t["wall_s"] for t in runs), 4), "ours": ours[0]["check"], "theirs": runs[0]["check"]}), flush=True)


main()
