"""What score pages share: whose score is asked for, for which day and window, and the links."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request
from starlette.responses import Response

from services.desk.context import DeskContext, context, session_of
from services.desk.pages.rendering import render
from services.desk.permissions import may_list_cases, may_see_small
from services.desk.scoreboard import Reader
from services.desk.sessions import Session
from shared.db.read.directory import Directory
from shared.scores.windows import Window
from shared.web.problem import ProblemError


@dataclass(frozen=True)
class View:
    """A reader's question to a score page."""

    request: Request
    desk: DeskContext
    session: Session | None
    reader: Reader

    @property
    def query(self) -> str:
        """The day and window for links, without a question mark."""
        return query_of(self.reader.window, self.reader.as_of)

    def directory(self) -> Directory:
        """The directory in force on the day that is asked for."""
        with self.desk.db.read() as conn:
            if self.reader.as_of is None:
                return self.desk.directory(conn)
            return Directory.load(conn, self.reader.as_of)

    def form(self) -> str:
        """Where citizens file a complaint."""
        settings = self.desk.settings
        return settings.neighbour(str(self.request.url), settings.ingest_port)

    def page(self, template: str, region: str, opd: str | None = None, **values: Any) -> Response:
        """A page about a region, or about its OPD of that full code."""
        directory = self.directory()
        place = directory.region(region)
        now = self.desk.clock.now()
        viewer = self.reader.viewer
        return render(
            self.request,
            template,
            session=self.session,
            region=place,
            opd=directory.opd(opd) if opd else None,
            directory=directory,
            window=self.reader.window.value,
            windows=[found.value for found in Window],
            as_of=self.reader.as_of.isoformat() if self.reader.as_of else "",
            today=now.astimezone(place.zone_info if place else None).date().isoformat(),
            query=self.query,
            lists=bool(opd and viewer and may_list_cases(viewer, opd, directory)),
            sees_small=may_see_small(viewer, region),
            form=self.form(),
            **values,
        )


def query_of(window: Window, as_of: date | None) -> str:
    """The same day and window in a link."""
    asked = {"window": window.value} | ({"as_of": as_of.isoformat()} if as_of else {})
    return urlencode(asked)


def day_of(text: str, field: str) -> date | None:
    """A day from a form, which cannot leave a field out; a problem page for anything else."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise ProblemError(
            422, "Isian tidak sah", "Tanggal ini tidak dikenal.", field, "Isi TTTT-BB-HH."
        ) from error


def view_of(
    request: Request,
    as_of: Annotated[str, Query(max_length=10)] = "",
    window: Window = Window.DAYS_90,
) -> View:
    """Who asks for what."""
    session = session_of(request)
    reader = Reader(session.viewer if session else None, day_of(as_of, "as_of"), window)
    return View(request, context(request), session, reader)


ViewOf = Annotated[View, Depends(view_of)]
