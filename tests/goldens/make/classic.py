"""Reference values for classical multimodal methods. Usage: classic.py --out DIR --seed N --twin dev|heldout"""
import json, math, os, sys, warnings
from fractions import Fraction
from importlib.metadata import version
import numpy as np
import scipy, scipy.linalg, scipy.optimize
from scipy.special import digamma, logsumexp
import sklearn
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from _case import Writer, arguments, close

warnings.filterwarnings("ignore")
SK = f"scikit-learn {sklearn.__version__}, numpy {np.__version__}, scipy {scipy.__version__}"
NP = f"numpy {np.__version__}, scipy {scipy.__version__}"
CZ = f"cca-zoo {version('cca-zoo')}, numpy {np.__version__}"
FLICKR = os.environ["FLICKR8K"]  # dataset_flickr8k.json, for the captions (cases with captions are not kept here)
SIGN = "sign convention: in each component the entry of largest absolute value is positive (lowest index on a tie)"


def signs(V):
    """+1/-1 per ROW so that the entry of largest |value| is positive."""
    s = np.sign(V[np.arange(len(V)), np.argmax(np.abs(V), 1)])
    return np.where(s == 0, 1, s)


def captions(twin, n, skip=0):
    d = [i for i in json.load(open(FLICKR))["images"] if i["split"] == ("train" if twin == "dev" else "val")]
    return [(i["filename"], [s["raw"] for s in i["sentences"]]) for i in d[skip:skip + n]]


# ---------------------------------------------------------------- mutual information
def ksg(x, y, k):
    """KSG estimator 1 by brute force, max norm inside and between the variables; x, y (n, d)."""
    dx = np.abs(x[:, None] - x[None]).max(-1); dy = np.abs(y[:, None] - y[None]).max(-1)
    d = np.maximum(dx, dy); np.fill_diagonal(d, np.inf)
    r = np.sort(d, 1)[:, k - 1]
    nx, ny = (dx < r[:, None]).sum(1) - 1, (dy < r[:, None]).sum(1) - 1
    return digamma(len(x)) + digamma(k) - np.mean(digamma(nx + 1) + digamma(ny + 1))


def ross(c, d, k):
    keep = [i for i in range(len(d)) if (d == d[i]).sum() > 1]
    cc, dd = c[keep], d[keep]
    D = np.abs(cc[:, None] - cc[None]); s = []
    for i in range(len(cc)):
        same = np.sort(D[i][(dd == dd[i]) & (np.arange(len(dd)) != i)])
        kk = min(k, len(same)); r = same[kk - 1]
        s.append(digamma(kk) - digamma(len(same) + 1) - digamma((D[i] < r).sum()))
    return digamma(len(cc)) + np.mean(s)


def mutual_information(w, rng, twin):
    from sklearn import metrics as M
    from sklearn.feature_selection import mutual_info_regression, mutual_info_classif
    from sklearn.feature_selection._mutual_info import _compute_mi_cc, _compute_mi_cd
    from sklearn.preprocessing import scale
    tabs = {"dense": rng.integers(1, 30, (4, 5)), "zero_cells": rng.integers(0, 4, (6, 5)) * (rng.random((6, 5)) < 0.6),
            "zero_row_and_column": np.array([[5, 0, 3], [0, 0, 0], [2, 0, 7]]), "diagonal": np.diag([4, 8, 3, 9]),
            "independent": np.outer([2, 3, 5], [4, 1, 5]), "one_row": np.array([[3, 4, 5]]), "one_cell": np.array([[7]])}
    tabs["zero_cells"][0, 0] = 3
    rows = []
    for name, t in tabs.items():
        a = np.repeat(np.arange(t.shape[0]), t.sum(1)); b = np.concatenate([np.repeat(np.arange(t.shape[1]), r) for r in t]).astype(int)
        h = lambda c: float(-sum(x / t.sum() * math.log(x / t.sum()) for x in np.ravel(c) if x > 0)) + 0.0
        hx, hy, hxy = h(t.sum(1)), h(t.sum(0)), h(t)
        mi = max(0.0, hx + hy - hxy) if abs(hx + hy - hxy) > 1e-15 else 0.0
        close(M.mutual_info_score(a, b), mi, 1e-12, name)
        e = {"h_x": hx, "h_y": hy, "h_xy": hxy, "mi_nats": mi, "mi_bits": mi / math.log(2), "h_x_given_y": hxy - hy, "variation_of_information": 2 * hxy - hx - hy}
        for av in ("arithmetic", "geometric", "min", "max"):
            v = M.normalized_mutual_info_score(a, b, average_method=av)
            g = {"arithmetic": (hx + hy) / 2, "geometric": math.sqrt(hx * hy), "min": min(hx, hy), "max": max(hx, hy)}[av]
            if hx > 0 and hy > 0:
                close(mi / g, v, 1e-9, name)
            e[f"nmi_{av}"] = v
        e["ami_arithmetic"] = M.adjusted_mutual_info_score(a, b)
        rows.append({"name": name, "counts": t, "expected": e})
    w.case("mutual_information/discrete", "mutual information from tables of counts, with empty cells, rows and columns", SK,
           "I = H(X)+H(Y)-H(X,Y), natural log, 0 log 0 = 0; bits = nats/ln 2; NMI = I / mean(H(X), H(Y)) with mean arithmetic, geometric, min or max; AMI as sklearn (arithmetic)",
           ["entropies in plain Python, I checked against sklearn mutual_info_score, NMI against normalized_mutual_info_score",
            "sklearn returns NMI = 0 when I = 0 and 1 when both variables have at most one value (one_cell); stored as sklearn returns it"],
           {"tables": [{"name": r["name"], "counts": r["counts"]} for r in rows]}, {"tables": [{"name": r["name"], **r["expected"]} for r in rows]})

    # KSG, continuous-continuous
    n = 300
    y = rng.standard_normal(n)
    X = np.stack([0.9 * y + math.sqrt(1 - .81) * rng.standard_normal(n), 0.5 * y + math.sqrt(.75) * rng.standard_normal(n), rng.standard_normal(n),
                  y ** 2 + 0.3 * rng.standard_normal(n), 1e3 * (np.exp(y) + 0.1 * rng.random(n))], 1)
    Xs, ys = scale(X, with_mean=False), scale(y, with_mean=False)
    e = {}
    for k in (1, 3, 5):
        v = np.array([_compute_mi_cc(Xs[:, j].copy(), ys.copy(), k) for j in range(5)])
        raw = np.array([ksg(Xs[:, [j]], ys[:, None], k) for j in range(5)])
        close(np.maximum(raw, 0), v, 1e-9, "ksg")
        close(mutual_info_regression(X, y, n_neighbors=k, random_state=0), v, 2e-3, "ksg public")
        e[f"mi_k{k}"] = v; e[f"unclipped_k{k}"] = raw
    w.case("mutual_information/ksg", "KSG estimator between each of 5 columns and y, k = 1, 3, 5", SK + " (feature_selection._mutual_info._compute_mi_cc)",
           "columns and y divided by their standard deviation (ddof 0, no centring); max norm; r_i = distance to the k-th neighbour in (x,y); n_x = #{j != i: |x_j - x_i| < r_i} strictly; "
           "I = psi(n) + psi(k) - mean psi(n_x+1) - mean psi(n_y+1), nats, negative -> 0",
           ["sklearn's 1e-10 noise is switched off by calling _compute_mi_cc on the scaled data; the public function with random_state=0 agrees to 2e-3",
            "recomputed by brute force (which also gives the unclipped values)", "no ties in the data",
            "KSG is not invariant to the scaling of one variable: divide by the standard deviation first. mi of column 4 uses a strongly skewed variable"],
           {"X": X, "y": y}, e)
    A, B = rng.standard_normal((200, 3)), None
    B = A[:, :2] * 0.8 + 0.5 * rng.standard_normal((200, 2))
    w.case("mutual_information/ksg_multivariate", "KSG between two vectors (3 and 2 dimensions), k = 3, 5", NP + " (brute force)",
           "as mutual_information/ksg with the max norm over coordinates inside each variable; NO scaling", "the same code reproduces sklearn in one dimension",
           {"x": A, "y": B}, {"mi_k3": ksg(A, B, 3), "mi_k5": ksg(A, B, 5)})
    # Ross, continuous-discrete
    n = 240
    lab = rng.integers(0, 4, n); lab[lab == 3] = 2; lab[7] = 9; lab[11] = 8; lab[12] = 8
    C = np.stack([lab % 7 + 0.7 * rng.standard_normal(n), rng.standard_normal(n), (lab == 1) * rng.random(n) * 5 + 0.01 * rng.standard_normal(n)], 1)
    Cs = scale(C, with_mean=False)
    e = {}
    for k in (1, 3, 5):
        v = np.array([_compute_mi_cd(Cs[:, j].copy(), lab, k) for j in range(3)])
        raw = np.array([ross(Cs[:, j], lab, k) for j in range(3)])
        close(np.maximum(raw, 0), v, 5e-3, "ross"); close(mutual_info_classif(C, lab, n_neighbors=k, random_state=0), v, 5e-3)
        big = lab != 8     # the labels for which sklearn searches with a tree: exact agreement
        close(np.maximum([ross(Cs[big, j], lab[big], k) for j in range(3)], 0), [_compute_mi_cd(Cs[big, j].copy(), lab[big], k) for j in range(3)], 1e-9, "ross big")
        e[f"mi_k{k}"] = np.maximum(raw, 0); e[f"unclipped_k{k}"] = raw; e[f"sklearn_k{k}"] = v
    w.case("mutual_information/ross", "mutual information of continuous columns and a discrete label (Ross 2014), k = 1, 3, 5", NP + " (brute force); sklearn_k* by " + SK + " (_compute_mi_cd)",
           "columns divided by standard deviation (ddof 0); per point k_i = min(k, count(label)-1), r_i = distance to its k_i-th neighbour of the same label, m_i = #{j: |x_j-x_i| < r_i} including itself, strictly; "
           "I = psi(n) + mean psi(k_i) - mean psi(count_i) - mean psi(m_i); points whose label occurs once are dropped (n too); negative -> 0",
           ["noise switched off as in mutual_information/ksg", "label 9 occurs once (dropped), label 8 twice (k_i = 1)", "mi_k* is exact brute force; sklearn_k* is sklearn's own output, which may differ by one count (up to 5e-3) because for tiny labels it finds neighbours by the inexact |a|^2-2ab+b^2 distance; without label 8 the two agree to 1e-9"], {"X": C, "labels": lab.astype(np.int64)}, e)
    # Gaussian
    L = rng.standard_normal((7, 7)); S = L @ L.T + 0.5 * np.eye(7)
    ld = lambda m: np.linalg.slogdet(m)[1]
    mi = 0.5 * (ld(S[:4, :4]) + ld(S[4:, 4:]) - ld(S))
    ih = lambda m: np.linalg.inv(np.linalg.cholesky(m))
    rho = np.linalg.svd(ih(S[:4, :4]) @ S[:4, 4:] @ ih(S[4:, 4:]).T, compute_uv=False)
    close(-0.5 * np.log(1 - rho ** 2).sum(), mi)
    rr = np.array([0.0, 0.1, -0.5, 0.9, 0.999])
    w.case("mutual_information/gaussian", "closed form for Gaussians", NP, "I = 1/2 ln(|Sxx||Syy|/|S|) = -1/2 sum ln(1 - rho_i^2), rho canonical correlations; scalar: -1/2 ln(1 - r^2)",
           "both forms agree", {"covariance": S, "dim_x": 4, "scalar_r": rr}, {"mi": mi, "canonical_correlations": rho, "scalar_mi": -0.5 * np.log(1 - rr ** 2) + 0.0})
    # variational bounds
    N = 32
    F = rng.standard_normal((N, N)) + 4 * np.eye(N); off = F[~np.eye(N, dtype=bool)]
    nce = lambda F: float(np.mean(np.diag(F) - logsumexp(F, 1)) + math.log(N))
    p = np.exp(F) / np.exp(F).sum(1, keepdims=True); close(np.log(np.diag(p)).mean() + math.log(N), nce(F))
    w.case("mutual_information/bounds", "lower bounds from a matrix of critic scores f[i][j] = f(x_i, y_j)", NP,
           {"infonce": "mean_i [f_ii - ln sum_j exp f_ij] + ln N (rows); infonce_columns the transpose; symmetric their mean; at most ln N",
            "donsker_varadhan": "mean f_ii - ln mean_{i != j} exp f_ij", "nwj": "mean f_ii - e^-1 mean_{i != j} exp f_ij"}, "InfoNCE recomputed through softmax; CLIP loss = ln N - symmetric",
           {"scores": F}, {"infonce": nce(F), "infonce_columns": nce(F.T), "symmetric": (nce(F) + nce(F.T)) / 2, "clip_loss": math.log(N) - (nce(F) + nce(F.T)) / 2,
                           "upper_limit_ln_n": math.log(N), "donsker_varadhan": np.diag(F).mean() - math.log(np.exp(off).mean()), "nwj": np.diag(F).mean() - np.exp(off).mean() / math.e})


