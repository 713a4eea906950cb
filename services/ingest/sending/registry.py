"""Finds the senders whose settings are given: each module of `senders/` may hold one."""

import pkgutil
from collections.abc import Mapping
from importlib import import_module

from services.ingest.sending import senders as folder
from services.ingest.sending.fallback import line_sender
from services.ingest.sending.http import HTTP
from services.ingest.sending.ports import Sender
from shared.contracts.enums import Channel
from shared.errors import TanggapError


def all_senders(site: str, http: HTTP, fallback: str = "") -> Mapping[Channel, Sender]:
    """Every sender by its channel; raises `TanggapError` when two have the same one.

    `fallback` (a file, or `-`) takes what citizens who wrote on a channel without one are told.
    """
    found: dict[Channel, Sender] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(folder.__path__)):
        sender: Sender | None = import_module(f"{folder.__name__}.{module}").configured(site, http)
        if sender is None:
            continue
        if sender.channel in found:
            raise TanggapError(f"two senders are set for the channel {sender.channel}: keep one")
        found[sender.channel] = sender
    return found if not fallback else _filled(found, fallback)


def _filled(found: dict[Channel, Sender], fallback: str) -> Mapping[Channel, Sender]:
    return {channel: line_sender(channel, fallback) for channel in Channel} | found
