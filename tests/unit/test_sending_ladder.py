"""What follows a failed try, when it is night, which ways there are, and how words are cut."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.sending import ladder
from services.ingest.sending.fitting import fitted, in_gsm
from services.ingest.sending.http import LONGEST_WAIT, retry_after
from services.ingest.sending.ladder import (
    LIFETIME,
    STEPS,
    URGENT_STEPS,
    Again,
    Onward,
    Over,
    Quiet,
    Trip,
    after_failure,
    needs_template,
    ways_of,
)
from services.ingest.sending.notice_words import body, lang_of, tails
from services.ingest.sending.ports import AgainError, RefusedError, SendError, WindowClosedError
from services.ingest.sending.senders.generic import signature, signing_key
from services.ingest.sending.senders.x import oauth_signature
from shared.contracts.enums import Channel
from shared.contracts.notices import NotificationOutcome, NotificationPurpose
from shared.errors import TanggapError

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
WITA = ZoneInfo("Asia/Makassar")
PERMANENT = NotificationOutcome.PERMANENT_FAILURE
TECHNICAL = NotificationOutcome.TECHNICAL_FAILURE


def trip(
    *chain: Channel,
    attempts: int = 1,
    urgent: bool = False,
    template: bool = False,
    age: timedelta = timedelta(),
) -> Trip:
    return Trip(Channel.WHATSAPP, chain, attempts, urgent, template, NOW - age)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("at", "error", "follows"),
    [
        (trip(), AgainError("timeout"), Again(later(STEPS[0]), "timeout")),
        (trip(attempts=3), AgainError("timeout"), Again(later(STEPS[2]), "timeout")),
        (trip(), AgainError("status-429", 77), Again(later(77), "status-429")),
        # A wait shorter than the step does not hurry the ladder.
        (trip(attempts=4), AgainError("status-503", 1), Again(later(STEPS[3]), "status-503")),
        (
            trip(Channel.TWILIO, Channel.EMAIL, attempts=len(STEPS) + 1),
            AgainError("timeout"),
            Onward(Channel.TWILIO, (Channel.EMAIL,), "timeout"),
        ),
        (trip(attempts=len(STEPS) + 1), AgainError("timeout"), Over(TECHNICAL, "timeout")),
        (trip(), RefusedError("blocked"), Over(PERMANENT, "blocked")),
        (trip(Channel.TWILIO), RefusedError("blocked"), Onward(Channel.TWILIO, (), "blocked")),
        (trip(urgent=True), AgainError("timeout"), Again(later(URGENT_STEPS[0]), "timeout")),
        # A danger does not wait an hour while there is another way.
        (
            trip(Channel.TWILIO, urgent=True),
            AgainError("status-429", 3600),
            Onward(Channel.TWILIO, (), "status-429"),
        ),
        (trip(age=LIFETIME), AgainError("timeout"), Over(TECHNICAL, "timeout")),
        (trip(Channel.TWILIO, age=LIFETIME), AgainError("timeout"), Over(TECHNICAL, "timeout")),
        (trip(Channel.TWILIO), WindowClosedError("w"), Onward(Channel.TWILIO, (), "w")),
    ],
)
def test_what_follows_a_failed_try(
    at: Trip, error: SendError, follows: Again | Onward | Over
) -> None:
    assert after_failure(at, error, NOW, has_template=False) == follows


def test_a_closed_window_takes_the_template_once_and_then_the_next_way() -> None:
    first = after_failure(trip(Channel.TWILIO), WindowClosedError("w"), NOW, has_template=True)
    assert first == Again(NOW, ladder.WINDOW_REASON)
    used = trip(Channel.TWILIO, template=True)
    again = after_failure(used, WindowClosedError("w"), NOW, has_template=True)
    assert again == Onward(Channel.TWILIO, (), "w")


@given(st.integers(1, 20), st.booleans(), st.floats(0, 1e6), st.integers(0, 100))
def test_every_chain_ends(attempts: int, urgent: bool, after: float, hours: int) -> None:
    at = trip(Channel.TWILIO, attempts=attempts, urgent=urgent, age=timedelta(hours=hours))
    step = after_failure(at, AgainError("x", after), NOW, has_template=True)
    if isinstance(step, Again):
        assert NOW < step.due_at < at.created_at + LIFETIME
        assert attempts <= len(STEPS)


@pytest.mark.parametrize(
    ("hours", "at", "over"),
    [
        ("21:00-06:00", "2026-11-23T12:59:59+00:00", None),  # 20:59 in Paser
        ("21:00-06:00", "2026-11-23T13:00:00+00:00", "2026-11-23T22:00:00+00:00"),
        ("21:00-06:00", "2026-11-23T20:00:00+00:00", "2026-11-23T22:00:00+00:00"),
        ("21:00-06:00", "2026-11-23T22:00:00+00:00", None),
        ("12:00-13:00", "2026-11-23T04:30:00+00:00", "2026-11-23T05:00:00+00:00"),
        ("", "2026-11-23T18:00:00+00:00", None),
        ("07:00-07:00", "2026-11-23T23:30:00+00:00", None),
    ],
)
def test_the_night_is_the_region_s(hours: str, at: str, over: str | None) -> None:
    found = Quiet.read(hours).over(datetime.fromisoformat(at), WITA)
    assert found == (datetime.fromisoformat(over) if over else None)


def test_unreadable_hours_are_refused() -> None:
    for wrong in ("21:00", "25:00-06:00", "malam-pagi"):
        with pytest.raises(ValueError, match=r".+"):
            Quiet.read(wrong)


@pytest.mark.parametrize(
    ("channel", "heard", "reason", "needed"),
    [
        (Channel.WHATSAPP, timedelta(hours=23), None, False),
        (Channel.WHATSAPP, timedelta(hours=24), None, True),
        (Channel.WHATSAPP, None, None, True),
        (Channel.WHATSAPP, timedelta(hours=1), ladder.WINDOW_REASON, True),
        (Channel.INSTAGRAM, timedelta(days=2), None, True),
        (Channel.TWILIO, None, None, False),
        (Channel.TELEGRAM, timedelta(days=90), None, False),
    ],
)
def test_when_our_own_words_are_not_allowed(
    channel: Channel, heard: timedelta | None, reason: str | None, needed: bool
) -> None:
    assert needs_template(channel, NOW - heard if heard else None, reason, NOW) is needed


ALL = frozenset(Channel)
PHONE, MAIL = "+6281200000001", "w@example.id"


@pytest.mark.parametrize(
    ("origin", "address", "phone", "email", "sms", "senders", "ways"),
    [
        (Channel.WHATSAPP, PHONE, None, None, Channel.TWILIO, ALL, "whatsapp twilio"),
        (Channel.WHATSAPP, PHONE, None, None, None, ALL, "whatsapp"),
        (Channel.TELEGRAM, "77", None, None, Channel.TWILIO, ALL, "telegram"),
        (Channel.TELEGRAM, "77", PHONE, MAIL, Channel.TWILIO, ALL, "telegram twilio email"),
        (Channel.TWILIO, PHONE, PHONE, None, Channel.TWILIO, ALL, "twilio"),
        (Channel.KANNEL, "1708", None, None, Channel.TWILIO, ALL, "kannel"),
        (Channel.WHATSAPP, "6281200000001", None, None, Channel.VONAGE, ALL, "whatsapp vonage"),
        (Channel.KANNEL, PHONE, None, None, Channel.TWILIO, ALL, "kannel twilio"),
        (Channel.WEB, None, PHONE, MAIL, Channel.TWILIO, ALL, "twilio email"),
        (Channel.WEB, None, None, None, Channel.TWILIO, ALL, ""),
        (Channel.WEB, None, PHONE, MAIL, Channel.TWILIO, frozenset(), ""),
        (Channel.X, "9", None, None, None, frozenset({Channel.TWILIO}), ""),
    ],
)
def test_the_ways_to_a_citizen(
    origin: Channel,
    address: str | None,
    phone: str | None,
    email: str | None,
    sms: Channel | None,
    senders: frozenset[Channel],
    ways: str,
) -> None:
    found = ways_of(origin, address, phone, email, sms, senders)
    assert " ".join(found) == ways


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("Mon, 23 Nov 2026 02:01:00 GMT", 60.0),
        ("99999999", LONGEST_WAIT),
        ("-5", None),
        ("Mon, 23 Nov 2026 01:00:00 GMT", None),
        ("soon", None),
        ("nan", None),
        ("", None),
        (None, None),
    ],
)
def test_a_wait_is_read_as_a_number_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW.timestamp()) == seconds


WRITTEN = st.text("abc de.,é–“…水😀\n", max_size=600)


@given(WRITTEN, st.text("abc 12-", max_size=120), st.integers(150, 1000), st.booleans())
def test_words_fit_and_the_tail_stays(text: str, tail: str, limit: int, plain: bool) -> None:
    cut = fitted(text, tail, limit, plain=plain)
    assert len(cut) <= limit or not plain
    if not plain:
        assert len(cut) <= limit
        assert cut.endswith(tail)


def test_long_words_are_cut_between_words_and_spelled_for_sms() -> None:
    told = fitted("“Sudah diperbaiki” – " + "terima kasih " * 60, "Cek: CEK 7KQ4", 459, plain=True)
    assert told.startswith('"Sudah diperbaiki" - terima')
    assert told.endswith("kasih...\nCek: CEK 7KQ4")
    assert len(told) <= 459
    assert in_gsm(told)
    # Letters outside the basic alphabet more than halve what a piece holds.
    assert len(fitted("水" * 300, "Cek", 459, plain=True)) <= 201
    assert fitted("singkat", "", 459, plain=True) == "singkat"


def test_a_notice_names_the_ticket_and_how_to_go_on() -> None:
    said = body(NotificationPurpose.ASKED, "7KQ4-2MXR", "RT berapa?", "id", confidential=False)
    assert said == "Laporan 7KQ4-2MXR, pertanyaan petugas: RT berapa?"
    tail, follow = tails(NotificationPurpose.ASKED, "7KQ4-2MXR", "https://l.id/lacak", "id")
    assert "BALAS 7KQ4-2MXR" in tail
    assert "CEK 7KQ4-2MXR" in tail
    assert follow == "Lacak: https://l.id/lacak"


@pytest.mark.parametrize("purpose", NotificationPurpose)
@pytest.mark.parametrize("lang", ["id", "en"])
def test_of_a_confidential_complaint_only_that_there_is_news(
    purpose: NotificationPurpose, lang: str
) -> None:
    asked = lang_of("eng" if lang == "en" else None)
    said = body(purpose, "7KQ4-2MXR", "jalan Melati 5", asked, confidential=True)
    assert "7KQ4-2MXR" in said or purpose is NotificationPurpose.EMERGENCY
    if purpose is not NotificationPurpose.EMERGENCY:
        assert "Melati" not in said
    assert body(purpose, "7KQ4-2MXR", None, asked, confidential=False).endswith(".")


def test_the_standard_webhooks_vector() -> None:
    key = signing_key("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
    made = signature([key], "msg_test0001", "1763700000", b'{"a":1}')
    assert made == "v1,slU7hcNGf34mOwZqF10wsh3z1NtKx4/bYJnN8404aG4="
    two = signature([key, b"older"], "msg_test0001", "1763700000", b'{"a":1}')
    assert two.startswith(made + " v1,")
    with pytest.raises(TanggapError):
        signing_key("whsec_no base64")


def test_the_signature_of_x_is_the_published_example_s() -> None:
    params = {
        "status": "Hello Ladies + Gentlemen, a signed OAuth request!",
        "include_entities": "true",
        "oauth_consumer_key": "xvz1evFS4wEEPTGEFPHBog",
        "oauth_nonce": "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "1318622958",
        "oauth_token": "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
        "oauth_version": "1.0",
    }
    keys = (
        "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
        "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
    )
    made = oauth_signature("POST", "https://api.twitter.com/1.1/statuses/update.json", params, keys)
    assert made == "hCtSmYh+iHYCEqBWrE7C7hYmtUk="
