"""Made-up prices of eight asset classes over two years of weekdays, and the portfolios that PyPortfolioOpt, skfolio
and cvxpy make of them. Writes portfolio_prices.csv and portfolio_prices.json beside itself.

pip install clarabel==0.11.1 cvxpy==1.9.3 numpy==2.4.6 pandas==2.3.3 pyportfolioopt==1.6.0 scikit-learn==1.9.1
  scipy==1.17.1 skfolio==1.12.2
"""
import json
import warnings
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from pypfopt import DiscreteAllocation, EfficientCVaR, EfficientFrontier, HRPOpt
from skfolio import RiskMeasure
from skfolio.cluster import HierarchicalClustering, LinkageMethod
from skfolio.optimization import (HierarchicalEqualRiskContribution, HierarchicalRiskParity, MaximumDiversification,
                                  RiskBudgeting)
from sklearn.covariance import ledoit_wolf

warnings.simplefilter("ignore")
HERE = Path(__file__).resolve().parent.parent
NAMES = ["WORLD", "EUROPE", "ASIA", "SMALL", "ESTATE", "GOLD", "BONDS", "BILLS"]
# Deviation of a day, part of it that is the market's, and mean.
KINDS = [(0.010, 0.9, 0.0004), (0.011, 0.8, 0.0003), (0.013, 0.7, 0.0005), (0.014, 0.8, 0.0004), (0.011, 0.6, 0.0003),
         (0.009, 0.0, 0.0003), (0.003, -0.2, 0.0001), (0.0004, 0.0, 0.00008)]


