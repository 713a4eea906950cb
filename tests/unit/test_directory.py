"""The seeded directory holds what design §3 names, and answers about parents and units."""

from datetime import date

import pytest

from shared.contracts.enums import Category
from shared.db.read.directory import (
    DatedDirectory,
    directory_of_seed,
    inspectorate,
    triage_unit,
)

DIRECTORY = directory_of_seed()
_LISTED = (
    "dpupr disperkim dlh dinkes rsud disdik disdukcapil dinsos dp3ap2kb disnaker dpmptsp dishub "
    "diskominfo diskopperindag distan satpolpp damkar bpbd dpmd bapenda bappeda bpkad bkpsdm "
    "kesbangpol inspektorat setda-organisasi perumdam ext-pln ext-bpn ext-provinsi ext-pusat"
)
NAMES = _LISTED.split()
REGIONS = ["kukar", "kutim", "mimika", "paser", "ppu"]


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_has_every_opd(region: str) -> None:
    for name in NAMES:
        opd = DIRECTORY.opd(f"{region}/{name}")
        assert opd is not None, name
        assert opd.external == name.startswith("ext-")
        assert opd.parent is None
    assert DIRECTORY.accepts(triage_unit(region), region)
    assert DIRECTORY.accepts(inspectorate(region), region)


def test_regions_count_in_their_own_zone() -> None:
    assert sorted(region.code for region in DIRECTORY.regions) == REGIONS
    labels = {region.code: region.zone_label for region in DIRECTORY.regions}
    assert labels.pop("mimika") == "WIT"
    assert set(labels.values()) == {"WITA"}


def test_units_hang_below_their_opd() -> None:
    assert DIRECTORY.ancestors("paser/pkm-kuaro") == ("paser/dinkes",)
    assert "paser/pkm-kuaro" in DIRECTORY.with_units("paser/dinkes")
    for opd in DIRECTORY:
        assert opd.parent is None or DIRECTORY.opd(opd.parent) is not None


def test_units_externals_and_internal_ones_are_not_ranked() -> None:
    ranked = {opd.path for opd in DIRECTORY.opds("paser") if opd.ranked}
    assert {"dpupr", "dinkes", "perumdam"} <= ranked
    assert not ranked & {"ext-pln", "bappeda", "setda-organisasi", "pkm-kuaro", "inspektorat"}


def test_every_category_but_the_rest_has_somebody() -> None:
    handled = {category for opd in DIRECTORY.opds("ppu") for category in opd.handles}
    assert set(Category) - handled == {Category.LAINNYA}


def test_opds_of_other_regions_and_outsiders_take_no_case() -> None:
    assert not DIRECTORY.accepts("paser/dinkes", "kutim")
    assert not DIRECTORY.accepts("paser/ext-pln", "paser")
    assert not DIRECTORY.accepts("paser/tidak-ada", "paser")


def test_locus_is_told_per_year() -> None:
    capil = DIRECTORY.opd("paser/disdukcapil")
    assert capil is not None
    assert capil.locus_in(2025) == "nasional"
    assert capil.locus_in(date.max.year) is None


def test_a_list_with_dates_is_asked_day_by_day() -> None:
    region = DIRECTORY.region("paser")
    assert region is not None

    def row(code: str, begins: str, ends: str | None, name: str) -> dict[str, object]:
        until = date.fromisoformat(ends) if ends else None
        return {
            "code": code, "valid_from": date.fromisoformat(begins), "valid_to": until,
            "region": "paser", "name": name, "short": name, "parent": None, "kode": "A",
            "internal_only": False, "external": False, "locus": {}, "handles": [], "keywords": [],
            "counts_from": None,
        }  # fmt: skip

    dated = DatedDirectory(
        region,
        [
            row("paser/dlh", "2026-01-01", "2026-03-01", "DLH lama"),
            row("paser/dlh", "2026-03-01", None, "DLH"),
            row("paser/dpupr", "2026-01-01", "2026-02-01", "DPUPR"),
        ],
    )

    def names(day: str) -> list[str]:
        return [opd.name for opd in dated.at(date.fromisoformat(day))]

    assert names("2025-12-31") == []
    assert names("2026-01-31") == ["DLH lama", "DPUPR"]
    assert names("2026-02-01") == ["DLH lama"]
    assert names("2026-03-01") == names("2027-01-01") == ["DLH"]
