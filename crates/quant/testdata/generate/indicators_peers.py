"""Reference values for indicators that TA-Lib's Python wheel lacks, on the bars of talib/bars.json.

    python indicators_peers.py ../talib/bars.json ../indicators_peers.json

From pandas-ta-classic where it has the indicator by the same formula, else written here from the
formula alone, bar by bar, without a running sum. Versions: requirements.txt beside this file.
"""
import json
import math
import sys
import warnings

import numpy as np
import pandas as pd
import pandas_ta_classic as pta
import talib

warnings.filterwarnings("ignore")
source, target = sys.argv[1:3]
series = json.load(open(source))["series"]
o, h, l, c, v = (np.array(series[k]) for k in ["open", "high", "low", "close", "volume"])
O, H, L, C, V = (pd.Series(x) for x in (o, h, l, c, v))
n = len(c)
anchor = np.array([1.0 if i % 100 == 60 else 0.0 for i in range(n)])
PTA = f"pandas-ta-classic {pta.version}"
PLAIN = "numpy, from the formula"
functions = {}


def put(name, program, params, **outputs):
    kept = {}
    for label, values in outputs.items():
        values = np.asarray(values, float)
        at = [i for i in range(n) if math.isfinite(values[i])]
        at = [i for k, i in enumerate(at) if k % 6 == 0 or i == at[-1]]
        kept[label] = {"at": at, "values": [float(values[i]) for i in at]}
    functions[name] = {"program": program, "params": params, "outputs": kept}


def rolling(function, period, *columns):
    out = np.full(n, np.nan)
    for i in range(period - 1, n):
        out[i] = function(*(x[i - period + 1:i + 1] for x in columns))
    return out


# --- what the crate ta-lib 0.8.3 has beyond the wheel -------------------------------------------
spans = pta.ichimoku(H, L, C, 9, 26, 52, include_chikou=False)[0]
middle = lambda p: rolling(lambda a, b: (a.max() + b.min()) / 2, p, h, l)
put("ICHIMOKU", PTA, {"tenkan_period": 9, "kijun_period": 26, "senkou_b_period": 52},
    tenkan_sen=spans["ITS_9"], kijun_sen=spans["IKS_26"],
    # the program shifts its spans to where they are drawn: back, to the bar that computed them
    senkou_span_a=np.append(spans["ISA_9"].to_numpy()[26:], [np.nan] * 26),
    senkou_span_b=np.append(spans["ISB_26"].to_numpy()[26:], [np.nan] * 26))

pivot, trend, place = np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
extreme, leg, where = l[0], -1, 0
for i in range(1, n):
    if leg < 0:
        if h[i] >= extreme * 1.05:
            extreme, leg, where = h[i], 1, i
        elif l[i] <= extreme:
            extreme, where = l[i], i
    elif l[i] <= extreme * 0.95:
        extreme, leg, where = l[i], -1, i
    elif h[i] >= extreme:
        extreme, where = h[i], i
    pivot[i], trend[i], place[i] = extreme, leg, where
put("ZIGZAG", PLAIN, {"sensitivity": 5.0, "min_trend_length": 1}, zig_zag=pivot, trend=trend, pivot_idx=place)

def alma(x, sigma=6.0, offset=0.85):
    p = len(x)
    # the middle is a whole bar, as in Legoux's original; TradingView leaves it between bars
    w = np.exp(-((np.arange(p) - math.floor(offset * (p - 1))) ** 2) / (2 * (p / sigma) ** 2))
    return (w * x).sum() / w.sum()

put("ALMA", PLAIN, {"time_period": 9, "sigma": 6.0, "offset": 0.85}, value=rolling(alma, 9, c))
up, mid, low = talib.BBANDS(c, 20, 2, 2)
put("BBW", "TA-Lib wheel: BBANDS", {"time_period": 20}, value=100 * (up - low) / mid)
put("PERCENTB", "TA-Lib wheel: BBANDS", {"time_period": 20}, value=(c - low) / (up - low))
put("MEDIAN", PTA, {"time_period": 30}, value=pta.median(C, 30))
put("KURTOSIS", PTA, {"time_period": 30}, value=pta.kurtosis(C, 30))
put("IBS", PLAIN, {}, value=(c - l) / (h - l))
put("CG", PTA, {"time_period": 10}, value=pta.cg(C, 10))
put("CTI", PTA, {"time_period": 12}, value=pta.cti(C, 12))
put("CHOP", PTA, {"time_period": 14}, value=pta.chop(H, L, C, 14))
# the program multiplies rates in percent by 100 once more
put("KST", PTA, {}, kst=pta.kst(C).iloc[:, 0] / 100, kst_signal=pta.kst(C).iloc[:, 1] / 100)
# the program begins with 0, TA-Lib with the first value: they meet as the beginning is forgotten
put("FISHER", PTA, {"time_period": 9}, fisher=pta.fisher(H, L, 9).iloc[:, 0].where(np.arange(n) > 100))
put("MCGD", PTA, {"time_period": 10}, value=pta.mcgd(C, 10))
squares = np.log(h / c) * np.log(h / o) + np.log(l / c) * np.log(l / o)
put("ROGERSSATCHELL", PLAIN, {"time_period": 10, "annualization": 252.0},
    value=np.sqrt(252 * rolling(np.mean, 10, squares)))

