"""From a case as it may be listed to a service request of GeoReport v2. Pure.

`status_notes` tells the real state, since the standard knows open and closed only.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from services.ingest.open311.catalogue import name_of
from services.ingest.open311.formats import Value
from services.ingest.pages.labels import STATUSES
from shared.db.read.directory import Directory
from shared.db.read.listed import ListedCase

_INDONESIAN = 0


def request_of(case: ListedCase, directory: Directory) -> Value:
    """The entry; what is not told stands there empty."""
    zone = directory.zone(case.region)
    unit = directory.opd(case.opd) if case.opd else None
    place = case.location or {}
    return {
        "service_request_id": case.ticket,
        "status": "closed" if case.closed else "open",
        "status_notes": STATUSES[case.status][_INDONESIAN],
        "service_name": name_of(case.category) if case.category else None,
        "service_code": case.category.value if case.category else None,
        "description": case.text,
        "agency_responsible": unit.name if unit else case.opd,
        "service_notice": None,
        "requested_datetime": _local(case.received_at, zone),
        "updated_datetime": _local(case.changed_at, zone),
        "expected_datetime": _local(case.due_finish, zone),
        "address": place.get("address"),
        "address_id": None,
        "zipcode": None,
        "lat": place.get("lat"),
        "long": place.get("lon"),
        "media_url": None,
    }


def _local(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).isoformat(timespec="seconds") if at else None
