"""Writes the statements of this folder as PDF, and what must be read from them into ../told.

    pip install reportlab==5.1.0
    python make.py FONT.ttf

FONT.ttf is a font with Cyrillic letters (DejaVu Sans); a part of it stands in one sample. Run by
hand when a sample is added; the tests read only the files. What is expected comes from the rows
below and from their sum, not from the PDF.
"""

import pathlib
import sys
from decimal import Decimal

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

HERE = pathlib.Path(__file__).parent
RIGHT = {"r": "drawRightString", "l": "drawString"}


class Document:
    """A PDF, whose lines are counted as they are shown."""

    def __init__(self, name, font="Helvetica", size=9):
        self.name, self.font, self.size = name, font, size
        self.canvas = Canvas(str(HERE / name), pagesize=(595, 842), invariant=1)
        self.line, self.y = 0, 800
        self.canvas.setFont(font, size)

    def show(self, *parts, gap=14):
        """One line: each part is (x, side, text)."""
        for x, side, text in parts:
            getattr(self.canvas, RIGHT[side])(x, self.y, text)
        self.y -= gap
        self.line += 1
        return self.line

    def page(self):
        self.canvas.showPage()
        self.canvas.setFont(self.font, self.size)
        self.y = 800

    def save(self, head, entries):
        self.canvas.save()
        told = ["Pdf 1.3 none", head]
        for line, day, value, amount, currency, texts in entries:
            told.append(f"  {line} {day} {value} {amount} {currency} Other | {texts}")
        (HERE.parent / "told" / f"pdf-{self.name}.txt").write_text("\n".join(told) + "\n")


def plain(amount):
    """As readings are told."""
    return f"{amount:.2f}"


def grouped(amount, thousands=",", decimal="."):
    text = f"{abs(amount):,.2f}"
    return text.replace(",", "T").replace(".", decimal).replace("T", thousands)


def british():
    """One signed amount and a running balance; texts over two lines."""
    document = Document("uk_signed.pdf")
    document.show((50, "l", "Harbour Bank plc"))
    document.show((50, "l", "Statement of account 12345678"), (400, "l", "Currency: GBP"))
    document.show((50, "l", "Date"), (120, "l", "Description"), (430, "r", "Amount"), (530, "r", "Balance"))
    rows = [
        ("02/03/2026", ["CARD PAYMENT CAFE ZOE"], "-4.50"),
        ("15/03/2026", ["FASTER PAYMENT FROM WATTLE & SONS", "March (salary), ref 0042"], "2500.00"),
        ("31/03/2026", ["DIRECT DEBIT RENT 820.10"], "-820.10"),
    ]
    balance, entries = Decimal("400.00"), []
    document.show((120, "l", "Balance brought forward"), (530, "r", "400.00"))
    for day, texts, amount in rows:
        amount = Decimal(amount)
        balance += amount
        sign = "-" if amount < 0 else ""
        line = document.show(
            (50, "l", day),
            (120, "l", texts[0]),
            (430, "r", sign + grouped(amount)),
            (530, "r", grouped(balance)),
            gap=11,
        )
        for text in texts[1:]:
            document.show((120, "l", text))
        iso = "-".join(reversed(day.split("/")))
        entries.append((line, iso, "-", plain(amount), "GBP", f"- | {' '.join(texts)} | - | - | -"))
    document.y -= 40
    document.show((250, "l", "Page 1 of 1"))
    document.show((50, "l", "Harbour Bank plc is authorised by nobody, for it was invented."))
    head = f"= - / - / - / - Unstated GBP: 400.00 on 2026-03-02 -> {plain(balance)} on 2026-03-31, agrees"
    document.save(head, entries)


