"""Scoring's tables: the facts of each case, what they were folded to, and the counters.

The facts are the truth; `scoring_cases.deltas` is what a case has added to the counters, and every
figure is read from the counters alone.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    false,
)

from shared.db.tables.base import metadata
from shared.db.types import JSONDoc, UTCDateTime

scoring_events = Table(
    "scoring_events",
    metadata,
    Column("ticket", String(16), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("event_id", String(64), nullable=False),
    Column("type", String(48), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("fact", JSONDoc, nullable=False),
    sqlite_with_rowid=False,
)

scoring_cases = Table(
    "scoring_cases",
    metadata,
    Column("ticket", String(16), primary_key=True),
    Column("region", String(16), nullable=False),
    # [OPD, measure, step, tick, n]: what the case has added to the counters.
    Column("deltas", JSONDoc, nullable=False),
)
Index("ix_scoring_cases_region", scoring_cases.c.region)

# Every OPD that a case has ever counted for: from a figure back to its cases, newest first.
scoring_case_units = Table(
    "scoring_case_units",
    metadata,
    Column("opd", String(64), primary_key=True),
    # Local ordinal day of receipt.
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("ticket", String(16), primary_key=True),
    sqlite_with_rowid=False,
)

# What was shown when a local day had ended, so that a later correction is seen; never read for a
# score. `unit` is an OPD's code or the region's; `value` is null in state none.
scoring_published = Table(
    "scoring_published",
    metadata,
    Column("unit", String(64), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("value", String(8)),
    Column("low", String(8), nullable=False),
    Column("high", String(8), nullable=False),
    Column("n", Integer, nullable=False),
    Column("rank", Integer),
    Column("at", UTCDateTime, nullable=False),
    sqlite_with_rowid=False,
)

# The order of the key is that of reading: a region's page is a few ranges of it
# (shared/scores/measures).
scoring_counters = Table(
    "scoring_counters",
    metadata,
    Column("region", String(16), primary_key=True),
    Column("grain", SmallInteger, primary_key=True, autoincrement=False),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("tick", Integer, primary_key=True, autoincrement=False),
    Column("opd", String(64), primary_key=True),
    Column("measure", String(32), primary_key=True),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

scoring_surveys = Table(
    "scoring_surveys",
    metadata,
    Column("receipt", String(24), primary_key=True),
    Column("region", String(16), nullable=False),
    Column("opd", String(64), nullable=False),
    Column("service", String(200), nullable=False),
    # Local ordinal day of receipt.
    Column("day", Integer, nullable=False),
    Column("received_at", UTCDateTime, nullable=False),
    Column("answers", JSONDoc, nullable=False),
    Column("token_used", Boolean, nullable=False),
    Column("sentiment", String(12), nullable=False),
    Column("history", Boolean, nullable=False),
    # Whether words came with the answers: only then the sentiment says something.
    Column("commented", Boolean, nullable=False, server_default=false()),
)
Index("ix_scoring_surveys_opd", scoring_surveys.c.opd, scoring_surveys.c.day)

# `element` "": respondents in `n`, of whom `total` came with a visit token. "~positive" and so on:
# comments of that sentiment in `n`. By day and month of each service, and (two grains more, with no
# service) of all of them, so that a region's page need not read every service.
scoring_skm_counters = Table(
    "scoring_skm_counters",
    metadata,
    Column("region", String(16), primary_key=True),
    Column("grain", SmallInteger, primary_key=True, autoincrement=False),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("opd", String(64), primary_key=True),
    Column("service", String(200), primary_key=True),
    Column("element", String(16), primary_key=True),
    Column("total", BigInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
