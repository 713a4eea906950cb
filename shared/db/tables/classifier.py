"""Classifier's tables: what was answered and what people corrected; never a citizen's words.

Signatures (hashes of words) and the lists they are found by are kept for days, to notice reports of
one incident. `at` is the moment of receipt in microseconds since 1970.
"""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, String, Table

from shared.db.tables.base import metadata
from shared.db.types import JSONDoc, UTCDateTime

classifier_results = Table(
    "classifier_results",
    metadata,
    # The ticket, or a survey's receipt.
    Column("reference", String(16), primary_key=True),
    Column("form", String(16), nullable=False),
    Column("region", String(16), nullable=False),
    Column("model_version", String(64), nullable=False),
    Column("degraded", String(64)),
    Column("language", String(3), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("berkadar_pengawasan", Boolean, nullable=False),
    Column("category", String(32), nullable=False),
    Column("urgency", String(16), nullable=False),
    Column("opd", String(64)),
    Column("confidence", Float),
    Column("external", String(64)),
    Column("created_at", UTCDateTime, nullable=False),
    Index("ix_classifier_results_created_at", "created_at"),
)

classifier_corrections = Table(
    "classifier_corrections",
    metadata,
    Column("event_id", String(64), primary_key=True),
    Column("ticket", String(16), nullable=False, index=True),
    Column("region", String(16), nullable=False),
    Column("before_kind", String(24), nullable=False),
    Column("before_category", String(32), nullable=False),
    Column("before_urgency", String(16), nullable=False),
    Column("before_berkadar_pengawasan", Boolean, nullable=False),
    Column("kind", String(24), nullable=False),
    Column("category", String(32), nullable=False),
    Column("urgency", String(16), nullable=False),
    Column("berkadar_pengawasan", Boolean, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("corrected_at", UTCDateTime, nullable=False),
)

classifier_signatures = Table(
    "classifier_signatures",
    metadata,
    Column("reference", String(16), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("marks", JSONDoc, nullable=False),
    Index("ix_classifier_signatures_at", "at"),
)

classifier_bands = Table(
    "classifier_bands",
    metadata,
    Column("band", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("reference", String(16), primary_key=True),
    Index("ix_classifier_bands_at", "at"),
    sqlite_with_rowid=False,
)
