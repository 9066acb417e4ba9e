"""Workbooks that other programs wrote (xlwt, openpyxl, XlsxWriter, odfpy, ezodf), read by the real command and held cell by cell against what was written.

Usage: workbooks.py PROGRAM

Each case is a workbook with a sheet of money: a code, an amount, and a cell under test, whose text is published in table budget_line as
`sub_service`. What must come of it stands beside what is written. The exit code is 1 where anything differs.
"""

import datetime
import pathlib
import subprocess
import sys
import tempfile

import ezodf
import openpyxl
import openpyxl.cell.rich_text
import pyarrow.parquet
import xlsxwriter
import xlwt
from odf import opendocument, table as odf_table, text as odf_text

PROGRAM = pathlib.Path(sys.argv[1]).resolve()

ERROR = object()  # a cell with an error: unknown, and finding DQ-07

CONFIG = """[run]
name = "books"
output = "out"

[[layer]]
id = "h"
role = "health"
path = "h.shp"
code = "code"

[[budget]]
id = "m"
layer = "h"
path = "{file}"
{sheet}
code = "code"
amount = "pounds"
fiscal_year = "2007-08"
missing = "ignore"
sub_service = {{ column = "cell" }}
holder = {{ column = "kind" }}
"""

LONG = "A text of many letters, £ and – among them. " * 700  # 30,800 of them, over several records of an .xls

# What is written, as (kind, value, text that must come of it).
PLAIN = [
    ("text", "Adult care", "Adult care"),
    ("letters", "Sîr Fynwy – £, Łódź, Ελλάδα, 日本", "Sîr Fynwy – £, Łódź, Ελλάδα, 日本"),
    ("digits in a text", "00123", "00123"),
    ("a number in a text", "1.50", "1.50"),
    ("an emoji", "a 😀 b", "a 😀 b"),
    ("a long text", LONG, LONG.strip()),
    ("the same text again", "Adult care", "Adult care"),
    ("a whole number", 42, "42"),
    ("zero", 0, "0"),
    ("a negative", -7, "-7"),
    ("a fraction", 0.1, "0.1"),
    ("pence", -1234567.89, "-1234567.89"),
    ("a large number", 123456789012345, "123456789012345"),
    ("a number that hundredths hold", 12.34, "12.34"),
    ("a small number", 0.000001, "0.000001"),
    ("yes", True, "true"),
    ("no", False, "false"),
    ("a day", datetime.date(2008, 4, 1), "2008-04-01"),
    ("a day before March 1900", datetime.date(1900, 3, 1), "1900-03-01"),
    ("a moment", datetime.datetime(2008, 4, 1, 13, 45, 30), "2008-04-01T13:45:30"),
    ("midnight", datetime.datetime(2010, 12, 31), "2010-12-31"),
    ("nothing", None, None),
]

# Enough different texts that the shared ones take many records of an .xls.
MANY = [("one of many", f"Service number {n} of a long list of services", None) for n in range(3000)]
MANY = [(kind, value, value) for kind, value, _ in MANY]


def rows_of(cases):
    """Rows below the header: code, amount, kind, cell."""
    return [("A" if n % 2 == 0 else "B", n + 0.25, kind, value) for n, (kind, value, _) in enumerate(cases)]


HEADER = ["code", "pounds", "kind", "cell"]


def with_xlwt(path, cases, first_row=0, date_1904=False):
    book = xlwt.Workbook()
    book.dates_1904 = date_1904
    decoy = book.add_sheet("Read me")
    decoy.write(0, 0, "nothing to see")
    sheet = book.add_sheet("Money £")
    styles = {
        datetime.date: xlwt.easyxf(num_format_str="DD/MM/YYYY"),
        datetime.datetime: xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM:SS"),
        float: xlwt.easyxf(num_format_str="#,##0.00"),
    }
    if first_row:
        sheet.write_merge(0, 0, 0, 3, "Allocations, merged over four columns")
    for column, name in enumerate(HEADER):
        sheet.write(first_row, column, name)
    for row, cells in enumerate(rows_of(cases), first_row + 1):
        for column, value in enumerate(cells):
            if isinstance(value, str) and value.startswith("#"):
                sheet.row(row).set_cell_error(column, "#N/A!" if value == "#N/A" else value)  # its own name for it
            elif isinstance(value, list):
                sheet.write_rich_text(row, column, [value[0], (value[1], xlwt.easyfont("bold true")), value[2]])
            elif value is not None:
                sheet.write(row, column, value, styles.get(type(value), xlwt.Style.default_style))
    book.add_sheet("Notes").write(0, 0, "the last sheet")
    book.save(str(path))


