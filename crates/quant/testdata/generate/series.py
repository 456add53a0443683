"""What statsmodels, arch, ruptures and statsforecast answer about time series; writes series.json.

pip install arch==8.0.0 numpy==2.4.6 ruptures==1.1.10 scipy==1.17.1 statsforecast==2.1.1 statsmodels==0.15.0
"""
import json
import warnings
from pathlib import Path

import numpy as np
import ruptures
from arch.unitroot import PhillipsPerron
from statsforecast.theta import forecast_theta, thetamodel
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.seasonal import STL
from statsmodels.tsa.statespace.sarimax import SARIMAX
from statsmodels.tsa.stattools import adfuller, coint, kpss
from statsmodels.tsa.vector_ar.vecm import coint_johansen

warnings.simplefilter("ignore")
OUT = Path(__file__).resolve().parent.parent / "series.json"


class Draws:
    """A linear congruence of 64 bits."""

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


draws = Draws(3)
# 120 months with trend and season; a random walk; a cointegrated pair and a third walk; two shifts.
monthly = [round(200 * 1.006**t * (1 + 0.2 * np.sin(2 * np.pi * t / 12) + 0.08 * np.cos(4 * np.pi * t / 12))
                 * (1 + 0.04 * draws.normal()), 4) for t in range(120)]
walk, level = [], 100.0
for _ in range(250):
    level += draws.normal()
    walk.append(round(level, 6))
noise, last = [], 0.0
for _ in range(250):
    last = 0.6 * last + draws.normal()
    noise.append(round(last, 6))
pair = [round(0.7 * a + 5 + b, 6) for a, b in zip(walk, noise)]
third, level = [], 50.0
for _ in range(250):
    level += 0.1 + draws.normal()
    third.append(round(level, 6))
shifts = [round(m + s * draws.normal(), 6) for m, s, k in
          ((0, 1, 60), (3, 1, 45), (3, 4, 70), (-1, 1, 75)) for _ in range(k)]
out = {"data": {"monthly": monthly, "walk": walk, "noise": noise, "pair": pair, "third": third, "shifts": shifts}}
y = np.array(monthly)

# Exponential smoothing: given parameters, and the likelihood that the fit reaches.
NAMES = {"A": "add", "M": "mul", "N": None}
season = {"A": [10.0 * np.sin(k) for k in range(12)], "M": [1 + 0.1 * np.sin(k) for k in range(12)]}
ets = []
for form in ("ANN", "AAN", "AAdN", "ANA", "AAA", "AAdA", "MNN", "MAN", "MAdN", "MNA", "MAA", "MAdA",
             "MMN", "MMdN"):
    error, trend, damped, seas = form[0], form[1], "d" in form, form[-1]
    init = dict(initial_level=205.0)
    names, values = ["smoothing_level"], [0.3]
    if trend != "N":
        names.append("smoothing_trend"), values.append(0.05)
        init["initial_trend"] = 1.2 if trend == "A" else 1.005
    if seas != "N":
        names.append("smoothing_seasonal"), values.append(0.15)
        init["initial_seasonal"] = season[seas]
    if damped:
        names.append("damping_trend"), values.append(0.95)
    model = ETSModel(y, error=NAMES[error], trend=NAMES[trend], damped_trend=damped, seasonal=NAMES[seas],
                     seasonal_periods=12 if seas != "N" else None, initialization_method="known", **init)
    with model.fix_params({n: v for n, v in zip(names, values)}):
        fixed = model.fit(disp=False)
    fit = ETSModel(y, error=NAMES[error], trend=NAMES[trend], damped_trend=damped, seasonal=NAMES[seas],
                   seasonal_periods=12 if seas != "N" else None,
                   bounds={"damping_trend": (0.8, 0.98)} if damped else None).fit(disp=False, maxiter=3000)
    ets.append({"form": form, "log_likelihood": float(fixed.llf), "forecast": [float(v) for v in fixed.forecast(15)],
                "fit_log_likelihood": float(fit.llf), "fit_aicc": float(fit.aicc)})
out["ets"] = ets

# A multiplicative season by statsforecast at its own fitted parameters: statsmodels 0.15.0 turns it by something else than
# 1 + gamma e, and not as its documentation says.
from statsforecast.ets import ets_f, forecast_ets

out["ets_seasonal"] = []
for form in ("MNM", "MAM", "MMM"):
    fit = ets_f(y, 12, model=form, damped=False, allow_multiplicative_trend=True)
    state = fit["states"][0]
    trended = form[1] != "N"
    par = [float(v) for v in fit["par"][:4]]
    out["ets_seasonal"].append({
        "form": form, "level": par[0], "trend": par[1] if trended else 0.0, "season": par[2],
        "initial_level": float(state[0]), "initial_trend": float(state[1]) if trended else 0.0,
        "initial_season": [float(v) for v in state[1 + trended:][::-1]],
        # statsforecast leaves a constant out of its likelihood.
        "log_likelihood": float(fit["loglik"]) + 0.5 * len(y) * (np.log(len(y)) - 1 - np.log(2 * np.pi)),
        "aicc": float(fit["aicc"]), "forecast": [float(v) for v in forecast_ets(fit, h=15)["mean"]]})
