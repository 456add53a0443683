"""Writes a period of an account as a bank would: OFX in SGML and in XML, CAMT.053, CSV.

A period has its first and last day, the balances before and after it, and its entries in the order
of their days; amounts are in minor units.
"""

from xml.sax.saxutils import escape


def text(minor):
    digits = str(abs(minor)).rjust(3, "0")
    return ("-" if minor < 0 else "") + digits[:-2] + "." + digits[-2:]


def numbered(period):
    """The entries, each with its number on its day."""
    day, number = None, 0
    for entry in period["entries"]:
        number = number + 1 if entry["date"] == day else 1
        day = entry["date"]
        yield number, entry


SGML_HEAD = """\
OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

<OFX>
<SIGNONMSGSRSV1>
<SONRS>
<STATUS>
<CODE>0
<SEVERITY>INFO
</STATUS>
<DTSERVER>{server}
<LANGUAGE>ENG
</SONRS>
</SIGNONMSGSRSV1>
<BANKMSGSRSV1>
<STMTTRNRS>
<TRNUID>1
<STATUS>
<CODE>0
<SEVERITY>INFO
</STATUS>
<STMTRS>
<CURDEF>AUD
<BANKACCTFROM>
<BANKID>999999
<ACCTID>000012345
<ACCTTYPE>CHECKING
</BANKACCTFROM>
<BANKTRANLIST>
<DTSTART>{first:%Y%m%d}
<DTEND>{last:%Y%m%d}
"""

SGML_FOOT = """\
</BANKTRANLIST>
<LEDGERBAL>
<BALAMT>{closing}
<DTASOF>{last:%Y%m%d}
</LEDGERBAL>
</STMTRS>
</STMTTRNRS>
</BANKMSGSRSV1>
</OFX>
"""


def ofx_in_sgml(period):
    """The everyday account: OFX 1.0.2."""
    first, last = period["first"], period["last"]
    out = SGML_HEAD.format(server=f"{last:%Y%m%d}235900", first=first, last=last)
    for number, entry in numbered(period):
        out += "<STMTTRN>\n"
        out += f"<TRNTYPE>{entry['type']}\n"
        out += f"<DTPOSTED>{entry['date']:%Y%m%d}\n"
        out += f"<TRNAMT>{text(entry['amount'])}\n"
        out += f"<FITID>E{entry['date']:%Y%m%d}{number:03}\n"
        out += f"<NAME>{escape(entry['name'])}\n"
        if entry.get("memo"):
            out += f"<MEMO>{escape(entry['memo'])}\n"
        out += "</STMTTRN>\n"
    return out + SGML_FOOT.format(closing=text(period["closing"]), last=last)


XML_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<?OFX OFXHEADER="200" VERSION="220" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>
<OFX>
  <SIGNONMSGSRSV1>
    <SONRS>
      <STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>
      <DTSERVER>{server}</DTSERVER>
      <LANGUAGE>ENG</LANGUAGE>
    </SONRS>
  </SIGNONMSGSRSV1>
  <CREDITCARDMSGSRSV1>
    <CCSTMTTRNRS>
      <TRNUID>1</TRNUID>
      <STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>
      <CCSTMTRS>
        <CURDEF>AUD</CURDEF>
        <CCACCTFROM><ACCTID>XXXXXXXXXXXX4242</ACCTID></CCACCTFROM>
        <BANKTRANLIST>
          <DTSTART>{first:%Y%m%d}</DTSTART>
          <DTEND>{last:%Y%m%d}</DTEND>
"""

XML_FOOT = """\
        </BANKTRANLIST>
        <LEDGERBAL><BALAMT>{closing}</BALAMT><DTASOF>{last:%Y%m%d}</DTASOF></LEDGERBAL>
      </CCSTMTRS>
    </CCSTMTTRNRS>
  </CREDITCARDMSGSRSV1>
</OFX>
"""


def ofx_in_xml(period):
    """The credit card: OFX 2.2, what is owed is negative."""
    first, last = period["first"], period["last"]
    out = XML_HEAD.format(server=f"{last:%Y%m%d}235900", first=first, last=last)
    for number, entry in numbered(period):
        parts = [("TRNTYPE", entry["type"]), ("DTPOSTED", f"{entry['date']:%Y%m%d}"),
                 ("TRNAMT", text(entry["amount"])),
                 ("FITID", f"C{entry['date']:%Y%m%d}{number:03}"),
                 ("NAME", escape(entry["name"]))]
        if entry.get("memo"):
            parts.append(("MEMO", escape(entry["memo"])))
        out += " " * 10 + "<STMTTRN>\n"
        out += "".join(" " * 12 + f"<{name}>{value}</{name}>\n" for name, value in parts)
        if entry.get("original"):
            currency, rate = entry["original"]
            out += " " * 12 + f"<ORIGCURRENCY><CURRATE>{rate}</CURRATE>"
            out += f"<CURSYM>{currency}</CURSYM></ORIGCURRENCY>\n"
        out += " " * 10 + "</STMTTRN>\n"
    return out + XML_FOOT.format(closing=text(period["closing"]), last=last)


CAMT_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
  <BkToCstmrStmt>
    <GrpHdr>
      <MsgId>DEMO-{last:%Y-%m}</MsgId>
      <CreDtTm>{last:%Y-%m-%d}T23:59:00+01:00</CreDtTm>
    </GrpHdr>
    <Stmt>
      <Id>{last:%Y-%m}</Id>
      <CreDtTm>{last:%Y-%m-%d}T23:59:00+01:00</CreDtTm>
      <FrToDt>
        <FrDtTm>{first:%Y-%m-%d}T00:00:00+01:00</FrDtTm>
        <ToDtTm>{last:%Y-%m-%d}T23:59:59+01:00</ToDtTm>
      </FrToDt>
      <Acct>
        <Id><IBAN>DE89370400440532013000</IBAN></Id>
        <Tp><Cd>CACC</Cd></Tp>
        <Ccy>EUR</Ccy>
        <Ownr><Nm>Saraa Bat-Erdene</Nm></Ownr>
        <Svcr><FinInstnId><BICFI>DEMODEFFXXX</BICFI></FinInstnId></Svcr>
      </Acct>
"""

