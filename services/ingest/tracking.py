"""The tracking page's and API's view of a complaint, opened by ticket and code together."""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from services.ingest import store
from services.ingest.limits import Throttle
from services.ingest.ports import Promise
from services.ingest.refusals import Flaw, Refusal, RefusedError, refused
from shared.contracts.enums import CitizenAct, Status
from shared.db.engine import Database
from shared.db.read import intake
from shared.db.read.directory import Directory
from shared.files.store import FileStore
from shared.ids import normalise_ticket
from shared.privacy.vault import Vault

_WINDOW = timedelta(minutes=15)
_TICKET_FACTOR = 10
_ADDRESS_FACTOR = 30


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened, as the citizen may see it; `act_id` names a citizen's own act."""

    at: datetime
    type: str
    by: str
    text: str | None = None
    opd: str | None = None
    score: int | None = None
    reason: str | None = None
    external: str | None = None
    act_id: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """By when what is promised; none: no such clock, or it has not started."""

    verify: datetime | None = None
    first_response: datetime | None = None
    finish: datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseView:
    """What the citizen may see of an opened case; `emergency`: it stands as darurat."""

    status: Status
    opd: str | None
    due: Due
    timeline: Sequence[Entry]
    question: str | None
    allowed: frozenset[CitizenAct]
    done: frozenset[str] = frozenset()
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """The whole tracking view; `checking`: a person must look at it before a case can open."""

    ticket: str
    region: str
    received_at: datetime
    case: CaseView
    opened: bool
    checking: bool


CaseReader = Callable[[Connection, str, datetime], CaseView | None]
_BEFORE_OPENING = frozenset({CitizenAct.ADD, CitizenAct.WITHDRAW})
# What an act is called on the timeline while no case holds it yet.
_EVENT_OF: dict[str, str] = {
    CitizenAct.ANSWER: "answered",
    CitizenAct.ADD: "added",
    CitizenAct.NOT_DONE: "not_done",
    CitizenAct.RATE: "rated",
    CitizenAct.WITHDRAW: "withdrawn",
}


def code_hash(vault: Vault, ticket: str, code: str) -> str:
    """How a tracking code is stored; case, spaces and dashes do not matter."""
    plain = "".join(char for char in code.upper() if char.isalnum())
    return vault.keyed_hash(f"code:{ticket}:{plain}")


class Guesses:
    """Counts wrong codes, per ticket and sender, per ticket, and per sender."""

    def __init__(self, limit: int) -> None:
        self._pair = Throttle(limit, _WINDOW)
        self._ticket = Throttle(limit * _TICKET_FACTOR, _WINDOW)
        self._address = Throttle(limit * _ADDRESS_FACTOR, _WINDOW)

    def wait(self, ticket: str, address: str, now: datetime) -> int:
        """Seconds until the next guess is allowed; `ticket` is empty for a mistyped one."""
        if not ticket:
            return self._address.wait(address, now)
        return max(
            self._pair.wait(f"{ticket}|{address}", now),
            self._ticket.wait(ticket, now),
            self._address.wait(address, now),
        )

    def count(self, ticket: str, address: str, now: datetime) -> None:
        """Count a wrong guess."""
        # What no ticket looks like guesses nobody's code, and must not slow others' slips.
        if ticket:
            self._pair.count(f"{ticket}|{address}", now)
            self._ticket.count(ticket, now)
        self._address.count(address, now)


@dataclass(frozen=True, slots=True)
class Tracking:
    """Opens complaints for their citizens."""

    database: Database
    vault: Vault
    guesses: Guesses
    cases: CaseReader
    promise: Promise
    directory: Callable[[], Directory]

    def open(self, ticket: str, code: str, address: str, now: datetime) -> intake.Submission:
        """The complaint, if ticket and code fit; a wrong one and an unknown one look alike."""
        try:
            wanted = normalise_ticket(ticket)
        except ValueError:
            wanted = ""
        if seconds := self.guesses.wait(wanted, address, now):
            raise RefusedError(
                Refusal.LIMITED, [Flaw("code", "guesses", {"seconds": seconds})], seconds
            )
        with self.database.read() as conn:
            found = intake.submission(conn, wanted) if wanted else None
        expected = found.code_hash if found else ""
        fits = hmac.compare_digest(code_hash(self.vault, wanted, code), expected)
        if found is None or not fits:
            self.guesses.count(wanted, address, now)
            raise refused(Refusal.NOT_FOUND, "not_found", "code")
        return found

    def fits(self, conn: Connection, ticket: str, code: str) -> bool:
        """Whether the code is the ticket's; for who owns it anyhow, so nothing is counted."""
        found = intake.submission(conn, ticket)
        expected = found.code_hash if found else ""
        return hmac.compare_digest(code_hash(self.vault, ticket, code), expected)

    def view(self, found: intake.Submission, now: datetime) -> View:
        """What the citizen may see now."""
        with self.database.read() as conn:
            return self.view_in(conn, found, now)

    def view_in(self, conn: Connection, found: intake.Submission, now: datetime) -> View:
        """The same, as the connection's transaction sees it."""
        case = self.cases(conn, found.ticket, now)
        checking = case is None and store.is_dead_letter(conn, found.ticket)
        acts = intake.acts(conn, found.ticket) if case is None else []
        return View(
            ticket=found.ticket,
            region=found.region,
            received_at=found.received_at,
            case=case or self._unopened(found, acts),
            opened=case is not None,
            checking=checking,
        )

    def own_words(self, ticket: str) -> tuple[str | None, list[intake.FileRow]]:
        """What the citizen wrote and attached, for the citizen's own page."""
        with self.database.read() as conn:
            return intake.open_text(conn, self.vault, ticket), intake.files_of(conn, ticket)

    def own_act_text(self, ticket: str, act_id: str) -> str | None:
        """What the citizen wrote in an act."""
        with self.database.read() as conn:
            return intake.open_act_text(conn, self.vault, ticket, act_id)

    def own_file(self, store: FileStore, ticket: str, file_id: str) -> tuple[str, bytes] | None:
        """Media type and content of an attachment of the citizen's own."""
        with self.database.read() as conn:
            return intake.open_file(conn, self.vault, store, ticket, file_id)

    def _unopened(self, found: intake.Submission, acts: Sequence[intake.ActRow]) -> CaseView:
        region = self.directory().region(found.region)
        promised = self.promise(region, found.received_at) if region else None
        withdrawn = any(act.act == CitizenAct.WITHDRAW for act in acts)
        return CaseView(
            status=Status.DITERIMA,
            opd=None,
            due=Due(promised.verify if promised else None, found.due_at, None),
            timeline=[
                Entry(found.received_at, "received", "citizen"),
                *(
                    Entry(act.received_at, _EVENT_OF[act.act], "citizen", act_id=act.event_id)
                    for act in acts
                ),
            ],
            question=None,
            allowed=frozenset() if withdrawn else _BEFORE_OPENING,
        )
