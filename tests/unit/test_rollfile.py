"""Rolls as spreadsheets write them, and everything that can be wrong in one."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from pbvote.core.errors import InputError
from pbvote.registry.rollfile import Person, read_roll_file, stream_roll_file
from pbvote.sheet import read_rows

COLUMNS = {"id": "N° registre", "name": "Nom", "birth_date": "Né(e) le", "district": "Quartier"}
HEADER = ["N° registre", "Nom", "Né(e) le", "Quartier"]
ZOE = Person(id="1", name="Zoé Lœvé", birth_date="1980-11-22", district="nord")
JEAN = Person(id="2", name="Jean d'Été", birth_date="2001-02-03")


def lines(delimiter: str, end: str = "\r\n") -> str:
    rows = [HEADER, ["1", "Zoé Lœvé", "22/11/1980", "nord"], ["2", "Jean d'Été", "2001-02-03", ""]]
    return "".join(delimiter.join(row) + end for row in rows)


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "roll.csv"
    path.write_bytes(text.encode(encoding))
    return path


def wrong(
    path: Path, columns: dict[str, str] | None = None, districts: tuple[str, ...] | None = None
) -> str:
    with pytest.raises(InputError) as caught:
        read_roll_file(path, columns, districts)
    return str(caught.value)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_delimiter_encoding_and_line_end(
    tmp_path: Path, delimiter: str, encoding: str, end: str
) -> None:
    path = write(tmp_path, lines(delimiter, end), encoding)
    assert read_roll_file(path, COLUMNS, ("nord", "sud")) == [ZOE, JEAN]


def test_utf_16_of_the_other_byte_order(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufeff" + lines("\t"), "utf-16-be")
    assert read_roll_file(path, COLUMNS) == [ZOE, JEAN]


def test_latin_1_where_windows_has_no_letter(tmp_path: Path) -> None:
    path = tmp_path / "roll.csv"
    path.write_bytes(b"id;name;note\r\n1;Zo\xe9;\x81\r\n")
    assert read_roll_file(path) == [Person(id="1", name="Zoé")]


def test_the_separator_that_excel_writes_first(tmp_path: Path) -> None:
    path = write(tmp_path, "sep=;\r\n" + lines(";"), "cp1252")
    assert read_roll_file(path, COLUMNS) == [ZOE, JEAN]
    path = write(tmp_path, "sep=;\nid;name\n1;Zoé\n2;\n")
    assert "line 4: no name" in wrong(path)


def test_cells_with_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        'name,address,id\n"Dupont, Jean","Rue ""du Haut"" 1\n6880 Bertrix",7\n\n ,,\n"",x,8\n',
    )
    assert "line 6: no name" in wrong(path)
    path = write(tmp_path, path.read_text().replace('"",x', "Marie,x"))
    assert read_roll_file(path) == [
        Person(id="7", name="Dupont, Jean", address='Rue "du Haut" 1 6880 Bertrix'),
        Person(id="8", name="Marie", address="x"),
    ]


def test_columns_are_found_whatever_their_case_order_and_accents_form(tmp_path: Path) -> None:
    path = write(tmp_path, "x;NE\u0301(E)  LE;nom;N° Registre;Quartier\n-;1980-11-22;Zoé Lœvé;1;\n")
    (person,) = read_roll_file(path, COLUMNS)
    assert person == Person(id="1", name="Zoé Lœvé", birth_date="1980-11-22")


def test_names_become_nfc(tmp_path: Path) -> None:
    path = write(tmp_path, "id,name\n1, Zoe\u0301   Le\u0301vy \n")
    assert read_roll_file(path)[0].name == "Zoé Lévy"


def test_columns_that_are_not_there(tmp_path: Path) -> None:
    path = write(tmp_path, lines(";"))
    message = wrong(path, {"id": "Numéro", "name": "Nom"})
    assert "no column 'Numéro'" in message and "'N° registre'" in message
    assert "no column was chosen for name" in wrong(path, {"id": "N° registre"})
    assert "no column was chosen for id" in wrong(path)
    assert "no field 'phone'" in wrong(path, {**COLUMNS, "phone": "Nom"})
    path = write(tmp_path, "id;name;name\n1;a;b\n")
    assert "2 columns are called 'name'" in wrong(path)


def test_every_wrong_line_has_its_number(tmp_path: Path) -> None:
    rows = [
        "1;Anna;1980-01-01;Rue 1;nord;a@b.be",
        "1;Bert;;;;",  # 3
        ";Carl;;;;",  # 4
        "4;  ;;;;",  # 5
        "5;ANNA;01.01.1980;rue  1;;",  # 6
        "6;Dora;1980-02-30;;;",  # 7
        "7;Emil;80;;;",  # 8
        "8;Fred;;;ouest;",  # 9
        "9;Gus;;;;nobody",  # 10
        "10;Hi\ufffdne;;;;",  # 11
        "11;#REF!;;;;",  # 12
        "12;Ida;;;;;surplus",  # 13
        f"13;{'x' * 1001};;;;",  # 14
        "14;Jo\x07;;;;",  # 15
        "15;Kai;;;;",
    ]
    head = "id;name;birth_date;address;district;email\n"
    message = wrong(write(tmp_path, head + "\n".join(rows)), None, ("nord", "sud"))
    assert "13 wrong lines" in message and "Nothing was loaded" in message
    assert [n for n in range(1, 20) if f"line {n}: " in message] == list(range(3, 16))
    for part in (
        "line 3: the id '1' stands in line 2 already",
        "line 4: no id",
        "line 5: no name",
        "line 6: the same person stands in line 2 already",
        "line 7: '1980-02-30' isn't a date",
        "line 8: '80' isn't a date",
        "line 9: the district 'ouest' isn't in the list (nord, sud)",
        "line 10: 'nobody' isn't an email address",
        "line 11: name has letters that were lost",
        "line 12: name is an error of the spreadsheet, #REF!",
        "line 13: more cells than the 6 columns of the header",
        "line 14: name is longer than",
        "line 15: name has letters",
    ):
        assert part in message


def test_twenty_wrong_lines_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    message = wrong(write(tmp_path, "id;name\n" + "1;\n" * 50))
    assert "50 wrong lines" in message and message.count(": no name") == 20
    assert "line 21: " in message and "line 22: " not in message and "and 30 more" in message


def test_people_with_one_name_and_no_birth_date_are_not_one(tmp_path: Path) -> None:
    path = write(tmp_path, "id;name;address\n1;Jean Dupont;Rue 1\n2;Jean Dupont;Rue 1\n")
    assert len(read_roll_file(path)) == 2


def test_districts(tmp_path: Path) -> None:
    path = write(tmp_path, "id;name;district\n1;Anna;NORD \n2;Bert;\n")
    assert [p.district for p in read_roll_file(path, None, ("nord",))] == ["nord", ""]
    assert [p.district for p in read_roll_file(path)] == ["NORD", ""]
    assert "isn't in the list (none)" in wrong(path, None, ())
    path = write(tmp_path, "id;name;district\n1;Anna;au nord\n")
    assert "line 2: the district 'au nord' isn't a name" in wrong(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"\n\n;;\n", "the file is empty"),
        (b"id;name\n", "nobody is in it"),
        (b"id;name\n;\n", "nobody is in it"),
        (b'id;name\n1;"Anna\n2;Bert\n', "roll.csv:2: a line whose quotes don't fit"),
        (b'id;name\n1;Anna\n2;"Be"rt"\n3;Carl\n', "roll.csv:3: a line whose quotes don't fit"),
        (b"id;name\n1;" + b"x" * 200_000, "roll.csv:2: a line whose quotes don't fit"),
        (b"\xff\xfei\x00d\x00", "no column was chosen for name"),
        (b"\xff\xfei\x00d\x00;\x00n", "begins as utf-16, but not all of it is"),
        (b"\xef\xbb\xbfid;name\n1;\xe9\n", "begins as utf-8-sig, but not all of it is"),
        (b"%PDF-1.7\n\x00\x01", "no column was chosen for id"),
        (b"PK\x03\x04 cut", "not a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old or password-protected"),
    ],
)
def test_files_that_are_no_roll(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "roll.csv"
    path.write_bytes(data)
    assert message in wrong(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "can't be read" in wrong(tmp_path / "none.csv")
    assert "can't be read" in wrong(tmp_path)


def test_a_reader_of_the_stream_gets_the_error_at_the_end(tmp_path: Path) -> None:
    stream = stream_roll_file(write(tmp_path, "id;name\n1;Anna\n2;\n3;Carl\n"))
    assert [next(stream).id, next(stream).id] == ["1", "3"]
    with pytest.raises(InputError, match="line 3"):
        next(stream)


# --- XLSX -----------------------------------------------------------------------------------------


def workbook(path: Path, *rows: list[object], sheet: str = "Roll") -> Path:
    book = Workbook()
    page = book.active
    page.title = sheet
    for row in rows:
        page.append(row)
    book.create_sheet("Other").append(["id", "name"])
    book.save(path)
    return path


def test_a_workbook(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "roll.xlsx",
        list(HEADER),
        [1, "Zoé Lœvé", datetime(1980, 11, 22), "Nord"],
        [],
        [2.0, "Jean d'Été", date(2001, 2, 3), None],
    )
    assert read_roll_file(path, COLUMNS, ("nord",)) == [ZOE, JEAN]
    assert read_roll_file(path, COLUMNS, ("nord",), sheet="Roll") == [ZOE, JEAN]


def test_wrong_lines_of_a_workbook(tmp_path: Path) -> None:
    path = workbook(tmp_path / "r.xlsx", [], ["id", "name"], [], [1, "Anna"], [1, "Bert"], [2])
    message = wrong(path)
    assert "line 5: the id '1' stands in line 4 already; line 6: no name" in message


def test_workbooks_that_are_none(tmp_path: Path) -> None:
    path = workbook(tmp_path / "r.xlsx", ["id", "name"], [1, "Anna"])
    with pytest.raises(InputError, match=r"no sheet 'X'.*There are: Roll, Other"):
        read_roll_file(path, sheet="X")
    with pytest.raises(InputError, match="nobody is in it"):
        read_roll_file(path, sheet="Other")
    data = path.read_bytes()
    for size in range(4, len(data), 211):
        path.write_bytes(data[:size])
        assert "workbook" in wrong(path)


def test_a_workbook_with_a_byte_changed_is_read_or_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "r.xlsx", ["id", "name"], *[[i, f"Name {i}"] for i in range(20)])
    data = path.read_bytes()
    for place in range(0, len(data), 61):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        try:
            read_roll_file(path)
        except InputError:
            continue


def test_a_zip_that_is_another_document(tmp_path: Path) -> None:
    path = tmp_path / "r.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert "not a workbook" in wrong(path)


def test_a_zip_bomb(tmp_path: Path) -> None:
    path = workbook(tmp_path / "r.xlsx", ["id", "name"])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"xl/{number}", b"")
            archive.infolist()[-1].file_size = 2**30
    assert "larger than 2 GB" in wrong(path)


def test_a_row_number_beyond_the_last_row(tmp_path: Path) -> None:
    path = workbook(tmp_path / "r.xlsx", ["id", "name"], [1, "Anna"])
    other = tmp_path / "other.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                data = data.replace(b'<row r="2"', b'<row r="999999999"')
                assert b"999999999" in data
            new.writestr(name, data)
    with pytest.raises(InputError, match="more rows than a sheet can have"):
        list(read_rows(other, {}))


# --- size -----------------------------------------------------------------------------------------


def test_a_large_roll_takes_little_memory(tmp_path: Path, soak: bool) -> None:
    count = 1_000_000 if soak else 100_000
    path = tmp_path / "large.csv"
    with path.open("w", encoding="cp1252") as file:
        file.write("id;name;birth_date;address;district\n")
        file.writelines(
            f"{i:08};Prénom{i % 977} Nom{i % 4999};{1930 + i % 80}-01-{1 + i % 28:02};"
            f"Rue {i % 300} no {i};nord\n"
            for i in range(count)
        )
    program = (
        "import resource, sys; from pathlib import Path; from pbvote.registry.rollfile import *;"
        "memory = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; before = memory();"
        "print(sum(1 for _ in stream_roll_file(Path(sys.argv[1]))), memory() - before)"
    )
    result = subprocess.run([sys.executable, "-c", program, path], capture_output=True, check=True)
    people, kilobytes = map(int, result.stdout.split())
    assert people == count
    assert kilobytes < 20_000 + count * 0.35  # two hashes a person, no text
