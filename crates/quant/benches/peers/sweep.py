"""The peer of benches/sweep.rs: vectorbt, one core, CPU time.

    NUMBA_NUM_THREADS=1 python sweep.py          (vectorbt 1.2.0)
"""
import time
import warnings

import numpy as np
import pandas as pd
import vectorbt as vbt

warnings.filterwarnings("ignore")
BARS = 50_000
rng = np.random.default_rng(1)
close = pd.Series(100 * np.cumprod(1 + rng.uniform(-0.01, 0.01, BARS)))
periods = np.arange(5, 5 + 3 * 45, 3)


def run():
    fast, slow = vbt.MA.run_combs(close, window=periods, r=2, short_names=["fast", "slow"])
    pf = vbt.Portfolio.from_signals(
        close, fast.ma_crossed_above(slow), fast.ma_crossed_below(slow), fees=0.001, freq="1D")
    return pf.final_value(), pf.max_drawdown(), pf.sharpe_ratio(), pf.trades.count()


spent = []
for _ in range(3):
    started = time.process_time()
    sets = len(run()[0])
    spent.append(time.process_time() - started)
print(f"{sets} sets: {min(spent) * 1e3:.0f} ms, {sets * BARS / min(spent) / 1e6:.1f} M bar-sets/s")
