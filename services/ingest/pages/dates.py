"""Dates and times as people read them, in the region's zone."""

from datetime import date, datetime, timedelta

from services.ingest.pages.words import word
from services.ingest.words import Lang
from shared.db.read.directory import Region


def long_date(day: date, lang: Lang) -> str:
    """Kamis, 3 Desember 2026."""
    return f"{_nth('days', day.weekday(), lang)}, {_day_month_year(day, lang)}"


def deadline_day(due: datetime, region: Region, lang: Lang) -> str:
    """The last day of a deadline: 24:00 belongs to the day it ends."""
    last = due.astimezone(region.zone_info) - timedelta(microseconds=1)
    return long_date(last.date(), lang)


def moment(at: datetime, region: Region, lang: Lang) -> str:
    """3 Desember 2026, 14.05 WITA."""
    local = at.astimezone(region.zone_info)
    return f"{_day_month_year(local, lang)}, {local:%H.%M} {region.zone_label}"


def _day_month_year(day: date, lang: Lang) -> str:
    return f"{day.day} {_nth('months', day.month - 1, lang)} {day.year}"


def _nth(names: str, place: int, lang: Lang) -> str:
    return word(names, lang).split()[place]
