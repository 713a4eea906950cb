"""`/lacak`: what became of a complaint, and what its citizen can do.

Ticket and code travel in form fields, never in an address: addresses end up in histories and
logs. Every act carries both, so no other site can act in a citizen's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.ingest import handlers
from services.ingest.api.reading import Body, BodyReader
from services.ingest.api.routes import command_of, reading, sender_address
from services.ingest.commands import ActOnComplaint
from services.ingest.handlers import Deps, Sent
from services.ingest.metrics import Counted
from services.ingest.pages import dates
from services.ingest.pages.labels import (
    NUMBERS,
    STATUSES,
    TONES,
    event_label,
    pick,
    reason_label,
)
from services.ingest.pages.render import Renderer, field_errors, language, new_nonce
from services.ingest.pages.report import FieldErrors, after_refusal
from services.ingest.pages.words import word
from services.ingest.refusals import Refusal, RefusedError, refused
from services.ingest.tracking import Entry, View
from services.ingest.words import Lang
from shared.contracts.enums import CLOSED_STATUSES, CitizenAct
from shared.db.read.directory import OPD, Region
from shared.db.read.intake import FileRow, Submission
from shared.files.inspection import disposition
from shared.files.store import FileStore

_ANCHORS = {"ticket": "ticket", "code": "code", "text": "", "score": "", "act": "", "files": ""}
_KILOBYTE = 1024
_FILE_POLICY = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry of the timeline as the page shows it."""

    label: str
    at: str
    who: str
    text: str | None
    reason: str | None
    external: str | None
    score: int | None
    mine: bool


def tracking_pages(
    deps: Deps, reader: BodyReader, renderer: Renderer, store: FileStore
) -> APIRouter:
    """The router of these pages."""
    router = APIRouter(include_in_schema=False)
    pages = _TrackingPages(deps, renderer, store)
    read = reading(reader, Counted.ACT)

    @router.get("/lacak")
    def ask(request: Request) -> Response:
        return pages.ask(request, request.query_params.get("tiket", ""))

    @router.post("/lacak")
    def show(request: Request, body: Annotated[Body, Depends(read)]) -> Response:
        return pages.show(request, body.fields)

    @router.get("/lacak/tindakan")
    def ask_again(request: Request) -> Response:
        return pages.ask(request, "")

    @router.post("/lacak/tindakan")
    def act(request: Request, body: Annotated[Body, Depends(read)]) -> Response:
        return pages.act(request, body)

    @router.post("/lacak/berkas")
    def file(request: Request, body: Annotated[Body, Depends(read)]) -> Response:
        return pages.file(request, body.fields)

    return router