# ---------------------------------------------------------------- SVD
def svd(w, rng, twin):
    from sklearn.decomposition import PCA, TruncatedSVD
    from sklearn.utils.extmath import randomized_svd
    from sklearn.feature_extraction.text import TfidfVectorizer, CountVectorizer
    mk = lambda m, n, dec: (np.linalg.qr(rng.standard_normal((m, min(m, n))))[0] * dec ** np.arange(min(m, n)) * 10) @ np.linalg.qr(rng.standard_normal((n, min(m, n))))[0].T
    low = mk(30, 20, 0.8); low = low[:, :6] @ rng.standard_normal((6, 20))
    for name, A in (("tall", mk(60, 40, 0.9)), ("wide", mk(25, 50, 0.85)), ("rank_deficient", low)):
        U, s, Vt = np.linalg.svd(A, full_matrices=False)
        f = signs(Vt); U, Vt = U * f, Vt * f[:, None]
        r = int((s > s[0] * max(A.shape) * np.finfo(float).eps).sum())
        close(np.sqrt(np.maximum(np.linalg.eigvalsh(A @ A.T if A.shape[0] < A.shape[1] else A.T @ A)[::-1], 0))[:r], s[:r], 1e-6)
        R8 = (U[:, :8] * s[:8]) @ Vt[:8]
        w.case(f"svd/{name}", f"thin SVD of a {A.shape[0]}x{A.shape[1]} matrix ({name})", NP, "A = U diag(s) Vt; " + SIGN + " (rows of Vt; U follows)",
               "rank: s > s0 * max(m,n) * 2^-52. Only the first `rank` vectors are stored; singular values checked against eigenvalues of the Gram matrix", {"A": A},
               {"s": s, "U": U[:, :r].copy(), "Vt": Vt[:r], "rank": r, "reconstruction_rank8_frobenius_error": np.linalg.norm(A - R8), "condition": s[0] / s[r - 1],
                "nuclear_norm": s.sum(), "pseudo_inverse": np.linalg.pinv(A, rcond=1e-10)})
    X, T = mk(80, 12, 0.75) + 3, mk(10, 12, 0.75) + 3
    X[:, 3] *= 5
    t = TruncatedSVD(5, algorithm="arpack", random_state=0, tol=0).fit(X); f = signs(t.components_)
    U, s, Vt = np.linalg.svd(X, full_matrices=False); close(s[:5], t.singular_values_); close(np.abs(Vt[:5]), np.abs(t.components_), 1e-8)
    Z = X @ Vt[:5].T; close(Z.var(0), t.explained_variance_, 1e-9)
    w.case("svd/truncated", "TruncatedSVD to 5 components (no centring)", SK + " TruncatedSVD(algorithm='arpack')", "scores = X Vt'; explained variance = variance (ddof 0) of the scores; ratio to the summed variance of X's columns; " + SIGN,
           "recomputed with numpy SVD", {"X": X, "X_test": T}, {"components": t.components_ * f[:, None], "singular_values": t.singular_values_, "explained_variance": t.explained_variance_,
           "explained_variance_ratio": t.explained_variance_ratio_, "scores": t.transform(X) * f, "scores_test": t.transform(T) * f, "reconstruction_test": t.inverse_transform(t.transform(T))})
    Xc = X - X.mean(0); U, s, Vt = np.linalg.svd(Xc, full_matrices=False)
    ex = {}
    for wh in (False, True):
        p = PCA(6, whiten=wh, svd_solver="full").fit(X); f = signs(p.components_)
        close(s[:6] ** 2 / 79, p.explained_variance_); close(np.abs(Vt[:6]), np.abs(p.components_), 1e-9)
        k = "whiten_" if wh else ""
        ex[k + "scores"] = p.transform(X) * f; ex[k + "scores_test"] = p.transform(T) * f
    ex.update(mean=p.mean_, components=p.components_ * f[:, None], explained_variance=p.explained_variance_, explained_variance_ratio=p.explained_variance_ratio_,
              singular_values=p.singular_values_, noise_variance=p.noise_variance_, reconstruction_test=p.inverse_transform(p.transform(T)),
              components_for_95_percent=int(PCA(0.95, svd_solver="full").fit(X).n_components_))
    close((T - X.mean(0)) @ Vt[:6].T @ Vt[:6] + X.mean(0), ex["reconstruction_test"], 1e-9)
    w.case("svd/pca", "PCA to 6 components, plain and whitened", SK + " PCA(svd_solver='full')",
           "centre by the mean; explained variance = s^2/(n-1); scores = (X-mean) Vt'; whitened = scores / sqrt(explained variance); noise variance = mean of the discarded variances; "
           "components_for_95_percent: smallest k whose cumulative ratio exceeds 0.95; " + SIGN, "recomputed with numpy; the convention is also sklearn's own since 1.5 (svd_flip on Vt)", {"X": X, "X_test": T}, ex)
    A = mk(120, 50, 0.97); k, p, it = 6, 4, 2
    Om = np.random.RandomState(7).normal(size=(50, k + p))
    Q = Om
    for _ in range(it):
        Q = np.linalg.qr(A @ Q)[0]; Q = np.linalg.qr(A.T @ Q)[0]
    Q = np.linalg.qr(A @ Q)[0]
    Ub, s, Vt = np.linalg.svd(Q.T @ A, full_matrices=False); U = Q @ Ub; f = signs(Vt[:k])
    u2, s2, v2 = randomized_svd(A, k, n_oversamples=p, n_iter=it, power_iteration_normalizer="QR", random_state=7); close(s2, s[:k], 1e-10); close(np.abs(v2), np.abs(Vt[:k]), 1e-8)
    w.case("svd/randomized", "randomised SVD (Halko) with the stored Gaussian test matrix", f"{NP}; equals sklearn randomized_svd(n_oversamples={p}, n_iter={it}, power_iteration_normalizer='QR')",
           f"Q = Omega; {it} times: Q = qr(A Q), Q = qr(A'Q); then Q = qr(A Q), SVD of Q'A, U = Q Ub; first {k} kept; " + SIGN, "spectrum decays slowly on purpose: the values differ from the exact SVD (exact_s). Signs inside QR do not matter",
           {"A": A, "omega": Om, "k": k, "oversamples": p, "iterations": it}, {"s": s[:k], "U": (U[:, :k] * f).copy(), "Vt": Vt[:k] * f[:, None], "exact_s": np.linalg.svd(A, compute_uv=False)[:k]})
    docs = [c[j % 5] for j, (_, c) in enumerate(captions(twin, 44, 100))] + ["dog", "Dog's DOG, a x ballet-dancer 3 42", "", "a"]
    tv = TfidfVectorizer(); M = tv.fit_transform(docs).toarray(); cnt = CountVectorizer().fit_transform(docs).toarray()
    df = (cnt > 0).sum(0); idf = np.log((1 + len(docs)) / (1 + df)) + 1; R = cnt * idf; nr = np.linalg.norm(R, axis=1, keepdims=True); R = np.where(nr > 0, R / np.where(nr > 0, nr, 1), 0); close(R, M)
    ls = TruncatedSVD(5, algorithm="arpack", random_state=0, tol=0).fit(M); f = signs(ls.components_)
    sub = TfidfVectorizer(sublinear_tf=True).fit_transform(docs).toarray()
    qs = ["a black dog runs in the snow", "unseen zebra words"]
    w.case("svd/lsa", "latent semantic analysis: TF-IDF of 48 captions, 5 dimensions", SK + " TfidfVectorizer(), TruncatedSVD(arpack)",
           "tokens: lower-case, regex \\b\\w\\w+\\b (Unicode; single characters dropped); vocabulary sorted; idf = ln((1+n)/(1+df)) + 1; row = count*idf, divided by its L2 norm (zero rows stay 0); scores = TFIDF Vt'; " + SIGN,
           ["TF-IDF recomputed in numpy", "documents 46 and 47 have no token", "sublinear: count replaced by 1 + ln count; stored for the first 8 documents only"], {"documents": docs, "queries": qs, "counts": cnt.astype(np.uint8)},
           {"vocabulary": list(tv.get_feature_names_out()), "idf": tv.idf_, "tfidf": M, "tfidf_sublinear_first_8": sub[:8].copy(), "singular_values": ls.singular_values_, "components": ls.components_ * f[:, None],
            "document_scores": ls.transform(M) * f, "query_scores": ls.transform(tv.transform(qs)) * f})