def german():
    """Debit and credit in two columns, no running balance but the old and the new one; in a font of
    its own, whose codes only its map to Unicode explains."""
    document = Document("de_soll_haben.pdf", font="Own")
    document.show((50, "l", "Seebank eG · Kontoauszug 3/2026"), (350, "l", "Währung: EUR"))
    document.show((50, "l", "IBAN DE02 1203 0000 0000 2020 51"))
    document.show(
        (50, "l", "Buchungstag"), (120, "l", "Valuta"), (190, "l", "Verwendungszweck"),
        (450, "r", "Soll"), (530, "r", "Haben"),
    )
    rows = [
        ("02.03.2026", "03.03.2026", ["Bäckerei Müller", "Кофе и чай"], "-4.50"),
        ("13.03.2026", "13.03.2026", ["Gehalt März"], "12345.67"),
        ("31.03.2026", "01.04.2026", ["Miete"], "-1820.10"),
    ]
    balance, entries = Decimal("-99.95"), []
    document.show((190, "l", "Alter Kontostand"), (530, "r", "-99,95"))
    for day, value, texts, amount in rows:
        amount = Decimal(amount)
        balance += amount
        line = document.show(
            (50, "l", day), (120, "l", value), (190, "l", texts[0]),
            (450 if amount < 0 else 530, "r", grouped(amount, ".", ",")),
            gap=11,
        )
        for text in texts[1:]:
            document.show((190, "l", text))
        iso, iso_value = ("-".join(reversed(text.split("."))) for text in (day, value))
        entries.append((line, iso, iso_value, plain(amount), "EUR", f"- | {' '.join(texts)} | - | - | -"))
    document.show((190, "l", "Neuer Kontostand"), (530, "r", grouped(balance, ".", ",")))
    head = (
        "= DE02120300000000202051 / - / - / - Unstated EUR: -99.95 on 2026-03-02"
        f" -> {plain(balance)} on 2026-03-31, agrees"
    )
    document.save(head, entries)


def australian():
    """Two pages, the header on each, carried forward between them."""
    document = Document("au_two_pages.pdf")
    columns = [
        (50, "l", "Transaction Date"), (150, "l", "Details"), (380, "r", "Withdrawals"),
        (460, "r", "Deposits"), (540, "r", "Balance"),
    ]
    document.show((50, "l", "Everyday account 012-345 6789"), (400, "l", "Account currency: AUD"))
    document.show(*columns)
    balance, entries = Decimal("1000.00"), []
    document.show((50, "l", "1 Mar 2026"), (150, "l", "Opening balance"), (540, "r", "1,000.00"))
    for number in range(1, 61):
        if number == 41:
            document.show((150, "l", "Carried forward"), (540, "r", grouped(balance)))
            document.show((250, "l", "Page 1 of 2"))
            document.page()
            document.show((50, "l", "Everyday account 012-345 6789"), (450, "l", "Page 2 of 2"))
            document.show(*columns)
            document.show((150, "l", "Brought forward"), (540, "r", grouped(balance)))
        amount = Decimal(number * number * 7 + 13) / 100 * (1 if number % 3 == 0 else -1)
        balance += amount
        day = 1 + number // 2
        text = f"{'SALARY' if amount > 0 else 'EFTPOS SHOP'} {number:03}"
        line = document.show(
            (50, "l", f"{day} Mar 2026"), (150, "l", text),
            (380 if amount < 0 else 460, "r", grouped(amount)),
            (540, "r", ("-" if balance < 0 else "") + grouped(balance)),
        )
        entries.append((line, f"2026-03-{day:02}", "-", plain(amount), "AUD", f"- | {text} | - | - | -"))
    document.show((50, "l", "31 Mar 2026"), (150, "l", "Closing balance"), (540, "r", ("-" if balance < 0 else "") + grouped(balance)))
    head = f"= - / - / - / - Unstated AUD: 1000.00 on 2026-03-01 -> {plain(balance)} on 2026-03-31, agrees"
    document.save(head, entries)


pdfmetrics.registerFont(TTFont("Own", sys.argv[1]))
british()
german()
australian()
