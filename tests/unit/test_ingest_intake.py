"""Smaller parts of the intake: throttles, budgets, promises, words, dates, events."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from services.ingest import limits
from services.ingest.commands import AnswerSurvey, FileComplaint, Reporter
from services.ingest.events import Arrival, complaint_event, reported, survey_event
from services.ingest.limits import Throttle
from services.ingest.pages import labels
from services.ingest.pages.dates import deadline_day, moment
from services.ingest.pages.words import words
from services.ingest.promise import PolicyPromise
from services.ingest.refusals import Flaw
from services.ingest.settings import IngestSettings
from services.ingest.tracking import Guesses
from services.ingest.uploads import UploadBudget
from services.ingest.words import FLAWS, LANGUAGES, TITLES, sentences
from shared.contracts.enums import Category, Channel, SKMElement, Status
from shared.contracts.feedback import FeedbackReceived
from shared.db.read.directory import directory_of_seed

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DIRECTORY = directory_of_seed()
MINUTE = timedelta(minutes=1)


def test_a_throttle_allows_so_many_in_a_window_and_says_how_long_to_wait() -> None:
    throttle = Throttle(2, MINUTE)
    throttle.count("a", NOW)
    assert throttle.wait("a", NOW) == 0
    throttle.count("a", NOW + timedelta(seconds=20))
    assert throttle.wait("a", NOW + timedelta(seconds=30)) == 31
    assert throttle.wait("b", NOW + timedelta(seconds=30)) == 0
    assert throttle.wait("a", NOW + timedelta(seconds=60)) == 0


def test_asking_pushes_no_sender_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST_SENDERS", 10)
    throttle = Throttle(1, MINUTE)
    throttle.count("a", NOW)
    for n in range(50):
        throttle.wait(f"x{n}", NOW)
    assert throttle.wait("a", NOW) > 0


def test_mistyped_tickets_slow_only_who_sends_them() -> None:
    guesses = Guesses(1)
    for _ in range(50):
        guesses.count("", "203.0.113.7", NOW)
    assert guesses.wait("", "203.0.113.7", NOW) > 0
    assert guesses.wait("", "203.0.113.8", NOW) == 0


def test_a_limit_of_none_never_waits() -> None:
    throttle = Throttle(0, MINUTE)
    for _ in range(100):
        throttle.count("a", NOW)
    assert throttle.wait("a", NOW) == 0


def test_guesses_are_counted_by_pair_ticket_and_sender() -> None:
    guesses = Guesses(2)
    for _ in range(2):
        guesses.count("T", "1.1.1.1", NOW)
    assert guesses.wait("T", "1.1.1.1", NOW) > 0
    assert guesses.wait("T", "2.2.2.2", NOW) == 0
    for number in range(20):
        guesses.count("T", f"3.3.3.{number}", NOW)
    assert guesses.wait("T", "2.2.2.2", NOW) > 0


def test_the_upload_budget_is_given_back() -> None:
    budget = UploadBudget(10)
    assert budget.take(6)
    assert not budget.take(5)
    budget.give_back(6)
    assert budget.take(10)
    assert budget.held == 10


@pytest.mark.parametrize(
    ("region", "received", "verify", "first"),
    [
        # Wed 26 Mar 2025: +3 is 9 April, +8 is 16 April (domain.md §8, Lebaran between).
        ("paser", datetime(2025, 3, 26, 3, tzinfo=UTC), date(2025, 4, 9), date(2025, 4, 16)),
        # Received on a Saturday, it counts from Monday.
        ("paser", datetime(2026, 11, 21, 3, tzinfo=UTC), date(2026, 11, 26), date(2026, 12, 3)),
        # 23:30 UTC on Sunday is Monday in Papua already.
        (
            "mimika",
            datetime(2026, 11, 22, 23, 30, tzinfo=UTC),
            date(2026, 11, 26),
            date(2026, 12, 3),
        ),
    ],
)
def test_the_promise_is_verification_plus_first_response_in_working_days(
    region: str, received: datetime, verify: date, first: date
) -> None:
    place = DIRECTORY.region(region)
    assert place is not None
    promised = PolicyPromise()(place, received)
    for instant, last_day in ((promised.verify, verify), (promised.first_answer, first)):
        local = instant.astimezone(place.zone_info)
        assert (local - timedelta(microseconds=1)).date() == last_day
        # Written in UTC the date is the same, so a client that cuts the text reads the right day.
        assert instant.date() == last_day


def test_dates_are_written_as_people_read_them() -> None:
    paser, mimika = DIRECTORY.region("paser"), DIRECTORY.region("mimika")
    assert paser is not None
    assert mimika is not None
    due = datetime(2026, 12, 3, 16, 0, tzinfo=UTC)
    assert deadline_day(due, paser, "id") == "Kamis, 3 Desember 2026"
    assert deadline_day(due, paser, "en") == "Thursday, 3 December 2026"
    assert moment(NOW, mimika, "id") == "23 November 2026, 11.00 WIT"


def test_every_sentence_exists_in_both_languages() -> None:
    for code, pair in FLAWS.items():
        assert set(pair) == set(LANGUAGES), code
        for lang in LANGUAGES:
            detail, remedy = sentences(Flaw("x", code), lang)
            assert detail
            assert remedy
    assert all(set(pair) == set(LANGUAGES) for pair in TITLES.values())
    assert all(all(pair) for pair in words().values())


def test_every_word_a_template_asks_for_exists() -> None:
    folder = Path(labels.__file__).parent / "templates"
    asked = {
        key
        for path in folder.glob("*.html")
        for key in re.findall(r"\bt\('([a-z_0-9]+)'\)", path.read_text())
    }
    assert len(asked) > 50
    assert asked <= set(words())


def test_closed_sets_have_labels() -> None:
    assert set(labels.CATEGORIES) == set(Category)
    assert set(labels.STATUSES) == set(Status)
    assert set(labels.ELEMENTS) == set(SKMElement)


def test_an_event_names_nobody() -> None:
    reporter = Reporter(name="Siti Aminah", phone="081234567890", email="s@contoh.id")
    command = FileComplaint(
        text="Saya Siti Aminah, telepon 081234567890, jalan di Pasar Kuaro rusak",
        region="paser",
        reporter=reporter,
    )
    event = complaint_event(
        "7KQ4-2MXR", command, reported(reporter), Arrival(NOW, Channel.WEB, files=2)
    )
    data = event.data
    assert isinstance(data, FeedbackReceived)
    wire = data.encode().decode()
    for secret in ("Siti", "Aminah", "081234567890", "6281234567890", "contoh.id"):
        assert secret not in wire
    assert "Pasar Kuaro" in data.text
    assert (data.has_contact, data.files, event.key) == (True, 2, "7KQ4-2MXR")


def test_a_survey_event_masks_every_free_field() -> None:
    command = AnswerSurvey.model_validate(
        {
            "region": "paser",
            "opd": "paser/dinkes",
            "answers": {"waktu": 4},
            "comment": "hubungi 081234567890",
            "service": "loket 081234567890",
            "respondent": {"occupation": "081234567890"},
        }
    )
    wire = survey_event("S-1", command, False, Arrival(NOW, Channel.WEB)).data.encode().decode()
    assert "081234567890" not in wire


def test_limits_are_off_in_a_demo_unless_asked_for() -> None:
    assert IngestSettings().per_minute == 10
    assert IngestSettings(demo=True).per_minute == 0
    assert IngestSettings(demo=True).per_minute_address == 0
    assert IngestSettings(demo=True, intake_per_minute=3).per_minute == 3
