"""Signed editions: a report frozen with its print, fingerprinted, never changed or deleted.

The signed text is one JSON document: who signed it, what it says, and what differs from the
edition before. It and the printed page are kept as written and are shown only while their
fingerprints fit, so what was signed can be shown again whatever becomes of figures and templates.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, func, insert, select
from sqlalchemy.exc import IntegrityError

from services.desk.actions import audit
from services.desk.permissions import Viewer
from shared.db.read.report import load_report
from shared.db.tables.evaluation import desk_editions
from shared.errors import TanggapError
from shared.logs import get_logger
from shared.privacy.mask import mask
from shared.scores.differences import Difference, canonical, differences, fingerprint
from shared.scores.report import ReportKind
from shared.scores.report_words import label

_log = get_logger(__name__)
_c = desk_editions.c
PAGE = 100
# A later day or a new wording alone is no reason for a new edition.
_MATTERS = frozenset({"figures", "policies", "scope"})
# The columns are what lists show; they repeat what is signed.
_REPEATED = ("kind", "scope", "period", "number", "signer_name", "signer_post", "note")

Printer = Callable[[Mapping[str, Any]], str]
"""The printed page of a signed document."""


class BrokenEditionError(TanggapError):
    """What is kept is not what was signed: somebody changed it behind the program's back."""

    def __init__(self, edition: int) -> None:
        super().__init__(f"edition {edition} is not as it was signed: its fingerprint does not fit")
        self.edition = edition


class NothingChangedError(Exception):
    """No figure differs from the newest edition."""


class OvertakenError(Exception):
    """Figures or editions have changed since the person looked."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of what an edition is: `scope` is a region's code or an OPD's full code."""

    kind: ReportKind
    scope: str
    period: str

    @property
    def region(self) -> str:
        """The region it belongs to."""
        return self.scope.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Signer:
    """As typed by the person: who answers for the figures, in which post; a note if any."""

    name: str
    post: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """An edition whose fingerprints fit; `content` and `printed` are the very texts."""

    id: int
    content: str
    printed: str
    sha256: str
    document: Mapping[str, Any]
    signed_by: str

    @property
    def edition(self) -> Mapping[str, Any]:
        """Who signed, when, which number, and what differs."""
        found: Mapping[str, Any] = self.document["edition"]
        return found

    @property
    def report(self) -> Mapping[str, Any]:
        """What was signed."""
        found: Mapping[str, Any] = self.document["report"]
        return found


@dataclass(frozen=True, slots=True)
class Draft:
    """A report as it would be signed now, beside the newest intact edition."""

    wanted: Wanted
    report: Mapping[str, Any]
    sha256: str
    number: int
    previous: Signed | None
    differences: tuple[Difference, ...]

    @property
    def may_be_signed(self) -> bool:
        """Whether there is anything that the newest edition does not say already."""
        return self.previous is None or any(d["path"][0] in _MATTERS for d in self.differences)


def draft(conn: Connection, wanted: Wanted, now: datetime) -> Draft:
    """The report as known now; raises `UnknownUnitError` and `PeriodError`."""
    # As it will be written, keys in their order: preview, page and print look alike.
    report = orjson.loads(
        canonical(load_report(conn, wanted.kind, wanted.scope, wanted.period, now))
    )
    newest, previous = _before(conn, wanted)
    found: Sequence[Difference] = ()
    if previous is not None:
        named = _named(previous.report, report)
        found = differences(previous.report, report, lambda path: label(path, named))
    return Draft(wanted, report, fingerprint(canonical(report)), newest + 1, previous, tuple(found))


def freeze(found: Draft, signer: Signer, now: datetime, printer: Printer) -> dict[str, Any]:
    """The row of the edition that signing the draft makes; pure but for `printer`.

    Raises `NothingChangedError`.
    """
    if not found.may_be_signed:
        raise NothingChangedError
    previous = found.previous
    edition = {
        "kind": found.wanted.kind.value,
        "scope": found.wanted.scope,
        "period": found.wanted.period,
        "number": found.number,
        "signer_name": signer.name,
        "signer_post": signer.post,
        "signed_at": _seconds(now),
        "note": mask(signer.note).text,
        "compared_with": previous.edition["number"] if previous else None,
        "previous_sha256": previous.sha256 if previous else None,
        "report_sha256": found.sha256,
        "differences": list(found.differences),
    }
    document = {"edition": edition, "report": found.report}
    # From what is written, so that printing it again in another process gives the same.
    printed = printer(orjson.loads(canonical(document)))
    # The signed text names the print's fingerprint: one hash holds for both.
    edition["printed_sha256"] = fingerprint(printed)
    content = canonical(document)
    return {
        "region": found.wanted.region,
        **{name: edition[name] for name in _REPEATED},
        "content": content,
        "printed": printed,
        "sha256": fingerprint(content),
        "printed_sha256": edition["printed_sha256"],
        "signed_at": now,
        "differences": edition["differences"],
    }


