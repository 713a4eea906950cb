"""Messages of a page or account through Meta's Graph API: Messenger and Instagram alike."""

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from services.ingest.sending.base import HTTPSender
from services.ingest.sending.http import HTTP, Answer
from services.ingest.sending.ports import (
    AgainError,
    Outward,
    RefusedError,
    SendError,
    WindowClosedError,
)

# Outside the time allowed; the comment is too old or was answered before.
_WINDOW = frozenset({2018278, 2018065, 2534022, 10900})
_PASSING = frozenset({1, 2, 4, 17, 32, 190, 368, 613, 1200, 80006})


class GraphSender(HTTPSender):
    """`tokens`: page or account id to its token. `tag`: Meta's tag for writing after a day."""

    def __init__(self, url: str, tokens: Mapping[str, SecretStr], tag: str, http: HTTP) -> None:
        super().__init__(http)
        self._url, self._tokens, self._tag = url, tokens, tag
        self.has_template = bool(tag)

    def send(self, message: Outward) -> str | None:
        """One call: a private reply to the comment if there is one, else a message."""
        token = self._tokens.get(message.account)
        if token is None:
            raise AgainError("no-token")  # the operator adds the page's
        body: dict[str, Any] = {"message": {"text": message.text}, "messaging_type": "RESPONSE"}
        body["recipient"] = _recipient(message)
        if message.template:
            body |= {"messaging_type": "MESSAGE_TAG", "tag": self._tag}
        answer = self.http.post(
            f"{self._url}/{message.account}/messages",
            headers={"authorization": f"Bearer {token.get_secret_value()}"},
            json=body,
        )
        if not answer.ok:
            raise _trouble(answer)
        given = answer.json().get("message_id")
        return given if isinstance(given, str) else None


def _recipient(message: Outward) -> dict[str, str]:
    if not message.thread:
        return {"id": message.to}
    # A visitor's post is named by the page and the post, a comment by the post and the comment.
    post = message.thread.startswith(f"{message.account}_")
    return {"post_id" if post else "comment_id": message.thread}


def _trouble(answer: Answer) -> SendError:
    error = answer.json().get("error") if answer.status < 500 else None
    code = error.get("code") if isinstance(error, dict) else None
    if not isinstance(error, dict) or not isinstance(code, int) or answer.status == 429:
        return answer.trouble()
    detail = error.get("error_subcode")
    reason = f"code-{code}-{detail}" if isinstance(detail, int) else f"code-{code}"
    if code in _WINDOW or detail in _WINDOW:
        return WindowClosedError(reason[:40])
    if code in _PASSING or error.get("is_transient") is True:
        return AgainError(reason[:40], answer.after)
    return RefusedError(reason[:40])
