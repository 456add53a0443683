"""The work of benches/performance.rs by quantstats, empyrical and scipy.

usage: python benches/peers/performance.py; CPU time of one core, best of five.
"""
import os

os.environ["OMP_NUM_THREADS"] = "1"
import time
import warnings

import empyrical as ep
import numpy as np
import pandas as pd
import quantstats as qs
from scipy.optimize import brentq

warnings.simplefilter("ignore")
DAYS = 2520


def wave(count, step):
    x = np.sin(np.arange(count) * step * 12.9898) * 43758.545
    return (np.fmod(x, 1.0) - 0.01) * 0.02


def report(name, work):
    best = 1e9
    for _ in range(5):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    print(f"{name:56} {best * 1e6:12.0f}")


index = pd.bdate_range("2010-01-01", periods=DAYS)
returns, benchmark = pd.Series(wave(DAYS, 0.7), index), pd.Series(wave(DAYS, 1.3), index)
print(f"{'work':56} {'µs':>12}")
report("quantstats.reports.metrics(mode=full)", lambda: qs.reports.metrics(returns, mode="full", display=False))
report("the same with a benchmark", lambda: qs.reports.metrics(returns, benchmark=benchmark, mode="full", display=False))
names = ["cum_returns_final", "annual_return", "annual_volatility", "sharpe_ratio", "calmar_ratio", "stability_of_timeseries", "max_drawdown", "omega_ratio", "sortino_ratio", "downside_risk",
         "tail_ratio", "value_at_risk", "conditional_value_at_risk"]
report("empyrical, its 13 figures", lambda: [getattr(ep, name)(returns) for name in names])
days = np.arange(30, 30 * 122, 30) / 365.0
amounts = np.r_[-100.0 - np.arange(120) % 7, 20000.0]
report("XIRR of 121 flows, scipy brentq over numpy", lambda: brentq(lambda r: float(np.sum(amounts * (1 + r) ** -days)), -0.99, 10))
