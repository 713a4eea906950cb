"""`/` and `/lapor`: choosing the region, the complaint form and the page with the ticket."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.ingest import handlers
from services.ingest.api.reading import Body, BodyReader
from services.ingest.api.routes import command_of, reading, sender_address
from services.ingest.commands import FileComplaint
from services.ingest.handlers import Accepted, Deps, Sent
from services.ingest.metrics import Counted
from services.ingest.offered import OfferedServices
from services.ingest.pages import dates
from services.ingest.pages.labels import CATEGORIES, pick
from services.ingest.pages.render import (
    REGION_COOKIE,
    Renderer,
    blank_values,
    field_errors,
    language,
    new_nonce,
)
from services.ingest.pages.words import word
from services.ingest.refusals import Flaw, Refusal, RefusedError
from services.ingest.walkin import FIELD as PASS
from services.ingest.walkin import channel_of, tell, walkin_of
from shared.db.read.directory import OPD, Region
from shared.web.passes import MAX_LENGTH

_MEGABYTE = 1024 * 1024
MODES = ("biasa", "anonim", "rahasia")
# Field of the form → id of its input.
_ANCHORS = {
    "text": "text",
    "region": "text",
    "location": "address",
    "location.address": "address",
    "occurred_on": "occurred_on",
    "files": "files",
    "opd": "opd",
    "service": "service",
    "category": "category",
    "reporter.name": "name",
    "reporter.phone": "phone",
    "reporter.email": "email",
    PASS: "text",
}
_FIELDS = (
    "text",
    "location.lat",
    "location.lon",
    "location.address",
    "occurred_on",
    "opd",
    "service",
    "category",
    "reporter.name",
    "reporter.phone",
    "reporter.email",
)
_CONTACT = ("reporter.name", "reporter.phone", "reporter.email")


def report_pages(deps: Deps, reader: BodyReader, renderer: Renderer) -> APIRouter:
    """The router of these pages."""
    router = APIRouter(include_in_schema=False)
    pages = _ReportPages(deps, renderer)
    read = reading(reader, Counted.COMPLAINT)

    @router.get("/")
    def home(request: Request) -> Response:
        return pages.home(request)

    @router.get("/lapor")
    def form(request: Request) -> Response:
        region = pages.region(request.query_params.get("wilayah", ""))
        if region is None:
            return RedirectResponse("/", 303)
        given = {name: request.query_params.get(name, "") for name in ("opd", PASS)}
        return pages.form(request, region, given, new_nonce(), pages.refusal(region, given[PASS]))

    @router.post("/lapor")
    def post(request: Request, body: Annotated[Body, Depends(read)]) -> Response:
        return pages.post(request, body)

    return router


class _ReportPages:
    def __init__(self, deps: Deps, renderer: Renderer) -> None:
        self._deps = deps
        self._renderer = renderer
        self._services = OfferedServices(deps.database, deps.clock, deps.directory)

    def region(self, code: str) -> Region | None:
        return self._deps.directory().region(code)

    def home(self, request: Request) -> Response:
        """The chooser; a phone that chose before, or a single region, goes on to the form."""
        regions = self._deps.directory().regions
        remembered = self.region(request.cookies.get(REGION_COOKIE, ""))
        only = regions[0] if len(regions) == 1 else remembered
        if only is not None and "pilih" not in request.query_params:
            return RedirectResponse(f"/lapor?wilayah={only.code}", 303)
        return self._renderer.page(request, "home", here="report", regions=regions)

    def refusal(self, region: Region, taken_in: str) -> RefusedError | None:
        """Told before the form is filled in, not after."""
        try:
            walkin_of(self._deps, taken_in, region.code, PASS)
        except RefusedError as error:
            return error
        return None

    def form(
        self,
        request: Request,
        region: Region,
        given: Mapping[str, str],
        nonce: str,
        error: RefusedError | None = None,
    ) -> Response:
        lang = language(request)
        errors, by_field = field_errors(error, lang, _ANCHORS) if error else ([], {})
        now = self._deps.clock.now()
        due = self._deps.promise(region, now).first_answer
        rules = self._deps.file_rules
        values: dict[str, Any] = blank_values(_FIELDS, given)
        mode = given.get("mode", "")
        values["mode"] = mode if mode in MODES else MODES[0]
        values["open_contact"] = any(values[name] for name in _CONTACT)
        hint = word("files_hint", lang).format(
            count=rules.max_count, size=rules.max_bytes // _MEGABYTE
        )
        return self._renderer.page(
            request,
            "report",
            status=error.refusal.value if error else 200,
            here="report",
            region=region,
            v=values,
            e=FieldErrors(by_field),
            errors=errors,
            nonce=nonce,
            due=dates.deadline_day(due, region, lang),
            today=now.astimezone(region.zone_info).date().isoformat(),
            files_hint=hint,
            opds=[opd for opd in self._deps.directory().opds(region.code) if takes_reports(opd)],
            services=self._services(values["opd"]),
            walkin=given.get(PASS, "")[:MAX_LENGTH],
            categories=[(code.value, pick(pair, lang)) for code, pair in CATEGORIES.items()],
        )

    def post(self, request: Request, body: Body) -> Response:
        fields = dict(body.fields)
        region = self.region(fields.get("region", ""))
        if region is None:
            return RedirectResponse("/", 303)
        nonce, mode = fields.pop("nonce", "") or new_nonce(), fields.pop("mode", "")
        taken_in = fields.pop(PASS, "")
        typed = fields | {"mode": mode, PASS: taken_in}
        # A mode that nobody knows is taken for the one that shows least.
        fields["anonymous"] = str(mode == "anonim" or mode not in ("", *MODES)).lower()
        fields["confidential"] = str(mode == "rahasia").lower()
        try:
            command = command_of(Body(None, fields), FileComplaint, Counted.COMPLAINT)
            passed = walkin_of(self._deps, taken_in, region.code, PASS)
            address, key = sender_address(request), f"form:{nonce}"
            sent = Sent(address, key, channel_of(passed), body.files)
            accepted = handlers.file_complaint(self._deps, command, sent)
        except RefusedError as error:
            nonce, shown = after_refusal(error, nonce, with_files=bool(body.files))
            return self.form(request, region, typed, nonce, shown)
        tell(passed, accepted.ticket)
        return self._thanks(request, region, accepted, taken_in)

    def _thanks(
        self, request: Request, region: Region, accepted: Accepted, walkin: str
    ) -> Response:
        return self._renderer.page(
            request,
            "thanks",
            here="report",
            region=region,
            ticket=accepted.ticket,
            code=accepted.tracking_code,
            walkin=walkin,
            due=dates.deadline_day(accepted.due_at, region, language(request)),
        )


class FieldErrors(dict[str, Any]):
    """Errors by field; a field without one is simply empty."""

    def __missing__(self, key: str) -> None:
        return None


def after_refusal(error: RefusedError, nonce: str, *, with_files: bool) -> tuple[str, RefusedError]:
    """The nonce and the errors to show: a form sent before becomes a new one."""
    if error.refusal in (Refusal.CONFLICT, Refusal.GONE):
        return new_nonce(), RefusedError(error.refusal, [Flaw("body", "sent_before")])
    if with_files:
        flaws = [*error.flaws, Flaw("files", "again_files")]
        return nonce, RefusedError(error.refusal, flaws)
    return nonce, error


def takes_reports(opd: OPD) -> bool:
    """Whether citizens are offered the unit: not the internal ones, not outside bodies."""
    return not opd.external and (not opd.internal_only or opd.path == "inspektorat")