# ---------------------------------------------------------------- NMF
def cd_steps(X, W, H, it, l1w=0, l2w=0, l1h=0, l2h=0):
    W, Ht = W.copy(), H.T.copy()

    def up(X, W, Ht, l1, l2):
        G, P = Ht.T @ Ht + l2 * np.eye(Ht.shape[1]), X @ Ht - l1
        for t in range(W.shape[1]):
            g = W @ G[t] - P[:, t]
            if G[t, t] != 0:
                W[:, t] = np.maximum(W[:, t] - g / G[t, t], 0)
    for _ in range(it):
        up(X, W, Ht, l1w, l2w); up(X.T, Ht, W, l1h, l2h)
    return W, Ht.T


def mu_steps(X, W, H, it, beta):
    W, H = W.copy(), H.copy(); eps = np.finfo(np.float32).eps
    for _ in range(it):
        for side in (0, 1):
            WH = W @ H
            if beta == 2:
                n, d = (X @ H.T, W @ (H @ H.T)) if side == 0 else (W.T @ X, W.T @ W @ H)
            else:
                Q = X / np.maximum(WH, eps)
                n, d = (Q @ H.T, np.broadcast_to(H.sum(1), W.shape)) if side == 0 else (W.T @ Q, np.broadcast_to(W.sum(0)[:, None], H.shape))
            d = np.where(d == 0, eps, d)
            if side == 0: W = W * n / d
            else: H = H * n / d
    return W, H


def nndsvd(X, k, fill=None):
    U, s, Vt = np.linalg.svd(X, full_matrices=False); W, H = np.zeros((X.shape[0], k)), np.zeros((k, X.shape[1]))
    W[:, 0], H[0] = math.sqrt(s[0]) * np.abs(U[:, 0]), math.sqrt(s[0]) * np.abs(Vt[0])
    for j in range(1, k):
        x, y = U[:, j], Vt[j]; xp, yp, xn, yn = np.maximum(x, 0), np.maximum(y, 0), np.maximum(-x, 0), np.maximum(-y, 0)
        mp, mn = np.linalg.norm(xp) * np.linalg.norm(yp), np.linalg.norm(xn) * np.linalg.norm(yn)
        u, v, m = (xp / np.linalg.norm(xp), yp / np.linalg.norm(yp), mp) if mp > mn else (xn / np.linalg.norm(xn), yn / np.linalg.norm(yn), mn)
        l = math.sqrt(s[j] * m); W[:, j], H[j] = l * u, l * v
    W[W < 1e-6] = 0; H[H < 1e-6] = 0
    if fill is not None:
        W[W == 0] = fill; H[H == 0] = fill
    return W, H


def nmf(w, rng, twin):
    from sklearn.decomposition import NMF
    from sklearn.decomposition._nmf import _initialize_nmf
    m, n, k = 50, 36, 5
    X = rng.gamma(1.0, 1.0, (m, k)) @ rng.gamma(0.7, 1.0, (k, n)) + 0.05 * rng.random((m, n)); X[rng.random((m, n)) < 0.05] = 0
    Xt = rng.gamma(1.0, 1.0, (6, k)) @ rng.gamma(0.7, 1.0, (k, n))
    W0, H0 = rng.random((m, k)) + 0.1, rng.random((k, n)) + 0.1
    Wn, Hn = nndsvd(X, k); Wa, Ha = nndsvd(X, k, X.mean())
    ws, hs = _initialize_nmf(X, k, init="nndsvd", random_state=0); close(ws, Wn, 1e-3); close(hs, Hn, 1e-3)
    ex = {"nndsvd_W0": Wn, "nndsvd_H0": Hn, "nndsvda_fill": X.mean()}
    runs = {"cd_custom": ("cd", "frobenius", W0, H0, {}), "cd_nndsvd": ("cd", "frobenius", Wn, Hn, {}), "cd_regularised": ("cd", "frobenius", W0, H0, dict(alpha_W=0.02, alpha_H=0.01, l1_ratio=0.5)),
            "mu_custom": ("mu", "frobenius", W0, H0, {}), "mu_kl_custom": ("mu", "kullback-leibler", W0, H0, {}), "mu_kl_nndsvda": ("mu", "kullback-leibler", Wa, Ha, {})}
    for name, (solver, beta, w0, h0, kw) in runs.items():
        mod = NMF(k, init="custom", solver=solver, beta_loss=beta, max_iter=50, tol=0, **kw)
        W = mod.fit_transform(X, W=w0.copy(), H=h0.copy()); H = mod.components_
        assert mod.n_iter_ == 50
        if solver == "cd":
            a, b = kw.get("alpha_W", 0), kw.get("alpha_H", 0)
            W2, H2 = cd_steps(X, w0, h0, 50, a * n / 2, a * n / 2, b * m / 2, b * m / 2)
        else:
            W2, H2 = mu_steps(X, w0, h0, 50, 2 if beta == "frobenius" else 1)
        close(W2, W, 1e-7, name); close(H2, H, 1e-7, name)
        R = W @ H
        err = np.linalg.norm(X - R) if beta == "frobenius" else math.sqrt(2 * (np.where(X > 0, X * np.log(np.where(X > 0, X, 1) / R), 0).sum() - X.sum() + R.sum()))
        close(err, mod.reconstruction_err_, 1e-6)
        ex[name + "_W"], ex[name + "_H"], ex[name + "_error"] = W, H, mod.reconstruction_err_
        if name == "cd_custom":
            ex[name + "_transform_test"] = mod.transform(Xt)
    w.case("nmf/single", "NMF of a 50x36 matrix, rank 5, 50 iterations from stored W0, H0: coordinate descent and multiplicative updates, Frobenius and Kullback-Leibler", SK + " NMF(init='custom', max_iter=50, tol=0)",
           {"objective": "frobenius: 1/2||X-WH||^2 [+ l1/l2 terms]; kl: sum X ln(X/WH) - X + WH", "reconstruction_err_": "sqrt(2 * divergence): for frobenius ||X-WH||_F, for KL sqrt(2 KL)",
            "cd": "per iteration W then H; for component t = 0..k-1: w_t = max(w_t - (W G_t - P_t)/G_tt, 0), G = HH' + l2 I, P = XH' - l1 (then the same on X', H)", "mu": "per iteration W then H: W *= (X H')/(W H H') or (X/WH) H'/rowsum(H); "
            "WH below 2^-23 and zero denominators are replaced by 2^-23", "cd_regularised": "alpha_W = 0.02, alpha_H = 0.01, l1_ratio = 0.5; sklearn multiplies alpha_W by n_features (36) and alpha_H by n_samples (50): l1 = l2 = alpha * count * 0.5",
            "nndsvd": "from the exact SVD (Boutsidis & Gallopoulos), entries < 1e-6 set to 0; nndsvda: zeros replaced by mean(X)",
            "transform": "cd with H fixed, W starting at 0, 50 sweeps (tol 0)"},
           ["every run recomputed by a plain numpy loop (1e-7)", "sklearn's own nndsvd uses a RANDOMISED SVD and differs slightly (agrees to 1e-3): here the exact one is stored and used as custom start",
            "X has about 5% zeros; nndsvd starts with zeros, which multiplicative updates can never leave: use nndsvda with mu"],
           {"X": X, "X_test": Xt, "W0": W0, "H0": H0, "nndsvda_W0": Wa, "nndsvda_H0": Ha}, ex)
    # joint
    n1, n2 = 24, 14
    Wt = rng.gamma(0.8, 1.0, (60, 4)); X1, X2 = Wt @ rng.gamma(.7, 1, (4, n1)) + 0.02 * rng.random((60, n1)), 30 * (Wt @ rng.gamma(.7, 1, (4, n2)) + 0.02 * rng.random((60, n2)))
    W0, H0 = rng.random((60, 4)) + 0.1, rng.random((4, n1 + n2)) + 0.1
    f1, f2 = np.linalg.norm(X1), np.linalg.norm(X2); J = np.hstack([X1 / f1, X2 / f2]) * 100
    mod = NMF(4, init="custom", solver="cd", max_iter=200, tol=0); W = mod.fit_transform(J, W=W0.copy(), H=H0.copy()); H = mod.components_
    a, b = cd_steps(J, W0, H0, 200); close(a, W, 1e-6); close(b, H, 1e-6)
    q = X1[:5] * rng.uniform(0.8, 1.2, (5, 1)); wq = np.array([scipy.optimize.nnls(H[:, :n1].T, 100 * r / f1)[0] for r in q])
    w.case("nmf/joint", "joint NMF of two modalities: shared W, features concatenated after each modality is scaled to Frobenius norm 100; rank 4, 200 cd iterations", SK + "; scipy nnls",
           "J = 100 [X1/||X1||_F , X2/||X2||_F]; J ~ W [H1 H2]; from modality 1 alone: w = argmin_{w>=0} ||100 x1/||X1|| - w H1||, prediction of modality 2 = w H2 ||X2||/100",
           "recomputed by a plain numpy loop", {"X1": X1, "X2": X2, "W0": W0, "H0": H0, "query_X1": q}, {"W": W, "H1": H[:, :n1].copy(), "H2": H[:, n1:].copy(), "error": mod.reconstruction_err_, "scale1": f1, "scale2": f2, "query_W": wq, "query_predicted_X2": wq @ H[:, n1:] * f2 / 100})


