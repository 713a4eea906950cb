"""Ports and variables of the services that `tanggap up` starts."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.contracts.topics import Service
from shared.kafka.embedded import free_port

if TYPE_CHECKING:
    from shared.settings import Settings

# Stopped in this order: nothing new comes in first, scores are the last to learn of anything.
STOP_ORDER = (Service.INGEST, Service.CLASSIFIER, Service.DESK, Service.SCORING)


def choose_ports(settings: "Settings", tell: Callable[[str], None]) -> dict[Service, int]:
    """The port of every service: the wanted one, or a free one if it is taken."""
    chosen: dict[Service, int] = {}
    for service in Service:
        wanted = int(getattr(settings, f"{service}_port"))
        port = 0 if wanted in chosen.values() else wanted
        chosen[service] = free_port(port, settings.host)
        if wanted and chosen[service] != wanted:
            tell(f"port {wanted} is taken: {service} answers on {chosen[service]}")
    return chosen


def service_environment(
    settings: "Settings", ports: dict[Service, int], broker_url: str, session_seconds: float
) -> dict[str, str]:
    """The variables every service gets, beside those we were given ourselves."""
    values = {
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "FILES_URL": settings.files_url,
        "BROKER_URL": broker_url,
        "BROKER_SESSION_SECONDS": f"{session_seconds:g}",
        "HOST": settings.host,
        "DEMO": "true" if settings.demo else "false",
        "DEFAULT_REGION": settings.default_region,
        **{f"{service.upper()}_PORT": str(port) for service, port in ports.items()},
    }
    if settings.master_key:
        values["MASTER_KEY"] = settings.master_key.get_secret_value()
    return os.environ | {f"TANGGAP_{name}": value for name, value in values.items()}
