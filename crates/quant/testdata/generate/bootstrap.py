"""BCa intervals by scipy over the draws of this crate: its generator is written down once more here, the draws go to
scipy as an earlier result, and scipy draws none of its own. Writes bootstrap.json.

pip install numpy==2.4.6 scipy==1.17.1
"""
import json
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy.stats import bootstrap, skew

HERE = Path(__file__).resolve().parent.parent
MASK = 2**64 - 1


class Random:
    """xoshiro256++, its state drawn from the seed by SplitMix64."""

    def __init__(self, seed):
        self.state = []
        for _ in range(4):
            seed = (seed + 0x9E3779B97F4A7C15) & MASK
            z = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
            z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
            self.state.append(z ^ (z >> 31))

    def bits(self):
        def turn(value, by):
            return ((value << by) | (value >> (64 - by))) & MASK

        a, b, c, d = self.state
        answer = (turn((a + d) & MASK, 23) + a) & MASK
        c, d = c ^ a, d ^ b
        self.state = [a ^ d, b ^ c, c ^ ((b << 17) & MASK), turn(d, 45)]
        return answer

    def below(self, end):
        return (self.bits() * end) >> 64


values = np.array([round(((t * 37 % 61) / 30 - 1) ** 3 / 50 + (t % 7 - 3) / 1000, 6) for t in range(60)])
random = Random(11)
draws = np.array([[values[random.below(len(values))] for _ in values] for _ in range(500)])
FIGURES = {"mean": np.mean, "variance": lambda x, axis=-1: np.var(x, ddof=1, axis=axis), "skewness": skew}
figures = {}
for name, figure in FIGURES.items():
    known = SimpleNamespace(bootstrap_distribution=figure(draws, axis=-1))
    row = {"standard_error": float(np.std(known.bootstrap_distribution, ddof=1))}
    for level in (0.9, 0.99):
        made = bootstrap((values,), figure, n_resamples=0, bootstrap_result=known, confidence_level=level, method="BCa")
        row[str(level)] = [float(made.confidence_interval.low), float(made.confidence_interval.high)]
    figures[name] = row
with open(HERE / "bootstrap.json", "w") as out:
    about = {"script": "bootstrap.py", "seed": 11, "draws": 500, "scipy": version("scipy")}
    out.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in
                                 {"about": about, "returns": values.tolist(), "figures": figures}.items()) + "\n}\n")