def store(conn: Connection, viewer: Viewer, row: Mapping[str, Any], now: datetime) -> int:
    """Write the edition and its line of the audit trail; raises `OvertakenError`."""
    try:
        found = conn.execute(
            insert(desk_editions).values({**row, "signed_by": viewer.username})
        ).inserted_primary_key
    except IntegrityError as error:
        raise OvertakenError from error
    number = int(found[0]) if found else 0
    audit(conn, now, viewer, "sign-edition", "", f"{number} {row['sha256']}")
    return number


def read(conn: Connection, edition: int) -> Signed | None:
    """The edition, or none; raises `BrokenEditionError` unless it is as it was signed."""
    row = conn.execute(select(desk_editions).where(_c.id == edition)).one_or_none()
    return None if row is None else _checked(row)


def find(conn: Connection, wanted: Wanted, number: int) -> Signed | None:
    """The edition of that number, or none; as `read`."""
    row = conn.execute(_of(wanted).where(_c.number == number)).one_or_none()
    return None if row is None else _checked(row)


def listed(
    conn: Connection,
    region: str,
    kinds: Iterable[ReportKind],
    *,
    scope: str | None = None,
    before: int | None = None,
) -> list[dict[str, Any]]:
    """Editions of a region, the newest first; only reading one checks it."""
    query = select(
        _c.id, _c.kind, _c.scope, _c.period, _c.number, _c.signer_name, _c.signer_post,
        _c.signed_at, _c.sha256,
    ).where(_c.region == region, _c.kind.in_([kind.value for kind in kinds]))  # fmt: skip
    if scope is not None:
        query = query.where(_c.scope == scope)
    if before is not None:
        query = query.where(_c.id < before)
    rows = conn.execute(query.order_by(_c.id.desc()).limit(PAGE)).mappings()
    return [dict(row) | {"signed_at": row["signed_at"].isoformat()} for row in rows]


def place_of(conn: Connection, edition: int) -> tuple[str, ReportKind] | None:
    """Region and kind of an edition, to decide who may see it before it is read."""
    row = conn.execute(select(_c.region, _c.kind).where(_c.id == edition)).one_or_none()
    return (row.region, ReportKind(row.kind)) if row else None


def _of(wanted: Wanted) -> Any:
    return select(desk_editions).where(
        _c.scope == wanted.scope, _c.kind == wanted.kind.value, _c.period == wanted.period
    )


def _before(conn: Connection, wanted: Wanted) -> tuple[int, Signed | None]:
    """The highest number so far, and the newest edition that is intact."""
    number = conn.execute(
        select(func.max(_c.number)).where(
            _c.scope == wanted.scope, _c.kind == wanted.kind.value, _c.period == wanted.period
        )
    ).scalar_one()
    for row in conn.execute(_of(wanted).order_by(_c.number.desc())):
        try:
            return number, _checked(row)
        except BrokenEditionError:
            continue
    return number or 0, None


def _named(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Where labels look names up: a unit that is gone keeps its name."""
    old, new = before["figures"].get("opds", {}), after["figures"].get("opds", {})
    return {"figures": {"opds": {**old, **new}}}


def _checked(row: Row[Any]) -> Signed:
    if fingerprint(row.content) != row.sha256:
        raise _broken(row.id)
    document = orjson.loads(row.content)
    edition = document["edition"]
    same = all(getattr(row, name) == edition[name] for name in _REPEATED)
    same = same and row.region == edition["scope"].partition("/")[0]
    same = same and _seconds(row.signed_at) == edition["signed_at"]
    if not same or fingerprint(row.printed) != edition["printed_sha256"]:
        raise _broken(row.id)
    return Signed(row.id, row.content, row.printed, row.sha256, document, row.signed_by)


def _seconds(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _broken(edition: int) -> BrokenEditionError:
    _log.error("edition_tampered", edition=edition)
    return BrokenEditionError(edition)