# ---------------------------------------------------------------- CCA
def flip(ws, *others):
    """Common sign per component from the FIRST view's weights."""
    f = signs(ws[0].T)
    return [x * f for x in ws], *[[x * f for x in o] for o in others]


def cca(w, rng, twin):
    from sklearn.cross_decomposition import CCA as SkCCA, PLSCanonical
    from cca_zoo.linear import CCA, RidgeCCA, PLS, MCCA, GCCA, TCCA
    from cca_zoo.nonparametric import KCCA
    def data(n, ps):
        Z = rng.standard_normal((n, 4)); return Z, [Z @ L + 1.0 * rng.standard_normal((n, p)) + mu for L, p, mu in zip(loads, ps, mus)]
    ps = (20, 15, 10)
    loads = [rng.standard_normal((4, p)) * np.array([[1.2], [0.8], [0.5], [0.25]]) / math.sqrt(2) for p in ps]; mus = [rng.standard_normal(p) * 3 for p in ps]
    _, V = data(200, ps); _, Vt = data(40, ps)
    inp = lambda k: {**{f"view{i+1}": V[i] for i in range(k)}, **{f"test{i+1}": Vt[i] for i in range(k)}}
    cov = lambda a, b: (a - a.mean(0)).T @ (b - b.mean(0)) / (len(a) - 1)
    isq = lambda S: (lambda l, U: (U / np.sqrt(l)) @ U.T)(*np.linalg.eigh(S))
    corr = lambda a, b: np.array([np.corrcoef(a[:, j], b[:, j])[0, 1] for j in range(a.shape[1])])
    W_NOTE = "weights up to a sign per component, common to all views: stored so that view 1's entry of largest absolute value is positive"
    # all canonical correlations in closed form
    q1, q2 = [np.linalg.qr(v - v.mean(0))[0] for v in V[:2]]
    rho = np.linalg.svd(q1.T @ q2, compute_uv=False)
    C = isq(cov(V[0], V[0])) @ cov(V[0], V[1]) @ isq(cov(V[1], V[1])); close(np.linalg.svd(C, compute_uv=False), rho, 1e-10)
    K = 4
    m = CCA(K).fit(V[:2]); tr = m.transform(V[:2]); te = m.transform(Vt[:2]); close(np.abs(corr(*tr)), rho[:K], 1e-9)
    ws, te = flip(m.weights_, te)
    for i in range(2): close((ws[i].T @ cov(V[i], V[i]) @ ws[i]), np.eye(K), 1e-8)
    sk = SkCCA(K, scale=False, max_iter=20000, tol=1e-14).fit(V[0], V[1]); a, b = sk.transform(V[0], V[1]); close(np.abs(corr(a, b)), rho[:K], 1e-7)
    st = [z for z in sk.transform(Vt[0], Vt[1])]; s_ = [z / y.std(0, ddof=1) for z, y in zip(st, (a, b))]
    f = np.sign([(s_[0][:, j] * te[0][:, j]).sum() for j in range(K)]); close(s_[0] * f, te[0], 1e-5); close(s_[1] * f, te[1], 1e-5)
    w.case("cca/two_views", "CCA of two views, 200 samples, 20 and 15 features, 4 components", f"{CZ} CCA; {SK} CCA(scale=False, max_iter=20000, tol=1e-14)",
           "centre by training means; whiten with S_ii = X'X/(n-1); canonical correlations = singular values of S11^-1/2 S12 S22^-1/2 (= of Q1'Q2); w_i = S_ii^-1/2 times singular vectors, so w'S w = 1; test scores = (X_test - train mean) w",
           [W_NOTE, "closed form by numpy twice (QR and inverse square root); sklearn's NIPALS gives the same correlations (1e-7) and, after division by the training standard deviation (ddof 1), the same test scores (1e-5)",
            "test_correlation is the Pearson correlation of the two views' test scores"], inp(2),
           {"canonical_correlations_all": rho, "weights1": ws[0], "weights2": ws[1], "test_scores1": te[0], "test_scores2": te[1], "test_correlation": corr(*te), "mean1": V[0].mean(0), "mean2": V[1].mean(0),
            "wilks_lambda": float(np.prod(1 - rho ** 2))})
    # ridge / PLS
    ex = {}
    for name, c in (("ridge_0.1", [.1, .1]), ("ridge_0.1_0.5", [.1, .5]), ("pls", [1., 1.])):
        m = (PLS(K) if name == "pls" else RidgeCCA(K, shrinkage=c)).fit(V[:2]); tr, te = m.transform(V[:2]), m.transform(Vt[:2])
        R = [(1 - ci) * cov(v, v) + ci * np.eye(v.shape[1]) for v, ci in zip(V, c)]
        U, s, Q = np.linalg.svd(isq(R[0]) @ cov(V[0], V[1]) @ isq(R[1])); w1, w2 = isq(R[0]) @ U[:, :K], isq(R[1]) @ Q[:K].T
        ws, tr, te = flip(m.weights_, tr, te); mine, = flip([w1, w2]); close(mine[0], ws[0], 1e-7, name); close(mine[1], ws[1], 1e-7, name)
        ex.update({f"{name}_{k}": v for k, v in dict(singular_values=s[:K].copy(), weights1=ws[0], weights2=ws[1], test_scores1=te[0], test_scores2=te[1], train_correlation=corr(*tr), test_correlation=corr(*te)).items()})
    for lam in (0.1, 10.0):
        R = [cov(v, v) + lam * np.eye(v.shape[1]) for v in V[:2]]
        U, s, Q = np.linalg.svd(isq(R[0]) @ cov(V[0], V[1]) @ isq(R[1])); ws, = flip([isq(R[0]) @ U[:, :K], isq(R[1]) @ Q[:K].T])
        ex.update({f"additive_{lam}_singular_values": s[:K].copy(), f"additive_{lam}_weights1": ws[0], f"additive_{lam}_weights2": ws[1]})
    w.case("cca/ridge_and_pls", "regularised CCA and PLS of the views of cca/two_views", f"{CZ} RidgeCCA(shrinkage=c), PLS; additive_* numpy only",
           "R_i = (1-c_i) S_ii + c_i I (cca-zoo's shrinkage; pls: c = 1, an SVD of S12); singular values of R1^-1/2 S12 R2^-1/2; w_i = R_i^-1/2 u. additive: R_i = S_ii + lambda I, the other common form",
           [W_NOTE, "recomputed in numpy by inverse square roots", "train_correlation is Pearson, smaller than 1 and different from the singular values once c > 0"], {"views_in": "cca/two_views/inputs.safetensors"}, ex)
    sk2 = PLSCanonical(3, scale=False, max_iter=20000, tol=1e-14).fit(V[0], V[1]); wx = [sk2.x_weights_, sk2.y_weights_]; wx, = flip(wx)
    a, b = [v - v.mean(0) for v in V[:2]]
    for j in range(3):
        U, s, Q = np.linalg.svd(a.T @ b); u, v = U[:, 0], Q[0]; close(np.abs(u), np.abs(wx[0][:, j]), 1e-6); close(np.abs(v), np.abs(wx[1][:, j]), 1e-6)
        t, r = a @ u, b @ v; a = a - np.outer(t, t @ a) / (t @ t); b = b - np.outer(r, r @ b) / (r @ r)
    w.case("cca/pls_canonical", "PLS canonical (mode A with deflation), 3 components, views of cca/two_views", SK + " PLSCanonical(scale=False)", "per component: first singular vectors of X1'X2, then each view deflated by its own score",
           [W_NOTE, "components beyond the first differ from cca/ridge_and_pls pls_*: that one is a single SVD without deflation", "recomputed with SVD and deflation"], {"views_in": "cca/two_views/inputs.safetensors"}, {"x_weights": wx[0], "y_weights": wx[1]})
    # three views
    ex = {}; K = 3
    S = [[cov(x, y) for y in V] for x in V]
    for c in (0.0, 0.2):
        m = MCCA(K, shrinkage=c).fit(V); tr, te = m.transform(V), m.transform(Vt)
        A = np.block([[S[i][j] * (i != j) for j in range(3)] for i in range(3)]) / 3
        B = scipy.linalg.block_diag(*[(1 - c) * S[i][i] + c * np.eye(ps[i]) for i in range(3)]) / 3
        lam, E = scipy.linalg.eigh(A, B); lam, E = lam[::-1][:K].copy(), E[:, ::-1][:, :K]
        ws, tr, te = flip(m.weights_, tr, te); mine, = flip(np.split(E, np.cumsum(ps)[:2]))
        for i in range(3): close(mine[i], ws[i], 1e-6, "mcca")
        pw = np.array([(corr(tr[0], tr[1]) + corr(tr[0], tr[2]) + corr(tr[1], tr[2])) / 3])[0]
        ex.update({f"mcca_{c}_eigenvalues": lam, f"mcca_{c}_train_mean_pairwise_correlation": pw, **{f"mcca_{c}_weights{i+1}": ws[i] for i in range(3)}, **{f"mcca_{c}_test_scores{i+1}": te[i] for i in range(3)}})
        g = GCCA(K, shrinkage=c).fit(V); tr, te = g.transform(V), g.transform(Vt)
        Xc = [v - v.mean(0) for v in V]; R = [(1 - c) * S[i][i] + c * np.eye(ps[i]) for i in range(3)]
        Mx = sum(x @ np.linalg.solve(r, x.T) for x, r in zip(Xc, R)); l, U = np.linalg.eigh(Mx); T = U[:, ::-1][:, :K] * math.sqrt(199); l = l[::-1][:K] / 199
        mine = [np.linalg.solve(r, x.T @ T) / 199 for x, r in zip(Xc, R)]
        ws, tr, te = flip(g.weights_, tr, te); mine, [T] = flip(mine, [T])
        for i in range(3): close(mine[i], ws[i], 1e-4, "gcca")
        ex.update({f"gcca_{c}_eigenvalues": l.copy(), f"gcca_{c}_shared": T, **{f"gcca_{c}_weights{i+1}": ws[i] for i in range(3)}, **{f"gcca_{c}_test_scores{i+1}": te[i] for i in range(3)}})
    w.case("cca/three_views", "MCCA and GCCA of three views (20, 15, 10 features), 3 components, shrinkage 0 and 0.2", f"{CZ} MCCA, GCCA",
           {"mcca": "A v = lambda B v; A = between-view covariances (zero diagonal blocks)/3, B = blockdiag((1-c) S_ii + c I)/3; v'Bv = 1, v stacks the views' weights. With two views lambda = canonical correlation",
            "gcca": "T = sqrt(n-1) times top eigenvectors of sum_i X_i R_i^-1 X_i' (X centred, R_i = (1-c)S_ii + c I), w_i = R_i^-1 X_i'T/(n-1); eigenvalues stored divided by n-1 (at c=0 between 0 and 3)"},
           [W_NOTE, "recomputed with scipy.linalg.eigh (MCCA, 1e-6) and numpy eigh (GCCA, 1e-4)", "cca-zoo lifts the smallest eigenvalue of each block to 1e-6 of the largest: invisible here, matters when singular"], inp(3), ex)
    # TCCA
    ex = {}
    t = TCCA(1, init="svd").fit(V); u = [x[:, 0] / np.linalg.norm(x[:, 0]) for x in t.weights_]
    Xw = [(v - v.mean(0)) @ isq(S[i][i]) for i, v in enumerate(V)]; Mt = np.einsum("na,nb,nc->abc", *Xw) / 200
    f = [np.linalg.svd(Mt.reshape(20, -1))[0][:, 0], np.linalg.svd(Mt.transpose(1, 0, 2).reshape(15, -1))[0][:, 0], np.linalg.svd(Mt.transpose(2, 0, 1).reshape(10, -1))[0][:, 0]]
    for _ in range(5000):
        f[0] = np.einsum("abc,b,c->a", Mt, f[1], f[2]); f[0] /= np.linalg.norm(f[0]); f[1] = np.einsum("abc,a,c->b", Mt, f[0], f[2]); f[1] /= np.linalg.norm(f[1])
        f[2] = np.einsum("abc,a,b->c", Mt, f[0], f[1]); val = np.linalg.norm(f[2]); f[2] /= val
    mine = [isq(S[i][i]) @ f[i] for i in range(3)]; mine = [x / np.linalg.norm(x) for x in mine]
    agree = [float(abs(a @ b)) for a, b in zip(mine, u)]
    sg = [float(signs(x[None])[0]) for x in mine]; d3 = sg[0] * sg[1]
    w.case("cca/tensor_rank1", "tensor CCA, one component (best rank-1 of the whitened third-moment tensor), views of cca/three_views", f"numpy (alternating power iterations, 5000 sweeps); {CZ} TCCA(1, init='svd') compared",
           "M = mean_n x1n (x) x2n (x) x3n of views whitened by S_ii^-1/2 (symmetric root, 1/(n-1)); start at each unfolding's first left singular vector; f_i <- contraction of M with the others, normalised; weights S_ii^-1/2 f_i scaled to unit length; value = M contracted with all three",
           [f"a non-convex problem with local optima: cosine of these weights with cca-zoo's (100 ALS steps, tol 1e-8) per view: {agree}", "sign: weights 1 and 2 have their largest entry positive, view 3 takes the product, value > 0"],
           {"views_in": "cca/three_views/inputs.safetensors"}, {"value": val, "weights1": mine[0] * sg[0], "weights2": mine[1] * sg[1], "weights3": mine[2] * d3, "tolerance": 1e-6})
    # KCCA
    n = 80; a, b = [v[:n, :6].copy() for v in V[:2]]; at, bt = [v[:20, :6].copy() for v in Vt[:2]]; ex = {}
    for name, kw in (("rbf", dict(kernel="rbf", gamma=0.05)), ("linear", dict(kernel="linear")), ("poly", dict(kernel="poly", gamma=0.1, degree=2, coef0=1.0))):
        m = KCCA(2, shrinkage=0.1, **kw).fit([a, b]); tr, te = m.transform([a, b]), m.transform([at, bt])
        def kern(x, y):
            return {"rbf": lambda: np.exp(-0.05 * ((x[:, None] - y[None]) ** 2).sum(-1)), "linear": lambda: x @ y.T, "poly": lambda: (0.1 * x @ y.T + 1) ** 2}[name]()
        F, Ft, D = [], [], []
        for x, y in ((a, at), (b, bt)):
            mu = x.mean(0); Kx, Ky = kern(x - mu, x - mu), kern(y - mu, x - mu)
            Kc = Kx - Kx.mean(0) - Kx.mean(1)[:, None] + Kx.mean(); Kt = Ky - Kx.mean(0) - Ky.mean(1)[:, None] + Kx.mean()
            l, U = np.linalg.eigh(Kc); kp = l > l.max() * n * np.finfo(float).eps; D.append(U[:, kp] / np.sqrt(l[kp])); F.append(U[:, kp] * np.sqrt(l[kp])); Ft.append(Kt @ D[-1])
        A12 = F[0].T @ F[1] / (n - 1); Rk = [0.9 * x.T @ x / (n - 1) + 0.1 * np.eye(x.shape[1]) for x in F]
        U, s, Q = np.linalg.svd(isq(Rk[0]) @ A12 @ isq(Rk[1])); w1, w2 = isq(Rk[0]) @ U[:, :2], isq(Rk[1]) @ Q[:2].T
        mine = [F[0] @ w1, F[1] @ w2]; mt = [Ft[0] @ w1, Ft[1] @ w2]
        tr, te = flip(tr, te); mine, mt = flip(mine, mt); close(mine[0], tr[0], 1e-6, name); close(mt[0], te[0], 1e-6, name); close(mt[1], te[1], 1e-6, name)
        ex.update({f"{name}_{k}": v for k, v in dict(singular_values=s[:2].copy(), train_scores1=tr[0], train_scores2=tr[1], test_scores1=te[0], test_scores2=te[1], train_correlation=corr(*tr), test_correlation=corr(*te)).items()})
    w.case("cca/kernel", "kernel CCA, 80 samples, 2 components, shrinkage 0.1; rbf (gamma 0.05), linear, polynomial (gamma 0.1, degree 2, coef0 1)", f"{CZ} KCCA",
           "inputs centred by the training means FIRST, then kernels, then double centring (test rows with the training column means); feature map K = U L U', coordinates U L^1/2 (eigenvalues above max*n*2^-52); "
           "ridge CCA in those coordinates: R_i = 0.9 F'F/(n-1) + 0.1 I; scores F R^-1/2 u", ["scores up to a common sign: view 1's training score of largest absolute value is positive", "recomputed in numpy without cca-zoo (1e-6)",
            "scores, not dual weights, are the thing to compare: dual weights are not unique when the kernel is low rank", "for two views MCCA's v'Bv = 1 (B halved) makes each view's w'Rw = 1, as RidgeCCA"],
           {"view1": a, "view2": b, "test1": at, "test2": bt}, ex)
    # near singular
    n = 22; a, b = V[0][:n].copy(), V[1][:n].copy(); ex = {}
    q1, q2 = [np.linalg.qr(v - v.mean(0))[0] for v in (a, b)]; full = np.linalg.svd(q1.T @ q2, compute_uv=False)
    for c in (0.01, 0.1, 0.5):
        m = RidgeCCA(3, shrinkage=c).fit([a, b]); te = m.transform(Vt[:2]); tr = m.transform([a, b])
        R = [(1 - c) * cov(v, v) + c * np.eye(v.shape[1]) for v in (a, b)]; U, s, Q = np.linalg.svd(isq(R[0]) @ cov(a, b) @ isq(R[1]))
        ws, tr, te = flip(m.weights_, tr, te); mine, = flip([isq(R[0]) @ U[:, :3], isq(R[1]) @ Q[:3].T]); close(mine[0], ws[0], 1e-6); close(mine[1], ws[1], 1e-6)
        ex.update({f"ridge_{c}_{k}": v for k, v in dict(singular_values=s[:3].copy(), weights1=ws[0], weights2=ws[1], test_scores1=te[0], test_scores2=te[1], train_correlation=corr(*tr), test_correlation=corr(*te)).items()})
    w.case("cca/near_singular", "CCA with 22 samples of 20 and 15 features: useless without regularisation", f"{CZ} RidgeCCA", "as cca/ridge_and_pls",
           [W_NOTE, "unregularised: at least p1+p2-(n-1) = 14 canonical correlations are exactly 1 (stored) and the weights are arbitrary: only the correlations can be compared", "recomputed in numpy"],
           {"view1": a, "view2": b, "test1": Vt[0], "test2": Vt[1]}, {"unregularised_canonical_correlations": full, **ex})
    assert (full[:14] > 1 - 1e-9).all()