def with_openpyxl(path, cases, first_row=0, date_1904=False, write_only=False):
    book = openpyxl.Workbook(write_only=write_only)
    if date_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    (book.create_sheet("Read me") if write_only else book.active).append(["nothing to see"])
    sheet = book.create_sheet("Money £")
    if first_row:
        sheet.append(["Allocations, merged over four columns"])
        for _ in range(first_row - 1):
            sheet.append([])
        if not write_only:
            sheet.merge_cells("A1:D1")
    sheet.append(HEADER)
    for *cells, value in rows_of(cases):
        if isinstance(value, list):
            bold = openpyxl.cell.text.InlineFont(b=True)
            rich = openpyxl.cell.rich_text
            value = rich.CellRichText(value[0], rich.TextBlock(bold, value[1]), value[2])
        sheet.append([*cells, value])
    book.create_sheet("Notes").append(["the last sheet"])
    book.save(path)


def with_xlsxwriter(path, cases, first_row=0, **options):
    book = xlsxwriter.Workbook(path, options)
    decoy = book.add_worksheet("Read me")
    decoy.write(0, 0, "nothing to see")
    decoy.hide()
    book.add_chartsheet("Chart").set_chart(chart_of(book))
    sheet = book.add_worksheet("Money £")
    sheet.activate()
    sheet.set_first_sheet()
    day, moment = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    money, bold = book.add_format({"num_format": "#,##0.00"}), book.add_format({"bold": True})
    if first_row:
        sheet.merge_range(0, 0, 0, 3, "Allocations, merged over four columns")
    sheet.write_row(first_row, 0, HEADER)
    for row, cells in enumerate(rows_of(cases), first_row + 1):
        for column, value in enumerate(cells):
            if isinstance(value, tuple):
                sheet.write_formula(row, column, value[0], None, value[1])
            elif isinstance(value, list):
                sheet.write_rich_string(row, column, value[0], bold, value[1], value[2])
            elif isinstance(value, datetime.datetime):
                sheet.write_datetime(row, column, value, moment)
            elif isinstance(value, datetime.date):
                sheet.write_datetime(row, column, value, day)
            elif isinstance(value, str):
                sheet.write_string(row, column, value)
            elif value is not None:
                sheet.write(row, column, value, money if isinstance(value, float) else None)
    book.add_worksheet("Notes").write(0, 0, "the last sheet")
    book.close()


def chart_of(book):
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "='Read me'!$A$1:$A$1"})
    return chart


def with_odfpy(path, cases, first_row=0):
    book = opendocument.OpenDocumentSpreadsheet()

    def sheet_of(name, rows):
        sheet = odf_table.Table(name=name)
        for cells in rows:
            row = odf_table.TableRow()
            for value in cells:
                row.addElement(odf_cell(value))
            sheet.addElement(row)
        book.spreadsheet.addElement(sheet)
        return sheet

    sheet_of("Read me", [["nothing to see"]])
    title = [[("span", 4, "Allocations, merged over four columns")]] + [[]] * (first_row - 1) if first_row else []
    sheet_of("Money £", title + [HEADER] + rows_of(cases))
    sheet_of("Notes", [["the last sheet"]])
    book.save(str(path))


def odf_cell(value):
    def cell(text, **attributes):
        made = odf_table.TableCell(**attributes)
        made.addElement(odf_text.P(text=text))
        return made

    if value is None:
        return odf_table.TableCell()
    if isinstance(value, tuple) and value[0] == "span":
        return cell(value[2], valuetype="string", numbercolumnsspanned=value[1], numberrowsspanned=1)
    if isinstance(value, tuple):
        formula, result = value
        if isinstance(result, str):
            return cell(result, valuetype="string", stringvalue=result, formula="of:" + formula)
        return cell(str(result), valuetype="float", value=result, formula="of:" + formula)
    if isinstance(value, bool):
        return cell(str(value).upper(), valuetype="boolean", booleanvalue=str(value).lower())
    if isinstance(value, (int, float)):
        return cell(f"{value:,}", valuetype="float", value=repr(value))
    if isinstance(value, datetime.datetime):
        return cell(f"{value:%d/%m/%Y %H:%M}", valuetype="date", datevalue=value.isoformat())
    if isinstance(value, datetime.date):
        return cell(f"{value:%d/%m/%Y}", valuetype="date", datevalue=value.isoformat())
    return cell(value, valuetype="string")


