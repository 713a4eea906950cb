"""Puts the way back together; opens no socket and starts no thread."""

from dataclasses import dataclass

from prometheus_client import REGISTRY, CollectorRegistry

from services.ingest.handlers import Deps
from services.ingest.notices import Notices, Ways
from services.ingest.sending.dispatcher import Dispatcher
from services.ingest.sending.gauges import register_delivery_gauges
from services.ingest.sending.http import HTTP
from services.ingest.sending.receipts import Receipts
from services.ingest.sending.registry import all_senders
from services.ingest.sending.settings import SendingSettings
from services.ingest.settings import IngestSettings


@dataclass(frozen=True, slots=True)
class WayBack:
    """What the service runs: the consumer's handler, the part that sends, what takes receipts."""

    notices: Notices
    dispatcher: Dispatcher
    receipts: Receipts


def way_back(
    settings: IngestSettings,
    deps: Deps,
    sending: SendingSettings | None = None,
    registry: CollectorRegistry = REGISTRY,
) -> WayBack:
    """Everything by the settings of the environment; call once a registry."""
    sending = sending or SendingSettings()
    senders = all_senders(settings.site, HTTP(), settings.notice_file)
    templates = frozenset(channel for channel, one in senders.items() if one.has_template)
    receipts = Receipts(deps.vault, templates)
    dispatcher = Dispatcher(
        deps.database,
        deps.vault,
        deps.clock,
        senders,
        sending,
        deps.directory,
        deps.relay,
        receipts,
    )
    ways = Ways(frozenset(senders), sending.sms_channel, settings.site)
    register_delivery_gauges(deps.database, deps.clock, registry)
    return WayBack(
        Notices(deps.vault, ways, deps.clock, dispatcher),
        dispatcher,
        receipts,
    )
