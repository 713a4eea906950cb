"""The catalogue of services in force on a day: what pages offer, and how many people use each.

Nobody is held to it: a citizen may name any service in own words.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, or_, select

from shared.db.tables.evaluation import desk_services


@dataclass(frozen=True, slots=True)
class Service:
    """A service of an OPD; `users_per_year` is the population of its survey, none if unknown."""

    opd: str
    name: str
    users_per_year: int | None
    sippn_url: str | None
    valid_from: date


def services_of(conn: Connection, region: str, on: date) -> tuple[Service, ...]:
    """The region's services in force on the local day `on`, by OPD and name."""
    table = desk_services
    query = (
        select(
            table.c.opd,
            table.c.name,
            table.c.users_per_year,
            table.c.sippn_url,
            table.c.valid_from,
        )
        .where(*_in_force(region, on))
        .order_by(table.c.opd, table.c.name)
    )
    return tuple(Service(*row) for row in conn.execute(query))


def users_per_year(conn: Connection, region: str, on: date) -> dict[tuple[str, str], int]:
    """(OPD, service) → users a year, of the services for which the number is known."""
    c = desk_services.c
    query = select(c.opd, c.name, c.users_per_year).where(
        *_in_force(region, on), c.users_per_year.is_not(None)
    )
    return {(opd, name): users for opd, name, users in conn.execute(query)}


def _in_force(region: str, on: date) -> tuple[ColumnElement[bool], ...]:
    c = desk_services.c
    return c.region == region, c.valid_from <= on, or_(c.valid_to.is_(None), c.valid_to > on)
