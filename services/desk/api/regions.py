"""`/api/v1/regions`: the directory, and the coordinator's switch of the public score pages."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, StrictBool
from sqlalchemy import update

from services.desk.actions import audit
from services.desk.api.inputs import RegionName
from services.desk.context import context, require_session
from services.desk.permissions import may_change_region
from services.desk.sessions import Session
from shared.db.read.directory import OPD, Region
from shared.db.tables.directory import desk_regions
from shared.web.problem import ProblemError, problem_responses

router = APIRouter(prefix="/api/v1/regions", tags=["regions"])


class RegionChange(BaseModel):
    """What a coordinator may change of the region."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"public_scores": True}]},
    )

    public_scores: StrictBool


@router.get("")
def read_all(request: Request) -> Mapping[str, Any]:
    """All regions, with the OPDs a case can be held by."""
    desk = context(request)
    with desk.db.read() as conn:
        directory = desk.directory(conn)
    return {
        "items": [
            _region(region) | {"opds": [_opd(opd) for opd in directory.opds(region.code)]}
            for region in directory.regions
        ]
    }


@router.patch("/{region}", responses=problem_responses(401, 403, 404, 422))
def change(
    request: Request,
    session: Annotated[Session, Depends(require_session)],
    region: RegionName,
    body: RegionChange,
) -> Mapping[str, Any]:
    """Switch the region's public score pages on or off."""
    desk = context(request)
    with desk.db.write() as conn:
        found = desk.directory(conn).region(region)
        if found is None:
            raise ProblemError(404, "Tidak ditemukan", "Daerah ini tidak ada.", "region")
        if not may_change_region(session.viewer, region):
            raise ProblemError(
                403, "Tidak diizinkan", "Hanya koordinator daerah ini yang boleh.",
                remedy="Masuk sebagai koordinatornya.",
            )  # fmt: skip
        now = desk.clock.now()
        conn.execute(
            update(desk_regions)
            .where(desk_regions.c.code == region)
            .values(public_scores=body.public_scores, changed_at=now)
        )
        state = "on" if body.public_scores else "off"
        audit(conn, now, session.viewer, "public-scores", "", state)
    desk.directory.forget()
    return _region(found) | {"public_scores": body.public_scores}


def _region(region: Region) -> dict[str, Any]:
    return {
        "region": region.code,
        "name": region.name,
        "zone": region.zone,
        "zone_label": region.zone_label,
        "public_scores": region.public_scores,
    }


def _opd(opd: OPD) -> dict[str, Any]:
    return {
        "opd": opd.code,
        "name": opd.name,
        "short": opd.short,
        "parent": opd.parent,
        "external": opd.external,
        "internal_only": opd.internal_only,
    }