out["season"] = {k: v for k, v in season.items()}

# The season taken out first, so that only the Theta models are compared.
from statsmodels.tsa.seasonal import seasonal_decompose

figures = seasonal_decompose(y, model="multiplicative", period=12).seasonal
deseasonalised = y / figures
out["deseasonalised"] = deseasonalised.tolist()
out["theta"] = []
for name in ("STM", "OTM", "DSTM", "DOTM"):
    model = thetamodel(deseasonalised, 12, name, np.nan, np.nan, np.nan, 3)
    out["theta"].append({"form": name, "forecast": [float(v) for v in forecast_theta(model, 12)["mean"]]})

def stl(**more):
    fit = STL(y, period=12, **more).fit()
    return {"seasonal": fit.seasonal.tolist(), "trend": fit.trend.tolist(), "weights": fit.weights.tolist()}


out["stl"] = {"plain": stl(seasonal=7), "robust": stl(seasonal=13, robust=True), "flat": stl(seasonal=7, seasonal_deg=0, trend_deg=0, low_pass_deg=0)}

x = np.array(shifts)
changes = {}
for cost in ("l2", "normal"):
    for penalty in (5.0, 15.0, 60.0):
        pelt = ruptures.Pelt(model=cost, min_size=3, jump=1).fit(x).predict(pen=penalty)
        changes[f"pelt {cost} {penalty:g}"] = [int(v) for v in pelt[:-1]]
    changes[f"binary {cost} 3"] = [int(v) for v in ruptures.Binseg(model=cost, min_size=3, jump=1).fit(x).predict(n_bkps=3)[:-1]]
out["changes"] = changes

tests = {}
for name, series in (("walk", walk), ("noise", noise), ("third", third)):
    s = np.array(series)
    for trend in ("n", "c", "ct"):
        for lags in (0, 3):
            a = adfuller(s, maxlag=lags, regression=trend, autolag=None)
            tests[f"adf {name} {trend} {lags}"] = [float(a[0]), float(a[1]), *[float(v) for v in a[4].values()]]
        a = adfuller(s, regression=trend, autolag="AIC")
        tests[f"adf {name} {trend} auto"] = [float(a[0]), float(a[1]), float(a[2])]
        p = PhillipsPerron(s, trend=trend, lags=6)
        tests[f"pp {name} {trend} 6"] = [float(p.stat), float(p.pvalue)]
    for trend in ("c", "ct"):
        k = kpss(s, regression=trend, nlags=6)
        tests[f"kpss {name} {trend} 6"] = [float(k[0]), float(k[1])]
for trend in ("c", "ct"):
    a = coint(np.array(pair), np.array(walk), trend=trend, maxlag=2, autolag=None)
    tests[f"engle_granger pair {trend} 2"] = [float(a[0]), float(a[1]), *[float(v) for v in a[2]]]
    a = coint(np.array(third), np.array(walk), trend=trend, maxlag=2, autolag=None)
    tests[f"engle_granger third {trend} 2"] = [float(a[0]), float(a[1]), *[float(v) for v in a[2]]]
for order in (-1, 0, 1):
    j = coint_johansen(np.column_stack([pair, walk, third]), order, 2)
    tests[f"johansen {order} 2"] = {"trace": j.lr1.tolist(), "eigen": j.lr2.tolist(), "roots": j.eig.tolist(),
                                    "trace_critical": j.cvt.tolist(), "eigen_critical": j.cvm.tolist(), "first_vector": j.evec[:, 0].tolist()}
out["tests"] = tests

arima = []
for order, seasonal, params in (((1, 0, 1), (0, 0, 0, 0), [0.5, 0.3]), ((2, 1, 1), (0, 0, 0, 0), [0.4, -0.2, 0.5]),
                                ((0, 1, 1), (0, 1, 1, 12), [-0.4, -0.5]), ((1, 0, 0), (1, 1, 0, 12), [0.6, -0.3]),
                                ((1, 1, 2), (1, 0, 1, 12), [0.3, -0.4, 0.1, 0.5, -0.3])):
    z = np.log(y)
    model = SARIMAX(z, order=order, seasonal_order=seasonal, simple_differencing=True, concentrate_scale=True)
    fixed = model.filter(np.array(params))
    fit = model.fit(disp=False, maxiter=500)
    full = SARIMAX(z, order=order, seasonal_order=seasonal, simple_differencing=False, concentrate_scale=True).filter(np.array(params))
    arima.append({"order": order, "seasonal": seasonal, "params": params, "log_likelihood": float(fixed.llf),
                  "variance": float(fixed.scale), "forecast": [float(v) for v in full.forecast(14)],
                  "fit_log_likelihood": float(fit.llf), "fit_params": [float(v) for v in fit.params]})
    print(order, seasonal, fixed.llf, fit.llf, fit.params)
out["arima"] = arima

def trim(v):
    if isinstance(v, dict):
        return {k: trim(w) for k, w in v.items()}
    if isinstance(v, list):
        return [trim(w) for w in v]
    return float(f"{v:.13g}") if isinstance(v, float) else v


with open(OUT, "w") as file:
    file.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(trim(v))}" for k, v in out.items()) + "\n}\n")
