"""`/api/v1/walkins`: a pass to file reports for citizens who come or call (ADR 0073)."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from services.desk.actions import audit
from services.desk.context import context, require_session
from services.desk.permissions import may_take_in
from services.desk.sessions import Session
from shared.web.passes import new_pass
from shared.web.problem import ProblemError, problem_responses

router = APIRouter(prefix="/api/v1/walkins", tags=["walkins"])


class Pass(BaseModel):
    """A pass for the person's own region; it goes with every report as `X-Walkin-Pass`."""

    token: str = Field(description="Value of the header `X-Walkin-Pass`.")
    region: str
    until: datetime
    form_url: str = Field(description="The citizens' form, for filling in by staff.")
    api_url: str = Field(description="Where reports are posted with the header.")


@router.post("", responses=problem_responses(401, 403, 503))
def create(request: Request, session: Annotated[Session, Depends(require_session)]) -> Pass:
    """A fresh pass; written to the audit trail."""
    return issue(request, session)


def issue(request: Request, session: Session) -> Pass:
    """A pass for who may take reports in, or 403."""
    desk, viewer = context(request), session.viewer
    if not may_take_in(viewer) or viewer.region is None:
        raise ProblemError(
            403, "Tidak diizinkan", "Akun ini tidak mencatat laporan warga.",
            remedy="Masuk sebagai petugas atau koordinator.",
        )  # fmt: skip
    if desk.vault is None:
        raise ProblemError(
            503, "Layanan sedang tidak tersedia", "Kunci utama belum dipasang di desk.",
            remedy="Pasang TANGGAP_MASTER_KEY yang sama dengan milik ingest.",
        )  # fmt: skip
    now = desk.clock.now()
    token, until = new_pass(desk.vault, viewer.username, viewer.region, now)
    with desk.db.write() as conn:
        audit(conn, now, viewer, "walkin", "", None)
    site = desk.settings.neighbour(str(request.url), desk.settings.ingest_port)
    return Pass(
        token=token,
        region=viewer.region,
        until=until,
        form_url=f"{site}/lapor?wilayah={viewer.region}&petugas={token}",
        api_url=f"{site}/api/v1/complaints",
    )
