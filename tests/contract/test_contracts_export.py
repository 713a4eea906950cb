"""The exported schemas: committed, complete, and never changed in a way that breaks a reader."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shared.contracts import export
from shared.contracts.breaking import breaking_changes
from shared.contracts.codec import EVENT_TYPES, types_of_topic
from shared.contracts.topics import (
    DEAD_LETTER_RETENTION_MS,
    TOPICS,
    Service,
    consumed_by,
    dead_letter_topic,
)

CLASSIFIED = "tanggap.feedback.classified.v1"


def _committed() -> dict[str, Any]:
    return {path.name: json.loads(path.read_text()) for path in export.FOLDER.glob("*.json")}


def test_no_schema_is_changed_under_those_who_read_by_it() -> None:
    assert export.broken() == []


def test_the_committed_files_are_those_that_the_models_give() -> None:
    wanted = {name: export.render(content) for name, content in export.exported().items()}
    found = {path.name: path.read_text() for path in export.FOLDER.iterdir()}
    assert found == wanted, "run `python -m shared.contracts.export` and commit the result"


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_each_schema_is_a_schema_and_lets_unknown_fields_pass(event_type: str) -> None:
    schema = _committed()[f"{event_type}.json"]
    jsonschema.Draft202012Validator.check_schema(schema)
    for part in (schema, *schema.get("$defs", {}).values()):
        assert part.get("additionalProperties") is not False


def _remove_field(schema: Any) -> None:
    del schema["properties"]["region"]


def _rename_field(schema: Any) -> None:
    schema["properties"]["opd_named"] = schema["properties"].pop("opd_asked")


def _change_type(schema: Any) -> None:
    schema["properties"]["files"]["type"] = "string"


def _demand_field(schema: Any) -> None:
    schema["required"].append("text")


def _free_field(schema: Any) -> None:
    schema["required"].remove("region")


def _new_required_field(schema: Any) -> None:
    schema["properties"]["village"] = {"type": "string"}
    schema["required"].append("village")


def _remove_value(schema: Any) -> None:
    schema["$defs"]["Urgency"]["enum"].remove("darurat")


def _change_part(schema: Any) -> None:
    del schema["$defs"]["Classification"]["properties"]["masked_text"]


def _tighten(schema: Any) -> None:
    schema["$defs"]["Respondent"]["properties"]["age"]["anyOf"][0]["minimum"] = 17


def _another_alternative(schema: Any) -> None:
    schema["properties"]["opd_asked"]["anyOf"].append({"type": "integer"})


def _open_set(schema: Any) -> None:
    del schema["$defs"]["Urgency"]["enum"]


def _no_list(schema: Any) -> None:
    del schema["$defs"]["Classification"]["properties"]["opd"]["items"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (_open_set, "urgency.level"),
        (_no_list, "classification.opd"),
        (_remove_field, "region"),
        (_rename_field, "opd_asked"),
        (_change_type, "files"),
        (_demand_field, "text"),
        (_free_field, "region"),
        (_new_required_field, "village"),
        (_remove_value, "darurat"),
        (_change_part, "classification.masked_text"),
        (_tighten, "respondent.age"),
        (_another_alternative, "opd_asked"),
    ],
)
def test_a_change_of_what_is_there_needs_a_new_version(
    change: Callable[[Any], None], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = copy.deepcopy(_committed()[f"{CLASSIFIED}.json"])
    change(new)
    monkeypatch.setattr(export, "json_schema", lambda kind: {CLASSIFIED: new}[kind])
    monkeypatch.setattr(export, "EVENT_TYPES", {CLASSIFIED: None})
    lines = [line for line in export.broken() if line.startswith(f"{CLASSIFIED}: value")]
    assert lines
    assert all(line.endswith("a change of meaning is a new .v2") for line in lines)
    assert any(place in line for line in lines)


def test_a_type_may_not_go_while_somebody_may_keep_its_events(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fewer = {kind: model for kind, model in EVENT_TYPES.items() if kind != CLASSIFIED}
    monkeypatch.setattr(export, "EVENT_TYPES", fewer)
    assert [line.partition(":")[0] for line in export.broken()] == [CLASSIFIED]


def test_what_only_adds_breaks_nobody() -> None:
    old = _committed()[f"{CLASSIFIED}.json"]
    new = copy.deepcopy(old)
    new["properties"]["village"] = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    new["$defs"]["Channel"]["enum"].append("line")
    new["description"] = "other words"
    new["properties"]["text"]["title"] = "Other"
    assert breaking_changes(old, new) == []


def test_the_command_refuses_what_breaks_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["export"])
    monkeypatch.setattr(export, "broken", lambda: ["x: y: a change of meaning is a new .v2"])
    monkeypatch.setattr(export, "write", lambda: pytest.fail("nothing may be written"))
    with pytest.raises(SystemExit, match=r"new \.v2"):
        export.main()


def test_the_command_writes_every_file_and_removes_what_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["export", "--unreleased"])
    monkeypatch.setattr(export, "broken", lambda: ["would be refused"])
    write = export.write
    monkeypatch.setattr(export, "write", lambda: write(tmp_path / "schemas"))
    export.main()
    (tmp_path / "schemas" / "gone.json").write_text("{}")
    export.main()
    names = {path.name for path in (tmp_path / "schemas").iterdir()}
    assert names == {path.name for path in export.FOLDER.iterdir()}


# -- AsyncAPI -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def asyncapi() -> Any:
    return _committed()[export.ASYNCAPI]


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def test_every_reference_leads_somewhere(asyncapi: Any) -> None:
    for reference in _references(asyncapi):
        if reference.startswith("./"):
            assert (export.FOLDER / reference).is_file()
            continue
        node = asyncapi
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


def test_channels_are_the_topics_with_their_settings(asyncapi: Any) -> None:
    twins = {dead_letter_topic(topic) for topic in TOPICS}
    assert set(asyncapi["channels"]) == {topic.value for topic in TOPICS} | twins
    for spec in TOPICS.values():
        channel = asyncapi["channels"][spec.topic]
        binding = channel["bindings"]["kafka"]
        policy = "compact" if spec.compacted else "delete"
        assert binding["partitions"] == spec.partitions
        assert binding["topicConfiguration"] == {
            "cleanup.policy": [policy],
            "retention.ms": spec.retention_ms,
        }
        assert set(channel["messages"]) == types_of_topic(spec.topic)
        twin = asyncapi["channels"][dead_letter_topic(spec.topic)]["bindings"]["kafka"]
        assert twin["topicConfiguration"]["retention.ms"] == DEAD_LETTER_RETENTION_MS


def test_operations_say_who_sends_and_in_which_group_who_receives(asyncapi: Any) -> None:
    receiving: dict[str, set[str]] = {service.value: set() for service in Service}
    for operation in asyncapi["operations"].values():
        topic = operation["channel"]["$ref"].removeprefix("#/channels/")
        if operation["action"] == "receive":
            (group,) = operation["bindings"]["kafka"]["groupId"]["enum"]
            receiving[group].add(topic)
    assert receiving == {
        service.value: {topic.value for topic in consumed_by(service)} for service in Service
    }
    for spec in TOPICS.values():
        assert f"{spec.producer.value}.sends.{spec.topic.value}" in asyncapi["operations"]


def test_every_message_is_described_with_its_headers_and_key(asyncapi: Any) -> None:
    messages = asyncapi["components"]["messages"]
    assert set(messages) == set(EVENT_TYPES)
    for kind, message in messages.items():
        assert message["headers"]["properties"]["ce_type"]["const"] == kind
        assert message["bindings"]["kafka"]["key"]["type"] == "string"
        assert message["summary"]
    headers = asyncapi["components"]["messageTraits"]["cloudevent"]["headers"]
    assert set(headers["required"]) == {
        "ce_specversion",
        "ce_id",
        "ce_type",
        "ce_source",
        "ce_time",
        "ce_subject",
    }
