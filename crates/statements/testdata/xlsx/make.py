"""Writes the workbooks of this folder with two other programs.

    pip install openpyxl==3.1.5 xlsxwriter==3.3.1
    python make.py

Run by hand when a sample is added; the tests read only the workbooks.
"""

import datetime
import pathlib

import openpyxl
import xlsxwriter

HERE = pathlib.Path(__file__).parent


def day(text):
    return datetime.date.fromisoformat(text)


def australian():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Transactions"
    sheet.append(["Account", "012-345 6789", None, None, "Currency: AUD"])
    sheet.append([])
    sheet.append(["Date", "Description", "Debit", "Credit", "Balance"])
    sheet.append([day("2026-03-31"), 'CAFE "ZOE"', 4.5, None, 2095.5])
    sheet.append([day("2026-03-15"), "SALARY\tWATTLE & SONS", None, 2500, 2100])
    sheet.append([day("2026-03-02"), "RENT", 820.1, None, -400])
    for row in sheet.iter_rows(min_row=4, max_col=1):
        row[0].number_format = "dd/mm/yyyy"
    book.create_sheet("Notes").append(["Thank you"])
    book.save(HERE / "au_transactions.xlsx")


def indian():
    book = xlsxwriter.Workbook(HERE / "in_statement.xlsx", {"date_1904": True})
    empty = book.add_worksheet("Summary")
    empty.write(0, 0, "Statement of account")
    sheet = book.add_worksheet("Statement")
    bold = book.add_format({"bold": True})
    dated = book.add_format({"num_format": "dd-mmm-yy"})
    money = book.add_format({"num_format": '#,##0.00 "days"'})
    names = ["Txn Date", "Value Date", "Description", "Ref No./Cheque No.", "Debit", "Credit", "Balance"]
    for column, name in enumerate(names):
        sheet.write(4, column, name, bold)
    rows = [
        ("2026-04-01", "2026-04-01", "UPI/tea stall", "609112345678", 20.25, None, 99979.75),
        ("2026-04-02", "2026-04-03", "NEFT ACME LTD", "N092260012", None, 150000.1, 249979.85),
        ("2026-04-30", "2026-04-30", "INTEREST", "", None, 0.30000000000000004, 249980.15),
    ]
    for line, (booked, value, text, reference, debit, credit, balance) in enumerate(rows, 5):
        sheet.write_datetime(line, 0, day(booked), dated)
        sheet.write_datetime(line, 1, day(value), dated)
        sheet.write_rich_string(line, 2, bold, text[:3], text[3:])
        sheet.write_string(line, 3, reference)
        if debit is not None:
            sheet.write_number(line, 4, debit, money)
        if credit is not None:
            sheet.write_number(line, 5, credit, money)
        sheet.write_number(line, 6, balance, money)
    book.close()


def danish():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Dato", "Tekst", "Beløb", "Saldo", "Valuta"])
    sheet.append(["31-03-2026", "Dankort Netto", "-1.234,50", "8.765,50", "DKK"])
    sheet.append(["01-04-2026", "Løn", "20.000,00", "28.765,50", "DKK"])
    book.save(HERE / "dk_text_cells.xlsx")


australian()
indian()
danish()
