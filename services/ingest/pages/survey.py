"""`/survei`: choosing the office, the nine SKM elements, the receipt."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.ingest import handlers
from services.ingest.api.reading import Body, BodyReader
from services.ingest.api.routes import reading, sender_address
from services.ingest.bodies import from_parts
from services.ingest.commands import AnswerSurvey
from services.ingest.handlers import Deps, Sent
from services.ingest.metrics import Counted, count_refusal
from services.ingest.offered import MOST, OfferedServices
from services.ingest.pages.labels import EDUCATION, ELEMENTS, OCCUPATIONS, SEXES, pick
from services.ingest.pages.render import (
    Renderer,
    blank_values,
    field_errors,
    language,
    new_nonce,
)
from services.ingest.pages.report import FieldErrors, after_refusal, takes_reports
from services.ingest.refusals import RefusedError
from shared.db.read.directory import OPD, Region

_ANCHORS = {
    "answers": "persyaratan",
    "comment": "comment",
    "service": "service",
    "token": "token",
    "respondent.sex": "sex",
    "respondent.age": "age",
    "respondent.education": "education",
    "respondent.occupation": "occupation",
}
_TEXTS = ("comment", "service", "token")
_WHO = ("respondent.sex", "respondent.age", "respondent.education", "respondent.occupation")


def survey_pages(deps: Deps, reader: BodyReader, renderer: Renderer) -> APIRouter:
    """The router of these pages."""
    router = APIRouter(include_in_schema=False)
    pages = _SurveyPages(deps, renderer)
    read = reading(reader, Counted.SURVEY)

    @router.get("/survei")
    def regions(request: Request) -> Response:
        places = [(r.code, r.name, r.province) for r in deps.directory().regions]
        return renderer.page(request, "places", here="survey", places=places)

    @router.get("/survei/{region}")
    def offices(request: Request, region: str) -> Response:
        found = deps.directory().region(region)
        if found is None:
            return RedirectResponse("/survei", 303)
        places = [(o.code, o.name, "") for o in deps.directory().opds(region) if takes_reports(o)]
        return renderer.page(request, "places", here="survey", region=found, places=places)

    @router.get("/survei/{region}/{opd}")
    def form(request: Request, region: str, opd: str) -> Response:
        found = pages.office(region, opd)
        if found is None:
            return RedirectResponse("/survei", 303)
        asked = request.query_params
        given = {"token": asked.get("token", ""), "service": asked.get("service", "")}
        return pages.form(request, *found, given, new_nonce())

    @router.post("/survei/{region}/{opd}")
    def post(
        request: Request, region: str, opd: str, body: Annotated[Body, Depends(read)]
    ) -> Response:
        found = pages.office(region, opd)
        if found is None:
            return RedirectResponse("/survei", 303)
        return pages.post(request, *found, body)

    return router


class _SurveyPages:
    def __init__(self, deps: Deps, renderer: Renderer) -> None:
        self._deps = deps
        self._renderer = renderer
        self._services = OfferedServices(deps.database, deps.clock, deps.directory)

    def office(self, region: str, opd: str) -> tuple[Region, OPD] | None:
        directory = self._deps.directory()
        place, unit = directory.region(region), directory.opd(f"{region}/{opd}")
        if place is None or unit is None or unit.external:
            return None
        return place, unit

    def form(
        self,
        request: Request,
        region: Region,
        opd: OPD,
        given: Mapping[str, str],
        nonce: str,
        error: RefusedError | None = None,
    ) -> Response:
        lang = language(request)
        errors, by_field = field_errors(error, lang, _ANCHORS) if error else ([], {})
        names = (*(element.value for element in ELEMENTS), *_TEXTS, *_WHO)

        def options(pairs: Any) -> list[tuple[str, str]]:
            return [(code, pick(pair, lang)) for code, pair in pairs]

        return self._renderer.page(
            request,
            "survey",
            status=error.refusal.value if error else 200,
            here="survey",
            region=region,
            opd=opd,
            v=blank_values(names, given),
            e=FieldErrors(by_field),
            errors=errors,
            nonce=nonce,
            elements=[
                (code.value, pick(title, lang), [pick(label, lang) for label in labels])
                for code, (title, labels) in ELEMENTS.items()
            ],
            services=self._offered(opd, given.get("service", "")),
            sexes=options(SEXES),
            education=options(EDUCATION),
            occupations=options(OCCUPATIONS),
        )

    def _offered(self, opd: OPD, chosen: str) -> list[str]:
        """The services to choose from, with what was chosen before; none: it is asked in words."""
        names = self._services(opd.code)
        if len(names) >= MOST:
            return []  # A list that was cut short must not be the only choice.
        return [chosen, *names] if names and chosen and chosen not in names else names

    def post(self, request: Request, region: Region, opd: OPD, body: Body) -> Response:
        fields = dict(body.fields)
        nonce = fields.get("nonce", "") or new_nonce()
        try:
            command = self._command(region, opd, fields)
            sent = Sent(sender_address(request), f"form:{nonce}")
            done = handlers.answer_survey(self._deps, command, sent)
        except RefusedError as error:
            nonce, shown = after_refusal(error, nonce, with_files=False)
            return self.form(request, region, opd, fields, nonce, shown)
        return self._renderer.page(
            request, "survey_thanks", here="survey", region=region, opd=opd, receipt=done.reference
        )

    def _command(self, region: Region, opd: OPD, fields: Mapping[str, str]) -> AnswerSurvey:
        given = {name: fields[name] for name in (*_TEXTS, *_WHO) if fields.get(name)}
        answers = {e.value: fields[e.value] for e in ELEMENTS if fields.get(e.value)}
        try:
            return from_parts(
                AnswerSurvey, given | {"region": region.code, "opd": opd.code}, answers=answers
            )
        except RefusedError as error:
            count_refusal(Counted.SURVEY, error)
            raise
