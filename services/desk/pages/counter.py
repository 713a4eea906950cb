"""The page for the counter and the telephone: the way to the citizens' form, filled in by staff."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.desk.api.walkins import issue
from services.desk.context import context
from services.desk.pages.board import place_of
from services.desk.pages.rendering import render, staff_session

router = APIRouter()


@router.get("/loket")
def counter_page(request: Request) -> Response:
    """What to ask and to say, and the form with the person's pass."""
    session = staff_session(request)
    given = issue(request, session)
    place = place_of(context(request), session.viewer)
    return render(request, "counter.html", session=session, given=given, **place)
