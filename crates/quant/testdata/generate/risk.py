"""Risk and performance figures by other programs.

usage: python risk.py <shared risk.json> <folder of market files> <folder to write to>
Writes risk_prices.json (three series) and risk.json (what is expected of them): the rows of the
shared risk.json whose series are free to publish, and more by the same programs.
"""
import json
import math
import sys
import warnings
from importlib.metadata import version

import arch
import empyrical as ep
import numpy as np
import pandas as pd
import quantstats.stats as qs
import scipy.stats as ss
import statsmodels.api as sm
from arch import arch_model
from pypfopt import risk_models
from scipy.cluster import hierarchy
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.spatial.distance import squareform
from sklearn.covariance import ledoit_wolf, oas
from statsmodels.stats.correlation_tools import corr_clipped, corr_nearest, cov_nearest

warnings.simplefilter("ignore")
PROGRAMS = ["quantstats", "empyrical-reloaded", "arch", "scipy", "numpy", "pandas", "statsmodels", "scikit-learn", "pyportfolioopt"]


def clean(x):
    if isinstance(x, dict):
        return {str(k): clean(v) for k, v in x.items()}
    if isinstance(x, (list, tuple, np.ndarray, pd.Series)):
        return [clean(v) for v in np.asarray(x, dtype=object).tolist()]
    if isinstance(x, (np.floating, float)):
        return float(x) if math.isfinite(x) else None
    if isinstance(x, (bool, np.bool_)):
        return bool(x)
    if isinstance(x, np.integer):
        return int(x)
    return x


def save(path, sections):
    with open(path, "w") as f:
        f.write("{" + ",\n".join(json.dumps(k) + ":" + json.dumps(clean(v), separators=(",", ":")) for k, v in sections.items()) + "}\n")


shared, markets, dest = sys.argv[1:4]
reference = json.load(open(shared))


def prices(name, column, first, last):
    frame = pd.read_csv(f"{markets}/{name}", parse_dates=["date"]).set_index("date")
    return frame[column].loc[first:last].astype(float).dropna()


series = {
    "stock": prices("clear/adjusted/AAPL.csv", "adj_close", "2005-01-01", "2010-12-31"),
    "other": prices("clear/adjusted/MSFT.csv", "adj_close", "2005-01-01", "2010-12-31"),
    "fx": prices("clear/fx/ecb_eur.csv", "USD", "2012-01-01", "2019-12-31"),
}
returns = {name: p.pct_change().dropna() for name, p in series.items()}
save(f"{dest}/risk_prices.json", {"about": "AAPL and MSFT adjusted closes 2005-2010 (Quandl WIKI, public domain); US dollars per euro 2012-2019 (European Central Bank)"} | {name: p.to_numpy() for name, p in series.items()})

out = {"about": {"versions": {p: version(p) for p in PROGRAMS}}}
keep = ("stock", "fx")
out["performance"] = {k: reference["performance"][k] for k in keep}
out["var_es"] = [r for r in reference["var_es"] if r["series"] in keep]
out["ewma"] = [r for r in reference["ewma"] if r["series"] in keep]
out["xirr"] = reference["xirr"]

# Drawdowns and rolling figures by quantstats and empyrical.
out["drawdowns"] = {}
for name, r in returns.items():
    dd = qs.to_drawdown_series(r)
    table = qs.drawdown_details(dd)
    out["drawdowns"][name] = {
        "series_every_50th": dd.to_numpy()[::50],
        "depths": table["max drawdown"].to_numpy() / 100,
        "first": [int(r.index.get_loc(pd.Timestamp(t))) for t in table["start"]],
        "valley": [int(r.index.get_loc(pd.Timestamp(t))) for t in table["valley"]],
        "rolling_sharpe_60_last": float(ep.roll_sharpe_ratio(r, window=60).iloc[-1]),
        "rolling_max_drawdown_60_first": float(ep.roll_max_drawdown(r, window=60).iloc[0]),
    }

# With a risk-free rate and a required return.
r = returns["stock"]
free, required = 1.03 ** (1 / 252) - 1, 1.05 ** (1 / 252) - 1
out["with_rates"] = {
    "sharpe": ep.sharpe_ratio(r, risk_free=free), "sortino": ep.sortino_ratio(r, required_return=required),
    "omega": ep.omega_ratio(r, required_return=0.05), "downside_risk": ep.downside_risk(r, required_return=required),
    "quantstats_sharpe": qs.sharpe(r, rf=0.03),
}