CAMT_FOOT = """\
    </Stmt>
  </BkToCstmrStmt>
</Document>
"""


def camt_money(minor, indent):
    side = "DBIT" if minor < 0 else "CRDT"
    out = f"{indent}<Amt Ccy=\"EUR\">{text(abs(minor))}</Amt>\n"
    return out + f"{indent}<CdtDbtInd>{side}</CdtDbtInd>\n"


def camt_balance(code, minor, date):
    out = "      <Bal>\n"
    out += f"        <Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>\n"
    out += camt_money(minor, " " * 8)
    return out + f"        <Dt><Dt>{date}</Dt></Dt>\n      </Bal>\n"


def camt_entry(number, entry):
    domain, family, sub_family = entry["code"].split("-")
    reference = f"{entry['date']:%Y%m%d}{number:03}"
    out = "      <Ntry>\n"
    out += camt_money(entry["amount"], " " * 8)
    out += "        <Sts><Cd>BOOK</Cd></Sts>\n"
    out += f"        <BookgDt><Dt>{entry['date']}</Dt></BookgDt>\n"
    out += f"        <ValDt><Dt>{entry['date']}</Dt></ValDt>\n"
    out += f"        <AcctSvcrRef>{reference}</AcctSvcrRef>\n"
    out += f"        <BkTxCd><Domn><Cd>{domain}</Cd><Fmly><Cd>{family}</Cd>"
    out += f"<SubFmlyCd>{sub_family}</SubFmlyCd></Fmly></Domn></BkTxCd>\n"
    out += "        <NtryDtls>\n          <TxDtls>\n"
    out += "            <Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>\n"
    if entry.get("name"):
        side = "Cdtr" if entry["amount"] < 0 else "Dbtr"
        out += "            <RltdPties>\n"
        out += f"              <{side}><Pty><Nm>{escape(entry['name'])}</Nm></Pty></{side}>\n"
        if entry.get("iban"):
            out += f"              <{side}Acct><Id><IBAN>{entry['iban']}</IBAN></Id></{side}Acct>\n"
        out += "            </RltdPties>\n"
    out += f"            <RmtInf><Ustrd>{escape(entry['purpose'])}</Ustrd></RmtInf>\n"
    return out + "          </TxDtls>\n        </NtryDtls>\n      </Ntry>\n"


def camt(period):
    """The euro account: CAMT.053, version 8."""
    first, last = period["first"], period["last"]
    out = CAMT_HEAD.format(first=first, last=last)
    out += camt_balance("OPBD", period["opening"], first)
    out += camt_balance("CLBD", period["closing"], last)
    out += "".join(camt_entry(number, entry) for number, entry in numbered(period))
    return out + CAMT_FOOT


CSV_HEAD = """\
\ufeffХарилцах дансны хуулга,,,,,,,
Дансны валют:,MNT,,,,,,
Гүйлгээний огноо,Салбар,Эхний үлдэгдэл,Дебит гүйлгээ,Кредит гүйлгээ,Эцсийн үлдэгдэл,\
Гүйлгээний утга,Харьцсан данс
"""


def quoted(minor):
    """`"3,248,749.50"`; what is below a thousand needs no quotes."""
    whole, part = divmod(abs(minor), 100)
    digits = f"{'-' if minor < 0 else ''}{whole:,}.{part:02}"
    return f'"{digits}"' if "," in digits else digits


def csv(period):
    """The savings account: CSV with a running balance, thousands signs and no numbers."""
    out, balance, debits, credits = CSV_HEAD, period["opening"], 0, 0
    for number, entry in numbered(period):
        before, amount = balance, entry["amount"]
        balance += amount
        debits, credits = debits + max(0, -amount), credits + max(0, amount)
        purpose = entry["purpose"]
        cells = [f"{entry['date']:%Y/%m/%d} {8 + number:02}:{number * 7 % 60:02}", "5000",
                 quoted(before), quoted(max(0, -amount)), quoted(max(0, amount)), quoted(balance),
                 f'"{purpose}"' if "," in purpose else purpose, entry.get("account", "")]
        out += ",".join(cells) + "\n"
    return out + f"Нийт дүн,,,{quoted(debits)},{quoted(credits)},,,\n"
