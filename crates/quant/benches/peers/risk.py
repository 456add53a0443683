"""The work of benches/risk.rs by arch, numpy, statsmodels, sklearn and scipy.

usage: python benches/peers/risk.py; CPU time of one core, best of three.
"""
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
import time
import warnings

import numpy as np
import statsmodels.api as sm
from arch import arch_model
from arch.bootstrap import StationaryBootstrap
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform
from sklearn.covariance import ledoit_wolf

warnings.simplefilter("ignore")
DAYS = 2520


def wave(count, step):
    i = np.arange(count)
    return np.fmod(np.sin((i + 1) * step * 12.9898) * 43758.545, 1.0) * 0.02 * (1 + np.sin(i / 90) * 0.8)


def report(name, work, rounds=1):
    best = 1e9
    for _ in range(3):
        start = time.process_time()
        for _ in range(rounds):
            work()
        best = min(best, (time.process_time() - start) / rounds)
    print(f"{name:56} {best * 1e6:12.0f}")


returns, market = wave(DAYS, 0.7), wave(DAYS, 1.3)
print(f"{'work':56} {'µs':>12}")
for name, vol, o, dist in [("GARCH normal", "GARCH", 0, "normal"), ("GARCH Student", "GARCH", 0, "t"), ("GJR normal", "GARCH", 1, "normal"), ("EGARCH normal", "EGARCH", 1, "normal")]:
    report("arch " + name, lambda: arch_model(100 * returns, vol=vol, p=1, o=o, q=1, dist=dist).fit(disp="off"))
report("numpy quantile and tail mean", lambda: (np.quantile(returns, 0.01), returns[returns <= np.quantile(returns, 0.01)].mean()), 50)
X = sm.add_constant(np.column_stack([market, returns]))
report("statsmodels OLS, HAC 7", lambda: sm.OLS(0.5 * market**2 + market, X).fit(cov_type="HAC", cov_kwds={"maxlags": 7}).bse, 5)
report("arch StationaryBootstrap, 1,000 draws", lambda: StationaryBootstrap(10, returns, seed=1).conf_int(lambda x: x.mean() / x.std(ddof=1) * 252**0.5, 1000, method="percentile"))
many = np.array([wave(100, 0.3 + t) for t in range(500)])
report("sklearn ledoit_wolf, 100 assets", lambda: ledoit_wolf(many), 5)
apart = squareform(np.sqrt((1 - np.corrcoef(many.T)) / 2), checks=False)
report("scipy average linkage, 100 assets", lambda: linkage(apart, "average"), 20)
cov = ledoit_wolf(many)[0]
rng = np.random.default_rng(1)
report("numpy multivariate_normal, 10,000 scenarios", lambda: np.quantile(rng.multivariate_normal(np.zeros(100), cov, 10000) @ np.full(100, 0.01), 0.01))
