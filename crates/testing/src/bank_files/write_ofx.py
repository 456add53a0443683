"""Writes a bank's and a card's statement with ofxtools, in the version that is asked for."""

import datetime
import sys
from decimal import Decimal

from ofxtools.header import make_header
from ofxtools.models import (
    BANKACCTFROM,
    BANKMSGSRSV1,
    BANKTRANLIST,
    CCACCTFROM,
    CCSTMTRS,
    CCSTMTTRNRS,
    CREDITCARDMSGSRSV1,
    LEDGERBAL,
    OFX,
    SIGNONMSGSRSV1,
    SONRS,
    STATUS,
    STMTRS,
    STMTTRN,
    STMTTRNRS,
)
from ofxtools.Parser import ET
from ofxtools.utils import UTC


def day(month, number):
    return datetime.datetime(2026, month, number, 12, tzinfo=UTC)


ok = STATUS(code=0, severity="INFO")
lines = [
    ("CREDIT", day(1, 5), "2450.00", "F-1", "Arbeitgeber GmbH", "Lohn & Gehalt <Januar>"),
    ("DIRECTDEBIT", day(1, 7), "-89.90", "F-2", "Stromwerk AG", "Kunde 4711"),
    ("CHECK", day(1, 9), "-12", "F-3", None, None),
]
entries = [
    STMTTRN(trntype=kind, dtposted=posted, trnamt=Decimal(amount), fitid=fitid, name=name, memo=memo)
    for kind, posted, amount, fitid, name, memo in lines
]
bank = STMTRS(
    curdef="EUR",
    bankacctfrom=BANKACCTFROM(bankid="12030000", acctid="0000202051", accttype="CHECKING"),
    banktranlist=BANKTRANLIST(*entries, dtstart=day(1, 1), dtend=day(1, 31)),
    ledgerbal=LEDGERBAL(balamt=Decimal("3848.10"), dtasof=day(1, 31)),
)
card = CCSTMTRS(
    curdef="USD",
    ccacctfrom=CCACCTFROM(acctid="XXXX4242"),
    banktranlist=BANKTRANLIST(entries[1], dtstart=day(1, 1), dtend=day(1, 31)),
    ledgerbal=LEDGERBAL(balamt=Decimal("-89.90"), dtasof=day(1, 31)),
)
ofx = OFX(
    signonmsgsrsv1=SIGNONMSGSRSV1(sonrs=SONRS(status=ok, dtserver=day(2, 1), language="ENG")),
    bankmsgsrsv1=BANKMSGSRSV1(STMTTRNRS(trnuid="1", status=ok, stmtrs=bank)),
    creditcardmsgsrsv1=CREDITCARDMSGSRSV1(CCSTMTTRNRS(trnuid="2", status=ok, ccstmtrs=card)),
)
version = int(sys.argv[1])
sys.stdout.write(str(make_header(version=version)))
sys.stdout.write(ET.tostring(ofx.to_etree()).decode())
