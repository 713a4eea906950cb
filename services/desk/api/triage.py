"""`/api/v1/triage`: what waits for the coordinator."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from services.desk import reading
from services.desk.context import DeskContext, context, require_session
from services.desk.likes import chosen, openable
from services.desk.permissions import Viewer, may_see_triage, queue_scope
from services.desk.sessions import Session
from shared.web.problem import ProblemError, problem_responses

router = APIRouter(prefix="/api/v1/triage", tags=["triage"])

_WITH_LIKES = ("waiting", "refused", "reopened")


def triage_of(desk: DeskContext, viewer: Viewer) -> dict[str, Any]:
    """The coordinator's triage lists, or 403."""
    with desk.db.read() as conn:
        directory = desk.directory(conn)
        scope = queue_scope(viewer, directory)
        if scope is None or not may_see_triage(viewer):
            raise ProblemError(
                403, "Tidak diizinkan", "Halaman ini milik koordinator.",
                remedy="Masuk sebagai koordinator.",
            )  # fmt: skip
        lists = reading.triage(conn, scope, desk.clock.now())
        items = [item for name in _WITH_LIKES for item in lists[name]]
        known = openable(conn, (t for one in items for t in one["duplicates"]), viewer, directory)
        for item in items:
            item["duplicates"] = chosen(item["duplicates"], known)
        return lists


@router.get("", responses=problem_responses(401, 403))
def read(
    request: Request, session: Annotated[Session, Depends(require_session)]
) -> Mapping[str, Any]:
    """Cases without an OPD, twice refused, reopened; dead letters of the region."""
    return triage_of(context(request), session.viewer)
