"""What the handlers refuse, and when hints are sent."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.scoring import surveys
from services.scoring.announcing import SCORE_UPDATED_TYPE, Announcer
from services.scoring.handlers import Scorer, is_survey
from services.scoring.metrics import ScoreGauges, score_metrics
from services.scoring.ports import NullPublisher
from services.scoring.publishing import DayPublisher
from services.scoring.ticking import Midnights, Ticker
from shared.clock import FixedClock
from shared.contracts.base import WireModel
from shared.contracts.codec import Event
from shared.contracts.topics import Topic
from shared.db.leases import Lease
from shared.errors import InvalidMessageError
from tests.casebook import CaseBook, X, Y, rules

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
NOBODY = cast("Any", None)


class FakePublisher:
    def __init__(self) -> None:
        self.sent: list[str] = []

    def publish(self, topic: Topic, type: str, key: str, data: WireModel) -> None:
        assert (topic, type) == (Topic.SCORE_UPDATED, SCORE_UPDATED_TYPE)
        self.sent.append(key)

    def take(self) -> list[str]:
        sent, self.sent = self.sent, []
        return sent


class FakeLease:
    def __init__(self) -> None:
        self.mine = True

    def acquire(self, now: datetime) -> bool:
        return self.mine

    def release(self) -> None:
        raise OSError("away")

    def as_lease(self) -> Lease:
        return cast(Lease, self)


NOBODY_PUBLISHES = cast(
    DayPublisher, SimpleNamespace(look=lambda: None, forget=lambda: None, step=lambda: False)
)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


@pytest.fixture
def announcer(publisher: FakePublisher, clock: FixedClock) -> Announcer:
    def opds_of(region: str) -> Iterable[str]:
        return [f"{region}/dpupr", f"{region}/dlh", f"{region}/dinkes"]

    return Announcer(publisher, clock, opds_of)


def test_noting_a_change_sends_nothing_by_itself(
    announcer: Announcer, publisher: FakePublisher
) -> None:
    announcer.changed([X])
    assert publisher.take() == []


def test_own_changes_at_most_once_a_second_and_the_region_every_five(
    announcer: Announcer, publisher: FakePublisher, clock: FixedClock
) -> None:
    announcer.changed([X])
    announcer.tick()
    assert publisher.take() == ["paser/dinkes", Y, X]
    announcer.changed([X, X])
    announcer.tick()
    assert publisher.take() == []
    clock.advance(timedelta(seconds=1))
    announcer.tick()
    assert publisher.take() == [X]
    announcer.tick()
    assert publisher.take() == []
    clock.advance(timedelta(seconds=4))
    announcer.tick()
    assert publisher.take() == ["paser/dinkes", Y, X]


def test_a_day_that_passes_is_announced(
    announcer: Announcer, publisher: FakePublisher, clock: FixedClock
) -> None:
    midnights = Midnights()
    regions = {"paser": rules()}
    assert midnights.passed(regions, NOW) == set()
    assert midnights.passed(regions, NOW + timedelta(hours=12)) == set()
    assert midnights.passed(regions, NOW + timedelta(hours=13)) == {"paser"}
    lease = FakeLease()
    ticker = Ticker(announcer, lambda: regions, clock, lease.as_lease(), NOBODY_PUBLISHES)
    ticker.look()
    clock.advance(timedelta(days=1))
    ticker.look()
    announcer.tick()
    assert X in publisher.take()


def test_midnight_is_told_by_the_holder_of_the_lease_or_its_follower(
    announcer: Announcer, publisher: FakePublisher, clock: FixedClock
) -> None:
    lease, regions = FakeLease(), {"paser": rules()}
    ticker = Ticker(announcer, lambda: regions, clock, lease.as_lease(), NOBODY_PUBLISHES)
    lease.mine = False
    for wait, takes_over in ((timedelta(seconds=20), True), (timedelta(minutes=3), False)):
        ticker.look()
        clock.advance(timedelta(days=1))
        ticker.look()
        announcer.tick()
        assert publisher.take() == []
        clock.advance(wait)
        ticker.look()
        lease.mine = True
        ticker.look()
        announcer.tick()
        assert (X in publisher.take()) is takes_over
        lease.mine = False


def test_a_database_that_is_away_does_not_end_the_ticker(
    announcer: Announcer, clock: FixedClock
) -> None:
    def away() -> Any:
        raise OSError("away")

    ticker = Ticker(announcer, away, clock, FakeLease().as_lease(), NOBODY_PUBLISHES)
    ticker.look()
    ticker.stop()


def scorer() -> Scorer:
    announcer = Announcer(NullPublisher(), FixedClock(NOW), lambda _: ())
    return Scorer(lambda _: {"paser": rules()}, announcer)


def refused(event: Event) -> str:
    with pytest.raises(InvalidMessageError) as caught:
        scorer().on_case_events(NOBODY, [event])
    return caught.value.reason


def test_events_that_no_case_can_use_are_refused() -> None:
    good = next(CaseBook("2026-09-07").messages())
    assert refused(next(CaseBook("2026-09-07", "kukar/dlh").messages())) == "unknown-region"
    foreign = good.data.model_copy(update={"opd": "kukar/dlh"})
    assert refused(replace(good, data=foreign)) == "unknown-region"
    old = good.data.model_copy(update={"received_at": datetime(1970, 1, 1, tzinfo=UTC)})
    assert refused(replace(good, data=old)) == "time-out-of-range"
    assert refused(replace(good, data=WireModel())) == "unexpected-data"


def test_complaints_are_not_surveys() -> None:
    assert not is_survey(WireModel())
    complaint = SimpleNamespace(form="complaint")
    assert not is_survey(complaint)


def test_gauges_show_only_what_is_known() -> None:
    reading = ScoreGauges(
        index=[(X, "90d", 72.2)], aspects=[(Y, "e", 4.05), (Y, "b", 3.5)],
        bounds=[(X, "low", 1.5), (X, "high", 5.0)], levels=[(X, 5)], skm=[(X, 85.83)],
        ipp=[("paser", 3.9)], ipp_bounds=[("ppu", "low", 0.4), ("ppu", "high", 4.9)],
    )  # fmt: skip
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for metric in score_metrics(reading)
        for sample in metric.samples
    }
    assert found["tanggap_responsiveness_index", X, "90d"] == 72.2
    assert found["tanggap_pekppp_aspect", Y, "e"] == 4.05
    assert ("tanggap_pekppp_aspect", X, "e") not in found
    assert found["tanggap_pekppp_aspect_bound", X, "e", "high"] == 5.0
    assert found["tanggap_pekppp_level", X, "28"] == 5
    assert found["tanggap_skm_ikm", X] == 85.83
    assert found["tanggap_pekppp_aspect", Y, "b"] == 3.5
    assert found["tanggap_ipp_nowcast", "paser"] == 3.9
    assert found["tanggap_ipp_nowcast_bound", "ppu", "low"] == 0.4
    assert ("tanggap_ipp_nowcast", "ppu") not in found


def test_a_survey_counts_for_its_service_and_for_all_of_them() -> None:
    day = date(2026, 9, 7).toordinal()
    forms = [
        surveys.Survey("", "paser", "paser/dlh", service, day, {"waktu": 3}, token)
        for service, token in (("Izin", True), ("Sampah", False))
    ]
    found = surveys.sums(forms)
    month = 12 * 2026 + 8
    assert {key[1:3] + key[4:]: n for key, n in found.items() if key[5] == "waktu"} == {
        (0, day, "Izin", "waktu"): (3, 1),
        (0, day, "Sampah", "waktu"): (3, 1),
        (1, month, "Izin", "waktu"): (3, 1),
        (1, month, "Sampah", "waktu"): (3, 1),
        (2, day, "", "waktu"): (6, 2),
        (3, month, "", "waktu"): (6, 2),
    }
    assert found["paser", 3, month, "paser/dlh", "", ""] == (1, 2)
