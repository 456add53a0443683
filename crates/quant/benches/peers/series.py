"""Peers of benches/series.rs on the same 100 series, one core: seconds, MASE, coverage of 90 % intervals.

pip install pandas==2.3.3 statsforecast==2.1.1
OMP_NUM_THREADS=1 taskset -c 0 python benches/peers/series.py
"""
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import AutoARIMA, AutoETS, AutoTheta, DynamicOptimizedTheta, SeasonalNaive

warnings.simplefilter("ignore")
lines = [line.split(",") for line in (Path(__file__).resolve().parents[2] / "testdata/monthly100.csv").read_text().splitlines()]
# One year earlier with any argument: months that took no part in choosing our ensemble.
end = -12 if len(sys.argv) > 1 else None
values = {line[0]: np.array([float(v) for v in line[1:]])[:end] for line in lines}
known = pd.concat([pd.DataFrame({"unique_id": k, "ds": pd.date_range("2015-01-01", periods=len(v) - 12, freq="MS"), "y": v[:-12]})
                   for k, v in values.items()], ignore_index=True)
held_out = np.array([v[-12:] for v in values.values()])
scale = np.array([np.abs(v[12:-12] - v[:-24]).mean() for v in values.values()])
warm = known[known.unique_id == "s002"]
for model in (AutoETS(12), DynamicOptimizedTheta(12), AutoTheta(12), AutoARIMA(season_length=12), SeasonalNaive(12)):
    StatsForecast([model], freq="MS", n_jobs=1).forecast(df=warm, h=12, level=[90])
    start = time.perf_counter()
    answer = StatsForecast([model], freq="MS", n_jobs=1).forecast(df=known, h=12, level=[90])
    seconds = time.perf_counter() - start
    name = str(model)
    part = lambda column: answer[column].to_numpy().reshape(100, 12)
    mase = (np.abs(part(name) - held_out).mean(1) / scale).mean()
    inside = (held_out >= part(f"{name}-lo-90")) & (held_out <= part(f"{name}-hi-90"))
    print(f"{name:<24} {seconds:>8.2f} {mase:>8.4f} {inside.mean():>8.4f}", flush=True)
