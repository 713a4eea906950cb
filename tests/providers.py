"""Fake providers over real connections: HTTP answers by a script, and a small mail server."""

import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson


@dataclass
class Call:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)

    def form(self) -> dict[str, str]:
        """The body as a form."""
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass
class Reply:
    """What is answered; `hold`: not before the event is set."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    hold: threading.Event | None = None

    def bytes(self) -> bytes:
        """The body as it travels."""
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else orjson.dumps(self.body)


class FakeProvider:
    """Answers each call by the script; the last reply repeats. Keeps the calls."""

    def __init__(self, *script: Reply) -> None:
        self.script = list(script) or [Reply()]
        self.calls: list[Call] = []
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, call: Call) -> Reply:
        """The next reply of the script."""
        with self._arrived:
            self.calls.append(call)
            reply = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            self._arrived.notify_all()
        if reply.hold is not None:
            reply.hold.wait(10)
        return reply

    def wait_for(self, calls: int) -> None:
        """Until so many calls have come."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.calls) >= calls, 10)

    @contextmanager
    def running(self) -> Iterator["FakeProvider"]:
        """Listening inside the block."""
        thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        thread.start()
        try:
            yield self
        finally:
            for reply in self.script:
                if reply.hold is not None:
                    reply.hold.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join(timeout=5)


def _handler(provider: FakeProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = parse_qs(parts.query)
            body = self.rfile.read(length)
            reply = provider.answer(Call(self.command, parts.path, query, headers, body))
            sent = reply.bytes()
            try:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)
            except OSError:
                self.close_connection = True  # the caller gave up

        do_GET = do_POST = _do

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on the terminal."""

    return Handler


class FakeMailServer:
    """Takes e-mail, or answers RCPT with `refuse`."""

    def __init__(self, refuse: str = "") -> None:
        self.refuse = refuse
        self.mails: list[str] = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self._say("220 fake")
                while line := self.rfile.readline().decode().strip():
                    verb = line[:4].upper()
                    if verb == "DATA":
                        self._say("354 go on")
                        outer.mails.append(self._data())
                        self._say("250 taken")
                    elif verb == "QUIT":
                        self._say("221 bye")
                        return
                    else:
                        self._say(outer.refuse if verb == "RCPT" and outer.refuse else "250 fine")

            def _data(self) -> str:
                lines = []
                while (line := self.rfile.readline().decode()) not in (".\r\n", ""):
                    lines.append(line)
                return "".join(lines)

            def _say(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])

    @contextmanager
    def running(self) -> Iterator["FakeMailServer"]:
        """Listening inside the block."""
        thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join(timeout=5)
