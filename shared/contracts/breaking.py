"""Which changes of a JSON Schema break those who read or keep events of the old one.

Fields may be added if they are optional, and a closed set may grow; nothing else may change but
words. When unsure, a change counts as breaking.
"""

from typing import Any

Schema = dict[str, Any]

_WORDS = frozenset({"$schema", "$id", "$defs", "title", "description", "default", "examples"})
_APART = frozenset({"$ref", "properties", "required", "enum", "items", "anyOf"})


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """What breaks, one line each; empty when every old event is still read as it was meant."""
    return _Comparison(old.get("$defs", {}), new.get("$defs", {})).of("value", old, new)


class _Comparison:
    def __init__(self, old_parts: Schema, new_parts: Schema) -> None:
        self._old_parts = old_parts
        self._new_parts = new_parts

    def of(self, place: str, old: Schema, new: Schema) -> list[str]:
        old, new = _resolved(old, self._old_parts), _resolved(new, self._new_parts)
        return [
            *self._fields(place, old, new),
            *self._values(place, old, new),
            *self._parts(place, old, new),
            *(
                f"{place}: `{rule}` was {old.get(rule, 'absent')}, is {new.get(rule, 'absent')}"
                for rule in sorted((old.keys() | new.keys()) - _WORDS - _APART)
                if old.get(rule) != new.get(rule)
            ),
        ]

    def _fields(self, place: str, old: Schema, new: Schema) -> list[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        must_before, must_now = set(old.get("required", ())), set(new.get("required", ()))
        found = [f"{place}.{name}: the field was removed" for name in before if name not in after]
        found += [
            f"{place}.{name}: the field became required" for name in sorted(must_now - must_before)
        ]
        found += [
            f"{place}.{name}: the field became optional"
            for name in sorted(must_before - must_now)
            if name in after
        ]
        for name in before:
            if name in after:
                found += self.of(f"{place}.{name}", before[name], after[name])
        return found

    def _values(self, place: str, old: Schema, new: Schema) -> list[str]:
        if "enum" in old and "enum" in new:
            gone = [str(value) for value in old["enum"] if value not in new["enum"]]
            return [f"{place}: the value {value} was removed" for value in gone]
        if "enum" in old or "enum" in new:
            return [f"{place}: the closed set appeared or vanished"]
        return []

    def _parts(self, place: str, old: Schema, new: Schema) -> list[str]:
        if ("items" in old) != ("items" in new):
            return [f"{place}: the items changed"]
        found = self.of(f"{place}[]", old["items"], new["items"]) if "items" in old else []
        before, after = old.get("anyOf", []), new.get("anyOf", [])
        if len(before) != len(after):
            return [*found, f"{place}: the alternatives changed"]
        for one, other in zip(before, after, strict=True):
            found += self.of(place, one, other)
        return found


def _resolved(schema: Schema, parts: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    rest = {name: value for name, value in schema.items() if name != "$ref"}
    part: Schema = parts[schema["$ref"].rpartition("/")[2]]
    return part | rest
