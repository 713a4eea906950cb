"""One answer, two formats: JSON without wrapper names, and XML as GeoReport v2 names it. Pure.

XML is only written here, never read: nothing of a caller's is parsed as XML.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson

Value = str | int | float | bool | None | Mapping[str, "Value"] | Sequence["Value"]
# What XML 1.0 cannot hold, not even escaped.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What an element of a list inside a document is called.
_ITEMS = {"attributes": "attribute", "values": "value", "endpoints": "endpoint"}
_ITEM = "format"


class Format(StrEnum):
    """How an answer is written: the ending of the address."""

    JSON = "json"
    XML = "xml"

    @property
    def media_type(self) -> str:
        """The answer's Content-Type."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Format.JSON: "application/json; charset=utf-8",
    Format.XML: "text/xml; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What XML calls the whole, and each entry of a list."""

    root: str
    item: str = ""


SERVICES = Names("services", "service")
DEFINITION = Names("service_definition")
REQUESTS = Names("service_requests", "request")
DISCOVERY = Names("discovery")
ERRORS = Names("errors", "error")


def render(value: Value, names: Names, fmt: Format) -> bytes:
    """The bytes of an answer."""
    if fmt is Format.JSON:
        return orjson.dumps(value)
    root = Element(names.root)
    _fill(root, value, names.item)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _fill(element: Element, value: Value, item: str) -> None:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _fill(SubElement(element, name), inner, _ITEMS.get(name, _ITEM))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            _fill(SubElement(element, item), inner, _ITEM)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = _UNWRITABLE.sub("", str(value))
