"""Peers of benches/portfolio.rs on the same numbers, one core: best of a few runs, in ms.

pip install clarabel==0.11.1 highspy==1.15.1 pyportfolioopt==1.6.0 scipy==1.17.1 skfolio==1.12.2
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 taskset -c 0 python benches/peers/portfolio.py
"""
import time
import warnings

import clarabel
import numpy as np
import pandas as pd
from pypfopt import EfficientCVaR, EfficientFrontier, HRPOpt
from scipy import sparse
from scipy.optimize import linprog
from skfolio import RiskMeasure
from skfolio.optimization import HierarchicalRiskParity, MeanRisk, RiskBudgeting

warnings.simplefilter("ignore")


class Draws:
    """The linear congruence of benches/portfolio.rs."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 32) / 4294967296.0

    def normal(self):
        total = 0.0
        for _ in range(12):
            total += self.uniform()
        return total - 6.0


def returns(assets, days):
    draws = Draws(7)
    loadings = [[0.8 + 0.4 * draws.uniform() if k == 0 else 0.3 * draws.normal() for k in range(5)]
                for _ in range(assets)]
    own = [0.008 + 0.012 * draws.uniform() for _ in range(assets)]
    drift = [0.0002 + 0.0006 * draws.uniform() for _ in range(assets)]
    rows = []
    for _ in range(days):
        factors = [0.008 * draws.normal() for _ in range(5)]
        row = []
        for asset in range(assets):
            value = drift[asset]
            for loading, factor in zip(loadings[asset], factors):
                value += loading * factor
            row.append(value + own[asset] * draws.normal())
        rows.append(row)
    return pd.DataFrame(rows, columns=[f"a{i}" for i in range(assets)])


def best(name, rounds, work):
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        answer = work()
        taken.append((time.perf_counter() - start) * 1e3)
    print(f"{name:<58} {min(taken):>10.1f}", flush=True)
    return answer


def clarabel_minimum_variance(cov):
    n = len(cov)
    rows = sparse.csc_matrix(np.vstack([np.ones(n), -np.eye(n)]))
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    right = np.r_[1.0, np.zeros(n)]
    cones = [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(n)]
    upper = sparse.triu(sparse.csc_matrix(cov)).tocsc()
    return clarabel.DefaultSolver(upper, np.zeros(n), rows, right, cones, settings).solve().x


X = returns(500, 1260)
mu, cov = X.mean() * 252, X.cov() * 252
C = cov.to_numpy()
value = lambda w: float(np.asarray(w) @ C @ np.asarray(w))
weights = lambda answer: np.array(list(answer.values())) if isinstance(answer, dict) else np.asarray(answer)
print("minimum variance, objective:")
for name, rounds, work in [
    ("clarabel, minimum variance, 500", 3, lambda: clarabel_minimum_variance(C)),
    ("PyPortfolioOpt, minimum variance, 500", 3, lambda: EfficientFrontier(mu, cov).min_volatility()),
    ("skfolio, minimum variance, 500", 3, lambda: MeanRisk(risk_measure=RiskMeasure.VARIANCE).fit(X).weights_),
    ("PyPortfolioOpt, maximum Sharpe, 500", 1, lambda: EfficientFrontier(mu, cov).max_sharpe(0.02)),
    ("skfolio, risk parity, 500", 1, lambda: RiskBudgeting().fit(X).weights_),
    ("PyPortfolioOpt, HRP, 500", 1, lambda: HRPOpt(X).optimize()),
    ("skfolio, HRP, 500", 1, lambda: HierarchicalRiskParity().fit(X).weights_),
]:
    print("   variance", repr(value(weights(best(name, rounds, work)))))

Y = returns(100, 2520)
x, beta = Y.to_numpy(), 0.95
T, n = x.shape
losses = lambda w: np.sort(-x @ w)[::-1]
tail = lambda w: float(losses(np.asarray(w))[:126].mean())
c = np.r_[np.zeros(n), 1, np.full(T, 1 / (T * (1 - beta)))]
A = sparse.csr_matrix(np.c_[-x, -np.ones(T), -np.eye(T)])
E = sparse.csr_matrix(np.r_[np.ones(n), np.zeros(T + 1)][None, :])
bounds = [(0, 1)] * n + [(None, None)] + [(0, None)] * T
for name, work in [
    ("HiGHS, CVaR 95 %, 100 x 2,520", lambda: linprog(c, A_ub=A, b_ub=np.zeros(T), A_eq=E, b_eq=[1], bounds=bounds, method="highs-ds").x[:n]),
    ("PyPortfolioOpt, CVaR 95 %, 100 x 2,520", lambda: EfficientCVaR(Y.mean(), Y, beta=beta).min_cvar()),
    ("skfolio, CVaR 95 %, 100 x 2,520", lambda: MeanRisk(risk_measure=RiskMeasure.CVAR).fit(Y).weights_),
]:
    print("   CVaR", repr(tail(weights(best(name, 1, work)))))
