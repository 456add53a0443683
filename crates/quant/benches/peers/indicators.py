"""The peers of benches/indicators.rs: TA-Lib's Python wheel, one core, CPU time.

    python indicators.py          (numpy 2.4.6, TA-Lib 0.8.2)
"""
import time

import numpy as np
import talib
from talib import stream

BARS = 10_000_000
rng = np.random.default_rng(1)
close = 100 * np.exp(np.cumsum(rng.normal(0, 1e-4, BARS)))
high, low = close * 1.001, close * 0.999


def best(run, rounds=5):
    spent = []
    for _ in range(rounds):
        started = time.process_time()
        run()
        spent.append(time.process_time() - started)
    return min(spent)


total = 0.0
for name, run in {
    "RSI": lambda: talib.RSI(close, 14),
    "EMA": lambda: talib.EMA(close, 20),
    "BBANDS": lambda: talib.BBANDS(close, 20, 2, 2),
    "MACD": lambda: talib.MACD(close, 12, 26, 9),
    "ATR": lambda: talib.ATR(high, low, close, 14),
}.items():
    each = best(run) / BARS * 1e9
    total += each
    print(f"{name:28} {each:10.2f} ns a bar")
print(f"{'together':28} {total:10.2f} ns a bar")

window = close[:1000].copy()
for name, run in {
    "RSI": lambda: stream.RSI(window, 14),
    "EMA": lambda: stream.EMA(window, 30),
    "BBANDS": lambda: stream.BBANDS(window, 20, 2, 2),
    "MACD": lambda: stream.MACD(window, 12, 26, 9),
}.items():
    each = best(lambda: [run() for _ in range(20_000)]) / 20_000 * 1e9
    print(f"{name + ', talib.stream':28} {each:10.0f} ns a bar")
