"""Puts the way in together: what takes calls, and the worker behind it. Starts nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from prometheus_client import REGISTRY, CollectorRegistry

from services.ingest.channels.arriving import Arriving, Working
from services.ingest.channels.callers import Callers
from services.ingest.channels.fetching import Fetching
from services.ingest.channels.gauges import register_message_gauges
from services.ingest.channels.message import Adapter
from services.ingest.channels.receiving import Receiving, drop_receipts
from services.ingest.channels.registry import all_adapters
from services.ingest.channels.settings import ChannelSettings
from services.ingest.handlers import Deps
from services.ingest.ports import Converse, MediaSource, NullPoke, Poke, ReceiptSink
from services.ingest.talks.applying import handle
from shared.contracts.enums import Channel


@dataclass(frozen=True, slots=True)
class WayIn:
    """What the service runs: what takes calls, the part that handles messages, their files."""

    receiving: Receiving
    worker: Arriving
    media: Fetching


def way_in(
    deps: Deps,
    receipts: ReceiptSink,
    dispatcher: Poke,
    registry: CollectorRegistry = REGISTRY,
) -> WayIn:
    """Everything by the settings of the environment; call once a registry."""
    channels, adapters = ChannelSettings(), all_adapters()
    media = Fetching(deps.file_rules)
    callers = Callers()
    worker = worker_of(channels, deps, media, dispatcher, callers=callers)
    receiving = receiving_of(channels, deps, adapters, receipts, worker, dispatcher, callers)
    register_message_gauges(deps.database, deps.clock, adapters, registry)
    return WayIn(receiving, worker, media)


def receiving_of(
    channels: ChannelSettings,
    deps: Deps,
    adapters: Mapping[Channel, Adapter],
    receipts: ReceiptSink = drop_receipts,
    worker: Poke | None = None,
    dispatcher: Poke | None = None,
    callers: Callers | None = None,
) -> Receiving:
    """What takes the calls of providers."""
    nobody = NullPoke()
    return Receiving(
        channels,
        adapters,
        deps.writer,
        deps.vault,
        receipts,
        worker or nobody,
        dispatcher or nobody,
        callers or Callers(),
    )


def worker_of(
    channels: ChannelSettings,
    deps: Deps,
    media: MediaSource,
    dispatcher: Poke | None = None,
    converse: Converse | None = None,
    callers: Callers | None = None,
) -> Arriving:
    """What handles messages; `converse` stands in for the conversations."""
    return Arriving(
        Working(
            channels,
            deps.database,
            deps.writer,
            deps.vault,
            deps.clock,
            deps.directory,
            converse or partial(handle, deps),
            media,
            deps.file_rules,
            deps.relay,
            dispatcher or NullPoke(),
            callers or Callers(),
        )
    )
