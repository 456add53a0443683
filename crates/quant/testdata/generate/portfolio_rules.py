"""Problems with rules, and synthetic scenarios: what cvxpy with CLARABEL (1e-12), HiGHS, skfolio, PyPortfolioOpt and
SciPy answer. Reads portfolio.json beside it for the moments; writes portfolio_rules.json.

pip install clarabel==0.11.1 cvxpy==1.9.3 numpy==2.4.6 pandas==3.1.1 pyportfolioopt==1.6.0 scipy==1.17.1 skfolio==1.12.2
"""
import itertools
import json
import warnings
from pathlib import Path

import cvxpy as cp
import numpy as np
import pandas as pd
from pypfopt import DiscreteAllocation
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
from skfolio.cluster import HierarchicalClustering, LinkageMethod
from skfolio.optimization import HierarchicalEqualRiskContribution, MaximumDiversification

warnings.simplefilter("ignore")
HERE = Path(__file__).resolve().parent.parent
given = json.load(open(HERE / "portfolio.json"))
mu, cov = np.array(given["mu"]), np.array(given["cov"])
n = len(mu)
root = np.linalg.cholesky(cov).T
EXACT = dict(solver=cp.CLARABEL, tol_gap_abs=1e-13, tol_gap_rel=1e-13, tol_feas=1e-13)
rows = {}


def solve(name, objective, rules, w, **more):
    problem = cp.Problem(objective, rules)
    problem.solve(**EXACT)
    rows[name] = {"objective": problem.value, "weights": w.value.tolist(), "status": problem.status, **more}
    print(name, problem.status, problem.value)


w = cp.Variable(n)
variance, base = cp.sum_squares(root @ w), [cp.sum(w) == 1, w >= 0]
groups = [cp.sum(w[:7]) <= 0.2, cp.sum(w[7:14]) >= 0.3, cp.sum(w[7:14]) <= 0.45]
held = np.full(n, 1 / n)
bench = np.arange(n, 0, -1) / (n * (n + 1) / 2)
trade = cp.abs(w - held)
solve("groups", cp.Minimize(variance), base + groups, w)
solve("turnover", cp.Minimize(variance), base + [cp.sum(trade) <= 0.5], w)
solve("tracking", cp.Minimize(variance), base + [cp.norm(root @ (w - bench)) <= 0.03], w)
solve("utility", cp.Maximize(mu @ w - 1.5 * variance), base, w)
solve("utility with costs", cp.Maximize(mu @ w - 0.02 * cp.sum(trade) - 1.5 * variance), base, w)
solve("everything", cp.Maximize(mu @ w - 0.01 * cp.sum(trade) - 1.5 * variance),
      base + groups + [w <= 0.15, cp.sum(trade) <= 0.8, cp.norm(root @ (w - bench)) <= 0.05], w)
solve("return at volatility", cp.Maximize(mu @ w), base + [cp.norm(root @ w) <= 0.16], w)
solve("variance at return after costs", cp.Minimize(variance), base + [mu @ w - 0.02 * cp.sum(trade) >= 0.15], w)
long_short = [cp.sum(w) == 0, w >= -0.2, w <= 0.2, cp.sum(cp.abs(w)) <= 1.0]
solve("long and short", cp.Maximize(mu @ w - 1.5 * variance), long_short, w)
# Greatest ratios after Charnes and Cooper: y = w / k with (mu - rf)' y = 1.
y, k = cp.Variable(n), cp.Variable()
solve("sharpe with groups and costs", cp.Minimize(cp.sum_squares(root @ y)),
      [(mu - 0.02) @ y - 0.01 * cp.sum(cp.abs(y - held * k)) >= 1, cp.sum(y) == k, y >= 0, k >= 0,
       cp.sum(y[:7]) <= 0.2 * k, y <= 0.25 * k], y)
rows["sharpe with groups and costs"]["weights"] = (y.value / y.value.sum()).tolist()
rows["sharpe with groups and costs"]["objective"] = 1 / np.sqrt(rows["sharpe with groups and costs"]["objective"])
sd = np.sqrt(np.diag(cov))
solve("diversification", cp.Minimize(cp.sum_squares(root @ y)), [sd @ y == 1, y >= 0], y)
rows["diversification"]["weights"] = (y.value / y.value.sum()).tolist()
rows["diversification"]["objective"] = 1 / np.sqrt(rows["diversification"]["objective"])

