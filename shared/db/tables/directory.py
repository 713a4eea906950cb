"""Tables of regions and OPDs, written by desk: who exists, since when, and what it handles."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, String, Table

from shared.db.tables.base import metadata
from shared.db.types import JSONDoc, UTCDateTime

desk_regions = Table(
    "desk_regions",
    metadata,
    Column("code", String(16), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("short", String(80), nullable=False),
    Column("province", String(80), nullable=False),
    Column("zone", String(40), nullable=False),
    Column("sms_codes", JSONDoc, nullable=False),
    Column("emergency", JSONDoc, nullable=False),
    # Cases received before this local date are worked and shown, but left out of the index.
    Column("counts_from", Date),
    Column("public_scores", Boolean, nullable=False, default=False),
    Column("changed_at", UTCDateTime, nullable=False),
)

desk_opds = Table(
    "desk_opds",
    metadata,
    Column("code", String(64), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
    Column("region", String(16), ForeignKey("desk_regions.code"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("short", String(80), nullable=False),
    Column("parent", String(64)),
    Column("kode", String(1)),
    Column("internal_only", Boolean, nullable=False, default=False),
    Column("external", Boolean, nullable=False, default=False),
    Column("locus", JSONDoc, nullable=False),
    Column("handles", JSONDoc, nullable=False),
    Column("keywords", JSONDoc, nullable=False),
    Column("counts_from", Date),
    Index("ix_desk_opds_region", "region", "valid_to"),
)