# Against a benchmark.
x, b = returns["stock"], returns["other"]
alpha, beta = ep.alpha_beta(x, b, risk_free=free)
batting = ep.batting_average(x, b)
out["relative"] = {
    "alpha_compounded": alpha, "beta": beta, "excess_sharpe": ep.excess_sharpe(x, b), "capture": ep.capture(x, b), "up_capture": ep.up_capture(x, b),
    "down_capture": ep.down_capture(x, b), "up_down_capture": ep.up_down_capture(x, b), "batting_average": float(batting["batting average"]),
    "quantstats_alpha": float(qs.greeks(x, b)["alpha"]), "quantstats_r_squared": qs.r_squared(x, b, prepare_returns=False),
    "quantstats_treynor_total": qs.treynor_ratio(x, b), "correlation": float(np.corrcoef(x, b)[0, 1]), "tracking_error": float((x - b).std() * math.sqrt(252)),
}

# Integrals of quantile functions: the shortfalls that the shared file lacks.
tails = []
for name in ("stock", "fx"):
    v = returns[name].to_numpy()
    m, s, g, e = v.mean(), v.std(ddof=1), ss.skew(v), ss.kurtosis(v)

    def expansion(p):
        z = ss.norm.ppf(p)
        return m + s * (z + (z * z - 1) * g / 6 + (z**3 - 3 * z) * e / 24 - (2 * z**3 - 5 * z) * g * g / 36)

    for level in (0.95, 0.99):
        q = 1 - level
        cf = -quad(lambda y: expansion(math.exp(y)) * math.exp(y), -600, math.log(q), epsabs=0, epsrel=1e-13, limit=500, points=None)[0] / q
        t = -(m + s * math.sqrt(3 / 5) * quad(lambda y: y * ss.t.pdf(y, 5), -np.inf, ss.t.ppf(q, 5), epsrel=1e-13)[0] / q)
        tails.append({"series": name, "level": level, "cornish_fisher_es": cf, "student5_es": t})
out["tails"] = tails

# GARCH: the shared fits, those of a third series, and EGARCH.
fits = [f for f in reference["garch"] if f["series"] in keep]


def fit(name, mean, model, dist, o):
    m = arch_model(100 * returns[name], mean=mean, vol=model, p=1, o=o, q=1, dist=dist)
    best = max((m.fit(disp="off", tol=1e-14, options={"maxiter": 4000}, starting_values=start) for start in (None, m.fit(disp="off").params.to_numpy())), key=lambda f: f.loglikelihood)
    label = {("GARCH", 0): "GARCH(1,1)", ("GARCH", 1): "GJR-GARCH(1,1,1)", ("EGARCH", 1): "EGARCH(1,1,1)"}[(model, o)]
    row = {"series": name, "scale": 100, "mean": mean, "model": label, "dist": dist, "params": dict(best.params), "std_err": dict(best.std_err), "loglikelihood": best.loglikelihood, "aic": best.aic, "bic": best.bic,
           "cond_vol_first": best.conditional_volatility.iloc[0], "cond_vol_last": best.conditional_volatility.iloc[-1]}
    row["variance_forecast_5"] = list(best.forecast(horizon=5 if model == "GARCH" else 1, reindex=False).variance.iloc[-1])
    return row


for mean, dist, o in [("Zero", "normal", 0), ("Constant", "normal", 0), ("Constant", "t", 0), ("Constant", "normal", 1), ("Constant", "t", 1)]:
    fits.append(fit("other", mean, "GARCH", dist, o))
for name in returns:
    for dist in ("normal", "t"):
        fits.append(fit(name, "Constant", "EGARCH", dist, 1))
out["garch"] = fits

# Regression with robust errors by statsmodels.
y, X = x.to_numpy(), sm.add_constant(np.column_stack([b.to_numpy(), np.r_[0, b.to_numpy()[:-1]]]))
rows = {}
for kind, kw in [("classical", {}), ("HC0", {"cov_type": "HC0"}), ("HC1", {"cov_type": "HC1"}), ("HAC_7", {"cov_type": "HAC", "cov_kwds": {"maxlags": 7}})]:
    f = sm.OLS(y, X).fit(**kw)
    rows[kind] = {"params": f.params, "errors": f.bse, "t": f.tvalues, "p": f.pvalues}
    rows["common"] = {"r_squared": f.rsquared, "adjusted": f.rsquared_adj, "residual_deviation": math.sqrt(f.mse_resid), "loglikelihood": f.llf, "durbin_watson": float(sm.stats.durbin_watson(f.resid))}
