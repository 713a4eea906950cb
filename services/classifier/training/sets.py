"""Reads the labelled sets: the project's own, and the public ones of a data folder.

The public files stay where they are: nothing of them enters the repository or a log.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.contracts.enums import Kind
from shared.errors import TanggapError

OWN = Path(__file__).parents[1] / "labelled"
Row = dict[str, str]
_KINDS = {"P": Kind.PENGADUAN, "A": Kind.ASPIRASI, "I": Kind.PERMINTAAN_INFORMASI}


@dataclass(frozen=True, slots=True)
class Report:
    """A text with the labels of `labelled/README.md`; a label that nobody gave is None.

    `units` are short names as in the region's list (`dpupr`, `ext-pln`), the best first.
    """

    text: str
    group: str
    split: str = "train"
    region: str | None = None
    language: str | None = None
    kind: str | None = None
    category: str | None = None
    urgency: str | None = None
    accuses: bool | None = None
    berkadar: bool | None = None
    spam: bool | None = None
    units: tuple[str, ...] = ()
    tags: tuple[str, ...] | None = None
    weight: float = 1.0


def read_rows(path: Path) -> list[Row]:
    """The rows of a CSV file; raises `TanggapError` if there is none that can be read."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TanggapError(f"{path}: {error}") from error


def public_rows(folder: Path, name: str) -> list[Row]:
    """The rows of a public set, by the name of its file without `.csv`."""
    return read_rows(folder / f"{name}.csv")


def smsa_rows(folder: Path) -> list[Row]:
    """The train rows of SmSA that repeat no sentence by which NusaX is measured."""
    return [row for row in public_rows(folder, "smsa_train") if row["near_nusax_eval"] != "1"]


def own_reports(path: Path = OWN / "reports.csv") -> list[Report]:
    """The project's reports, or those of another file with the same columns."""
    rows = read_rows(path)
    if rows and not {"text", "kind", "category", "urgency"} <= rows[0].keys():
        raise TanggapError(f"{path}: not the columns of reports.csv")
    return [_report(row, f"row{number}") for number, row in enumerate(rows)]


def _report(row: Row, number: str) -> Report:
    def parts(name: str) -> tuple[str, ...]:
        return tuple(filter(None, (row.get(name) or "").split("|")))

    return Report(
        text=row["text"],
        group=row.get("group") or number,
        split=row.get("split") or "test",
        region=row.get("region") or None,
        language=row.get("language") or None,
        kind=row["kind"] or None,
        category=row["category"] or None,
        urgency=row["urgency"] or None,
        accuses=row.get("accuses") == "1",
        berkadar=row.get("berkadar_pengawasan") == "1",
        spam=row.get("spam") == "1",
        units=parts("opd"),
        tags=parts("maladministration"),
    )


def statements(path: Path = OWN / "statements.txt") -> list[Report]:
    """Short statements to train on; the head of the file says how it is written."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return list(_stated(line for line in lines if line and not line.startswith("#")))


def _stated(lines: Iterable[str]) -> Iterator[Report]:
    words: list[str] = []
    for number, line in enumerate(lines):
        if line.startswith("@"):
            words = line[1:].split()
            continue
        group = f"statement{number}"
        if words[0] in ("S", "G"):
            yield Report(
                line, group, category="lainnya", urgency="rendah", accuses=False, berkadar=False,
                spam=words[0] == "S", tags=(),
            )  # fmt: skip
            continue
        flags = words[4:]
        languages = [flag for flag in flags if flag.isalpha()]
        yield Report(
            line,
            group,
            language=languages[0] if languages else "ind",
            kind=_KINDS[words[0]].value,
            category=words[1],
            urgency=words[3],
            accuses="11" in flags or "10" in flags,
            berkadar="11" in flags,
            spam=False,
            units=tuple(words[2].split("|")) if words[2] != "-" else (),
            tags=tuple(flag[1:] for flag in flags if flag.startswith("+")),
        )


@dataclass(frozen=True, slots=True)
class Sector:
    """What a ministry's or agency's sector means here: the category, and who handles it."""

    category: str
    unit: str


SECTORS = {
    "BPJS_KESEHATAN": Sector("kesehatan", "ext-pusat"),
    "PEKERJAAN_UMUM": Sector("jalan_jembatan", "dpupr"),
    "PERHUBUNGAN": Sector("transportasi_parkir", "dishub"),
    "SOSIAL": Sector("bansos", "dinsos"),
    "PENDIDIKAN": Sector("pendidikan", "disdik"),
    "KETENAGAKERJAAN": Sector("ketenagakerjaan", "disnaker"),
    "IMIGRASI_HUKUM": Sector("lainnya", "ext-pusat"),
    "DUKCAPIL": Sector("adminduk", "disdukcapil"),
    "KOMINFO_POS": Sector("lainnya", "diskominfo"),
    "SATPOLPP": Sector("ketertiban", "satpolpp"),
    "KESEHATAN": Sector("kesehatan", "dinkes"),
    "KEPEGAWAIAN": Sector("lainnya", "bkpsdm"),
    "KEPOLISIAN": Sector("ketertiban", "ext-pusat"),
    "ENERGI_LISTRIK": Sector("listrik_eksternal", "ext-pln"),
    "KEUANGAN_PAJAK": Sector("pajak_daerah", "bapenda"),
    "DESA": Sector("lainnya", "dpmd"),
    "LINGKUNGAN_HIDUP": Sector("sampah_lingkungan", "dlh"),
    "PERTANAHAN": Sector("lainnya", "ext-bpn"),
    "AIR_MINUM": Sector("air_bersih", "perumdam"),
}
"""Sectors of the LAPOR! set as weak labels; those that say nothing here are left out."""
_WEAK = 0.3


def lapor_reports(folder: Path) -> list[Report]:
    """LAPOR! reports with weak labels: only what they are about, of little weight."""
    return [
        Report(
            text=lapor_text(row),
            group=f"lapor{number}",
            language="ind",
            category=SECTORS[row["sector"]].category,
            units=(SECTORS[row["sector"]].unit,),
            weight=_WEAK,
        )
        for number, row in enumerate(public_rows(folder, "lapor2017_sector_train"))
        if row["sector"] in SECTORS
    ]


def lapor_text(row: Row) -> str:
    """Title and text of a report of the LAPOR! set."""
    return f"{row['title']} . {row['text']}"
