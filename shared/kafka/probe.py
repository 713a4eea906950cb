"""`/healthz`, `/readyz` and `/metrics` for a process that serves nothing else over HTTP."""

import threading
from collections.abc import Callable, Iterable, Mapping
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from shared.observe.checks import Check, run_checks

_START = Callable[[str, list[tuple[str, str]]], object]
_JSON = "application/json"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Requests of a scraper are not worth a line."""


class Probe:
    """A small server in a thread."""

    def __init__(self, host: str, port: int, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self._server = make_server(host, port, self._answer, _Server, _Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.server_port

    def start(self) -> None:
        """Begin answering."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: dict[str, object], start: _START) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path == "/metrics":
            start("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
            return [generate_latest(REGISTRY)]
        if path == "/healthz":
            start("200 OK", [("Content-Type", _JSON)])
            return [orjson.dumps({"status": "ok"})]
        if path == "/readyz":
            outcomes = run_checks(self._checks)
            ready = all(outcome == "ok" for outcome in outcomes.values())
            start("200 OK" if ready else "503 Service Unavailable", [("Content-Type", _JSON)])
            status = "ok" if ready else "unavailable"
            return [orjson.dumps({"status": status, "checks": outcomes})]
        start("404 Not Found", [("Content-Type", _JSON)])
        return [b"{}"]