# composites of the wheel's functions; averages begin on other bars, and are compared once forgotten
settled = np.arange(n) >= 300
put("CHOPTR", "TA-Lib wheel: TRANGE, from the formula", {"time_period": 14}, value=np.append(np.nan, 100 * np.log10(
    talib.SUM(talib.TRANGE(h, l, c)[1:], 14)
    / (talib.MAX(np.maximum(h[1:], c[:-1]), 14) - talib.MIN(np.minimum(l[1:], c[:-1]), 14))) / math.log10(14)))
smooth = talib.EMA(talib.EMA(talib.RSI(c, 14), 5), 3)
put("DOSC", "TA-Lib wheel: RSI, EMA, SMA", {}, value=np.where(settled, smooth - talib.SMA(smooth, 9), np.nan))
put("RVIR", "TA-Lib wheel: RVI", {}, value=np.where(settled, (talib.RVI(h) + talib.RVI(l)) / 2, np.nan))
esa = talib.EMA(typical_price := (h + l + c) / 3, 10)
ci = (typical_price - esa) / (0.015 * talib.EMA(np.abs(typical_price - esa), 10))
wt1 = talib.EMA(ci, 21)
put("WAVETREND", "TA-Lib wheel: EMA, SMA", {}, wt1=np.where(settled, wt1, np.nan),
    wt2=np.where(settled, talib.SMA(wt1, 4), np.nan))
stoch = 0.1 * (talib.STOCHF(h, l, c, 8, 1)[0] - 50)
double = talib.EMA(talib.EMA(stoch, 5), 5)
put("PSO", "TA-Lib wheel: STOCHF, EMA", {}, value=np.where(settled, (np.exp(double) - 1) / (np.exp(double) + 1), np.nan))
put("KSTEXT", PTA, {}, kst=pta.kst(C).iloc[:, 0] / 100, kst_signal=pta.kst(C).iloc[:, 1] / 100)
midpoint = (h + l) / 2
put("EMV", "TA-Lib wheel: SMA, from the formula", {},
    value=talib.SMA(np.append(np.nan, np.diff(midpoint)) / (v / 10000.0 / (h - l)), 14))

streak = np.zeros(n)
for i in range(1, n):
    sign = int(c[i] > c[i - 1]) - int(c[i] < c[i - 1])
    streak[i] = 0 if sign == 0 else sign if streak[i - 1] * sign <= 0 else streak[i - 1] + sign
returns = np.append(np.nan, c[1:] / c[:-1] - 1)
rank = np.full(n, np.nan)
for i in range(101, n):
    rank[i] = 100 * (returns[i - 100:i] < returns[i]).sum() / 100
put("CRSI", "TA-Lib wheel: RSI, from the formula", {}, value=np.where(settled,
    (talib.RSI(c, 3) + talib.RSI(streak, 2) + rank) / 3, np.nan))

swing = np.full(n, np.nan)
for i in range(1, n):
    a, b, d = abs(h[i] - c[i - 1]), abs(l[i] - c[i - 1]), abs(c[i - 1] - o[i - 1])
    r = {0: a - b / 2 + d / 4, 1: b - a / 2 + d / 4, 2: (h[i] - l[i]) + d / 4}[int(np.argmax([a, b, h[i] - l[i]]))]
    move = c[i] - c[i - 1] + (c[i] - o[i]) / 2 + (c[i - 1] - o[i - 1]) / 4
    swing[i] = 50 * move / r * max(a, b) / 3.0
put("SI", PLAIN, {"limit_move": 3.0}, value=swing)
put("ASI", PLAIN, {"limit_move": 3.0}, value=np.append(np.nan, np.cumsum(swing[1:])))

# --- ours -----------------------------------------------------------------------------------------
typical = (h + l + c) / 3
mean, width = np.empty(n), np.empty(n)
start = 0
for i in range(n):
    start = i if anchor[i] else start
    t, w = typical[start:i + 1], v[start:i + 1]
    mean[i] = (t * w).sum() / w.sum()
    width[i] = 2.0 * math.sqrt((w * (t - mean[i]) ** 2).sum() / w.sum())
put("VWAP_ANCHORED", PLAIN, {"deviations": 2.0}, vwap=mean, upper_band=mean + width, lower_band=mean - width)

