"""Policy files: versions by day, overrides, and one clear line for every fault."""

import shutil
from datetime import date
from pathlib import Path

import holidays
import pytest

from shared.contracts.enums import Kind
from shared.policy import calendar_source
from shared.policy.load import FOLDER, PolicyError, load_policies, read_policies
from shared.policy.model import Band, LimitsOverride, check_bands, finish_kind

COMMITTED = FOLDER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(COMMITTED, tmp_path / "policy", ignore=shutil.ignore_patterns("*.py*", "__*"))
    return tmp_path / "policy"


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("index.toml", "late = 0.3", "late = 0.3\nlucky = 7", "lucky"),
        ("deadlines.toml", "verify = 3", "verify = 3\nveriffy = 3", "veriffy"),
        ("deadlines.toml", "aspirasi = 5", "aspirasi = 5\nkeluhan = 5", "keluhan"),
        ("skm.toml", "scale = 25", "scale = 25\nscala = 25", "scala"),
        ("skm.toml", 'sarana = "1/9"', 'sarana = "1/18"\nparkir = "1/18"', "parkir"),
        ("pekppp.toml", "highest = 5", "highest = 5\nlowest = 0", "lowest"),
        ("policies.toml", 'index = "index-1"', 'index = "index-1"\nipp = "?"', "ipp"),
        ("calendar/2026.toml", "date = 2026-01-01", 'date = 2026-01-01\nwhy = "?"', "why"),
        ("index.toml", "[index.weights]", "[index.weights]\nspeed = 0", "speed"),
        ("index.toml", "finish = 0.35", "finish = 0.36", "not to 1"),
        ("index.toml", "prior = 5", "prior = 0", "greater than or equal"),
        ("index.toml", "late = 0.3", "late = 1.3", "between 0 and 1"),
        ("index.toml", "verify = 0.15\n", "", "five parts"),
        ("skm.toml", 'sarana = "1/9"', 'sarana = "1/8"', "not to 1"),
        ("skm.toml", "from = 65.00", "from = 64.99", "overlap"),
        ("skm.toml", "from = 65.00", "from = 65.01", "gap"),
        ("skm.toml", "to = 64.99", "to = 24.99", "ends before"),
        ("pekppp.toml", "from = 4.51", "from = 4.50", "overlap"),
        ("pekppp.toml", "from = 4.51", "from = 4.52", "gap"),
        ("pekppp.toml", "within_hours = 72", "within_hours = 24", "fall as"),
        ("pekppp.toml", "f02 = 0.75", "f02 = 0.74", "f02 and f03"),
        ("pekppp.toml", "weight = 0.24", "weight = 0.25", "aspects do not"),
        ("pekppp.toml", "no = 28\naspect = \"e\"\nweight = 0.30",
         "no = 28\naspect = \"e\"\nweight = 0.31", "aspect e"),
        ("pekppp.toml", "[[instrument.indicators]]",
         ("[[instrument.indicators]]\nno = 99\naspect = \"z\"\nweight = 1\nname = \"?\"\n\n"
         "[[instrument.indicators]]"), "no aspect"),
        ("pekppp.toml", "no = 30\n", "no = 29\n", "twice"),
        ("pekppp.toml", 'live_aspect = "e"', 'live_aspect = "g"', "no aspect"),
        ("pekppp.toml", "carry_years = 1", "carry_years = 9", "less than or equal"),
        ("pekppp.toml", "indicator = 28", "indicator = 8", "not of aspect e"),
        ("pekppp.toml", "indicator = 9", "indicator = 25", "another aspect"),
        ("pekppp.toml", "not_started = 1", "not_started = 6", "above 5"),
        ("pekppp.toml", "{ level = 4, above = 0.8 }", "{ level = 4 }", "either from or above"),
        ("pekppp.toml", "{ level = 4, above = 0.8 }", "{ level = 4, above = 0.2 }", "together"),
        ("pekppp.toml", "{ level = 2, from = 0 }", "{ level = 2, from = 0.1 }", "begin at 0"),
        ("pekppp.toml", "within_months = 3 }", "within_months = 1 }", "fall as"),
        ("deadlines.toml", "berkadar_pengawasan = 60", "", "lacks berkadar_pengawasan"),
        ("deadlines.toml", "verify = 3", "verify = 0", "greater than or equal"),
        ("policies.toml", 'index = "index-1"', 'index = "index-9"', "index-9"),
        ("policies.toml", "[[set]]", "[[set]", "policies.toml"),
        ("calendar/2026.toml", "date = 2026-01-01", "date = 2025-01-02", "another year"),
        ("calendar/2026.toml", "date = 2026-01-16", "date = 2026-01-01", "twice"),
    ],
)  # fmt: skip
def test_a_fault_stops_the_start_with_one_line(
    folder: Path, name: str, old: str, new: str, message: str
) -> None:
    edit(folder, name, old, new)
    with pytest.raises(PolicyError, match=message) as caught:
        read_policies(folder)
    assert "\n" not in str(caught.value).strip() or "TOML" in str(caught.value)


def test_a_missing_file_and_doubles_are_named(folder: Path) -> None:
    index = folder / "index.toml"
    text = index.read_text()
    index.write_text(text + text.replace("# The", "# A second"))
    with pytest.raises(PolicyError, match="twice"):
        read_policies(folder)
    index.unlink()
    with pytest.raises(PolicyError, match=r"index\.toml"):
        read_policies(folder)