# The best of all sets of three assets, each solved on its own.
best = (np.inf, None)
for members in itertools.combinations(range(n), 3):
    s = list(members)
    for size in (1, 2, 3):
        for held_ones in itertools.combinations(s, size):
            h = list(held_ones)
            v = np.linalg.solve(cov[np.ix_(h, h)], np.ones(size))
            v /= v.sum()
            if (v >= 0.1).all() and v @ cov[np.ix_(h, h)] @ v < best[0]:
                full = np.zeros(n)
                full[h] = v
                best = (float(v @ cov[np.ix_(h, h)] @ v), full.tolist())
rows["three assets of at least 0.1"] = {"objective": best[0], "weights": best[1]}


class Draws:
    """A linear congruence of 64 bits; the test in Rust draws the same numbers."""

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


def scenarios(count, assets):
    """One common factor and an own part; each asset 10 % wilder than the one before."""
    draws, answer = Draws(11), []
    for _ in range(count):
        market, row, scale = draws.normal(), [], 0.008
        for asset in range(assets):
            row.append(0.0004 + scale * (0.6 * market + 0.8 * draws.normal()))
            scale = scale * 1.1
        answer.append(row)
    return np.array(answer)


S, m = scenarios(500, 13), 13
v, t = cp.Variable(m), cp.Variable()
tail = t + cp.sum(cp.pos(-S @ v - t)) / (len(S) * 0.05)
long_only = [cp.sum(v) == 1, v >= 0]
even = np.full(m, 1 / m)
C = np.cov(S.T)
R = np.linalg.cholesky(C).T
solve("cvar", cp.Minimize(tail), long_only, v)
solve("cvar with groups and turnover", cp.Minimize(tail),
      long_only + [v <= 0.3, cp.sum(v[:4]) <= 0.5, cp.sum(cp.abs(v - even)) <= 0.9], v)
solve("cvar with tracking", cp.Minimize(tail), long_only + [cp.norm(R @ (v - even)) <= 0.002], v)
solve("cvar long and short", cp.Minimize(tail), [cp.sum(v) == 1, v >= -0.5, v <= 1], v)

corr = np.corrcoef(S.T)
D = np.sqrt(np.clip((1 - corr) / 2, 0, 1))
np.fill_diagonal(D, 0)
y0 = D[np.triu_indices(m, 1)]
trees = {}
for method in ("single", "complete", "average", "ward"):
    Z = linkage(y0, method)
    X = pd.DataFrame(S, columns=[f"a{i:02d}" for i in range(m)])
    herc = HierarchicalEqualRiskContribution(hierarchical_clustering_estimator=HierarchicalClustering(
        linkage_method=LinkageMethod(method))).fit(X)
    trees[method] = {"merges": Z.tolist(), "leaves": leaves_list(Z).tolist(),
                     "optimal": leaves_list(optimal_leaf_ordering(Z, y0)).tolist(),
                     "equal_risk": herc.weights_.tolist(),
                     "clusters": int(herc.hierarchical_clustering_estimator_.n_clusters_)}
rows["trees"] = trees
X = pd.DataFrame(S)
rows["diversification of scenarios"] = {"weights": MaximumDiversification(solver_params={
    "tol_gap_abs": 1e-13, "tol_gap_rel": 1e-13, "tol_feas": 1e-13}).fit(X).weights_.tolist()}

prices = np.array([37.0 + 23.5 * i % 191 for i in range(n)])
target = np.array(given["problems"][0]["weights"]["pypfopt"])
target = np.where(target < 1e-6, 0, target)
target /= target.sum()
names = given["names"]
bought = {}
for value in (2000.0, 25000.0):
    da = DiscreteAllocation(dict(zip(names, target)), pd.Series(prices, names), total_portfolio_value=value)
    greedy, greedy_left = da.greedy_portfolio()
    exact, exact_left = DiscreteAllocation(dict(zip(names, target)), pd.Series(prices, names),
                                           total_portfolio_value=value).lp_portfolio()
    bought[str(int(value))] = {"greedy": [int(greedy.get(k, 0)) for k in names], "greedy_cash": float(greedy_left),
                               "exact": [int(exact.get(k, 0)) for k in names], "exact_cash": float(exact_left)}
rows["shares"] = {"weights": target.tolist(), "prices": prices.tolist(), "bought": bought}
with open(HERE / "portfolio_rules.json", "w") as out:
    out.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(r)}" for k, r in rows.items()) + "\n}\n")
