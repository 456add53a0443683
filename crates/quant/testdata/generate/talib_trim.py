"""Makes testdata/talib/*.json of the full reference values: every 6th value of each output from its
first on, and the last; of patterns the bars that have one. Bars of made-up candles stay whole.

    python talib_trim.py <reference/talib> <AAPL.csv> <testdata/talib> [every]

The reference values are TA-Lib's (wrapper 0.8.2, core 0.8.1) on 500 daily bars of AAPL, rows 1000
to 1499; the transforms read made-up series, which are written out with the bars.
"""
import csv
import json
import math
import sys
from pathlib import Path

source, prices, target = (Path(a) for a in sys.argv[1:4])
every = int(sys.argv[4]) if len(sys.argv) > 4 else 6
target.mkdir(parents=True, exist_ok=True)


def save(name, about, lines, rest=None):
    with open(target / name, "w") as f:
        f.write('{"about":' + json.dumps(about))
        for key, value in (rest or {}).items():
            f.write(f',\n"{key}":' + json.dumps(value, separators=(",", ":")))
        f.write(',\n"functions":{\n')
        dump = lambda v: json.dumps(v, separators=(",", ":"))
        f.write(",\n".join(f'"{k}":{dump(v)}' for k, v in lines.items()))
        f.write("\n}}\n")


with open(prices) as f:
    rows = list(csv.DictReader(f))[1000:1500]
series = {c: [float(r[c]) for r in rows] for c in ["open", "high", "low", "close", "volume"]}
series["periods"] = [2.0 + i % 29 for i in range(500)]
series["unit"] = [0.95 * math.sin(0.1 * i) + 1e-3 for i in range(500)]
series["unit_positive"] = [abs(v) + 0.01 for v in series["unit"]]
save("bars.json", {"bars": "AAPL, daily, rows 1000 to 1499"}, {}, {"series": series})

for path in sorted(source.glob("*.json")):
    full = json.loads(path.read_text())
    functions = full["functions"]
    about = full["about"] | {"kept": f"every {every}th value of an output, and its last"}
    if path.stem == "candles_synthetic":
        save(path.name, full["about"], functions, {"bars": full["bars"]})
        continue
    for name, function in functions.items():
        for output in function["outputs"].values():
            begin, values = output["begin"], output["values"]
            kept = sorted(set(range(0, len(values), every)) | {len(values) - 1})
            if name.startswith("CDL"):
                kept = [i for i, value in enumerate(values) if value]
            output.clear()
            output |= {"begin": begin, "at": [begin + i for i in kept if i >= 0],
                       "values": [values[i] for i in kept if i >= 0]}
    save(path.name, about, functions)
