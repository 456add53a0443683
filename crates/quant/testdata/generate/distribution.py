"""Probabilities and quantiles at 60 digits by mpmath: distribution.json."""
import json
import sys
from importlib.metadata import version

import mpmath as mp

mp.mp.dps = 60


def lower(a, x):
    """The series of positive terms, at enough digits that the complement keeps some."""
    with mp.workdps(360):
        a, x = mp.mpf(a), mp.mpf(x)
        term = total = mp.mpf(1)
        k = 0
        while term > total * mp.mpf(10) ** -350:
            k += 1
            term *= x / (a + k)
            total += term
        return total * mp.exp(a * mp.log(x) - x - mp.loggamma(a + 1))


def upper(a, x):
    with mp.workdps(360):
        return 1 - lower(a, x)


def beta(a, b, x):
    """DLMF 8.17.8, whose terms are positive; mirrored where it is slow."""
    a, b, x = mp.mpf(a), mp.mpf(b), mp.mpf(x)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta(b, a, 1 - x)
    term = total = mp.mpf(1)
    k = 0
    while term > total * mp.mpf(10) ** -58:
        term *= (a + b + k) / (a + 1 + k) * x
        total += term
        k += 1
    gammas = mp.loggamma(a + b) - mp.loggamma(a + 1) - mp.loggamma(b)
    return total * mp.exp(a * mp.log(x) + b * mp.log(1 - x) + gammas)


def student_upper(x, nu):
    half = beta(mp.mpf(nu) / 2, mp.mpf(1) / 2, nu / (nu + mp.mpf(x) ** 2)) / 2
    return half if x >= 0 else 1 - half


def student_density(x, nu):
    nu, x = mp.mpf(nu), mp.mpf(x)
    return mp.gamma((nu + 1) / 2) / mp.gamma(nu / 2) / mp.sqrt(nu * mp.pi) * (1 + x * x / nu) ** (-(nu + 1) / 2)


def normal_quantile(p):
    lo, hi = mp.mpf(-40), mp.mpf(9)
    for _ in range(200):
        mid = (lo + hi) / 2
        lo, hi = (lo, mid) if mp.ncdf(mid) > p else (mid, hi)
    return lo


def inverse(f, target, lo, hi):
    """Bisection on ln x of a monotone f."""
    lo, hi = mp.log(lo), mp.log(hi)
    up = f(mp.e**hi) > f(mp.e**lo)
    for _ in range(120):
        mid = (lo + hi) / 2
        if (f(mp.e**mid) > target) == up:
            hi = mid
        else:
            lo = mid
    return mp.e**lo


def main(path):
    out = {"about": {"program": "mpmath " + version("mpmath"), "digits": 60}}
    points = [-38.0, -30.0, -20.0, -8.25, -5.0, -3.1, -2.8, -1.0, -0.1, 1e-10, 0.3, 1.0, 2.5, 6.0, 8.0]
    out["normal"] = [[x, float(mp.ncdf(x)), float(mp.npdf(x))] for x in points]
    ps = [1e-300, 1e-100, 1e-20, 1e-12, 1e-6, 0.001, 0.01, 0.05, 0.07, 0.2, 0.4999, 0.5, 0.6, 0.9, 0.95, 0.975, 0.99, 0.9999]
    out["normal_quantile"] = [[p, float(normal_quantile(mp.mpf(p)))] for p in ps]
    rows = []
    for a in [1e-3, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 1500.0, 1e5]:
        for s in [1e-3, 0.2, 0.8, 0.97, 1.0, 1.05, 1.3, 3.0]:
            x = float(a * s if a > 0.9 else s * 4)
            rows.append([a, x, float(lower(a, x)), float(upper(a, x))])
    out["gamma"] = rows
    rows = []
    for a, b in [(0.5, 0.5), (0.5, 3.0), (2.0, 0.1), (1.0, 1.0), (5.0, 40.0), (300.0, 200.0), (0.5, 1000.0), (2e4, 1e4)]:
        for x in [1e-9, 0.01, 0.25, 0.5, 0.6, 0.66, 0.75, 0.99]:
            rows.append([x, a, b, float(beta(a, b, x))])
    out["beta"] = rows
    rows = []
    for nu in [0.3, 1.0, 2.0, 3.7, 5.0, 30.0, 250.0, 1e5]:
        for x in [-50.0, -3.0, -0.5, 1e-8, 0.2, 1.0, 2.5, 8.0, 1e4]:
            rows.append([x, nu, float(student_upper(x, nu)), float(student_density(x, nu))])
    out["student"] = rows
    tails = [1e-30, 1e-8, 0.005, 0.05, 0.3, 0.45, 0.499]
    out["student_quantile"] = [
        [p, nu, -float(inverse(lambda x: student_upper(x, nu), mp.mpf(p), mp.mpf("1e-30"), mp.mpf("1e60")))]
        for nu in [1.0, 3.7, 5.0, 250.0] for p in tails
    ]
    out["chi_square_quantile"] = [
        [p, nu, float(inverse(lambda x: lower(mp.mpf(nu) / 2, x / 2), mp.mpf(p), mp.mpf("1e-60"), mp.mpf(40 * nu + 500)))]
        for nu in [1.0, 2.0, 10.5, 400.0] for p in [1e-12, 0.01, 0.5, 0.95, 0.9999]
    ]
    out["fisher"] = [
        [x, a, b, float(beta(mp.mpf(a) / 2, mp.mpf(b) / 2, mp.mpf(a) * x / (mp.mpf(a) * x + b)))]
        for a, b in [(1.0, 10.0), (3.0, 2500.0), (20.0, 7.0)] for x in [0.01, 0.9, 4.0, 30.0]
    ]
    body = ",\n".join(json.dumps(k) + ":" + json.dumps(v, separators=(",", ":")) for k, v in out.items())
    open(path, "w").write("{" + body + "}\n")


main(sys.argv[1])
