"""What each call of GeoReport v2 does: check the key, file or read, and put it in their words.

Whether a report is accepted is the intake's own decision (`handlers.file_complaint`); reading goes
through `shared.db.read.listed`, which knows what may never be listed. Knows no HTTP.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.ingest import handlers
from services.ingest.handlers import Deps, Sent
from services.ingest.metrics import Counted, Outcome, count
from services.ingest.open311.asking import (
    MOST,
    Asked,
    Open311Error,
    asked,
    category_of,
    jurisdiction,
    ticket_of,
)
from services.ingest.open311.catalogue import definition, service_list
from services.ingest.open311.filing import command_of, sender_of
from services.ingest.open311.formats import Format, Value
from services.ingest.open311.listing import request_of
from shared.contracts.enums import Channel
from shared.db.read.directory import OPD, Directory
from shared.db.read.listed import (
    Filter,
    ListedCase,
    cases_named,
    listed_cases,
    waiting_named,
)

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHANGESET = "2026-11-22T00:00:00+00:00"
"""When these calls or their services last changed."""


@dataclass(frozen=True, slots=True)
class Open311:
    """The calls, with what they need; `keys` are the live API keys, newest first."""

    deps: Deps
    keys: tuple[str, ...]
    site: str
    demo: bool

    def discovery(self) -> Value:
        """Where the calls are and what they speak."""
        endpoint: Value = {
            "specification": SPECIFICATION,
            "url": f"{self.site}/open311/v2",
            "changeset": CHANGESET,
            "type": "test" if self.demo else "production",
            "formats": [fmt.media_type.partition(";")[0] for fmt in Format],
        }
        return {
            "changeset": CHANGESET,
            "contact": f"Koordinator pengaduan, {self.site}",
            "key_service": "Minta api_key kepada koordinator pengaduan daerah.",
            "endpoints": [endpoint],
        }

    def services(self, params: Mapping[str, str]) -> Value:
        """Every service; all regions offer the same."""
        self._known_jurisdiction(params)
        return service_list()

    def definition(self, code: str, params: Mapping[str, str]) -> Value:
        """The attributes of a service; the OPDs are those of the region that is asked about."""
        category = category_of(code)
        region = self._known_jurisdiction(params)
        return definition(category, _units(self.deps.directory(), region))

    def file(
        self, fields: Mapping[str, str], files: tuple[bytes, ...], address: str, key: str | None
    ) -> Value:
        """Accept a report, or raise; the same content of the same sender within a day is one."""
        if not self.trusts(fields.get("api_key", "")):
            count(Counted.COMPLAINT, Outcome.UNAUTHORISED, Channel.OPEN311)
            raise Open311Error(403, "api_key tidak ada atau tidak berlaku.")
        try:
            command = command_of(fields, self.deps.directory())
        except Exception:
            count(Counted.COMPLAINT, Outcome.INVALID, Channel.OPEN311)
            raise
        once = key or self._repeat_key(fields, command.region)
        sent = Sent(address, once, channel=Channel.OPEN311, files=files)
        done = handlers.file_complaint(self.deps, command, sent)
        notice = (
            f"Lacak di {self.site}/lacak dengan tiket {done.ticket} dan kode "
            f"{done.tracking_code}. Jawaban pertama paling lambat {done.due_at.date()}."
        )
        entry: Value = {
            "service_request_id": done.ticket,
            "service_notice": notice,
            "account_id": fields.get("account_id") or None,
        }
        return [entry]

    def token(self, token: str) -> Value:
        """The request behind a token: here they are the same, and known at once."""
        ticket = ticket_of(token)
        found = self._named([ticket], self._words(known=True)) if ticket else []
        if not found:
            raise Open311Error(404, "token tidak dikenal.")
        return [{"service_request_id": case.ticket, "token": token} for case in found]

    def requests(self, params: Mapping[str, str]) -> Value:
        """The requests that the filters name, the latest first."""
        directory = self.deps.directory()
        wanted = asked(params, directory, self.deps.clock.now())
        words = self._words_for(wanted.region.code, params.get("api_key", ""), directory)
        if wanted.tickets is None:
            found = self._listed(wanted, words)
        else:
            named = self._named(wanted.tickets, words)
            found = [case for case in named if case.region == wanted.region.code][:MOST]
        return [request_of(case, directory) for case in found]

    def request(self, request_id: str, params: Mapping[str, str]) -> Value:
        """One request; what may not be listed is unknown."""
        directory = self.deps.directory()
        self._known_jurisdiction(params)
        ticket = ticket_of(request_id)
        known = self.trusts(params.get("api_key", ""))
        found = self._named([ticket], self._words(known=known)) if ticket else []
        wanted = params.get("jurisdiction_id")
        if not found or (wanted and found[0].region != wanted):
            raise Open311Error(404, "service_request_id tidak dikenal.")
        self._words_for(found[0].region, params.get("api_key", ""), directory)
        return [request_of(case, directory) for case in found]

    def trusts(self, key: str) -> bool:
        """Whether it is a live API key; every key is compared, so the time tells nothing."""
        given = key.encode(errors="replace")
        matches = [hmac.compare_digest(given, live.encode()) for live in self.keys]
        return bool(key) and any(matches)

    def _words_for(self, region: str, key: str, directory: Directory) -> Channel | None:
        """Whose words the caller may read; raises where lists are closed to those without a key."""
        known = self.trusts(key)
        if key and not known:
            raise Open311Error(403, "api_key tidak berlaku.")
        found = directory.region(region)
        if not known and not (found and found.public_scores):
            raise Open311Error(403, "Daftar daerah ini hanya terbuka dengan api_key.")
        return self._words(known=known)

    @staticmethod
    def _words(*, known: bool) -> Channel | None:
        """Who holds a key handed these reports in; to everybody else their words stay closed."""
        return Channel.OPEN311 if known else None

    def _listed(self, wanted: Asked, words: Channel | None) -> list[ListedCase]:
        filters = Filter(wanted.first, wanted.last, wanted.categories, wanted.open)
        with self.deps.database.read() as conn:
            return listed_cases(
                conn, wanted.region.code, filters,
                words_of=words, offset=wanted.offset, most=wanted.size,
            )  # fmt: skip

    def _named(self, tickets: Sequence[str], words: Channel | None) -> list[ListedCase]:
        with self.deps.database.read() as conn:
            found = cases_named(conn, tickets, words_of=words)
            return [*found, *waiting_named(conn, tickets, Channel.OPEN311)]

    def _known_jurisdiction(self, params: Mapping[str, str]) -> str | None:
        """The region, where one is named or there is only one."""
        directory = self.deps.directory()
        given = params.get("jurisdiction_id")
        if not given and len(directory.regions) != 1:
            return None
        return jurisdiction(given, directory).code

    def _repeat_key(self, fields: Mapping[str, str], region: str) -> str | None:
        """The key of a repeat: sender, content and local day; none for an unknown sender.

        LIMIT: a repeat across midnight is a second report.
        """
        sender = sender_of(fields)
        if sender is None:
            return None
        today = self.deps.clock.now().astimezone(self.deps.directory().zone(region)).date()
        said = [f"{name}={fields[name]}" for name in sorted(fields) if name != "api_key"]
        content = "\n".join([sender, str(today), *said])
        return f"open311:{self.deps.vault.keyed_hash(content)}"


def _units(directory: Directory, region: str | None) -> tuple[OPD, ...]:
    if region is None:
        return ()
    return tuple(
        unit for unit in directory.opds(region) if not (unit.external or unit.internal_only)
    )