out["regression"] = rows

# Shrinkage and repair on made-up returns of twelve assets with two common factors.
rng = np.random.default_rng(5)
data = np.round(rng.standard_normal((60, 2)) @ rng.standard_normal((2, 12)) * 0.01 + rng.standard_normal((60, 12)) * 0.02, 5)
frame = pd.DataFrame(data)
lw, lw_shrinkage = ledoit_wolf(data)
o, o_shrinkage = oas(data)
constant = risk_models.CovarianceShrinkage(frame, returns_data=True, frequency=1)
constant.S = np.cov(data.T, ddof=0)  # the paper divides by n throughout; the package's own S by n - 1
cc = constant.ledoit_wolf(shrinkage_target="constant_correlation")
broken = np.array([[1, 0.9, 0.7, -0.4], [0.9, 1, 0.3, 0.5], [0.7, 0.3, 1, 0.9], [-0.4, 0.5, 0.9, 1]])
out["covariance"] = {
    "returns": data.tolist(), "sample_row_0": np.cov(data.T)[0], "correlation_row_0": np.corrcoef(data.T)[0],
    "ledoit_wolf": {"shrinkage": lw_shrinkage, "row_0": lw[0]}, "oas": {"shrinkage": o_shrinkage, "row_0": o[0]},
    "constant_correlation": {"shrinkage": constant.delta, "row_0": cc.to_numpy()[0]},
    "broken": broken.tolist(), "clipped": corr_clipped(broken, threshold=0).tolist(), "nearest": corr_nearest(broken, threshold=1e-15, n_fact=10000).tolist(),
}

# Clustering by scipy.
corr = np.corrcoef(data.T)
distance = np.sqrt(np.clip((1 - corr) / 2, 0, None))
condensed = squareform(distance, checks=False)
out["cluster"] = {}
for method in ("single", "complete", "average", "ward"):
    Z = hierarchy.linkage(condensed, method)
    out["cluster"][method] = {"linkage": Z.tolist(), "leaves": hierarchy.leaves_list(Z).tolist(), "three": hierarchy.fcluster(Z, 3, "maxclust").tolist()}

# Kelly: the stake that maximises mean ln(1 + f r), by scipy.
g = minimize_scalar(lambda f: -np.log1p(f * x.to_numpy()).mean(), bounds=(0, 5.5), method="bounded", options={"xatol": 1e-13})
mu, cov = data.mean(axis=0)[:4], np.cov(data[:, :4].T)
out["kelly"] = {"empirical_stock": g.x, "growth": -g.fun, "multiple": np.linalg.solve(cov, mu)}

# Back-tests by the formulas of the papers with scipy's distributions.
hits = (np.arange(500) % 37 == 0) | (np.arange(500) % 83 == 1)


def xlogy(k, n):
    return 0.0 if k == 0 else k * math.log(k / n)


n, T, p = int(hits.sum()), len(hits), 0.05
uc = -2 * (n * math.log(p) + (T - n) * math.log(1 - p) - xlogy(n, T) - xlogy(T - n, T))
pairs = np.array([[np.sum((hits[:-1] == i) & (hits[1:] == j)) for j in (0, 1)] for i in (0, 1)])
ind = 2 * (xlogy(pairs[0, 0], pairs[0].sum()) + xlogy(pairs[0, 1], pairs[0].sum()) + xlogy(pairs[1, 0], pairs[1].sum()) + xlogy(pairs[1, 1], pairs[1].sum())
           - xlogy(pairs[:, 0].sum(), pairs.sum()) - xlogy(pairs[:, 1].sum(), pairs.sum()))
out["backtest"] = {"hits": [int(h) for h in hits], "level": 0.95, "coverage": [uc, ss.chi2.sf(uc, 1)], "independence": [ind, ss.chi2.sf(ind, 1)], "conditional": [uc + ind, ss.chi2.sf(uc + ind, 2)],
                   "binomial": [[k, 250, 0.99, float(ss.binom.cdf(k, 250, 0.01))] for k in range(12)]}
from arch.bootstrap import optimal_block_length
out["block_length"] = {k: {"stationary": float(optimal_block_length(np.abs(r.to_numpy())).iloc[0, 0]), "circular": float(optimal_block_length(np.abs(r.to_numpy())).iloc[0, 1])} for k, r in returns.items()}
save(f"{dest}/risk.json", out)