def with_ezodf(path, cases, first_row=0):
    book = ezodf.newdoc(doctype="ods", filename=str(path))
    rows = rows_of(cases)
    book.sheets += ezodf.Sheet("Read me", size=(1, 1))
    book.sheets[0][0, 0].set_value("nothing to see")
    sheet = ezodf.Sheet("Money £", size=(first_row + 1 + len(rows), 4))
    book.sheets += sheet
    if first_row:
        sheet[0, 0].set_value("Allocations, merged over four columns")
        sheet.set_cell_span((0, 0), (1, 4))
    for row, cells in enumerate([HEADER] + rows, first_row):
        for column, value in enumerate(cells):
            if isinstance(value, datetime.datetime):
                sheet[row, column].set_value(value.isoformat(), "date")
            elif isinstance(value, datetime.date):
                sheet[row, column].set_value(value.isoformat(), "date")
            elif value is not None:
                sheet[row, column].set_value(value)
    book.save()


RICH = [("rich text", ["partly ", "bold", " text"], "partly bold text")]
FORMULAS = [
    ("a sum", ("=1+2.5", 3.5), "3.5"),
    ("a text that was put together", ('="a"&"b"', "ab"), "ab"),
    ("a formula over cells", ("=B2*2", 0.5), "0.5"),
]
ERRORS = [("an error", "#N/A", ERROR), ("another", "#DIV/0!", ERROR), ("a third", "#REF!", ERROR)]
ERRORS_BY_FORMULA = [("an error", ("=NA()", "#N/A"), ERROR), ("another", ("=1/0", "#DIV/0!"), ERROR)]
DAYS = [case for case in PLAIN if isinstance(case[1], datetime.date) and case[1].year > 1904]

# File, what writes it, cases, row of the header counted from 0, options.
BOOKS = [
    ("xlwt.xls", with_xlwt, PLAIN + RICH + ERRORS, 0, {}),
    ("xlwt-merged.xls", with_xlwt, PLAIN, 3, {}),
    ("xlwt-1904.xls", with_xlwt, DAYS, 0, {"date_1904": True}),
    ("xlwt-many.xls", with_xlwt, MANY, 0, {}),
    ("openpyxl.xlsx", with_openpyxl, PLAIN + RICH + ERRORS, 0, {}),
    ("openpyxl-merged.xlsx", with_openpyxl, PLAIN, 3, {}),
    ("openpyxl-1904.xlsx", with_openpyxl, DAYS, 0, {"date_1904": True}),
    ("openpyxl-streamed.xlsx", with_openpyxl, PLAIN + MANY, 0, {"write_only": True}),
    ("xlsxwriter.xlsx", with_xlsxwriter, PLAIN + RICH + FORMULAS + ERRORS_BY_FORMULA, 0, {}),
    ("xlsxwriter-merged.xlsx", with_xlsxwriter, PLAIN, 3, {}),
    ("xlsxwriter-1904.xlsx", with_xlsxwriter, DAYS, 0, {"date_1904": True}),
    ("xlsxwriter-inline.xlsx", with_xlsxwriter, PLAIN + MANY, 0, {"constant_memory": True}),
    ("odfpy.ods", with_odfpy, PLAIN + FORMULAS, 0, {}),
    ("odfpy-merged.ods", with_odfpy, PLAIN + MANY, 3, {}),
    ("ezodf.ods", with_ezodf, PLAIN, 0, {}),
    ("ezodf-merged.ods", with_ezodf, PLAIN, 3, {}),
]


