"""Adds up the demo by itself: what each account had, and what all was worth, at each month's end.

    python3 check.py            compares with the two files, and fails where anything differs
    python3 check.py --write    writes balances.csv and net_worth.csv

It reads the files with nothing but Python's own tools and shares no line with make.py, which wrote
them, or with Florin, which imports them. Besides the balances it checks that each file's entries
lie in its period, that periods follow each other without a gap, and that no number is used twice.
What is worth how much it computes in fractions, each asset rounded once, half to even.
"""

import calendar
import collections
import csv
import datetime
import decimal
import fractions
import io
import pathlib
import re
import sys
import xml.etree.ElementTree as ET

HERE = pathlib.Path(__file__).parent
CAMT = {"c": "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"}
Money = decimal.Decimal

# first, last: days or None; opening: an amount or None; entries: (day, amount, number or None)
Statement = collections.namedtuple("Statement", "first last opening closing currency entries")


def day(text):
    digits = re.sub(r"\D", "", text)[:8]
    return datetime.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))


def read_sgml(path):
    text = path.read_text(encoding="cp1252")

    def value(name, within):
        return re.search(rf"<{name}>([^<\n]*)", within).group(1).strip()

    entries = [
        (day(value("DTPOSTED", block)), Money(value("TRNAMT", block)), value("FITID", block))
        for block in re.findall(r"<STMTTRN>(.*?)</STMTTRN>", text, re.S)
    ]
    return Statement(day(value("DTSTART", text)), day(value("DTEND", text)), None,
                     Money(value("BALAMT", text)), value("CURDEF", text), entries)


def read_ofx_xml(path):
    root = ET.fromstring(path.read_text(encoding="utf-8").split("?>", 2)[2])

    def value(name, within=root):
        return within.find(f".//{name}").text

    entries = [
        (day(value("DTPOSTED", node)), Money(value("TRNAMT", node)), value("FITID", node))
        for node in root.iter("STMTTRN")
    ]
    return Statement(day(value("DTSTART")), day(value("DTEND")), None, Money(value("BALAMT")),
                     value("CURDEF"), entries)


def read_camt(path):
    root = ET.parse(path).getroot()

    def amount(node):
        sign = {"CRDT": 1, "DBIT": -1}[node.find("c:CdtDbtInd", CAMT).text]
        return sign * Money(node.find("c:Amt", CAMT).text)

    balances = {}
    for node in root.iterfind(".//c:Bal", CAMT):
        code = node.find("c:Tp/c:CdOrPrtry/c:Cd", CAMT).text
        balances[code] = (day(node.find("c:Dt/c:Dt", CAMT).text), amount(node))
    entries = [
        (day(node.find("c:BookgDt/c:Dt", CAMT).text), amount(node),
         node.find("c:AcctSvcrRef", CAMT).text)
        for node in root.iterfind(".//c:Ntry", CAMT)
    ]
    return Statement(balances["OPBD"][0], balances["CLBD"][0], balances["OPBD"][1],
                     balances["CLBD"][1], root.find(".//c:Acct/c:Ccy", CAMT).text, entries)


def read_csv(path):
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    number = lambda cell: Money(cell.replace(",", ""))  # noqa: E731
    lines = [row for row in rows if re.match(r"\d{4}/", row[0])]
    entries, running = [], number(lines[0][2])
    for row in lines:
        before, debit, credit, after = map(number, row[2:6])
        assert before == running, f"{path.name}: {row}"
        assert before - debit + credit == after, f"{path.name}: {row}"
        entries.append((day(row[0]), credit - debit, None))
        running = after
    total = rows[-1]
    assert sum(amount for _, amount, _ in entries) == number(total[4]) - number(total[3]), path.name
    return Statement(None, None, number(lines[0][2]), running, rows[1][1], entries)


READERS = [("everyday", read_sgml), ("card", read_ofx_xml), ("euro", read_camt),
           ("savings", read_csv)]


def stated_openings():
    rows = list(csv.DictReader((HERE / "values.csv").open(encoding="utf-8")))
    first = min(row["date"] for row in rows)
    openings = {
        row["asset"]: Money(row["number"])
        for row in rows if row["date"] == first and row["what"] == "balance"
    }
    # Of a debt it is stated what is owed.
    openings["card"] = -openings["card"]
    return datetime.date.fromisoformat(first), openings


def month_ends(first, last):
    at = first.replace(day=1)
    while at <= last:
        end = at.replace(day=calendar.monthrange(at.year, at.month)[1])
        yield end
        at = end + datetime.timedelta(days=1)


