"""`/healthz`, `/readyz` and `/metrics` of an HTTP service; they know nothing of what it serves."""

from collections.abc import Mapping

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.responses import JSONResponse, Response

from shared.observe.checks import Check, run_checks


def health_routes(app: FastAPI, checks: Mapping[str, Check], registry: CollectorRegistry) -> None:
    """Add the three routes; a check answers True when ready, else False or the reason."""

    @app.get("/healthz", include_in_schema=False)
    def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> JSONResponse:
        """Every dependency answers."""
        outcomes = run_checks(checks)
        ready = all(outcome == "ok" for outcome in outcomes.values())
        body = {"status": "ok" if ready else "unavailable", "checks": outcomes}
        return JSONResponse(body, 200 if ready else 503)

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        """Prometheus text format."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
