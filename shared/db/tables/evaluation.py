"""Tables of what people say about a score, written by desk: what evaluators entered or offices
imported, the register of SKM follow-ups, signed editions, and the service catalogue.

Nothing here is ever overwritten by a score; scores read the newest entry of each item.
"""

from sqlalchemy import Column, Date, Index, Integer, String, Table, Text, UniqueConstraint, text

from shared.db.tables.base import metadata
from shared.db.types import BigKey, JSONDoc, UTCDateTime

# Append-only: the newest row of (opd, year, item) holds. `item` is an indicator's number ("25"),
# an aspect's code ("b") or "f03". A row without a value takes the earlier ones back.
desk_assessments = Table(
    "desk_assessments",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("region", String(16), nullable=False),
    Column("opd", String(64), nullable=False),
    Column("year", Integer, nullable=False),
    Column("item", String(8), nullable=False),
    # Exact, as written: a decimal from 0 to 5.
    Column("value", String(16)),
    # Respondents of F-03.
    Column("n", Integer),
    Column("source", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    # [{"kind": "link", "url"} or {"kind": "file", "name", "object", "type", "size", "sha256"}].
    Column("evidence", JSONDoc, nullable=False),
    Column("username", String(64), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Index("ix_desk_assessments_region", "region", "year"),
    Index("ix_desk_assessments_opd", "opd", "year", "item"),
    sqlite_autoincrement=True,
)

desk_followups = Table(
    "desk_followups",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("region", String(16), nullable=False),
    Column("opd", String(64), nullable=False),
    Column("service", String(200), nullable=False),
    # The year of the survey that is followed up, and the day its result was published.
    Column("year", Integer, nullable=False),
    Column("result_on", Date, nullable=False),
    Column("element", String(16), nullable=False),
    Column("finding", Text, nullable=False),
    Column("plan", Text, nullable=False),
    # A post, never a person's name.
    Column("owner", String(120), nullable=False),
    Column("due_on", Date, nullable=False),
    Column("started_on", Date),
    Column("done_on", Date),
    Column("withdrawn_on", Date),
    Column("evidence", JSONDoc, nullable=False),
    Column("created_on", Date, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
    Column("version", Integer, nullable=False),
    Index("ix_desk_followups_region", "region", "year"),
    Index("ix_desk_followups_opd", "opd", "year"),
    sqlite_autoincrement=True,
)

# Frozen when signed. `scope` is an OPD's code or the region's; `period` a year, month or window.
desk_editions = Table(
    "desk_editions",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("region", String(16), nullable=False),
    Column("scope", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("period", String(32), nullable=False),
    Column("number", Integer, nullable=False),
    # Canonical JSON and the printed page, as signed.
    Column("content", Text, nullable=False),
    Column("printed", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("printed_sha256", String(64), nullable=False),
    Column("signed_by", String(64), nullable=False),
    Column("signer_name", String(120), nullable=False),
    Column("signer_post", String(160), nullable=False),
    Column("signed_at", UTCDateTime, nullable=False),
    Column("note", Text, nullable=False),
    Column("differences", JSONDoc, nullable=False),
    UniqueConstraint("scope", "kind", "period", "number"),
    Index("ix_desk_editions_region", "region", "kind", "signed_at"),
    sqlite_autoincrement=True,
)

# The catalogue of services: `tanggap import services`. An entry that ended keeps its dates.
desk_services = Table(
    "desk_services",
    metadata,
    Column("opd", String(64), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
    Column("region", String(16), nullable=False),
    # Users a year: the population of Krejcie and Morgan; unknown where empty.
    Column("users_per_year", Integer),
    Column("sippn_url", String(500)),
    Index(
        "ix_desk_services_region",
        "region",
        sqlite_where=text("valid_to IS NULL"),
        postgresql_where=text("valid_to IS NULL"),
    ),
)
