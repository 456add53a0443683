"""Asks two other programs what the OFX samples say, and writes expected.json.

    pip install ofxtools==0.9.5 ofxparse==0.21
    python expected.py

ofxtools is asked first; what it refuses (it is stricter than banks are), ofxparse is asked. A file
that both refuse has no row. Run by hand when a sample is added; the tests read only the JSON.
"""

import io
import json
import pathlib

import ofxparse
from ofxtools.Parser import OFXTree

HERE = pathlib.Path(__file__).parent


def text(value):
    return None if value is None or value == "" else str(value)


def day(value):
    return None if value is None else value.strftime("%Y-%m-%d")


def by_ofxtools(path):
    tree = OFXTree()
    with open(path, "rb") as file:
        tree.parse(file)
    statements = []
    for statement in tree.convert().statements:
        row = {
            "account": statement.account.acctid,
            "currency": statement.curdef,
            "closing": None,
            "entries": [],
        }
        balance = getattr(statement, "balance", None)
        if hasattr(balance, "balamt"):
            row["closing"] = [day(balance.dtasof), str(balance.balamt)]
        elif hasattr(balance, "availcash"):
            row["closing"] = [day(statement.dtasof), str(balance.availcash)]
        for one in statement.transactions or []:
            if hasattr(one, "trnamt"):
                amount, when = one.trnamt, one.dtposted
            elif getattr(one, "total", None) is not None:
                amount, when = one.total, one.dttrade
            else:
                continue
            row["entries"].append({
                "booked": day(when),
                "amount": str(amount),
                "bank_reference": text(one.fitid),
                "name": text(getattr(one, "name", None)),
                "memo": text(one.memo),
            })
        statements.append(row)
    return statements


def by_ofxparse(path):
    with open(path, "rb") as file:
        parsed = ofxparse.OfxParser.parse(io.BytesIO(file.read()))
    statements = []
    for account in parsed.accounts:
        statement = account.statement
        if statement is None or not hasattr(statement, "transactions"):
            continue
        row = {
            "account": account.account_id,
            "currency": text((statement.currency or "").upper()),
            "closing": None,
            "entries": [],
        }
        if getattr(statement, "balance", None) is not None:
            when = getattr(statement, "balance_date", None)
            row["closing"] = [day(when), str(statement.balance)]
        elif getattr(statement, "available_cash", None) is not None:
            row["closing"] = [None, str(statement.available_cash)]
        for one in statement.transactions:
            is_bank = hasattr(one, "amount")
            row["entries"].append({
                "booked": day(one.date if is_bank else one.tradeDate),
                "amount": str(one.amount if is_bank else one.total),
                "bank_reference": text(one.id),
                "name": text(one.payee) if is_bank else None,
                "memo": text(one.memo),
            })
        statements.append(row)
    return statements


def main():
    expected = {}
    for path in sorted(HERE.rglob("*.ofx")):
        for program, read in (("ofxtools", by_ofxtools), ("ofxparse", by_ofxparse)):
            try:
                statements = read(path)
            except Exception as error:
                print(f"{path.name}: {program} refuses: {str(error)[:90]!r}")
                continue
            expected[str(path.relative_to(HERE))] = {"by": program, "statements": statements}
            print(f"{path.name}: {program}: {len(statements)} statements")
            break
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")


main()
