"""Calls every operation of a service's OpenAPI document, and holds each answer against it.

Schemathesis makes up the calls: from the examples of the document, from the borders of every
parameter and field on both of their sides, and some by chance. They are the same in every run of
the same commit, so that no run fails by chance.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.schemas import BaseSchema

# Tickets and tokens in answers are others in every run: no call is made of an earlier answer.
_APART: dict[str, Any] = {"extra-data-sources": {"responses": False}}
# In the words of `schemathesis.toml`.
_CONFIG: dict[str, Any] = {
    "generation": {"deterministic": True, "max-examples": 4},
    "continue-on-failure": True,
    # Values picked from the source would change the calls with every change of the source.
    "analysis": {"constants": {"enabled": False}},
    "cache": {"enabled": False},
    "suppress-health-check": ["too_slow"],  # a busy machine fails no test
    "phases": {
        "examples": _APART,
        # Every other method that an address does not know is refused by the same code.
        "coverage": _APART | {"unexpected-methods": ["PUT", "OPTIONS"]},
        "fuzzing": _APART,
        # Chains of calls are told in the tests of each service, where their meaning can be checked.
        "stateful": {"enabled": False},
    },
    # Every other check of Schemathesis holds: no 5xx, documented status, type, body and headers,
    # bad values and unknown methods refused, nothing without the session that it needs.
    "checks": {
        # Which names exist, and what the state of a case allows, are rules that no schema tells.
        "positive_data_acceptance": {"enabled": False},
    },
}


@dataclass
class Tried:
    """What came of the calls: contradictions, each once, and how often which status came."""

    troubles: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, Counter[int]] = field(default_factory=dict)

    def only_refused(self) -> set[str]:
        """The operations none of whose calls succeeded, so that their best answer is untried."""
        return {
            name
            for name, counted in self.statuses.items()
            if not any(200 <= status < 300 for status in counted)
        }

    def note(self, event: events.ScenarioFinished) -> None:
        """Take in what came of the calls of one operation."""
        recorded = event.recorder
        for case_id, case in recorded.cases.items():
            if (response := recorded.interactions[case_id].response) is not None:
                counted = self.statuses.setdefault(case.value.operation.label, Counter())
                counted[response.status_code] += 1
        for check in (check for checks in recorded.checks.values() for check in checks):
            if found := check.failure_info:
                said = f"{found.failure.operation}: {found.failure.title}"
                self.troubles.setdefault(said, f"{found.failure.message}\n{found.code_sample}")


def document_of(app: Any, keys: Mapping[str, str] | None = None) -> BaseSchema:
    """The document as the app serves it; `keys` are for its security schemes, by their name."""
    schemes = {name: {"api_key": key} for name, key in (keys or {}).items()}
    auth = {"auth": {"openapi": schemes}} if schemes else {}
    config = SchemathesisConfig.from_dict(_CONFIG | auth)
    return schemathesis.openapi.from_asgi("/openapi.json", app, config=config)


def tried(document: BaseSchema) -> Tried:
    """Call every operation of the document."""
    found = Tried()
    for event in from_schema(document).execute():
        if isinstance(event, events.ScenarioFinished):
            found.note(event)
        elif isinstance(event, events.NonFatalError):
            found.troubles[f"{event.label}: {type(event.value).__name__}"] = str(event.value)
        elif isinstance(event, events.FatalError):
            raise event.exception
    return found


def assert_as_documented(found: Tried) -> None:
    """Fail with every contradiction, and the call that shows it."""
    assert not found.troubles, "\n\n".join(f"{k}\n{v}" for k, v in found.troubles.items())
