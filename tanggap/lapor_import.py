"""An export of SP4N-LAPOR! into submissions and cases: new reports opened, known ones followed.

Ingest writes the submission, desk the case, each through its own module, both in one transaction,
so a report is there with its whole course or not at all (ADR 0072). Knows no file.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from services.classifier.ports import ClassificationRequest, Classifier
from services.desk.lapor import PastCases, Progress, Reply, linked_cases
from services.ingest.commands import FileComplaint, Place
from services.ingest.lapor import PastReport, PastReports, imported
from shared.contracts.classification import Classification
from shared.contracts.enums import CLOSED_STATUSES, Status
from shared.contracts.feedback import FeedbackClassified
from shared.db.engine import Database
from shared.db.read.directory import OPD
from shared.privacy.mask import mask
from shared.privacy.vault import Vault
from tanggap.lapor_file import LaporRow

_CHUNK, _SQLITE_PAUSE = 50, 0.01
# States that somebody's looking at the report comes before.
_NOT_LOOKED_AT = frozenset({Status.DITERIMA})
_DATED_BY_FILE = CLOSED_STATUSES | {Status.DITUNDA, Status.DIBUKA_KEMBALI}


@dataclass(frozen=True, slots=True)
class Parts:
    """What the import works with."""

    database: Database
    vault: Vault
    reports: PastReports
    cases: PastCases
    classifier: Classifier
    units: tuple[OPD, ...]
    region: str
    as_of: datetime


@dataclass(slots=True)
class Done:
    """How many reports opened a case, changed one, or told nothing new."""

    added: int = 0
    changed: int = 0
    same: int = 0
    undated: int = field(default=0)


def command_of(row: LaporRow, region: str) -> FileComplaint:
    """The report as it would come online; without its reporter."""
    return FileComplaint(
        text=row.text,
        region=region,
        opd=row.opd,
        category=row.category,
        occurred_on=row.occurred_on,
        location=Place(address=row.address) if row.address else None,
        anonymous=row.anonymous,
        confidential=row.confidential,
    )


def progress_of(row: LaporRow, as_of: datetime) -> tuple[Progress, bool]:
    """What became of the report, and whether a time had to be taken from the file's own."""
    names = (row.reporter,) if row.reporter else ()

    def masked(text: str | None) -> str | None:
        return mask(text, names=names).text if text else None

    told = [row.reported_at, row.verified_at, row.disposed_at, *(r.at.at for r in row.replies)]
    stand_in = max(as_of, *(at for at in told if at is not None))
    replies = tuple(
        Reply(found.at.at if found.at.exact else stand_in, masked(found.text), found.at.exact)
        for found in row.replies
    )
    ended = row.closed_at
    if ended is None and row.status in _DATED_BY_FILE:
        ended = stand_in
    looked = row.verified_at or row.disposed_at
    if looked is None and row.status not in _NOT_LOOKED_AT:
        looked = replies[0].at if replies else ended or stand_in
    progress = Progress(
        tracking_id=row.tracking_id,
        status=row.status,
        opd=row.opd,
        verified_at=looked,
        disposed_at=row.disposed_at,
        replies=replies,
        ended_at=ended,
        text=masked(row.reason),
    )
    return progress, stand_in in (looked, ended, *(reply.at for reply in replies))


def import_rows(
    parts: Parts,
    rows: Sequence[LaporRow],
    conn: Connection | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Done:
    """Write the rows in small transactions, or all with `conn` (a trial); a repeat goes on."""
    done = Done()
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        if conn is not None:
            _write(parts, conn, chunk, done)
        else:
            with parts.database.write() as writing:
                _write(parts, writing, chunk, done)
            # SQLite's lock is not fair: leave room for the services.
            time.sleep(_SQLITE_PAUSE if parts.database.dialect == "sqlite" else 0)
        progress(start + len(chunk))
    return done


def _write(parts: Parts, conn: Connection, rows: Sequence[LaporRow], done: Done) -> None:
    ids = [row.tracking_id for row in rows]
    known = imported(conn, parts.vault, parts.region, ids)
    known = linked_cases(conn, parts.region, ids) | known
    fresh = [row for row in rows if row.tracking_id not in known]
    for report, row, found in _classified(parts, fresh):
        course, stood_in = progress_of(row, parts.as_of)
        report.write(conn)
        parts.cases.open(conn, _complaint(report, row, found), course, unit_known=row.unit_known)
        done.added += 1
        done.undated += stood_in
    for row in rows:
        if (ticket := known.get(row.tracking_id)) is None:
            continue
        course, stood_in = progress_of(row, parts.as_of)
        changed = parts.cases.follow(conn, ticket, course)
        done.changed += changed
        done.same += not changed
        done.undated += changed and stood_in


def _classified(
    parts: Parts, rows: Sequence[LaporRow]
) -> Iterator[tuple[PastReport, LaporRow, Classification]]:
    """Each new report with what the classifier says of it, as the pipeline would ask it."""
    reports = [
        parts.reports.report(
            row.tracking_id, command_of(row, parts.region), row.reporter, row.reported_at
        )
        for row in rows
    ]
    asked = [
        ClassificationRequest(
            text=report.received.text,
            units=parts.units,
            opd_asked=report.received.opd_asked,
            category_asked=report.received.category_asked,
        )
        for report in reports
    ]
    return zip(reports, rows, parts.classifier.classify(asked), strict=True)


def _complaint(report: PastReport, row: LaporRow, found: Classification) -> FeedbackClassified:
    """The report as the desk opens it; LAPOR!'s own kind goes before the classifier's."""
    changes: dict[str, object] = {}
    if row.kind is not None:
        changes["kind"] = row.kind
    if row.supervised:
        changes["berkadar_pengawasan"] = True
    own = found.model_copy(update=changes)
    return FeedbackClassified.model_construct(**dict(report.received), classification=own)
