"""The printed page of a signed edition: whole in itself, so that it can be kept as it was signed.

Its style stands inside it, and is let through by its hash alone when the page is served: no script,
no picture, no other file, so nothing that changes later can change what the print says.
"""

import base64
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from services.desk.pages import words
from services.desk.pages.rendering import filled
from shared.scores import report_words

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def printed(document: Mapping[str, Any]) -> str:
    """The page of a signed document, made once, when it is signed."""
    edition, report = document["edition"], document["report"]
    return filled(
        "edition_print.html",
        edition=edition,
        report=report,
        r=report_words,
        signed_at=signed_at(edition, report),
    )


def signed_at(edition: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """When it was signed, in the region's zone."""
    scope = report["scope"]
    return words.moment(edition["signed_at"], ZoneInfo(scope["zone"]), scope["zone_label"])


def policy_of(page: str) -> str:
    """The Content-Security-Policy of a kept print: its own first style, and nothing else."""
    found = _STYLE.search(page)
    style = "'none'"
    if found:
        digest = base64.b64encode(sha256(found.group(1).encode()).digest()).decode()
        style = f"'sha256-{digest}'"
    return (
        f"default-src 'none'; style-src {style}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
