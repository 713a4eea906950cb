"""Handlers of case events and surveys: store, fold, apply the difference; then announce.

Duplicates, replays and late events give the same numbers (design §2.4): a case is always folded
from all its known facts, under the lock of its row, and only the difference is added.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeGuard

from sqlalchemy import Connection

from services.scoring import store, surveys
from services.scoring.announcing import Announcer
from services.scoring.ports import ObserveLatency, RulesSource
from services.scoring.rules import deltas, touched
from services.scoring.store import KnownEvent, UnitKey
from shared.clocks.facts import CaseFact, fact_of
from shared.clocks.region import RegionRules
from shared.contracts.case import CaseEvent, CaseEventType, CaseOpened
from shared.contracts.codec import Event
from shared.contracts.enums import Form
from shared.contracts.feedback import FeedbackClassified
from shared.errors import InvalidMessageError
from shared.scores.measures import CounterKey, Key, expand

AfterCommit = Callable[[], None]


class Scorer:
    """Holds the ports; its methods are the handlers of scoring's topics."""

    def __init__(
        self, rules: RulesSource, announcer: Announcer, observe: ObserveLatency | None = None
    ) -> None:
        self._rules = rules
        self._announcer = announcer
        self._observe = observe

    def on_case_events(self, conn: Connection, events: Sequence[Event]) -> AfterCommit:
        """Fold the cases of the batch anew and add what changed to the counters."""
        rules = self._rules(conn)
        known = [_known(event, rules) for event in events]
        changed = apply_events(conn, known, rules)
        accepted = [
            event.data.known_at
            for event in events
            if isinstance(event.data, CaseOpened) and not event.data.history
        ]

        def after() -> None:
            self._announcer.changed(changed)
            for received_at in accepted:
                if self._observe:
                    self._observe(received_at)

        return after

    def on_feedback(self, conn: Connection, events: Sequence[Event]) -> AfterCommit:
        """Count the surveys of the batch; complaints reach the score as case events."""
        rules = self._rules(conn)
        found = [d for event in events if is_survey(d := event.data)]
        rows = [_survey_row(survey, rules) for survey in found]
        if rows:
            surveys.keep(conn, rows)

        def after() -> None:
            self._announcer.changed({row["opd"] for row in rows})
            for survey in found:
                if self._observe and not survey.history:
                    self._observe(survey.received_at)

        return after


def _known(event: Event, rules: dict[str, RegionRules]) -> KnownEvent:
    if not isinstance(event.data, CaseEvent):
        raise InvalidMessageError("unexpected-data", type(event.data).__name__)
    data = event.data
    fact = fact_of(CaseEventType(event.envelope.type), event.envelope.time, data)
    region = rules.get(data.region)
    if region is None or not fact.opd.startswith(f"{data.region}/"):
        raise InvalidMessageError("unknown-region", data.region)
    _check_days(fact, region)
    return KnownEvent(data.ticket, event.envelope.id, fact)


def _check_days(fact: CaseFact, rules: RegionRules) -> None:
    """A time that no calendar reaches would make its case unfoldable for ever."""
    try:
        rules.day(fact.at)
        if fact.opening:
            rules.day(fact.opening.received_at)
    except ValueError as error:
        raise InvalidMessageError("time-out-of-range", str(error)) from error


def apply_events(
    conn: Connection, known: Sequence[KnownEvent], rules: dict[str, RegionRules]
) -> set[str]:
    """Store facts, fold their cases and move the counters; returns the OPDs that changed."""
    regions = {event.ticket: event.fact.opd.partition("/")[0] for event in known}
    before = store.lock_cases(conn, regions)
    store.add_events(conn, known)
    return refold(conn, before, rules, marked=True)


def refold(
    conn: Connection,
    before: dict[str, dict[Key, int]],
    rules: dict[str, RegionRules],
    *,
    marked: bool = False,
) -> set[str]:
    """Fold locked cases from all their facts and add the difference to the counters.

    `marked`: the OPDs that a case counts for already are known to be listed with it; otherwise
    they are listed again (a rebuild).
    """
    facts = store.facts_of(conn, sorted(before))
    moved: dict[Key, int] = {}
    changed: dict[str, dict[Key, int]] = {}
    units: set[UnitKey] = set()
    for ticket, old in before.items():
        found = facts.get(ticket, [])
        region = rules[store.opening_region(found)] if found else None
        new = deltas(found, region) if region else {}
        if region:
            fresh = opds_of(new) - opds_of(old) if marked else opds_of(new)
            units |= units_of(ticket, found, fresh, region)
        if new == old:
            continue
        changed[ticket] = new
        for key, n in touched(old, new).items():
            moved[key] = moved.get(key, 0) + n
    rows: dict[CounterKey, int] = expand(moved)
    store.store_deltas(conn, changed)
    store.add_counters(conn, rows)
    store.add_units(conn, units)
    return {opd for opd, _, _, _ in moved}


def opds_of(found: Iterable[Key]) -> set[str]:
    """The OPDs that deltas count for."""
    return {opd for opd, _, _, _ in found}


def units_of(
    ticket: str, facts: Sequence[CaseFact], opds: set[str], region: RegionRules
) -> set[UnitKey]:
    """Where a case is listed so that a figure of these OPDs leads to it."""
    received_at = store.received_of(facts)
    return {(opd, region.day(received_at), ticket) for opd in opds} if received_at else set()


def is_survey(data: object) -> TypeGuard[FeedbackClassified]:
    """Whether the feedback is a survey: complaints come as case events."""
    return isinstance(data, FeedbackClassified) and data.form is Form.SURVEY


def _survey_row(survey: FeedbackClassified, rules: dict[str, RegionRules]) -> dict[str, Any]:
    region = rules.get(survey.region)
    if region is None or survey.opd_asked is None:
        raise InvalidMessageError("survey-without-opd", survey.region)
    try:
        day = region.day(survey.received_at)
    except ValueError as error:
        raise InvalidMessageError("time-out-of-range", str(error)) from error
    return {
        "receipt": survey.reference,
        "region": survey.region,
        "opd": survey.opd_asked,
        "service": survey.service or "",
        "day": day,
        "received_at": survey.received_at,
        "answers": {e.value: n for e, n in (survey.answers or {}).items()},
        "token_used": survey.token_used,
        "sentiment": survey.classification.sentiment.label.value,
        "history": survey.history,
        "commented": bool(survey.text.strip()),
    }
