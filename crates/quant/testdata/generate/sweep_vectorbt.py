"""Reference values for sweeps: vectorbt's portfolios from signals, on the bars of talib/bars.json.

    python sweep_vectorbt.py ../talib/bars.json ../sweep_vectorbt.json

Long or in cash, all of the equity, traded at the close of the signal's bar. The Sharpe ratio is
taken from vectorbt's returns, for vectorbt annualises by 365 days. Versions: requirements.txt.
"""
import json
import sys
import warnings

import pandas as pd
import talib
import vectorbt as vbt

warnings.filterwarnings("ignore")
source, target = sys.argv[1:3]
close = pd.Series(json.load(open(source))["series"]["close"])
rows = []


def add(enters, exits, fee, **rule):
    pf = vbt.Portfolio.from_signals(close, enters, exits, fees=fee, freq="1D", init_cash=1.0)
    returns = pf.returns()
    rows.append(rule | {
        "fee": fee, "equity": pf.final_value(), "max_drawdown": -pf.max_drawdown(),
        "sharpe": returns.mean() / returns.std(ddof=1) * 252 ** 0.5, "trades": int(pf.trades.count())})


for fee in (0.0, 0.001):
    for average in ("SMA", "EMA"):
        lines = {p: getattr(talib, average)(close, p) for p in (3, 5, 10, 20, 50)}
        for fast in lines:
            for slow in lines:
                if fast < slow:
                    above = lines[fast].vbt.crossed_above(lines[slow])
                    below = lines[fast].vbt.crossed_below(lines[slow])
                    add(above, below, fee, average=average, fast=fast, slow=slow)
    for period in (5, 14):
        rsi = talib.RSI(close, period)
        for enter, exit_ in ((30, 70), (40, 60), (50, 55)):
            add(rsi.vbt.crossed_above(enter), rsi.vbt.crossed_below(exit_), fee, rsi=period, enter=enter, exit=exit_)

with open(target, "w") as f:
    about = {"program": f"vectorbt {vbt.__version__}", "talib": talib.__version__, "bars": "talib/bars.json"}
    f.write('{"about":' + json.dumps(about) + ',\n"sets":[\n')
    f.write(",\n".join(json.dumps(row) for row in rows) + "\n]}\n")
