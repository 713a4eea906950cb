"""`tanggap import places`: the kecamatan, kelurahan and desa of a region."""

from pathlib import Path
from typing import Annotated

import typer

from shared.errors import TanggapError
from tanggap.installation import DEFAULT_DATA, DataDir, opened_database, settings_of
from tanggap.sheets.options import DryRun, InFile, SheetName

RegionCode = Annotated[str, typer.Option("--region", help="The region it is of, such as paser.")]


def register(group: typer.Typer) -> None:
    """Add the command."""
    example = "Example: tanggap import places wilayah-paser.xlsx --region paser"
    group.command(epilog=example)(places)


def places(
    file: InFile,
    region: RegionCode,
    dry_run: DryRun = False,
    sheet: SheetName = None,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Put a region's place names in force; what was there before is replaced.

    Columns: kind (kecamatan, kelurahan, desa; distrik, kampung), name, parent (the kecamatan of a
    village), lat and lon in degrees, and radius in metres or area in km². Without either, a
    kecamatan reaches 20 km and a village 5 km. Reports that name a place and have no point get its
    middle, marked so, with that precision.
    """
    from services.ingest.places import file_of, write_places
    from shared.db.read.directory import Directory
    from tanggap.place_list import read_places
    from tanggap.sheets.importing import ImportRun

    run = ImportRun(file)
    with opened_database(data) as database, database.read() as conn:
        known = Directory.load(conn).region(region)
    if known is None:
        raise TanggapError(f"region {region} is not known")
    found = read_places(run, sheet)
    run.settle()
    folder = Path(settings_of(data).gazetteer)
    said = "would be in force"
    if not dry_run:
        write_places(folder, known.code, found)
        said = f"are in force ({file_of(folder, known.code)})"
    print(f"{len(found)} places of {known.code} {said}.")
    run.end()