class Draws:
    """The linear congruence of portfolio_rules.py."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 32) / 4294967296.0

    def normal(self):
        return sum(self.uniform() for _ in range(12)) - 6.0


draws, day, levels, rows = Draws(7), date(2022, 1, 3), [100.0] * len(NAMES), []
while len(rows) < 505:
    if day.weekday() < 5:
        rows.append([day.isoformat()] + [f"{level:.3f}" for level in levels])
        market = draws.normal()
        for at, (deviation, part, mean) in enumerate(KINDS):
            own = draws.normal()
            levels[at] *= 1 + mean + deviation * (part * market + (1 - part * part) ** 0.5 * own)
    day += timedelta(1)
with open(HERE / "portfolio_prices.csv", "w") as out:
    out.write("\n".join(",".join(row) for row in [["Date"] + NAMES] + rows) + "\n")

prices = pd.read_csv(HERE / "portfolio_prices.csv", index_col=0)
X = prices.pct_change().dropna()
mu, cov = X.mean() * 252, X.cov() * 252
RISK_FREE = 0.02
TIGHT = {"tol_gap_abs": 1e-13, "tol_gap_rel": 1e-13, "tol_feas": 1e-13}
OURS = dict(solver="CLARABEL", solver_options=TIGHT)
THEIRS = dict(solver="CLARABEL", solver_params=TIGHT)
SECTOR = {name: "shares" for name in NAMES[:4]} | {"ESTATE": "real", "GOLD": "real", "BONDS": "safe", "BILLS": "safe"}
answers = {}


def add(name, program, weights):
    w = np.array([weights[key] for key in NAMES] if isinstance(weights, dict) else weights, float)
    answers[name] = {"program": program, "weights": w.tolist(), "expected_return": float(w @ mu),
                     "volatility": float(np.sqrt(w @ cov.to_numpy() @ w))}
    print(f"{name:40}", np.round(w, 4))


def frontier(lower=0.0, upper=1.0, covariance=cov):
    return EfficientFrontier(mu, covariance, weight_bounds=(lower, upper), **OURS)


def ruled():
    made = frontier(0.02, 0.4)
    made.add_sector_constraints(SECTOR, {"shares": 0.3}, {"safe": 0.5})
    return made


add("minimum variance", "PyPortfolioOpt", dict(frontier().min_volatility()))
add("maximum sharpe", "PyPortfolioOpt", dict(frontier().max_sharpe(risk_free_rate=RISK_FREE)))
add("maximum return at volatility 0.08", "PyPortfolioOpt", dict(frontier().efficient_risk(0.08)))
add("minimum variance at return 0.08", "PyPortfolioOpt", dict(frontier().efficient_return(0.08)))
add("maximum utility 3", "PyPortfolioOpt", dict(frontier().max_quadratic_utility(3)))
add("minimum variance with rules", "PyPortfolioOpt", dict(ruled().min_volatility()))
shrunk = pd.DataFrame(ledoit_wolf(X)[0] * 252, NAMES, NAMES)
add("minimum variance, ledoit-wolf", "PyPortfolioOpt over scikit-learn's",
    dict(frontier(upper=0.3, covariance=shrunk).min_volatility()))
tail = EfficientCVaR(mu, X, beta=0.9, weight_bounds=(0, 0.4), **OURS)
add("minimum cvar 0.9, at most 0.4", "PyPortfolioOpt", dict(tail.min_cvar()))
answers["minimum cvar 0.9, at most 0.4"]["cvar"] = float(tail.portfolio_performance()[1])
add("maximum diversification", "skfolio", MaximumDiversification(**THEIRS).fit(X).weights_)
add("risk parity", "skfolio", RiskBudgeting(risk_measure=RiskMeasure.VARIANCE, **THEIRS).fit(X).weights_)
BUDGETS = {"GOLD": 3.0, "BONDS": 2.0}
budgets = {name: BUDGETS.get(name, 1.0) for name in NAMES}
add("risk budgets", "skfolio",
    RiskBudgeting(risk_measure=RiskMeasure.VARIANCE, risk_budget=budgets, **THEIRS).fit(X).weights_)
hrp = HRPOpt(X)
add("hierarchical risk parity, single", "PyPortfolioOpt", dict(hrp.optimize(linkage_method="single")))
WARD = HierarchicalClustering(linkage_method=LinkageMethod.WARD)
add("hierarchical risk parity, ward", "skfolio",
    HierarchicalRiskParity(hierarchical_clustering_estimator=WARD).fit(X).weights_)
add("hierarchical equal risk, ward", "skfolio",
    HierarchicalEqualRiskContribution(hierarchical_clustering_estimator=WARD).fit(X).weights_)

# Bounds on weights: one that binds some, one that binds most, one for each asset.
BOUNDS = {
    "at most 0.3": (0.0, 0.3),
    "0.05 to 0.25": (0.05, 0.25),
    "each its own": ([0.0, 0.1, 0.0, 0.02, 0.0, 0.0, 0.1, 0.0], [0.2, 0.2, 0.05, 1.0, 1.0, 0.08, 0.3, 0.6]),
}
for name, (lower, upper) in BOUNDS.items():
    both = dict(min_weights=np.broadcast_to(lower, 8).astype(float), max_weights=np.broadcast_to(upper, 8).astype(float))
    # Returns in per cent: of a variance near 1 the solver's tolerances leave more digits.
    add(f"risk parity, {name}", "skfolio",
        RiskBudgeting(risk_measure=RiskMeasure.VARIANCE, **both, **THEIRS).fit(100 * X).weights_)
    add(f"risk budgets, {name}", "skfolio", RiskBudgeting(
        risk_measure=RiskMeasure.VARIANCE, risk_budget=budgets, **both, **THEIRS).fit(100 * X).weights_)
    add(f"hierarchical risk parity, {name}", "skfolio",
        HierarchicalRiskParity(hierarchical_clustering_estimator=WARD, **both).fit(X).weights_)
    add(f"hierarchical equal risk, {name}", "skfolio", HierarchicalEqualRiskContribution(
        hierarchical_clustering_estimator=WARD, **both, **THEIRS).fit(X).weights_)
    for key in [key for key in answers if key.endswith(f", {name}") and "cvar" not in key]:
        answers[key] |= {"lower": both["min_weights"].tolist(), "upper": both["max_weights"].tolist()}

target = answers["minimum variance with rules"]["weights"]
bought, cash = DiscreteAllocation(dict(zip(NAMES, target)), prices.iloc[-1], total_portfolio_value=10_000).lp_portfolio()
about = {"script": "portfolio_prices.py", "risk_free": RISK_FREE, "budgets": BUDGETS,
         "versions": {p: version(p) for p in ("pyportfolioopt", "skfolio", "cvxpy", "clarabel", "scipy", "scikit-learn",
                                              "numpy", "pandas")}}
with open(HERE / "portfolio_prices.json", "w") as out:
    rows = {"about": about, "names": NAMES, "mu": mu.tolist(), "volatility": np.sqrt(np.diag(cov)).tolist(),
            "shares": {"value": 10_000, "shares": [int(bought.get(name, 0)) for name in NAMES], "cash": float(cash)}}
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in rows.items()]
    found = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in answers.items())
    out.write("{\n" + ",\n".join(lines) + ',\n"answers": {\n' + found + "\n}\n}\n")
