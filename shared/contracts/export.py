"""The contracts for outsiders: a JSON Schema of every event and one AsyncAPI 3.0 document.

    python -m shared.contracts.export

Writes `shared/contracts/schemas/`, and refuses a change that would break those who read the
events of today: that is a new `.vN` beside the old one.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from shared.contracts.asyncapi import document
from shared.contracts.base import WireModel
from shared.contracts.breaking import breaking_changes
from shared.contracts.codec import EVENT_TYPES

FOLDER = Path(__file__).parent / "schemas"
ASYNCAPI = "asyncapi.json"
# References to pages that outsiders do not have.
_OUR_PAGES = re.compile(r"\s*\((?:design|domain|style)\b[^)]*\)")
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(event_type: str) -> dict[str, Any]:
    """The schema of an event's value as consumers hold it: fields unknown to it are allowed."""
    model: type[WireModel] = EVENT_TYPES[event_type]
    schema = model.model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        if part.get("additionalProperties") is False:
            del part["additionalProperties"]
        part["description"] = _OUR_PAGES.sub("", part["description"])
    return {"$schema": DIALECT, "$id": f"urn:tanggap:{event_type}"} | schema


def exported() -> dict[str, dict[str, Any]]:
    """Every file of the folder by its name."""
    files = {f"{event_type}.json": json_schema(event_type) for event_type in EVENT_TYPES}
    return {**files, ASYNCAPI: document()}


def render(content: dict[str, Any]) -> str:
    """The text of a file."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def broken(folder: Path = FOLDER) -> list[str]:
    """What the models of now would break for those who read by the files in `folder`."""
    found: list[str] = []
    for path in sorted(folder.glob("tanggap.*.json")):
        if path.stem not in EVENT_TYPES:
            found.append(f"{path.stem}: the type is gone; it stays until nobody sends or keeps it")
            continue
        old = json.loads(path.read_text())
        version = int(path.stem.rpartition(".v")[2])
        found.extend(
            f"{path.stem}: {change}: a change of meaning is a new .v{version + 1}"
            for change in breaking_changes(old, json_schema(path.stem))
        )
    return found


def write(folder: Path = FOLDER) -> None:
    """Write every file, and remove what no model stands behind any more."""
    folder.mkdir(exist_ok=True)
    files = exported()
    for path in folder.glob("*.json"):
        if path.name not in files:
            path.unlink()
    for name, content in files.items():
        (folder / name).write_text(render(content))


def main() -> None:
    """Export, unless that would break somebody."""
    parser = argparse.ArgumentParser(description="Write the schemas of all events.")
    parser.add_argument(
        "--unreleased", action="store_true", help="no version was released: break what there is"
    )
    if not parser.parse_args().unreleased and (changes := broken()):
        sys.exit("\n".join(changes))
    write()


if __name__ == "__main__":
    main()