# ---------------------------------------------------------------- fusion
def sm(z):
    e = np.exp(z - z.max(1, keepdims=True)); return e / e.sum(1, keepdims=True)


def fusion(w, rng, twin):
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC
    from sklearn.ensemble import StackingClassifier
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.model_selection import PredefinedSplit
    from sklearn.kernel_ridge import KernelRidge
    from sklearn.metrics.pairwise import rbf_kernel
    n, p1, p2, Kc = 150, 6, 4, 3
    mu1, mu2 = rng.standard_normal((Kc, p1)), rng.standard_normal((Kc, p2))
    y, yt = rng.integers(0, Kc, n), rng.integers(0, Kc, 40)
    mk = lambda y, mu: mu[y] + 1.1 * rng.standard_normal((len(y), mu.shape[1]))
    X1, X2, T1, T2 = mk(y, mu1), mk(y, mu2), mk(yt, mu1), mk(yt, mu2)
    X, T = np.hstack([X1, X2]), np.hstack([T1, T2]); inp = {"view1": X1, "view2": X2, "y": y.astype(np.int64), "test1": T1, "test2": T2, "y_test": yt.astype(np.int64)}

    def lr(X, y, C=1.0):
        m = LogisticRegression(C=C, tol=1e-12, max_iter=100000).fit(X, y)
        q = LogisticRegression(C=C, tol=1e-12, max_iter=1000, solver="newton-cholesky").fit(X, y); e = close(q.coef_, m.coef_, 3e-6, "newton"); close(q.intercept_ - q.intercept_.mean(), m.intercept_ - m.intercept_.mean(), 3e-6, "newton b")
        if len(m.classes_) == 2: close(q.intercept_, m.intercept_, 3e-6)
        return m

    def grad(m, X, y, C=1.0):
        G = m.predict_proba(X) - np.eye(len(m.classes_))[y]
        return max(np.abs(C * G.T @ X + m.coef_).max(), np.abs(C * G.sum(0)).max())
    ex = {}
    for C in (1.0, 0.1):
        m = lr(X, y, C); assert grad(m, X, y, C) < 1e-5, grad(m, X, y, C)
        fun = lambda t: (lambda Wm, bb: (C * (logsumexp(X @ Wm.T + bb, 1) - (X @ Wm.T + bb)[np.arange(n), y]).sum() + 0.5 * (Wm ** 2).sum()))(t[:Kc * 10].reshape(Kc, 10), t[Kc * 10:])
        o = scipy.optimize.minimize(fun, np.zeros(Kc * 11), method="BFGS", options=dict(gtol=1e-6, maxiter=5000)); close(o.x[:Kc * 10].reshape(Kc, 10), m.coef_, 1e-4); close(o.x[Kc * 10:] - o.x[Kc * 10:].mean(), m.intercept_ - m.intercept_.mean(), 1e-4)
        ex.update({f"C{C}_coef": m.coef_, f"C{C}_intercept": m.intercept_, f"C{C}_test_probabilities": m.predict_proba(T), f"C{C}_objective": fun(np.r_[m.coef_.ravel(), m.intercept_]), f"C{C}_test_accuracy": m.score(T, yt)})
    yb = (y == 1).astype(int); mb = lr(X, yb); pb = mb.predict_proba(X)[:, 1]; assert np.abs((pb - yb) @ X + mb.coef_[0]).max() < 1e-5
    ex.update(binary_coef=mb.coef_, binary_intercept=mb.intercept_, binary_test_probabilities=mb.predict_proba(T)[:, 1].copy())
    sv = LinearSVC(C=1.0, dual=False, tol=1e-10, max_iter=100000).fit(X, yb); yy = 2 * yb - 1
    so = scipy.optimize.minimize(lambda t: 0.5 * t @ t + (np.maximum(0, 1 - yy * (X @ t[:-1] + t[-1])) ** 2).sum(), np.zeros(11), method="BFGS", options=dict(gtol=1e-7)).x; close(so[:-1], sv.coef_[0], 1e-4)
    ex.update(svm_coef=sv.coef_, svm_intercept=sv.intercept_, svm_test_decision=sv.decision_function(T))
    w.case("fusion/early", "early fusion: concatenated views, multinomial logistic regression (C = 1 and 0.1), binary logistic regression and linear SVM (class 1 against the rest, C = 1)", SK + " LogisticRegression(lbfgs, tol=1e-12), LinearSVC(dual=False)",
           {"logistic": "minimise C sum_i -ln softmax(W x_i + b)[y_i] + 1/2 ||W||^2, intercept not penalised; binary: one weight vector with the sigmoid (NOT the 2-class softmax: different penalty)",
            "svm": "minimise 1/2(||w||^2 + b^2) + C sum max(0, 1 - y f)^2: squared hinge, intercept IS penalised (LinearSVC)"},
           ["optimality: gradient below 1e-5; sklearn's newton-cholesky solver agrees to 3e-6 and scipy BFGS on the plain objective to 1e-4; compare with tolerance 1e-5", "intercepts are defined up to a common constant: stored as sklearn returns them (they sum to about 0)", "no scaling of the features"], inp, ex)
    # late
    m1, m2 = lr(X1, y), lr(X2, y)
    N, Kl = 40, 4
    P = np.stack([sm(2 * rng.standard_normal((N, Kl))) for _ in range(4)]); P[0, 0] = [.7, .1, .1, .1]; P[1, 0] = [.1, .7, .1, .1]; P[2, 0] = [.1, .1, .1, .7]; P[3, 0] = [.1, .1, .7, .1]
    P[:, 1] = .25; P[0, 2] = [1, 0, 0, 0]; P[1, 2] = [0, 1, 0, 0]
    wt = np.array([0.4, 0.3, 0.2, 0.1]); votes = P.argmax(2)
    cnt = np.stack([np.bincount(v, minlength=Kl) for v in votes.T]); wc = np.stack([np.bincount(v, weights=wt, minlength=Kl) for v in votes.T])
    lp = np.log(np.maximum(P, 1e-12)); nm = lambda z: z / z.sum(1, keepdims=True)
    pr = sm(lp.sum(0)); ge = sm((wt[:, None, None] * lp).sum(0)); close(pr[3:], nm(P.prod(0))[3:])
    assert ((cnt == cnt.max(1, keepdims=True)).sum(1) > 1).sum() >= 3
    w.case("fusion/late", "late fusion of four models' class probabilities (40 samples, 4 classes)", NP,
           {"hard": "each model votes argmax (lowest class on a tie), most votes wins, ties to the LOWEST class id (sklearn VotingClassifier)", "hard_weighted": "votes weighted", "soft/weighted": "mean / weighted mean", "product": "normalised product, probabilities clipped to 1e-12 first, in logs",
            "geometric_weighted": "normalised prod p^w, same clip", "max/min/median": "elementwise over models, then normalised to sum 1; argmax lowest id"},
           ["sample 0: four different votes; sample 1: everything equal; sample 2: two models certain of different classes", "weights 0.4 0.3 0.2 0.1; for hard_weighted compare sums with a tolerance of 1e-12 before breaking ties"], {"probabilities": P, "weights": wt},
           {"votes": votes, "hard_counts": cnt, "hard": cnt.argmax(1), "hard_weighted_sums": wc, "hard_weighted": (wc >= wc.max(1, keepdims=True) - 1e-12).argmax(1), "soft": P.mean(0), "weighted": np.einsum("m,mnk->nk", wt, P), "product": pr, "geometric_weighted": ge,
            "max": nm(P.max(0)), "min": nm(np.maximum(P.min(0), 1e-12)), "median": nm(np.median(P, 0))})
    # missing modalities
    mask = np.ones((4, N), bool); mask[0, 5:15] = False; mask[1, 10:20] = False; mask[:, 20] = False; mask[:3, 21] = False
    ww = wt[:, None] * mask; tot = ww.sum(0); av = np.where(tot[:, None] > 0, np.einsum("mn,mnk->nk", ww, P) / np.where(tot > 0, tot, 1)[:, None], 0.25)
    mean1 = X1.mean(0); X1m = T1.copy(); X1m[::3] = mean1
    me = lr(X, y)
    w.case("fusion/missing", "missing-modality defaults", NP + "; " + SK, "late: weights renormalised over the modalities present; none present -> uniform distribution. early: a missing view is replaced by its training mean (= zero after standardising)",
           ["present[m][n] = 1: model m saw sample n", "early_probabilities: model of fusion/early with C = 1, test rows 0,3,6,... lack view 1"], {"probabilities": P, "weights": wt, "present": mask.astype(np.uint8), "early_in": "fusion/early/inputs.safetensors"},
           {"late_weighted": av, "view1_training_mean": mean1, "early_probabilities": me.predict_proba(np.hstack([X1m, T2]))})
    # stacking
    fold = (np.arange(n) * 7 % 5).astype(np.int64)
    v1 = make_pipeline(ColumnTransformer([("a", "passthrough", list(range(p1)))]), LogisticRegression(tol=1e-12, max_iter=100000)); v2 = make_pipeline(ColumnTransformer([("b", "passthrough", list(range(p1, p1 + p2)))]), LogisticRegression(tol=1e-12, max_iter=100000))
    st = StackingClassifier([("view1", v1), ("view2", v2)], LogisticRegression(tol=1e-12, max_iter=100000), cv=PredefinedSplit(fold), stack_method="predict_proba").fit(X, y)
    oof = np.zeros((n, 6))
    for f in range(5):
        a, b = fold != f, fold == f; oof[b] = np.hstack([lr(X1[a], y[a]).predict_proba(X1[b]), lr(X2[a], y[a]).predict_proba(X2[b])])
    fin = lr(oof, y); close(fin.coef_, st.final_estimator_.coef_, 1e-5); pt = fin.predict_proba(np.hstack([m1.predict_proba(T1), m2.predict_proba(T2)])); close(pt, st.predict_proba(T), 1e-6)
    w.case("fusion/stacking", "stacking: logistic regression per view, out-of-fold probabilities (5 stored folds), logistic regression on top", SK + " StackingClassifier(stack_method='predict_proba', cv=PredefinedSplit)",
           "meta features = [P_view1 (3), P_view2 (3)] out of fold; base models refitted on all the data for prediction; meta model C = 1; no passthrough", "recomputed by hand with the folds (1e-5), each regression also with newton-cholesky (3e-6): compare with tolerance 1e-5; three classes keep all columns (with two classes sklearn drops the first)",
           {"data_in": "fusion/early/inputs.safetensors", "test_fold": fold}, {"out_of_fold": oof, "meta_coef": st.final_estimator_.coef_, "meta_intercept": st.final_estimator_.intercept_, "test_probabilities": st.predict_proba(T), "base1_coef": m1.coef_, "base1_intercept": m1.intercept_, "base2_coef": m2.coef_, "base2_intercept": m2.intercept_})
    # ranked lists
    lists = [[int(i) for i in rng.permutation(30)[:20]] for _ in range(3)] + [[int(i) for i in rng.permutation(30)[:5]]]; lists[1][0] = lists[0][0] if lists[0][0] not in lists[1][1:] else lists[1][0]
    scores = [np.sort(rng.random(len(l)))[::-1] * s for l, s in zip(lists, (1, 10, 0.1, 1))]
    items = sorted({i for l in lists for i in l}); rw = [0.5, 0.2, 0.2, 0.1]
    rank = [{i: r + 1 for r, i in enumerate(l)} for l in lists]
    rrf = {i: sum(Fraction(1, 60 + r[i]) for r in rank if i in r) for i in items}; rrw = {i: sum(x / (60 + r[i]) for x, r in zip(rw, rank) if i in r) for i in items}
    bor = {i: sum(len(items) - r[i] if i in r else 0 for r in rank) for i in items}; borm = {i: sum(Fraction(len(items) - r[i]) if i in r else Fraction(len(items) - len(l) - 1, 2) for r, l in zip(rank, lists)) for i in items}
    mmx = [dict(zip(l, (s - s.min()) / (s.max() - s.min()))) for l, s in zip(lists, scores)]
    cs = {i: sum(d.get(i, 0) for d in mmx) for i in items}; mnz = {i: cs[i] * sum(i in d for d in mmx) for i in items}
    order = lambda d: sorted(items, key=lambda i: (-d[i], i))
    out = {k: {"order": order(d), "score": {str(i): float(v) for i, v in d.items()}} for k, d in dict(rrf=rrf, rrf_weighted=rrw, borda=bor, borda_mean_for_unranked=borm, combsum_minmax=cs, combmnz_minmax=mnz).items()}
    out["interleave"] = list(dict.fromkeys(l[r] for r in range(20) for l in lists if r < len(l)))
    w.case("fusion/ranked_lists", "rank fusion of four lists (three of 20, one of 5 items)", "plain Python (exact fractions for RRF and Borda)",
           {"rrf": "sum 1/(60 + rank), rank from 1, absent adds 0; rrf_weighted: w/(60 + rank), weights 0.5 0.2 0.2 0.1", "borda": "n - rank points, n = distinct items in all lists, absent 0", "borda_mean_for_unranked": "absent items share the remaining points equally: (n - len - 1)/2 each",
            "combsum": "sum of per-list min-max scores (worst item of a list gets 0, absent 0); combmnz: combsum times the number of lists holding the item", "interleave": "round robin, first occurrence kept", "ties": "lower item id first"},
           "exact ties in RRF exist in rational arithmetic; in floating point sum the lists in order", {"lists": lists, "scores": scores and [s.tolist() for s in scores]}, out)
    # kernel fusion
    g1, g2 = 1 / p1, 1 / p2; tgt = X1[:, 0] * X2[:, 1] + np.sin(X1[:, 2])
    Kx = (rbf_kernel(X1, gamma=g1) + rbf_kernel(X2, gamma=g2)) / 2; Kt = (rbf_kernel(T1, X1, gamma=g1) + rbf_kernel(T2, X2, gamma=g2)) / 2
    ex = {}
    for al in (1.0, 0.01):
        kr = KernelRidge(alpha=al, kernel="precomputed").fit(Kx, tgt); close(np.linalg.solve(Kx + al * np.eye(n), tgt), kr.dual_coef_, 1e-9); ex[f"alpha{al}_dual"] = kr.dual_coef_; ex[f"alpha{al}_prediction"] = kr.predict(Kt)
    KL = (np.exp(-g1 * ((X1[:, None] - X1[None]) ** 2).sum(-1)) + np.exp(-g2 * ((X2[:, None] - X2[None]) ** 2).sum(-1))) / 2; close(KL, Kx)
    w.case("fusion/kernel", "kernel fusion: mean of one RBF kernel per view, kernel ridge regression", SK + " rbf_kernel, KernelRidge(precomputed)", "k = 1/2 [exp(-|x1-x1'|^2/6) + exp(-|x2-x2'|^2/4)] (gamma = 1/features); (K + alpha I) a = t, prediction K_test a, no intercept",
           "recomputed with numpy solve", {"data_in": "fusion/early/inputs.safetensors", "target": tgt}, {**ex, "kernel_first_10_rows": Kx[:10].copy(), "alignment_view1_view2": float((rbf_kernel(X1, gamma=g1) * rbf_kernel(X2, gamma=g2)).sum() / np.linalg.norm(rbf_kernel(X1, gamma=g1)) / np.linalg.norm(rbf_kernel(X2, gamma=g2)))})


