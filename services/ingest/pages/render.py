"""Turns a template into an answer: language, static addresses, errors. Knows no handler."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from services.ingest.pages.words import word
from services.ingest.refusals import RefusedError
from services.ingest.words import Lang, sentences
from shared.db.read.directory import Region

HERE = Path(__file__).parent
STATIC = HERE / "static"
STATIC_PATH = "/warga"
LANG_COOKIE = "bahasa"
REGION_COOKIE = "wilayah"
_YEAR = 31_536_000
_MEDIA = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error as a page shows it; `anchor` is the id of the field it belongs to."""

    anchor: str
    detail: str
    remedy: str


class Renderer:
    """Renders pages; made once."""

    def __init__(self, emergency: str, *, https: bool) -> None:
        self._emergency = emergency
        self._https = https
        # Undefined names are errors, and everything is escaped, whatever the file is called.
        self._jinja = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._statics = {path.name: path.read_bytes() for path in sorted(STATIC.iterdir())}
        self._versions = {
            name: sha256(content).hexdigest()[:10] for name, content in self._statics.items()
        }

    @property
    def emergency(self) -> str:
        """The number to call in danger."""
        return self._emergency

    def static_address(self, name: str) -> str:
        """Address of a static file; it changes with the content, so it may be cached for ever."""
        return f"{STATIC_PATH}/{name}?v={self._versions[name]}"

    def static_answer(self, name: str) -> Response | None:
        """A static file, or none."""
        content = self._statics.get(name)
        if content is None:
            return None
        media_type = _MEDIA[Path(name).suffix]
        headers = {"Cache-Control": f"public, max-age={_YEAR}, immutable"}
        return Response(content, media_type=media_type, headers=headers)

    def page(
        self, request: Request, template: str, *, status: int = 200, here: str = "", **values: Any
    ) -> Response:
        """A page in the request's language."""
        lang = language(request)
        region = values.get("region")
        code = region.code if isinstance(region, Region) else request.cookies.get(REGION_COOKIE, "")
        html = self._jinja.get_template(f"{template}.html").render(
            t=translator(lang),
            lang=lang,
            here=here,
            static=self.static_address,
            emergency=self._emergency,
            report_path=f"/lapor?wilayah={code}" if code else "/",
            other_path=_other_language(request, lang),
            **{"region": None, "errors": [], "e": {}} | values,
        )
        answer = HTMLResponse(html, status)
        if request.query_params.get("lang") in ("id", "en"):
            self._remember(answer, LANG_COOKIE, lang)
        if isinstance(region, Region):
            self._remember(answer, REGION_COOKIE, region.code)
        return answer

    def _remember(self, answer: Response, name: str, value: str) -> None:
        answer.set_cookie(
            name, value, max_age=_YEAR, httponly=True, secure=self._https, samesite="lax"
        )


def language(request: Request) -> Lang:
    """The page's language: asked for, remembered, or Indonesian."""
    asked = request.query_params.get("lang") or request.cookies.get(LANG_COOKIE)
    return "en" if asked == "en" else "id"


def translator(lang: Lang) -> Callable[[str], str]:
    """`t` of the templates."""
    return lambda key: word(key, lang)


def new_nonce() -> str:
    """What makes one form one submission, however often it is sent."""
    return secrets.token_urlsafe(12)


def field_errors(
    error: RefusedError, lang: Lang, anchors: Mapping[str, str]
) -> tuple[list[FieldError], dict[str, FieldError]]:
    """The errors of a refusal, in order and by field; `anchors` maps fields to ids of inputs."""
    found: list[FieldError] = []
    by_field: dict[str, FieldError] = {}
    for flaw in error.flaws:
        name = _known_field(flaw.field, anchors)
        detail, remedy = sentences(flaw, lang)
        entry = FieldError(anchors.get(name, ""), detail, remedy)
        found.append(entry)
        by_field.setdefault(name, entry)
    return found, by_field


def _known_field(field: str, anchors: Mapping[str, str]) -> str:
    """The field, or the nearest one above it that the page shows (`files.0` is `files`)."""
    while field not in anchors and "." in field:
        field = field.rpartition(".")[0]
    return field


def _other_language(request: Request, lang: Lang) -> str:
    other = "id" if lang == "en" else "en"
    if request.method != "GET":
        # The answer to a post has no address of its own: the switch leads to the form.
        return f"{request.url.path.removesuffix('/tindakan')}?lang={other}"
    return f"{request.url.path}?{request.url.include_query_params(lang=other).query}"


def blank_values(names: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """What was typed, for every field of a form."""
    return {name: given.get(name, "") for name in names}
