"""Finds the adapters: each module of `adapters/` holds one. Adding a channel is adding a file."""

import pkgutil
from collections.abc import Mapping
from importlib import import_module

from services.ingest.channels import adapters as folder
from services.ingest.channels.message import Adapter
from shared.contracts.enums import Channel
from shared.errors import TanggapError


def all_adapters() -> Mapping[Channel, Adapter]:
    """Every adapter by its channel; raises `TanggapError` when two speak for the same one."""
    found: dict[Channel, Adapter] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(folder.__path__)):
        adapter: Adapter = import_module(f"{folder.__name__}.{module}").ADAPTER
        if adapter.channel in found:
            raise TanggapError(f"two adapters speak for the channel {adapter.channel}")
        found[adapter.channel] = adapter
    return found