# ---------------------------------------------------------------- neighbours, clusters, scalers, hashes
def neighbours(w, rng, twin):
    from sklearn.cluster import KMeans
    from sklearn.preprocessing import StandardScaler, MinMaxScaler, normalize
    import xxhash
    B = rng.integers(-3, 4, (200, 8)); B[50:60] = B[10:20]; B[60:66] = 2 * B[20:26]; B[(B == 0).all(1)] = 1; Q = rng.integers(-3, 4, (16, 8)); Q[0] = B[20]; Q[1] = B[10]
    ip, ci, cs = [], [], []
    for q in Q:
        d = [int(x) for x in B @ q]; ip.append(sorted(range(200), key=lambda i: (-d[i], i))[:10])
        c = [Fraction(v * abs(v), int(b @ b)) for v, b in zip(d, B)]; o = sorted(range(200), key=lambda i: (-c[i], i))[:10]; ci.append(o); cs.append([float(B[i] @ q) / math.sqrt(float(B[i] @ B[i]) * float(q @ q)) for i in o])
    l2 = [sorted(range(200), key=lambda i: (int(((B[i] - q) ** 2).sum()), i))[:10] for q in Q]
    D = B @ Q.T; assert all((np.argsort(-D[:, j], kind="stable")[:10] == ip[j]).all() for j in range(16))
    w.case("neighbours/exact_with_ties", "exact top 10 by inner product, cosine and Euclidean distance on integer vectors full of ties", "plain Python integers and fractions", "ties by LOWER id; cosine compared exactly as sign(d) d^2/|b|^2; l2 = squared distance",
           ["float32 sums of these integers are exact, so inner product and l2 must match to the id; for cosine in floating point parallel vectors may differ in the last bit: treat scores within 1e-6 as tied, or compare scores", "ids 50-59 repeat 10-19, ids 60-65 are twice 20-25"],
           {"base": B.astype(np.float32), "queries": Q.astype(np.float32)}, {"inner_product_ids": np.array(ip), "inner_product_scores": np.array([[float(B[i] @ q) for i in r] for r, q in zip(ip, Q)]), "cosine_ids": np.array(ci), "cosine_scores": np.array(cs), "l2_ids": np.array(l2), "l2_squared": np.array([[float(((B[i] - q) ** 2).sum()) for i in r] for r, q in zip(l2, Q)])})
    B, Q = rng.standard_normal((400, 16)).astype(np.float32), rng.standard_normal((12, 16)).astype(np.float32)
    S = Q.astype(np.float64) @ B.T.astype(np.float64); n64 = np.linalg.norm(B.astype(np.float64), axis=1); C = S / n64 / np.linalg.norm(Q.astype(np.float64), axis=1)[:, None]
    a, c = np.argsort(-S, 1, kind="stable")[:, :10], np.argsort(-C, 1, kind="stable")[:, :10]
    gap = min(float(np.diff(-np.take_along_axis(M_, np.argsort(-M_, 1)[:, :11], 1), axis=1).min()) for M_ in (S, C)); assert gap > 1e-6, gap
    w.case("neighbours/exact_float", "exact top 10 on float32 Gaussian vectors, computed in float64", NP, "inner product and cosine", f"smallest gap between neighbouring scores in the top 11: {gap:.2e}; float32 results must give the same ids", {"base": B, "queries": Q},
           {"inner_product_ids": a, "inner_product_scores": np.take_along_axis(S, a, 1), "cosine_ids": c, "cosine_scores": np.take_along_axis(C, c, 1)})
    # k-means
    cen = rng.standard_normal((5, 6)) * 2.2; X = cen[rng.integers(0, 5, 250)] + rng.standard_normal((250, 6)); init = X[rng.choice(250, 5, replace=False)].copy(); ex = {}

    def lloyd(X, c, it):
        c = c.copy(); prev = None
        for t in range(it):
            l = ((X[:, None] - c[None]) ** 2).sum(-1).argmin(1)
            assert len(np.unique(l)) == len(c), "empty cluster"
            c = np.stack([X[l == j].mean(0) for j in range(len(c))])
            if prev is not None and (l == prev).all(): break
            prev = l
        l = ((X[:, None] - c[None]) ** 2).sum(-1).argmin(1); return c, l, ((X - c[l]) ** 2).sum(), t + 1
    for it in (1, 3, 300):
        km = KMeans(5, init=init, n_init=1, algorithm="lloyd", tol=0, max_iter=it).fit(X); c, l, s, t = lloyd(X, init, it); close(c, km.cluster_centers_, 1e-9); assert (l == km.labels_).all(); close(s, km.inertia_, 1e-9); assert t == km.n_iter_
        ex.update({f"iter{it}_centers": km.cluster_centers_, f"iter{it}_labels": km.labels_.astype(np.int64), f"iter{it}_inertia": km.inertia_, f"iter{it}_n_iter": int(km.n_iter_)})
    w.case("neighbours/kmeans", "k-means (Lloyd) from stored centres, at most 1, 3, 300 iterations", SK + " KMeans(n_init=1, algorithm='lloyd', tol=0)", "iteration: nearest centre (lower id on a tie), then means; stop when labels repeat; labels and inertia belong to the FINAL centres",
           "recomputed by a plain loop, iteration counts included (the iteration that sees the labels repeat is counted); no cluster becomes empty", {"X": X, "init": init}, ex)
    # scalers
    X = rng.standard_normal((40, 6)) * np.array([1, 10, .01, 1, 1, 1e4]) + np.array([0, 5, 1, 0, -3, 1e6]); X[:, 3] = 7.25; X[4] = 0; T = rng.standard_normal((8, 6)) * 5
    T[2] = 0; X[4, 3] = 7.25
    ss, mm, mn = StandardScaler().fit(X), MinMaxScaler().fit(X), MinMaxScaler((-1, 1), clip=True).fit(X); inc = StandardScaler().partial_fit(X[:13]).partial_fit(X[13:]); close(inc.mean_, ss.mean_); close(inc.var_, ss.var_, 1e-9)
    sd = X.std(0); sd[sd == 0] = 1; close((T - X.mean(0)) / sd, ss.transform(T), 1e-9); rg = X.max(0) - X.min(0); rg[rg == 0] = 1; close((T - X.min(0)) / rg, mm.transform(T), 1e-9)
    w.case("normalise/scalers", "StandardScaler, MinMaxScaler, L2 / L1 / max row normalisation; column 3 is constant, test row 2 is zero", SK, "standard: (x-mean)/std, ddof 0, std 0 -> 1; min-max: (x-min)/(max-min), range 0 -> 1; clip variant maps to [-1,1] and clips; rows: x/norm, zero rows stay 0 (max: by max |x|)",
           "recomputed in numpy; streaming in two chunks (13 + 27 rows) gives the same mean and variance", {"X": X, "X_test": T}, {"mean": ss.mean_, "var": ss.var_, "scale": ss.scale_, "standard_test": ss.transform(T), "standard_inverse_check": ss.inverse_transform(ss.transform(T)), "min": mm.data_min_, "max": mm.data_max_,
            "minmax_test": mm.transform(T), "minmax_clip_test": mn.transform(T), "l2_test": normalize(T), "l1_test": normalize(T, "l1"), "max_test": normalize(T, "max")})
    # hashes
    assert xxhash.xxh64_intdigest(b"", 0) == 0xEF46DB3751D8E999
    cap = captions(twin, 150, 300); ids = [f for f, _ in cap] + [c[0] for _, c in cap[:20]] + ["", "a", "0", "é", "图片/一.jpg", "x" * 31, "x" * 32, "x" * 33, "y" * 100]; rows = []
    for s in (0, 20261, 2 ** 63 + 5):
        r = [xxhash.xxh64_intdigest(i.encode(), s) for i in ids]; u = [(h >> 11) * 2.0 ** -53 for h in r]
        rows.append({"seed": str(s), "hash_hex": [f"{h:016x}" for h in r], "split": "".join("t" if x < 0.8 else "v" if x < 0.9 else "e" for x in u)})
    w.case("normalise/hash_split", "train/validation/test split by a stable hash of the id", f"xxhash {version('xxhash')} (XXH64)", "h = XXH64(utf-8 id, seed); u = (h >> 11) * 2^-53; t(rain) if u < 0.8, v(alidation) if u < 0.9, else (t)e(st)", "XXH64('', 0) = ef46db3751d8e999 checked; seeds are decimal strings (the last exceeds 2^63)", {"ids": ids}, {"seeds": rows})
    texts = [c[0] for _, c in cap[:6]] + [cap[0][1][0] + " today", cap[1][1][0].upper(), "dog", ""]
    def sh(t):
        t = " ".join(t.lower().split()); return {t[i:i + 5] for i in range(len(t) - 4)} if len(t) >= 5 else ({t} if t else set())
    sets = [sh(t) for t in texts]; sig = np.array([[min((xxhash.xxh64_intdigest(x.encode(), i) for x in s), default=2 ** 64 - 1) for i in range(64)] for s in sets], np.uint64)
    jac = np.array([[len(a & b) / len(a | b) if a | b else 1.0 for b in sets] for a in sets]); est = (sig[:, None] == sig[None]).mean(-1)
    w.case("neighbours/minhash", "Jaccard of character 5-shingles and MinHash signatures", f"xxhash {version('xxhash')}", "text: lower-case, white space collapsed; shingles: all 5-CODE-POINT substrings (the whole text if shorter, none if empty); signature_i = min over shingles of XXH64(utf-8, seed i), i = 0..63, 2^64-1 for an empty set; estimate = fraction of equal entries; Jaccard of two empty sets = 1",
           "signature is uint64; the hash library is the xxHash authors' C code, not recomputed", {"texts": texts}, {"signature": sig, "jaccard": jac, "estimate": est, "shingle_counts": [len(s) for s in sets]})


if __name__ == "__main__":
    a = arguments(); w = Writer(a.out)
    for i, (g, fn) in enumerate({"mutual_information": mutual_information, "svd": svd, "nmf": nmf, "cca": cca, "fusion": fusion, "neighbours": neighbours}.items()):
        if not a.only or g in a.only.split(","):
            fn(w, np.random.default_rng([a.seed, 100 + i]), a.twin); print("done", g, flush=True)
    if not a.only:
        w.readme('Classical multimodal methods', 'make/classic.py')
