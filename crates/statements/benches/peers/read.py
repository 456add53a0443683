"""Reads the files of `huge_files` with the programs that others read them with, entry by entry.

Memory is the most that a process of its own has held. Each program
does what a caller needs at least: the date, the amount and the texts of every entry.
"""

import csv
import datetime
import decimal
import resource
import subprocess
import sys
import time


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            datetime.date.fromisoformat(row["Date"])
            decimal.Decimal(row["Amount"])
            yield row["Counterparty"], row["Details"], row["Reference"]


def read_camt053(path):
    from lxml import etree

    space = "{urn:iso:std:iso:20022:tech:xsd:camt.053.001.08}"
    paths = ["AcctSvcrRef", "EndToEndId", "Nm", "Ustrd"]
    for _, entry in etree.iterparse(path, tag=space + "Ntry"):
        decimal.Decimal(entry.findtext(space + "Amt"))
        datetime.date.fromisoformat(entry.findtext(f"{space}BookgDt/{space}Dt"))
        yield [entry.findtext(f".//{space}{name}") for name in paths]
        entry.clear()
        while entry.getprevious() is not None:
            del entry.getparent()[0]


def read_mt940(path):
    import mt940

    for transaction in mt940.parse(path):
        yield transaction.data["date"], transaction.data["amount"]


def read_ofx(path):
    from ofxtools.Parser import OFXTree

    tree = OFXTree()
    tree.parse(path)
    for statement in tree.convert().statements:
        for entry in statement.transactions:
            yield entry.dtposted, entry.trnamt, entry.memo


PROGRAMS = {
    "csv": ("csv.DictReader", read_csv),
    "camt053": ("lxml iterparse", read_camt053),
    "mt940": ("mt-940", read_mt940),
    "ofx": ("ofxtools", read_ofx),
}


def measure(path):
    name, read = PROGRAMS[path.rsplit(".", 1)[1]]
    with open(path, "rb") as file:
        size = file.seek(0, 2)
    start = time.perf_counter()
    entries = sum(1 for _ in read(path))
    spent = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{name:16} {size / 1e6:8.1f} {size / 1e6 / spent:8.1f} {entries:10} {peak:11} kB")


if len(sys.argv) == 2:
    measure(sys.argv[1])
else:
    print(f"{'program':16} {'MB':>8} {'MB/s':>8} {'entries':>10} {'peak memory':>14}", flush=True)
    for path in sys.argv[1:]:
        subprocess.run([sys.executable, __file__, path], check=True)