before = lambda x: np.append([np.nan], x[:-1])
bh, bl, bc = before(h), before(l), before(c)
span = bh - bl
P = (bh + bl + bc) / 3
pairs = lambda r, s: {f"{k}{i + 1}": x for k, side in (("resistance", r), ("support", s)) for i, x in enumerate(side)}
put("PIVOT_CLASSIC", PLAIN, {}, pivot=P,
    **pairs([2 * P - bl, P + span, bh + 2 * (P - bl)], [2 * P - bh, P - span, bl - 2 * (bh - P)]))
put("PIVOT_FIBONACCI", PLAIN, {}, pivot=P,
    **pairs([P + f * span for f in (0.382, 0.618, 1)], [P - f * span for f in (0.382, 0.618, 1)]))
put("PIVOT_CAMARILLA", PLAIN, {}, pivot=P,
    **pairs([bc + 1.1 * span / d for d in (12, 6, 4, 2)], [bc - 1.1 * span / d for d in (12, 6, 4, 2)]))
W = (bh + bl + 2 * bc) / 4
put("PIVOT_WOODIE", PLAIN, {}, pivot=W,
    **pairs([2 * W - bl, W + span, bh + 2 * (W - bl)], [2 * W - bh, W - span, bl - 2 * (bh - W)]))

size = 0.7
ends, count, level, direction = [c[0]], [], [], []
side = 0
for price in c:
    laid = 0
    while True:
        up_from = ends[-1] + (size if side < 0 else 0)
        down_from = ends[-1] - (size if side > 0 else 0)
        if price >= up_from + size - 1e-9:
            ends.append(up_from + size)
            side, laid = 1, laid + 1
        elif price <= down_from - size + 1e-9:
            ends.append(down_from - size)
            side, laid = -1, laid - 1
        else:
            break
    count.append(laid)
    level.append(ends[-1])
    direction.append(side)
put("RENKO", PLAIN, {"brick_size": size}, bricks=count, level=level, direction=direction)


def profile(hi, lo, vol, rows=12, share=0.7):
    bottom, height = lo.min(), (hi.max() - lo.min()) / rows
    held = np.zeros(rows)
    for a, b, x in zip(hi, lo, vol):
        for r in range(rows):
            floor = bottom + r * height
            held[r] += x * max(0.0, min(a, floor + height) - max(b, floor)) / (a - b)
    peak = int(np.argmax(held))
    first, last, total = peak, peak, held[peak]
    while total < share * held.sum():
        above = held[last + 1] if last + 1 < rows else -1
        below = held[first - 1] if first > 0 else -1
        if above >= below:
            last, total = last + 1, total + above
        else:
            first, total = first - 1, total + below
    return bottom + (peak + 0.5) * height, bottom + (last + 1) * height, bottom + first * height


rows = np.array([[np.nan] * 3] * 29 + [profile(*(x[i - 29:i + 1] for x in (h, l, v))) for i in range(29, n)])
put("VOLUME_PROFILE", PLAIN, {"time_period": 30, "rows": 12, "value_area": 0.7},
    point_of_control=rows[:, 0], value_area_high=rows[:, 1], value_area_low=rows[:, 2])


def crossings(one, other):
    out, last = np.full(n, np.nan), 0
    for i in range(n):
        if math.isfinite(one[i]) and math.isfinite(other[i]):
            side = int(one[i] > other[i]) - int(one[i] < other[i])
            out[i] = side if side and last and side != last else 0
            last = side or last
    return out


down, rise = talib.AROON(h, l, 14)
put("AROON_CROSS", "TA-Lib wheel: AROON", {}, cross=crossings(rise, down))
macd, signal, _ = talib.MACD(c, 12, 26, 9)
put("MACD_CROSS", "TA-Lib wheel: MACD", {}, cross=crossings(macd, signal))
slow_k, slow_d = talib.STOCH(h, l, c)
put("STOCH_CROSS", "TA-Lib wheel: STOCH", {}, cross=crossings(slow_k, slow_d))
plus, minus = talib.VORTEX(h, l, c, 14)
put("VORTEX_CROSS", "TA-Lib wheel: VORTEX", {}, cross=crossings(plus, minus))
put("ICHIMOKU_CROSS", PTA, {}, cross=crossings(middle(9), middle(26)))
put("CROSS", PLAIN, {}, cross=crossings(c, l))

with open(target, "w") as f:
    dump = lambda x: json.dumps(x, separators=(",", ":"), allow_nan=False)
    f.write('{"about":' + dump({"bars": "talib/bars.json", "talib": talib.__version__, "numpy": np.__version__}))
    f.write(',\n"functions":{\n' + ",\n".join(f'"{k}":{dump(x)}' for k, x in functions.items()) + "\n}}\n")