def test_versions_follow_the_day(folder: Path) -> None:
    text = (folder / "policies.toml").read_text()
    later = text[text.index("[[set]]") :].replace("2024-1", "2027-1").replace("2000-", "2027-")
    (folder / "policies.toml").write_text(text + "\n" + later)
    book = read_policies(folder)
    assert book.at(date(1999, 1, 1)).name == book.at(date(2026, 12, 31)).name == "2024-1"
    assert book.at(date(2027, 1, 1)).name == "2027-1"
    assert book.for_case("2024-1", date(2027, 5, 1)).name == "2024-1"
    assert book.for_case("gone", date(2027, 5, 1)).name == "2027-1"
    assert book.version("gone") is None
    assert book.at(date(2027, 1, 1)).versions()["deadlines"] == "sp4n-1"
    (folder / "policies.toml").write_text(text + "\n" + later.replace('2027-1"', '2024-1"'))
    with pytest.raises(PolicyError, match="one name"):
        read_policies(folder)
    (folder / "policies.toml").write_text(text + "\n" + later.replace("2027-01-01", "2000-01-01"))
    with pytest.raises(PolicyError, match="one day"):
        read_policies(folder)
    (folder / "policies.toml").write_text("set = []")
    with pytest.raises(PolicyError, match="no set"):
        read_policies(folder)


OVERRIDES = """
[[deadlines.override]]
region = "paser"
effective_from = 2026-01-01
verify = 2
finish = { pengaduan = 10 }

[[deadlines.override]]
opd = "paser/disdukcapil"
service = "KTP-el"
effective_from = 2026-01-01
effective_to = 2026-06-30
finish = { pengaduan = 7 }
"""


def test_the_narrowest_override_wins(folder: Path) -> None:
    path = folder / "deadlines.toml"
    path.write_text(path.read_text() + OVERRIDES)
    deadlines = read_policies(folder).at(date(2026, 1, 1)).deadlines

    def finish(region: str, opd: str, service: str | None, day: date) -> tuple[int, int]:
        limits = deadlines.limits_for(region, opd, service, day)
        return limits.verify, limits.finish["pengaduan"]

    spring, autumn = date(2026, 3, 1), date(2026, 9, 1)
    assert finish("paser", "paser/disdukcapil", "KTP-el", spring) == (2, 7)
    assert finish("paser", "paser/disdukcapil", "KTP-el", autumn) == (2, 10)
    assert finish("paser", "paser/dpupr", None, spring) == (2, 10)
    assert finish("paser", "paser/dpupr", None, date(2025, 12, 31)) == (3, 14)
    assert finish("kukar", "kukar/disdukcapil", "KTP-el", spring) == (3, 14)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (OVERRIDES + OVERRIDES, "overlap"),
        ("[[deadlines.override]]\neffective_from = 2026-01-01\nverify = 2", "names a region"),
        (('[[deadlines.override]]\nregion = "paser"\neffective_from = 2026-01-01\n'
         "effective_to = 2025-01-01"), "before"),
    ],
)  # fmt: skip
def test_overrides_are_checked(folder: Path, extra: str, message: str) -> None:
    path = folder / "deadlines.toml"
    path.write_text(path.read_text() + extra)
    with pytest.raises(PolicyError, match=message):
        read_policies(folder)


def test_overrides_one_after_the_other_do_not_overlap() -> None:
    first = LimitsOverride(
        region="paser", effective_from=date(2026, 1, 1), effective_to=date(2026, 6, 30)
    )
    second = LimitsOverride(region="paser", effective_from=date(2026, 7, 1))
    assert not first.overlaps(second)
    assert second.overlaps(second)


def test_only_a_complaint_is_berkadar_pengawasan() -> None:
    assert finish_kind(Kind.PENGADUAN, True) == "berkadar_pengawasan"
    assert finish_kind(Kind.ASPIRASI, True) == "aspirasi"


def test_bands_may_come_in_any_order() -> None:
    upper = Band.model_validate({"grade": "A", "from": 3, "to": 4, "label": ""})
    lower = Band.model_validate({"grade": "B", "from": 1, "to": "2.99", "label": ""})
    check_bands((upper, lower))


# -- the calendar ---------------------------------------------------------------------------------


@pytest.mark.parametrize("year", [2024, 2025, 2026, 2027])
def test_the_committed_calendar_is_what_the_source_says(year: int) -> None:
    known = holidays.country_holidays("ID", years=year, categories=("public", "government"))
    committed = {d.date for d in load_policies().days_off if d.date.year == year and not d.region}
    assert committed == set(known)


def test_the_lists_of_2025_and_2026_have_the_published_numbers() -> None:
    days = load_policies().days_off
    for year, national, collective in ((2025, 17, 11), (2026, 17, 8)):
        kinds = [d.category for d in days if d.date.year == year]
        assert (kinds.count("libur_nasional"), kinds.count("cuti_bersama")) == (
            national,
            collective,
        )


def test_a_region_has_its_own_days(folder: Path) -> None:
    path = folder / "calendar" / "regions.toml"
    path.write_text(
        '[[day]]\ndate = 2026-12-29\nname = "Hari Jadi"\ncategory = "hari_daerah"\n'
        'region = "paser"\npublished = 2026-11-02\n'
    )
    book = read_policies(folder)
    own = date(2026, 12, 29)
    assert own in book.days_off_of("paser", date(2026, 11, 2))
    assert own not in book.days_off_of("paser", date(2026, 11, 1))
    assert own not in book.days_off_of("kukar", date(2026, 11, 2))
    assert date(2026, 11, 2) in book.published_days("paser")


def test_rewriting_a_year_keeps_its_dates_of_publication(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar_source, "FOLDER", tmp_path)
    shutil.copy(COMMITTED / "calendar" / "2025.toml", tmp_path / "2025.toml")
    before = (tmp_path / "2025.toml").read_text()
    assert calendar_source.write(2025).read_text() == before
    assert "estimate = true" in calendar_source.write(2028).read_text()
