"""Places by their names: what a text certainly tells, and what it does not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.ingest.commands import FileComplaint
from services.ingest.commands import Place as Location
from services.ingest.events import Arrival, Reported, complaint_event
from services.ingest.gazetteer import Gazetteer, Place, PlaceKind, located
from services.ingest.places import Gazetteers, file_of, write_places
from shared.clock import FixedClock
from shared.contracts.enums import Channel, LocationSource
from shared.contracts.feedback import FeedbackReceived
from shared.errors import TanggapError
from tanggap.place_list import read_places
from tanggap.sheets.importing import ImportRun

# Made up: no list of places comes with the product.
PLACES = (
    Place(PlaceKind.KECAMATAN, "Hulu", "", -1.8, 116.0, 20_000),
    Place(PlaceKind.KECAMATAN, "Hilir Raya", "", -1.9, 116.2, 15_000),
    Place(PlaceKind.KELURAHAN, "Hulu", "Hulu", -1.81, 116.01, 4_000),
    Place(PlaceKind.DESA, "Sumber Makmur", "Hulu", -1.7, 116.1, 3_000),
    Place(PlaceKind.DESA, "Damai", "Hulu", -1.6, 116.1, 3_000),
    Place(PlaceKind.DESA, "Sido Rejo", "Hulu", -1.5, 116.1, 3_000),
    Place(PlaceKind.DESA, "Sido Rejo", "Hilir Raya", -1.4, 116.1, 3_000),
)
GAZETTEER = Gazetteer(PLACES)


@pytest.mark.parametrize(
    ("text", "address", "found"),
    [
        ("Jembatan putus di Hulu", False, ("kecamatan", "Hulu", "")),
        ("Jembatan putus di kel. Hulu", False, ("kelurahan", "Hulu", "Hulu")),
        ("jalan di SUMBER  MAKMUR rusak", False, ("desa", "Sumber Makmur", "Hulu")),
        ("Kami hidup damai", False, None),
        ("Banjir di desa Damai", False, ("desa", "Damai", "Hulu")),
        ("RT 5 Damai", True, ("desa", "Damai", "Hulu")),
        ("Jl. Damai RT 5", True, None),
        ("Banjir di desa Sido Rejo", False, None),
        ("Banjir di Sido Rejo, kecamatan Hilir Raya", False, ("desa", "Sido Rejo", "Hilir Raya")),
        ("dari desa Damai ke desa Sumber Makmur", False, ("kecamatan", "Hulu", "")),
        ("dari kec Hulu sampai kec Hilir Raya", False, None),
        ("Desa Hulu, Kecamatan Hulu", True, ("kelurahan", "Hulu", "Hulu")),
        ("", True, None),
        ("di", False, None),
    ],
)
def test_a_place_is_told_or_it_is_not(
    text: str, address: bool, found: tuple[str, str, str] | None
) -> None:
    place = GAZETTEER.find(text, address=address)
    assert (place and (place.kind, place.name, place.parent)) == found


def test_a_report_gets_the_middle_of_the_place_it_names_and_says_so() -> None:
    def event(location: Location | None, text: str = "Lampu mati") -> FeedbackReceived:
        command = located(FileComplaint(text=text, region="paser", location=location), GAZETTEER)
        arrival = Arrival(datetime(2026, 1, 1, tzinfo=UTC), Channel.WEB)
        data = complaint_event("2222-2222", command, Reported(), arrival).data
        assert isinstance(data, FeedbackReceived)
        return data

    named = event(Location(address="RT 5 Damai")).location
    assert named is not None
    assert (named.lat, named.address, named.precision) == (-1.6, "RT 5 Damai", 3_000)
    assert named.source is LocationSource.GAZETTEER
    own = event(Location(lat=-1.0, lon=116.5, address="Damai", precision=12)).location
    assert own is not None
    assert (own.lat, own.precision, own.source) == (-1.0, 12, LocationSource.DEVICE)
    words = event(Location(address="Gang Mawar")).location
    assert words is not None
    assert (words.lat, words.source) == (None, LocationSource.ADDRESS)
    by_text = event(None, "Lampu mati di desa Damai").location
    assert by_text is not None
    assert (by_text.lat, by_text.address) == (-1.6, None)
    assert event(None).location is None


def test_places_are_read_again_when_their_file_changes(tmp_path: Path) -> None:
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    gazetteers = Gazetteers(tmp_path, clock)
    assert gazetteers("paser").places == ()
    write_places(tmp_path, "paser", PLACES)
    assert gazetteers("paser").places == ()
    clock.advance(timedelta(minutes=1))
    assert gazetteers("paser").places == PLACES
    file_of(tmp_path, "paser").write_text("kind;name\nhutan;x\n")
    clock.advance(timedelta(minutes=1))
    assert gazetteers("paser").places == PLACES


def test_a_table_of_places_is_checked_whole(tmp_path: Path) -> None:
    file = tmp_path / "wilayah.csv"
    rows = ["Jenis;Nama;Kecamatan;Lintang;Bujur;Luas km2", "Distrik;Hulu;;-1,8;116,0;314,16"]
    file.write_text("\n".join([*rows, "Kampung;Damai;hulu;-1.6;116.1;"]))
    run = ImportRun(file)
    assert read_places(run) == [
        Place(PlaceKind.KECAMATAN, "Hulu", "", -1.8, 116.0, 10_000),
        Place(PlaceKind.DESA, "Damai", "hulu", -1.6, 116.1, 5_000),
    ]
    run.settle()
    wrong = ["Desa;Swap;Hulu;116;-1.6;", "Desa;Jauh;Hilir;-1;116;", "Dusun;X;Hulu;-1;116;"]
    file.write_text("\n".join([*rows, *wrong]))
    run = ImportRun(file)
    read_places(run)
    assert [(found.row, found.column) for found in run.refusals] == [
        (3, "lat"),
        (4, "parent"),
        (5, "kind"),
    ]
    with pytest.raises(TanggapError, match="3 of 4 rows refused"):
        run.settle()