class _TrackingPages:
    def __init__(self, deps: Deps, renderer: Renderer, store: FileStore) -> None:
        self._deps = deps
        self._renderer = renderer
        self._store = store

    def ask(self, request: Request, ticket: str, error: RefusedError | None = None) -> Response:
        errors, by_field = field_errors(error, language(request), _ANCHORS) if error else ([], {})
        return self._renderer.page(
            request,
            "track",
            status=error.refusal.value if error else 200,
            here="track",
            v={"ticket": ticket[:20]},
            e=FieldErrors(by_field),
            errors=errors,
        )

    def show(self, request: Request, fields: Mapping[str, str]) -> Response:
        ticket, code = fields.get("ticket", ""), fields.get("code", "")
        try:
            found = self._open(request, ticket, code)
        except RefusedError as error:
            return self.ask(request, ticket, error)
        return self._case(request, found, code)

    def act(self, request: Request, body: Body) -> Response:
        fields = dict(body.fields)
        ticket, code = fields.pop("ticket", ""), fields.get("code", "")
        nonce = fields.pop("nonce", "") or new_nonce()
        try:
            found = self._open(request, ticket, code)
        except RefusedError as error:
            return self.ask(request, ticket, error)
        try:
            if not fields.get("text", "").strip():
                fields.pop("text", None)
            command = command_of(Body(None, fields), ActOnComplaint, Counted.ACT)
            sent = Sent(sender_address(request), f"form:{nonce}", files=body.files)
            handlers.act(self._deps, found.ticket, command, sent)
        except RefusedError as error:
            _, shown = after_refusal(error, nonce, with_files=bool(body.files))
            typed = {fields.get("act", ""): fields.get("text", "")}
            return self._case(request, found, code, error=shown, typed=typed)
        return self._case(request, found, code, done=command.act)

    def file(self, request: Request, fields: Mapping[str, str]) -> Response:
        """An attachment, to who knows ticket and code; shown in a sandbox or downloaded."""
        ticket = fields.get("ticket", "")
        try:
            found = self._open(request, ticket, fields.get("code", ""))
            content = self._deps.tracking.own_file(
                self._store, found.ticket, fields.get("file", "")
            )
            if content is None:
                raise refused(Refusal.NOT_FOUND, "not_found", "file")
        except RefusedError as error:
            return self.ask(request, ticket, error)
        media_type, data = content
        headers = {
            "Content-Security-Policy": _FILE_POLICY,
            "Content-Disposition": disposition(media_type),
        }
        return Response(data, media_type=media_type, headers=headers)

    def _open(self, request: Request, ticket: str, code: str) -> Submission:
        now = self._deps.clock.now()
        return self._deps.tracking.open(ticket, code, sender_address(request), now)

    def _case(
        self,
        request: Request,
        found: Submission,
        code: str,
        *,
        error: RefusedError | None = None,
        typed: Mapping[str, str] | None = None,
        done: CitizenAct | None = None,
    ) -> Response:
        lang = language(request)
        view = self._deps.tracking.view(found, self._deps.clock.now())
        directory = self._deps.directory()
        region = directory.region(found.region)
        holder = directory.opd(view.case.opd) if view.case.opd else None
        own_text, files = self._deps.tracking.own_words(found.ticket)
        return self._renderer.page(
            request,
            "case",
            status=error.refusal.value if error else 200,
            here="track",
            region=region,
            errors=field_errors(error, lang, _ANCHORS)[0] if error else [],
            view=view,
            numbers=self._numbers(view, region, lang),
            code=code,
            nonce=new_nonce(),
            done=done.value if done else "",
            typed={act.value: "" for act in CitizenAct} | dict(typed or {}),
            status_word=pick(STATUSES[view.case.status], lang),
            tone=TONES.get(view.case.status, ""),
            holder=holder.name if holder else None,
            received=dates.moment(found.received_at, region, lang) if region else "",
            dues=_dues(view, region, lang),
            allowed={act.value for act in view.case.allowed},
            others=view.case.allowed - {CitizenAct.ANSWER},
            timeline=[self._entry(found.ticket, entry, region, lang) for entry in _newest(view)],
            own_text=own_text,
            files=[_file(row) for row in files],
        )

    def _numbers(self, view: View, region: Region | None, lang: Lang) -> list[tuple[str, str]]:
        """Whom to call, the main number first; none where nobody is in danger."""
        if not view.case.emergency:
            return []
        main = self._renderer.emergency
        others = region.emergency if region else ()
        return [("", main)] + [
            (pick(NUMBERS.get(label, (label, label)), lang), number)
            for label, number in others
            if number != main
        ]

    def _entry(self, ticket: str, entry: Entry, region: Region | None, lang: Lang) -> Shown:
        mine = entry.by == "citizen"
        own = self._deps.tracking.own_act_text(ticket, entry.act_id) if entry.act_id else None
        directory = self._deps.directory()
        unit = directory.opd(entry.opd) if entry.opd else None
        outside = directory.opd(entry.external) if entry.external else None
        return Shown(
            label=event_label(entry.type, lang),
            at=dates.moment(entry.at, region, lang) if region else "",
            who=_who(entry.by, unit, lang),
            text=own or entry.text,
            reason=reason_label(entry.reason, lang) if entry.reason else None,
            external=outside.name if outside else entry.external,
            score=entry.score,
            mine=mine,
        )


def _who(by: str, unit: OPD | None, lang: Lang) -> str:
    """Who acted: the citizen, or a role with its unit; the system is the unit's own."""
    if by == "system" and unit:
        return unit.short
    role = word(f"by_{by}", lang)
    return f"{role}, {unit.short}" if unit and by != "citizen" else role


def _newest(view: View) -> list[Entry]:
    return sorted(view.case.timeline, key=lambda entry: entry.at, reverse=True)


def _dues(view: View, region: Region | None, lang: Lang) -> list[tuple[str, str]]:
    """Steps that are still to be done; a closed case has none."""
    if region is None or view.case.status in CLOSED_STATUSES:
        return []
    due, done = view.case.due, view.case.done
    steps = (
        ("verify", due.verify),
        ("first_response", due.first_response),
        ("finish", due.finish),
    )
    return [
        (key, dates.deadline_day(at, region, lang)) for key, at in steps if at and key not in done
    ]


def _file(row: FileRow) -> dict[str, str]:
    kilobytes = max(1, row.size // _KILOBYTE)
    kind = row.media_type.rpartition("/")[2].upper()
    return {"file_id": row.file_id, "kind": kind, "size": f"{kilobytes} kB"}
