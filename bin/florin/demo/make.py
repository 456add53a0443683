"""Invents the year of the demo family and writes it down as banks would.

    python3 make.py            writes statements/, values.csv and mnt.csv anew
    python3 make.py --check    writes nothing; fails where a file differs from what it would write

Every number follows from a fixed sequence, so that each run writes the same bytes. Money is in
minor units and whole numbers only. All people, companies and account numbers are invented, and the
IBANs are published examples; see README.md. What the files say is added up by check.py, which
shares nothing with this program.
"""

import datetime
import pathlib
import sys

sys.dont_write_bytecode = True

import formats  # noqa: E402

HERE = pathlib.Path(__file__).parent
OPENED = datetime.date(2025, 10, 31)
FIRST = datetime.date(2025, 11, 1)
LAST = datetime.date(2026, 10, 31)
MONTHS = [(2025, 11), (2025, 12)] + [(2026, month) for month in range(1, 11)]
DAY = datetime.timedelta(days=1)


class Sequence:
    """SplitMix64 (Steele, Lea and Flood): a sequence of numbers that look like chance."""

    MASK = (1 << 64) - 1

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & self.MASK
        word = self.state
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & self.MASK
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & self.MASK
        return word ^ (word >> 31)

    def between(self, low, high):
        return low + self.next() % (high - low + 1)

    def one_of(self, choices):
        return choices[self.next() % len(choices)]


class Account:
    """What happens on an account, until it is cut into statements."""

    def __init__(self, opening):
        self.opening = opening
        self.entries = []

    def add(self, date, amount, **words):
        if FIRST <= date <= LAST:
            self.entries.append({"date": date, "amount": amount, **words})

    def balance(self, date):
        """At the end of a day."""
        return self.opening + sum(e["amount"] for e in self.entries if e["date"] <= date)

    def periods(self, months_each):
        """The entries by period, each with its first and last day and its balances."""
        for at in range(0, len(MONTHS), months_each):
            first = datetime.date(*MONTHS[at], 1)
            last = end_of(*MONTHS[at + months_each - 1])
            entries = [e for e in self.entries if first <= e["date"] <= last]
            yield {
                "first": first,
                "last": last,
                "opening": self.balance(first - DAY),
                "closing": self.balance(last),
                "entries": sorted(entries, key=lambda entry: entry["date"]),
            }