def add_up():
    """The rows of balances.csv, and of each account its opening balance and all its entries."""
    opened, openings = stated_openings()
    rows, accounts = ["account,month_end,entries,balance,currency"], {}
    for account, read in READERS:
        paths = sorted((HERE / "statements").glob(f"{account}-*"))
        statements = [read(path) for path in paths]
        balance, after, movements, numbers = openings[account], opened, [], set()
        for path, statement in zip(paths, statements):
            assert statement.opening in (None, balance), f"{path.name}: opens otherwise"
            balance += sum(amount for _, amount, _ in statement.entries)
            assert balance == statement.closing, f"{path.name}: {balance} is not its closing"
            days = [date for date, _, _ in statement.entries]
            assert days == sorted(days), f"{path.name}: out of order"
            first, last = statement.first or days[0], statement.last or days[-1]
            assert statement.first in (None, after + datetime.timedelta(days=1)), path.name
            assert after < first <= days[0] and days[-1] <= last, f"{path.name}: outside"
            after = last
            fresh = [number for _, _, number in statement.entries if number]
            assert len(set(fresh)) == len(fresh) and not numbers & set(fresh), path.name
            numbers |= set(fresh)
            movements += statement.entries
        accounts[account] = (openings[account], movements, statements[0].currency)
        for end in month_ends(opened + datetime.timedelta(days=1), after):
            start = end.replace(day=1)
            count = sum(1 for date, _, _ in movements if start <= date <= end)
            so_far = balance_on(accounts[account], end)
            rows.append(f"{account},{end},{count},{so_far},{statements[0].currency}")
    return rows, accounts


def balance_on(account, date):
    opening, movements, _ = account
    return opening + sum(amount for day, amount, _ in movements if day <= date)


class Rates:
    """What a euro was in other currencies: the tugrik by way of the dollar."""

    def __init__(self):
        read = csv.DictReader
        self.ecb = list(read((HERE / "eurofxref.csv").open(encoding="utf-8")))
        self.made_up = list(read((HERE / "mnt.csv").open(encoding="utf-8")))

    def for_euro(self, currency, date):
        if currency == "EUR":
            return fractions.Fraction(1)
        if currency == "MNT":
            known = [row for row in self.made_up if row["date"] <= date.isoformat()]
            row = max(known, key=lambda row: row["date"])
            assert (row["base"], row["quote"]) == ("USD", "MNT")
            return fractions.Fraction(row["rate"]) * self.for_euro("USD", date)
        known = [row for row in self.ecb if row["Date"] <= date.isoformat()]
        return fractions.Fraction(max(known, key=lambda row: row["Date"])[currency])

    def convert(self, amount, source, target, date):
        worth = fractions.Fraction(amount)
        if source != target:
            worth *= self.for_euro(target, date) / self.for_euro(source, date)
        # Python rounds fractions half to even.
        return fractions.Fraction(round(worth * 100), 100)


def holdings(date, accounts):
    """Exact amounts of money and their currencies, one of each asset."""
    stated = {}
    for row in csv.DictReader((HERE / "values.csv").open(encoding="utf-8")):
        if row["date"] <= date.isoformat():
            number = fractions.Fraction(row["number"])
            stated.setdefault(row["asset"], {})[row["what"]] = (number, row["commodity"])
    for asset, last in stated.items():
        if asset in accounts:
            yield balance_on(accounts[asset], date), accounts[asset][2]
        elif "quantity" in last:
            price, currency = last["price"]
            yield last["quantity"][0] * price, currency
        else:
            (number, currency), = last.values()
            # The home loan is stated as what is owed.
            yield (-number if asset == "mortgage" else number), currency


def net_worth(accounts):
    """The rows of net_worth.csv."""
    rates, rows = Rates(), ["date,currency,total"]
    opened, _ = stated_openings()
    last = max(date for _, movements, _ in accounts.values() for date, _, _ in movements)
    for date in [opened, *month_ends(opened + datetime.timedelta(days=1), last)]:
        for target in ("AUD", "EUR", "MNT"):
            held = holdings(date, accounts)
            total = sum(rates.convert(amount, source, target, date) for amount, source in held)
            cents = int(total * 100)
            assert cents == total * 100
            rows.append(f"{date},{target},{decimal.Decimal(cents).scaleb(-2)}")
    return rows


def main():
    rows, accounts = add_up()
    written = {"balances.csv": rows, "net_worth.csv": net_worth(accounts)}
    for name, rows in written.items():
        path, text = HERE / name, "\n".join(rows) + "\n"
        if sys.argv[1:] == ["--write"]:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            sys.exit(f"{name} differs from what the files add up to")
        print(f"{name}: {len(rows) - 1} rows agree")


if __name__ == "__main__":
    main()
