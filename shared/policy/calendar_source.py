"""Writes the calendar files from the `holidays` package; what counts is the committed file.

`python -m shared.policy.calendar_source 2027 2028` rewrites these years. Days that a ministry adds
later get their date of publication by hand (`published`), so that cases received before keep
their deadlines; a rewritten file keeps those dates.
"""

import sys
import tomllib
from datetime import date
from pathlib import Path

import holidays

FOLDER = Path(__file__).parent / "calendar"
CATEGORIES = {"public": "libur_nasional", "government": "cuti_bersama"}
_ESTIMATE = " (perkiraan)"


def days_of(year: int) -> dict[date, tuple[str, str]]:
    """Name and category of each day that `holidays` knows; a public holiday wins."""
    found: dict[date, tuple[str, str]] = {}
    for source, category in reversed(CATEGORIES.items()):
        known = holidays.country_holidays("ID", years=year, categories=(source,), language="id")
        found.update({day: (name, category) for day, name in known.items()})
    return dict(sorted(found.items()))


def render(year: int, published: dict[date, date]) -> str:
    """The calendar file of a year."""
    lines = [f"# Days off in {year}: libur nasional and cuti bersama (package holidays)."]
    for day, (name, category) in days_of(year).items():
        estimate = name.endswith(_ESTIMATE)
        lines += ["", "[[day]]", f"date = {day}", f'name = "{name.removesuffix(_ESTIMATE)}"']
        lines.append(f'category = "{category}"')
        lines += ["estimate = true"] if estimate else []
        lines += [f"published = {published[day]}"] if day in published else []
    return "\n".join(lines) + "\n"


def write(year: int) -> Path:
    """Write the file of a year, keeping the dates of publication it holds already."""
    path = FOLDER / f"{year}.toml"
    published: dict[date, date] = {}
    if path.exists():
        known = tomllib.loads(path.read_text())
        published = {d["date"]: d["published"] for d in known.get("day", ()) if "published" in d}
    path.write_text(render(year, published))
    return path


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        sys.stdout.write(f"{write(int(argument))}\n")
