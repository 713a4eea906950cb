"""Where the broker is and how to speak to it, once for every client library."""

from typing import Any

from shared.settings import Settings

REQUEST_TIMEOUT_MS = 15_000
# A fetch waits about a quarter of this even when data is there (measured on the embedded broker:
# 500 costs 130 ms, 50 costs 6 to 27 ms), so every consumer asks for this short wait.
FETCH_MAX_WAIT_MS = 50


def client_options(settings: Settings) -> dict[str, Any]:
    """Options of every kafka-python client."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
        "reconnect_backoff_max_ms": 1_000,
    }
    if settings.broker_username:
        options |= {
            "security_protocol": "SASL_SSL" if settings.broker_tls else "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.broker_username,
            "sasl_plain_password": settings.broker_password.get_secret_value(),
        }
    elif settings.broker_tls:
        options["security_protocol"] = "SSL"
    return options


def consumer_options(settings: Settings, group: str | None) -> dict[str, Any]:
    """Options of every kafka-python consumer: offsets are committed by hand, after the effect."""
    session_ms = int(settings.broker_session_seconds * 1000)
    return client_options(settings) | {
        "metrics_enabled": False,
        "group_id": None if group is None else settings.topic(group),
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "allow_auto_create_topics": False,
        "fetch_max_wait_ms": FETCH_MAX_WAIT_MS,
        "session_timeout_ms": session_ms,
        "heartbeat_interval_ms": session_ms // 3,
        "max_poll_interval_ms": 300_000,
        "max_poll_records": settings.batch_size,
    }
