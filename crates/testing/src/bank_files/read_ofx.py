"""Has ofxtools read OFX files, and prints a line for each statement and transaction."""

import sys
import warnings

from ofxtools.Parser import OFXTree

warnings.simplefilter("ignore")
for path in sys.argv[1:]:
    tree = OFXTree()
    with open(path, "rb") as file:
        tree.parse(file)
    for statement in tree.convert().statements:
        balance = statement.ledgerbal
        print("statement", path, statement.account.acctid, statement.curdef, balance.balamt, sep="\t")
        for one in statement.transactions or []:
            day = one.dtposted.date()
            print("entry", day, one.trnamt, one.fitid, one.name or "", one.memo or "", sep="\t")