def end_of(year, month):
    after = datetime.date(year + month // 12, month % 12 + 1, 1)
    return after - DAY


def on(year, month, day):
    """A day of a month; on a weekend the Friday before."""
    date = datetime.date(year, month, day)
    return date - DAY * max(0, date.weekday() - 4)


def every(first, days):
    date = first
    while date <= LAST:
        yield date
        date += DAY * days


def text(minor, decimals=2):
    digits = str(abs(minor)).rjust(decimals + 1, "0")
    return ("-" if minor < 0 else "") + digits[:-decimals] + "." + digits[-decimals:]


def share(minor, above, below):
    """A share of an amount, rounded half up."""
    return (minor * above * 2 + below) // (below * 2)


# Rates and prices

def ecb(code, date):
    """The last reference rate on or before a day, in millionths."""
    rows = (HERE / "eurofxref.csv").read_text().splitlines()
    column = rows[0].split(",").index(code)
    for row in rows[1:]:
        cells = row.split(",")
        if cells[0] <= date.isoformat():
            whole, _, part = cells[column].partition(".")
            return int(whole) * 1_000_000 + int(part.ljust(6, "0"))
    raise ValueError(date)


def invent_rates(sequence):
    """Tugrik for a dollar, every Friday, in hundredths."""
    rate, rates = 3_562_00, []
    for date in every(datetime.date(2025, 10, 24), 7):
        rates.append((date, rate))
        rate += sequence.between(-3_20, 4_40)
    return rates


def invent_prices(sequence):
    """A unit of the fund in ten-thousandths and a bitcoin in cents, every Friday."""
    fund, bitcoin, prices = 84_2000, 161_800_00, []
    for date in every(OPENED, 7):
        prices.append((date, fund, bitcoin))
        fund += share(fund, sequence.between(-165, 195), 10_000)
        bitcoin += share(bitcoin, sequence.between(-410, 445), 10_000)
    return prices


def latest(rows, date):
    return [row for row in rows if row[0] <= date][-1]


def tugrik_for(cents, date, rates):
    """What so many Australian cents are in mungu: by way of euro and dollar, less 0.8 %."""
    dollars = share(cents * 992, ecb("USD", date), ecb("AUD", date) * 1_000)
    return share(dollars, latest(rates, date)[1], 100)


# Accounts

REMITTANCES = [datetime.date(2025, 12, 10), datetime.date(2026, 3, 10),
               datetime.date(2026, 6, 10), datetime.date(2026, 9, 10)]
PURCHASES = [datetime.date(2025, 12, 16), datetime.date(2026, 3, 17),
             datetime.date(2026, 6, 16), datetime.date(2026, 9, 15)]
UNITS = 60
TO_AUSTRALIA = [(datetime.date(2026, 2, 11), 4_000_00), (datetime.date(2026, 7, 8), 4_500_00),
                (datetime.date(2026, 10, 7), 2_500_00)]
REPAYMENT = 3_948_00
# Paid by card in July in Mongolia: the day, how many tugrik, to whom.
ABROAD = [(5, 486_000, "HOTEL TUUL ULAANBAATAR"), (8, 1_240_000, "GER CAMP TERELJ"),
          (11, 318_000, "NAADAM TICKETS"), (13, 265_000, "CASHMERE HOUSE"),
          (16, 142_000, "RESTAURANT BOGD")]


def card(sequence):
    account = Account(opening=-1_842_67)

    def buy(date, low, high, name, **words):
        account.add(date, -sequence.between(low, high), type="DEBIT", name=name, **words)

    for date in every(datetime.date(2025, 11, 5), 7):
        buy(date, 62_00, 148_00, "COLES 0417 TOOWONG")
    for date in every(datetime.date(2025, 11, 2), 9):
        buy(date, 68_00, 112_00, "COASTAL FUELS INDOOROOPILLY")
    account.add(datetime.date(2025, 12, 14), -412_50, type="DEBIT", name="LANTERN TOYS")
    account.add(datetime.date(2026, 3, 2), -99_00, type="FEE", name="ANNUAL CARD FEE")
    account.add(datetime.date(2026, 4, 29), -4_286_00, type="DEBIT", name="STEPPE AIR",
                memo="BNE-ULN 4 PASSENGERS JULY")
    for day, tugrik, name in ABROAD:
        date = datetime.date(2026, 7, day)
        # Dollars for a tugrik, to eight decimals.
        rate = share(100_000_000, ecb("AUD", date), 3_590 * ecb("USD", date))
        account.add(date, -share(tugrik, rate, 1_000_000), type="DEBIT", name=name,
                    original=("MNT", text(rate, 8)))
    tables = ["NOODLE LANE WEST END", "PADDOCK PIZZA", "LITTLE ULAANBAATAR KITCHEN",
              "RIVERSIDE FISH & CHIPS", "THE QUIET CUP"]
    shops = ["SANDGROPER CLOTHING", "BANKSIA HARDWARE", "PAPERBARK BOOKS", "NORTHGATE PHARMACY",
             "LANTERN TOYS", "FERNY GROVE NURSERY"]
    for year, month in MONTHS:
        last = end_of(year, month).day
        account.add(datetime.date(year, month, 9), -14_99, type="DEBIT", name="STREAMLY",
                    memo="Monthly plan")
        account.add(datetime.date(year, month, 22), -12_99, type="DEBIT", name="TUNEBARREL FAMILY")
        for _ in range(sequence.between(3, 5)):
            buy(datetime.date(year, month, sequence.between(1, last)), 18_00, 118_00,
                sequence.one_of(tables))
        for _ in range(sequence.between(3, 5)):
            buy(datetime.date(year, month, sequence.between(1, last)), 14_00, 186_00,
                sequence.one_of(shops))
        if (year, month) != MONTHS[0]:
            owed = -account.balance(datetime.date(year, month, 1) - DAY)
        else:
            owed = -account.opening
        account.add(on(year, month, 24), owed, type="PAYMENT", name="PAYMENT RECEIVED",
                    memo="Thank you", own=True)
    return account


def everyday(sequence, card, rates, prices):
    account = Account(opening=9_846_32)
    for number, date in enumerate(every(datetime.date(2025, 11, 6), 14)):
        pay = 3_482_16 if date < datetime.date(2026, 7, 1) else 3_596_40
        account.add(date, pay, type="DIRECTDEP", name="HARBOURLINE LOGISTICS",
                    memo=f"SALARY {number + 1:02}")
    for date in every(datetime.date(2025, 11, 1), 7):
        account.add(date, -sequence.between(118_00, 236_00), type="POS",
                    name="WOOLWORTHS 4211 INDOOROOPILLY")
    small = ["GATTON ROAD BAKERY", "NORTHGATE PHARMACY", "JACARANDA BARBER", "FERRY & BUS TOP UP",
             "MARKET STALL WEST END"]
    for year, month in MONTHS:
        last = end_of(year, month).day

        def pay(day, amount, kind, name, memo=None):
            account.add(on(year, month, day), -amount, type=kind, name=name, memo=memo)

        account.add(on(year, month, 15), 2_640_55, type="DIRECTDEP",
                    name="RIVERBEND COMMUNITY HEALTH", memo="SALARY")
        for number in ("0400 000 001", "0400 000 002"):
            pay(3, 39_00, "DIRECTDEBIT", "KOEL MOBILE", f"SERVICE {number}")
        pay(5, 318_40, "DIRECTDEBIT", "BANKSIA HEALTH INSURANCE")
        pay(12, 89_00, "DIRECTDEBIT", "WATTLENET BROADBAND")
        pay(17, 96_75, "DIRECTDEBIT", "SOUTHERN MUTUAL", "MOTOR POLICY")
        pay(20, REPAYMENT, "REPEATPMT", "HOME LOAN REPAYMENT")
        pay(21, 142_30, "DIRECTDEBIT", "SOUTHERN MUTUAL", "HOME POLICY")
        pay(8, 88_00, "POS", "PLATYPUS SWIM SCHOOL")
        account.add(datetime.date(year, month, sequence.between(2, last)),
                    -sequence.one_of([50_00, 100_00, 200_00]), type="ATM", name="CASH WITHDRAWAL")
        for _ in range(sequence.between(3, 6)):
            date = datetime.date(year, month, sequence.between(1, last))
            account.add(date, -sequence.between(6_00, 58_00), type="POS",
                        name=sequence.one_of(small))
    for paid in [entry for entry in card.entries if entry.get("own")]:
        account.add(paid["date"], -paid["amount"], type="PAYMENT", name="CREDIT CARD PAYMENT")
    for day in ["2026-01-29", "2026-04-23", "2026-07-16", "2026-10-08"]:
        account.add(datetime.date.fromisoformat(day), -1_485_00, type="PAYMENT",
                    name="KOOKABURRA HILL COLLEGE", memo="SCHOOL FEES")
    for day in ["2025-11-18", "2026-02-17", "2026-05-19", "2026-08-18"]:
        account.add(datetime.date.fromisoformat(day), -sequence.between(372_00, 508_00),
                    type="DIRECTDEBIT", name="SUNCOAST ENERGY", memo="ELECTRICITY")
    for day in ["2026-01-20", "2026-04-21", "2026-07-21", "2026-10-20"]:
        account.add(datetime.date.fromisoformat(day), -sequence.between(468_00, 492_00),
                    type="PAYMENT", name="CITY COUNCIL RATES & WATER")
    for date in REMITTANCES:
        account.add(date, -600_00, type="XFER", name="TRANSFER TO ULAANBAATAR", memo="FOR EMEE")
        account.add(date, -12_00, type="FEE", name="OVERSEAS TRANSFER FEE")
    for date in PURCHASES:
        cost = share(UNITS * 100, latest(prices, date)[1], 10_000)
        account.add(date, -cost, type="XFER", name="SOUTHERN SKY INDEX FUND",
                    memo=f"{UNITS} UNITS")
    for date, cents in TO_AUSTRALIA:
        came = share(cents * 994, ecb("AUD", date), 1_000_000_000)
        account.add(date + DAY, came, type="XFER", name="TRANSFER FROM EURO ACCOUNT")
    account.add(datetime.date(2026, 8, 6), 1_284_70, type="DIRECTDEP", name="TAX OFFICE REFUND")
    return account


def euro(sequence):
    account = Account(opening=6_214_80)
    for number, (year, month) in enumerate(MONTHS):
        account.add(on(year, month, 6), sequence.between(860_00, 1_420_00), code="PMNT-RCDT-ESCT",
                    name="Nordlicht Verlag GmbH", iban="DE02120300000000202051",
                    purpose=f"Rechnung {year}-{2 * number + 11:03}")
        if number % 2 == 1:
            account.add(on(year, month, 19), sequence.between(540_00, 930_00),
                        code="PMNT-RCDT-ESCT", name="Studio Méridien SARL",
                        iban="FR1420041010050500013M02606",
                        purpose=f"Facture {year}-{2 * number + 12:03}")
        account.add(on(year, month, 4), -29_90, code="PMNT-RDDT-ESDD", name="Schriftwerk Software",
                    iban="AT611904300234573201", purpose="Abonnement")
        account.add(on(year, month, 13), -sequence.between(11_00, 64_00), code="PMNT-CCRD-POSD",
                    name="Papierlager Online", purpose="Kartenzahlung")
        account.add(end_of(year, month), -4_90, code="ACMT-MDOP-CHRG", purpose="Kontoführung")
        if month % 3 == 0:
            account.add(on(year, month, 25), -180_00, code="PMNT-ICDT-ESCT",
                        name="Steuerbüro Lindenhof", iban="NL91ABNA0417164300",
                        purpose=f"Honorar {month // 3}. Quartal")
    for date, cents in TO_AUSTRALIA:
        account.add(date, -cents, code="PMNT-ICDT-XBCT", name="Saraa Bat-Erdene",
                    purpose="Transfer to Brisbane")
    return account


def savings(sequence, rates):
    account = Account(opening=6_482_350_00)
    for date in REMITTANCES:
        account.add(date + DAY, tugrik_for(600_00, date, rates), purpose="Брисбанаас, Сараа охин",
                    account="0000111222")
    shops = ["Хүнсний дэлгүүр Сүмбэр", "Эмийн сан Анагаах", "Дархан зах", "Номын дэлгүүр Их уул"]
    for number, (year, month) in enumerate(MONTHS):
        last = end_of(year, month)
        raised = 106 if (year, month) >= (2026, 2) else 100
        for pension in (742_000_00, 688_500_00):
            account.add(on(year, month, 5), share(pension, raised, 100), purpose="Тэтгэвэр",
                        account="0000900001")
        heating = 96_000_00 if month in (10, 11, 12, 1, 2, 3, 4) else 0
        account.add(on(year, month, 12), -(90_400_00 + heating), purpose="СӨХ, дулаан, ус",
                    account="0000500300")
        account.add(on(year, month, 18), -sequence.between(3_800, 6_100) * 10_00,
                    purpose="Цахилгаан", account="0000500400")
        # Two phones, the same amount on the same day, and the bank gives no numbers.
        for _ in range(2):
            account.add(datetime.date(year, month, 20), -20_000_00, purpose="Гар утас цэнэглэлт")
        for _ in range(5):
            account.add(datetime.date(year, month, sequence.between(1, last.day)),
                        -sequence.between(240, 1_580) * 100_00, purpose=sequence.one_of(shops))
        account.add(datetime.date(year, month, sequence.between(6, 28)), -200_000_00,
                    purpose="Бэлэн мөнгө авсан")
        interest = share(account.balance(last), 5, 1_000)
        account.add(last, interest, purpose="Хүүгийн орлого")
        account.add(last, -share(interest, 10, 100), purpose="Хүүгийн орлогын татвар")
    account.add(datetime.date(2026, 2, 17), -600_000_00, purpose="Цагаан сарын бэлэг")
    account.add(datetime.date(2026, 7, 10), -450_000_00, purpose="Наадмын зардал")
    return account


# What is not on a statement

VALUES = [
    ("house", "AUD", [("2025-10-31", 1_182_000_00), ("2026-01-31", 1_190_000_00),
                      ("2026-04-30", 1_208_000_00), ("2026-07-31", 1_221_000_00)]),
    ("apartment", "MNT", [("2025-10-31", 336_000_000_00), ("2026-05-31", 352_000_000_00)]),
    ("car", "AUD", [("2025-10-31", 38_500_00), ("2026-02-28", 36_900_00),
                    ("2026-06-30", 35_400_00), ("2026-10-15", 34_000_00)]),
]
SUPERANNUATION = [("2025-10-31", 214_380_12), ("2025-12-31", 219_844_57),
                  ("2026-03-31", 221_906_30), ("2026-06-30", 231_517_84),
                  ("2026-09-30", 238_092_41)]


def mortgage():
    """What is owed at the end of each month: interest of 5.84 % a year, less the repayment."""
    owed = 642_318_40
    yield OPENED, owed
    for year, month in MONTHS:
        owed += share(owed, 584, 120_000) - REPAYMENT
        yield end_of(year, month), owed


def values(accounts, prices):
    """Date, asset, what is stated of it, the number and its currency, in the order of dates."""
    rows = []
    for asset, currency, stated in VALUES:
        rows += [(day, asset, "value", text(minor), currency) for day, minor in stated]
    for asset, currency in [("everyday", "AUD"), ("card", "AUD"), ("euro", "EUR"),
                            ("savings", "MNT")]:
        # Of a debt it is stated what is owed.
        opening = accounts[asset].opening * (-1 if asset == "card" else 1)
        rows.append((OPENED.isoformat(), asset, "balance", text(opening), currency))
    rows += [(day, "superannuation", "balance", text(minor), "AUD") for day, minor in SUPERANNUATION]
    rows += [(day.isoformat(), "mortgage", "balance", text(owed), "AUD") for day, owed in mortgage()]
    rows.append((OPENED.isoformat(), "bitcoin", "quantity", "0.35000000", "BTC"))
    rows.append((OPENED.isoformat(), "fund", "quantity", "620.0000", "DEMO:SKY"))
    for number, date in enumerate(PURCHASES):
        units = f"{620 + UNITS * (number + 1)}.0000"
        rows.append((date.isoformat(), "fund", "quantity", units, "DEMO:SKY"))
    for date, fund, bitcoin in prices:
        rows.append((date.isoformat(), "fund", "price", text(fund, 4), "AUD"))
        rows.append((date.isoformat(), "bitcoin", "price", text(bitcoin), "AUD"))
    return sorted(rows, key=lambda row: row[:2])


def table(header, rows):
    return "\n".join([header] + [",".join(row) for row in rows]) + "\n"


def files():
    """Everything that is written, by its path."""
    rates = invent_rates(Sequence(1))
    prices = invent_prices(Sequence(2))
    accounts = {"card": card(Sequence(3)), "euro": euro(Sequence(4)),
                "savings": savings(Sequence(5), rates)}
    accounts["everyday"] = everyday(Sequence(6), accounts["card"], rates, prices)
    written = {}
    for name, months_each, suffix, write in [
        ("everyday", 1, "ofx", formats.ofx_in_sgml), ("card", 1, "ofx", formats.ofx_in_xml),
        ("euro", 1, "xml", formats.camt), ("savings", 3, "csv", formats.csv),
    ]:
        for period in accounts[name].periods(months_each):
            month = f"{period['first']:%Y-%m}"
            written[f"statements/{name}-{month}.{suffix}"] = write(period)
    written["values.csv"] = table("date,asset,what,number,commodity", values(accounts, prices))
    rows = [(date.isoformat(), "USD", "MNT", text(rate), "demo", "made_up") for date, rate in rates]
    written["mnt.csv"] = table("date,base,quote,rate,source,kind", rows)
    return written


def main():
    written = files()
    if sys.argv[1:] == ["--check"]:
        stale = [path for path, content in written.items()
                 if not (HERE / path).exists() or (HERE / path).read_bytes() != content.encode()]
        known = {f"statements/{path.name}" for path in (HERE / "statements").iterdir()}
        stale += sorted(known - set(written))
        sys.exit(f"not as make.py writes them: {', '.join(stale)}" if stale else 0)
    for path, content in written.items():
        (HERE / path).write_bytes(content.encode())
    print(f"{len(written)} files written")


if __name__ == "__main__":
    main()