def layer(folder):
    """Two squares as a shapefile, by a writer of its own: 100 bytes of header, then records."""
    import struct

    records = b""
    for number, x in enumerate((0.0, 1000.0), 1):
        ring = [(x, 0.0), (x, 1000.0), (x + 1000.0, 1000.0), (x + 1000.0, 0.0), (x, 0.0)]
        body = struct.pack("<i4dii i", 5, x, 0.0, x + 1000.0, 1000.0, 1, 5, 0) + b"".join(struct.pack("<2d", *point) for point in ring)
        records += struct.pack(">ii", number, len(body) // 2) + body
    head = struct.pack(">i20xi", 9994, (100 + len(records)) // 2) + struct.pack("<ii8d", 1000, 5, 0.0, 0.0, 2000.0, 1000.0, 0, 0, 0, 0)
    (folder / "h.shp").write_bytes(head + records)
    field = b"code".ljust(11, b"\0") + b"C" + b"\0" * 4 + bytes([1, 0]) + b"\0" * 14
    (folder / "h.dbf").write_bytes(struct.pack("<4BIHH20x", 3, 108, 1, 1, 2, 65, 2) + field + b"\r" + b" A B" + b"\x1a")
    (folder / "h.prj").write_text('PROJCS["British_National_Grid",GEOGCS["GCS_OSGB_1936",DATUM["D_OSGB_1936",SPHEROID["Airy_1830",6377563.396,299.3249646]],'
        'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",400000.0],'
        'PARAMETER["False_Northing",-100000.0],PARAMETER["Central_Meridian",-2.0],PARAMETER["Scale_Factor",0.9996012717],'
        'PARAMETER["Latitude_Of_Origin",49.0],UNIT["Meter",1.0]]')


def run(folder, file, first_row):
    sheet = 'sheet = "Money £"' + (f"\nheader_row = {first_row + 1}" if first_row else "")
    (folder / "run.toml").write_text(CONFIG.format(file=file, sheet=sheet), encoding="utf-8")
    return subprocess.run([PROGRAM, "run", "run.toml", "--quiet", "--force"], cwd=folder, capture_output=True, text=True)


def published(folder, table):
    current = (folder / "out" / "CURRENT").read_text().strip()
    return pyarrow.parquet.read_table(folder / "out" / "runs" / current / f"{table}.parquet").to_pylist()


def check(folder, file, cases, first_row):
    """Differences between a workbook as it was written and as it was read."""
    ended = run(folder, file, first_row)
    if ended.returncode != 0:
        return [f"{file}: exit {ended.returncode}: {ended.stderr.strip()[:500]}"]
    lines = {line["source_row"]: line for line in published(folder, "budget_line") if line["source_row"] is not None}
    findings = [row for row in published(folder, "finding") if row["finding_id"] == "DQ-07"]
    faults = []
    if len(lines) != len(cases):
        faults.append(f"{file}: {len(lines)} rows, {len(cases)} were written")
    for number, (kind, value, expected) in enumerate(cases):
        row = first_row + 2 + number
        line = lines.get(row)
        if line is None:
            faults.append(f"{file}: row {row} ({kind}) is missing")
            continue
        wanted = {
            "code": "A" if number % 2 == 0 else "B",
            "amount_pence": number * 100 + 25,
            "holder": kind,
            "sub_service": None if expected is ERROR else expected,
        }
        for column, text in wanted.items():
            if line[column] != text:
                faults.append(f"{file}: row {row} ({kind}), {column}: {str(line[column])[:80]!r}, {str(text)[:80]!r} was written as {str(value)[:40]!r}")
        if (expected is ERROR) != any(finding["record"] == row and finding["field"] == "cell" for finding in findings):
            faults.append(f"{file}: row {row} ({kind}): finding DQ-07 is {'missing' if expected is ERROR else 'too much'}")
    return faults


def refused(folder):
    """A formula whose result was never calculated is told, by row and column, and nothing is made up for it."""
    with_openpyxl(folder / "uncalculated.xlsx", [("text", "a", "a"), ("a formula", "=1+1", None)])
    ended = run(folder, "uncalculated.xlsx", 0)
    says = ["uncalculated.xlsx", "Money £", "3", "cell", "result is not stored"]
    if ended.returncode != 3 or not all(part in ended.stderr for part in says):
        return [f"uncalculated.xlsx: exit {ended.returncode}, expected 3 and {says}: {ended.stderr.strip()}"]
    return []


def main():
    faults, cells = [], 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        layer(folder)
        for file, write, cases, first_row, options in BOOKS:
            write(folder / file, cases, first_row, **options)
            faults += check(folder, file, cases, first_row)
            cells += len(cases) * 4
        faults += refused(folder)
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        sys.exit(f"{len(faults)} differences")
    print(f"{len(BOOKS)} workbooks of five writers, {cells} cells: read as they were written")


main()
