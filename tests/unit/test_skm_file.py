"""Survey answers from a file: which column is which element, what counts, and each row's name."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.ingest.commands import AnswerSurvey
from shared.contracts.enums import SKMElement
from shared.errors import TanggapError
from shared.policy.load import load_policies
from tanggap.sheets.importing import ImportRun
from tanggap.skm_file import Left, Target, element_columns, order_of, read_surveys

POLICY = load_policies().at(date(2026, 1, 1)).skm
TARGET = Target("paser", "paser/dinkes", ZoneInfo("Asia/Makassar"), date(2026, 11, 23))
NUMBERED = [f"u{number}" for number in range(1, 10)]
HEADER = "tanggal;U1;U2;U3;U4;U5;U6;U7;U8;U9"
Taken = list[tuple[str, AnswerSurvey, datetime]]


def read(
    folder: Path, text: str, *, partial: bool = False, order: str | None = "sarana-pengaduan"
) -> tuple[Taken, Left, ImportRun]:
    file = folder / "skm.csv"
    file.write_text(text)
    run, taken = ImportRun(file, partial=partial), []
    left = read_surveys(
        run, TARGET, POLICY, order, lambda name, command, at: taken.append((name, command, at))
    )
    return taken, left, run


def test_u8_and_u9_are_read_only_in_an_order_that_was_said() -> None:
    with pytest.raises(TanggapError, match=r"--order pengaduan-sarana .* --source .*kuesioner"):
        element_columns(NUMBERED, None, POLICY)
    first = element_columns(NUMBERED, "pengaduan-sarana", POLICY)
    assert list(first.values()) == list(SKMElement)
    other = element_columns(NUMBERED, "sarana-pengaduan", POLICY)
    assert (other["u8"], other["u9"]) == (SKMElement.SARANA, SKMElement.PENGADUAN)
    # The others are numbered alike everywhere.
    named = element_columns([*NUMBERED[:7], "sarana", "pengaduan"], None, POLICY)
    assert named["u7"] is SKMElement.PERILAKU
    with pytest.raises(TanggapError, match="two columns hold the element waktu"):
        element_columns(["u3", "waktu"], None, POLICY)
    with pytest.raises(TanggapError, match="no column holds an element"):
        element_columns(["tanggal", "nama"], None, POLICY)


def test_a_source_may_be_known_and_must_not_be_contradicted() -> None:
    assert order_of(POLICY, None, None) is None
    assert order_of(POLICY, "loket kami", None) is None
    assert order_of(POLICY, "loket kami", "pengaduan-sarana") == "pengaduan-sarana"
    assert order_of(POLICY, "e-smile", None) == "sarana-pengaduan"
    with pytest.raises(TanggapError, match="known as sarana-pengaduan"):
        order_of(POLICY, "e-smile", "pengaduan-sarana")
    with pytest.raises(TanggapError, match="--order is"):
        order_of(POLICY, None, "U8-U9")


def test_answers_outside_one_to_four_are_missing_and_a_row_without_any_is_refused(
    tmp_path: Path,
) -> None:
    text = f"{HEADER};Umur\n02/03/2026;1;2;3;4;0;5;;-;3,5;26-35\n02/03/2026;0;;;;;;;;;40\n"
    taken, left, run = read(tmp_path, text)
    [(_, command, at)] = taken
    assert command.answers == dict(zip(list(SKMElement)[:4], (1, 2, 3, 4), strict=True))
    assert at == datetime(2026, 3, 2, 4, tzinfo=UTC)
    assert (left.answers, left.ages, command.respondent) == (5, 1, None)
    assert [str(r) for r in run.refusals] == ["row 3: has no answer from 1 to 4"]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("24/11/2026;3;3;3;3;3;3;3;3;3", "date"),
        ("31/12/1999;3;3;3;3;3;3;3;3;3", "date"),
        (";3;3;3;3;3;3;3;3;3", "date"),
        ("kemarin;3;3;3;3;3;3;3;3;3", "date"),
        ("02/03/2026;baik;3;3;3;3;3;3;3;3", "u1"),
    ],
)
def test_a_row_is_refused_by_row_and_column(tmp_path: Path, row: str, column: str) -> None:
    taken, _, run = read(tmp_path, f"{HEADER}\n{row}\n")
    assert (taken, [(r.row, r.column) for r in run.refusals]) == ([], [(2, column)])
    assert "baik" not in str(run.refusals[0])
    with pytest.raises(TanggapError, match="nothing is imported"):
        run.settle()


def test_columns_that_are_not_known_are_never_looked_at(tmp_path: Path) -> None:
    row = "Siti;081234567890;02/03/2026;KTP baru;3;Cepat;P;34;SMA"
    text = f"Nama;Telepon;Tanggal;Layanan;waktu;Saran;Jenis Kelamin;Umur;Pendidikan\n{row}\n"
    taken, left, _ = read(tmp_path, text)
    [(_, command, _)] = taken
    assert left.columns == ["nama", "telepon"]
    assert "Siti" not in command.model_dump_json()
    assert (command.service, command.comment) == ("KTP baru", "Cepat")
    assert command.respondent is not None
    assert (command.respondent.sex, command.respondent.age) == ("P", 34)


def test_equal_rows_of_a_file_are_told_apart_and_the_same_file_is_known_again(
    tmp_path: Path,
) -> None:
    rows = f"{HEADER}\n" + "02/03/2026;3;3;3;3;3;3;3;3;3\n" * 2
    names = [name for name, _, _ in read(tmp_path, rows)[0]]
    assert len(set(names)) == 2
    again = rows.replace(";", ",").replace("tanggal", "Tanggal ")
    assert [name for name, _, _ in read(tmp_path, again)[0]] == names
    longer = rows + "03/03/2026;3;3;3;3;3;3;3;3;3\n"
    assert not {name for name, _, _ in read(tmp_path, longer)[0]} & set(names)


def test_a_row_with_an_id_is_known_in_any_file(tmp_path: Path) -> None:
    header = "id;tanggal;waktu\n"
    first, _, _ = read(tmp_path, header + "r1;02/03/2026;3\nr2;02/03/2026;3\n")
    other, _, run = read(
        tmp_path, header + "r9;05/03/2026;4\nr2;02/03/2026;4\nr9;05/03/2026;4\n;05/03/2026;4\n"
    )
    assert other[1][0] == first[1][0]
    assert other[0][0] not in {name for name, _, _ in first}
    assert [str(r) for r in run.refusals] == [
        "row 4: id stood in row 2 already", "row 5: id is empty",
    ]  # fmt: skip
