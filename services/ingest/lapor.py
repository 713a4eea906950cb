"""Reports of SP4N-LAPOR! that come in as a file: submissions like others, without their reporter.

Delivery: a report's event id is made of its region and tracking id, so a report is there once,
however often and by however many its file is imported. The reporter's name hides itself in the
text and is kept nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from pydantic import ValidationError
from sqlalchemy import Connection, select

from services.ingest.attachments import Shelf
from services.ingest.commands import FileComplaint
from services.ingest.drafts import ComplaintDraft, complaint_draft
from services.ingest.events import Arrival, Reported, complaint_event
from services.ingest.ports import Promise
from services.ingest.rules import complaint_flaws
from shared.contracts.enums import Channel
from shared.contracts.feedback import FeedbackReceived
from shared.db.read.directory import Directory, Region
from shared.db.tables.ingest import ingest_complaints
from shared.errors import TanggapError
from shared.files.store import FileStore
from shared.privacy.vault import Vault

_EVENT_ID_LENGTH = 32


class PastReportError(TanggapError):
    """A report that the intake would refuse; `field` is where."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class PastReport:
    """A checked report, ready to be written; `received` is what its event tells."""

    draft: ComplaintDraft
    received: FeedbackReceived

    def write(self, conn: Connection) -> None:
        """Write the submission with its event."""
        self.draft.write(conn)


class PastReports:
    """Makes submissions of an import's rows; files never come with them."""

    def __init__(
        self, vault: Vault, files: FileStore, directory: Directory, region: Region, promise: Promise
    ) -> None:
        self._vault = vault
        self._files = files
        self._directory = directory
        self._region = region
        self._promise = promise

    def check(self, command: FileComplaint, today: date) -> None:
        """Raise `PastReportError` for what the intake would refuse."""
        for flaw in complaint_flaws(command, self._directory, today):
            raise PastReportError(flaw.field, f"cannot be taken ({flaw.code})")

    def report(
        self, tracking_id: str, command: FileComplaint, name: str | None, at: datetime
    ) -> PastReport:
        """The submission of a report received at LAPOR! at `at`."""
        arrival = Arrival(at, Channel.LAPOR, history=True)
        due_at = self._promise(self._region, at).first_answer
        shelf = Shelf(self._files, self._vault)
        draft = complaint_draft(self._vault, shelf, command, Reported(), (), arrival, due_at)
        known_by = Reported(name=name)
        try:
            event = complaint_event(draft.ticket, command, known_by, arrival)
        except ValidationError as error:
            field = str(error.errors(include_input=False)[0]["loc"][-1])
            raise PastReportError(field, "cannot be taken (too long once it is masked)") from error
        event_id = event_id_of(self._vault, self._region.code, tracking_id)
        event = replace(event, event_id=event_id)
        received = event.data
        assert isinstance(received, FeedbackReceived)  # noqa: S101 - a complaint's event
        row = draft.row | {"event_id": event_id}
        return PastReport(replace(draft, row=row, event=event), received)


def event_id_of(vault: Vault, region: str, tracking_id: str) -> str:
    """The event id that stays, of a report."""
    return vault.keyed_hash(f"lapor:{region}:{tracking_id}")[:_EVENT_ID_LENGTH]


def imported(
    conn: Connection, vault: Vault, region: str, tracking_ids: Sequence[str]
) -> dict[str, str]:
    """Tickets of reports imported before, by tracking id."""
    ids = {event_id_of(vault, region, found): found for found in tracking_ids}
    query = select(ingest_complaints.c.event_id, ingest_complaints.c.ticket).where(
        ingest_complaints.c.event_id.in_(list(ids))
    )
    return {ids[row.event_id]: row.ticket for row in conn.execute(query)}
