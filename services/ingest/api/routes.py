"""The routes of the API: read, call the handler in the threadpool, answer."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Header, Path, Query, Request

from services.ingest import handlers
from services.ingest.api.answers import (
    ActAccepted,
    ComplaintAccepted,
    SurveyAccepted,
    TrackingAnswer,
)
from services.ingest.api.reading import Body, BodyReader
from services.ingest.api.schema import body_schema
from services.ingest.commands import ActOnComplaint, AnswerSurvey, Command, FileComplaint
from services.ingest.handlers import Deps, Sent
from services.ingest.metrics import Counted, count_refusal
from services.ingest.refusals import RefusedError
from services.ingest.walkin import HEADER, channel_of, tell, walkin_of
from shared.ids import normalise_ticket
from shared.web.problem import problem_responses

C = TypeVar("C", bound=Command)
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="Repeats with the same key and body are one."),
]
TakenIn = Annotated[
    str | None, Header(alias=HEADER, description="A pass of the desk: staff took the report in.")
]
TicketName = Annotated[
    str, Path(description="A ticket; case and dashes do not matter.", examples=["7KQ4-2MX7"])
]
_WRITING = (408, 409, 410, 413, 415, 422, 429, 500, 503)


def sender_address(request: Request) -> str:
    """The network address a request came from."""
    return request.client.host if request.client else "?"


def reading(reader: BodyReader, kind: Counted) -> Callable[[Request], AsyncIterator[Body]]:
    """A dependency that reads the body, and lets go of it after the answer."""

    async def read(request: Request) -> AsyncIterator[Body]:
        async with reader.read(request, kind) as body:
            yield body

    return read


def command_of(body: Body, model: type[C], kind: Counted) -> C:
    """The command in a body; a refusal is counted."""
    try:
        return body.command(model)
    except RefusedError as error:
        count_refusal(kind, error)
        raise


def api_routes(deps: Deps, reader: BodyReader, site: str) -> APIRouter:
    """The API's router."""
    router = APIRouter(prefix="/api/v1")
    _filing(router, deps, reader, site)
    _following(router, deps, reader)
    _survey_routes(router, deps, reader)
    return router


def _filing(router: APIRouter, deps: Deps, reader: BodyReader, site: str) -> None:
    read_complaint = reading(reader, Counted.COMPLAINT)

    @router.post(
        "/complaints",
        status_code=202,
        summary="File a complaint",
        responses=problem_responses(*_WRITING),
        openapi_extra=body_schema(FileComplaint, files=True),
    )
    def post_complaint(
        request: Request,
        body: Annotated[Body, Depends(read_complaint)],
        key: Key = None,
        taken_in: TakenIn = None,
    ) -> ComplaintAccepted:
        """Accepted means stored: ticket and tracking code are good from now on."""
        command = command_of(body, FileComplaint, Counted.COMPLAINT)
        passed = walkin_of(deps, taken_in, command.region, HEADER)
        sent = Sent(sender_address(request), key, channel_of(passed), body.files)
        done = handlers.file_complaint(deps, command, sent)
        tell(passed, done.ticket)
        return ComplaintAccepted(
            ticket=done.ticket,
            tracking_code=done.tracking_code,
            status_url=f"{site}/lacak?tiket={done.ticket}",
            due_at=done.due_at,
        )


def _following(router: APIRouter, deps: Deps, reader: BodyReader) -> None:
    read_act = reading(reader, Counted.ACT)

    @router.get(
        "/complaints/{ticket}",
        summary="What became of a complaint",
        responses=problem_responses(404, 422, 429, 500, 503),
    )
    def get_complaint(
        request: Request,
        ticket: TicketName,
        code: Annotated[str, Query(max_length=64, examples=["K7QM4X"])],
    ) -> TrackingAnswer:
        """A wrong code and an unknown ticket get the same answer."""
        now = deps.clock.now()
        found = deps.tracking.open(ticket, code, sender_address(request), now)
        return TrackingAnswer.of(deps.tracking.view(found, now))

    @router.post(
        "/complaints/{ticket}/acts",
        status_code=202,
        summary="Answer, add, say it is not done, rate or withdraw",
        responses=problem_responses(404, *_WRITING),
        openapi_extra=body_schema(ActOnComplaint, files=True),
    )
    def post_act(
        request: Request,
        ticket: TicketName,
        body: Annotated[Body, Depends(read_act)],
        key: Key = None,
    ) -> ActAccepted:
        """What the case's state does not allow is refused at once."""
        command = command_of(body, ActOnComplaint, Counted.ACT)
        sent = Sent(sender_address(request), key, files=body.files)
        done = handlers.act(deps, ticket, command, sent)
        return ActAccepted(ticket=normalise_ticket(ticket), act=command.act, act_id=done.reference)


def _survey_routes(router: APIRouter, deps: Deps, reader: BodyReader) -> None:
    read_survey = reading(reader, Counted.SURVEY)

    @router.post(
        "/surveys",
        status_code=202,
        summary="Answer the satisfaction survey (SKM)",
        responses=problem_responses(*_WRITING),
        openapi_extra=body_schema(AnswerSurvey),
    )
    def post_survey(
        request: Request, body: Annotated[Body, Depends(read_survey)], key: Key = None
    ) -> SurveyAccepted:
        """An element left out is missing, never 0."""
        command = command_of(body, AnswerSurvey, Counted.SURVEY)
        done = handlers.answer_survey(deps, command, Sent(sender_address(request), key))
        return SurveyAccepted(receipt=done.reference)
