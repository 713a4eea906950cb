"""Documents that are signed: their one written form, its fingerprint, and what changed between two.

Pure. Knows nothing of what a document says; labels come from the caller.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NotRequired, TypedDict

import orjson

Path = Sequence[str]


class Difference(TypedDict):
    """One place where two documents differ.

    `path` leads to it through the keys, `label` says it to people; `before` is absent where
    something was added, `after` where it was taken away. A part that is new as a whole (a case of
    a register) is one difference.
    """

    path: list[str]
    label: str
    before: NotRequired[Any]
    after: NotRequired[Any]


def canonical(document: Mapping[str, Any]) -> str:
    """The one written form of a JSON-able document: keys sorted, nothing between."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()


def fingerprint(written: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return sha256(written.encode()).hexdigest()


def differences(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    label: Callable[[Path], str] = "/".join,
) -> list[Difference]:
    """Every place where `after` differs from `before`, in the order of their keys.

    Lists are compared as a whole. Applied to `before` they give `after`.
    """
    return list(_walk(before, after, (), label))


def _walk(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    at: tuple[str, ...],
    label: Callable[[Path], str],
) -> Iterable[Difference]:
    for key in sorted({*before, *after}):
        path = (*at, key)
        if key not in after:
            yield {"path": [*path], "label": label(path), "before": before[key]}
        elif key not in before:
            yield {"path": [*path], "label": label(path), "after": after[key]}
        elif isinstance(before[key], Mapping) and isinstance(after[key], Mapping):
            yield from _walk(before[key], after[key], path, label)
        elif orjson.dumps(before[key], option=orjson.OPT_SORT_KEYS) != orjson.dumps(
            after[key], option=orjson.OPT_SORT_KEYS
        ):
            yield {
                "path": [*path],
                "label": label(path),
                "before": before[key],
                "after": after[key],
            }


def applied(before: Mapping[str, Any], found: Iterable[Difference]) -> dict[str, Any]:
    """The document that `before` becomes by the differences; `before` stays as it is."""
    result: dict[str, Any] = orjson.loads(orjson.dumps(before))
    for difference in found:
        *parents, last = difference["path"]
        place = result
        for key in parents:
            place = place[key]
        if "after" in difference:
            place[last] = difference["after"]
        else:
            del place[last]
    return result
