"""The way back on SQLite and PostgreSQL: at least once, in time, told once, and to nobody else."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from pydantic import SecretStr

from services.ingest.channels.hashes import provider_hash, sender_hash
from services.ingest.channels.message import Delivery
from services.ingest.sending import deliveries, dispatcher, receipts
from services.ingest.sending.deliveries import CLAIM, KEPT
from services.ingest.sending.gauges import register_delivery_gauges
from services.ingest.sending.http import HTTP
from services.ingest.sending.ladder import STEPS, WINDOW_REASON
from services.ingest.sending.ports import AgainError, RefusedError, WindowClosedError
from services.ingest.sending.senders.telegram import TelegramSender, TelegramSettings
from services.ingest.talks.store import ticket_of
from shared.contracts.enums import Channel
from shared.contracts.notices import NotificationOutcome, NotificationPurpose
from shared.db.engine import Database
from tests.providers import FakeProvider, Reply
from tests.recorded import one
from tests.recorded.telegram import CALLS
from tests.sendings import PHONE, WORDS, Back, FakeSender, way_back
from tests.waiting import eventually

WA, SMS, TG, MAIL = Channel.WHATSAPP, Channel.TWILIO, Channel.TELEGRAM, Channel.EMAIL
HOUR = timedelta(hours=1)


def states(back: Back) -> list[tuple[str, str, str | None]]:
    return [(row.channel, row.state, row.reason) for row in back.rows()]


def empty(back: Back) -> bool:
    return all(row.sealed is None and row.wrapped_key is None for row in back.rows())


def test_a_notice_goes_by_its_channel_once_and_is_told_once(db: Database) -> None:
    telegram = FakeSender(TG)
    with way_back(db, [telegram]) as back:
        ticket = back.filed(TG, address="77", account="bot")
        back.asked(ticket, TG)
        back.asked(ticket, TG, text="")  # the same notice again
        assert back.run() == 1
        (sent,) = telegram.sent
        assert (sent.to, sent.account) == ("77", "bot")
        assert sent.text.startswith(f"Laporan {ticket}, tanggapan petugas: {WORDS}\n")
        assert f"CEK {ticket} atau https://lapor.example.go.id/lacak?tiket={ticket}" in sent.text
        assert back.finished() == [(3, "sent")]
        with db.write() as conn:  # whoever ends it once more
            failed = NotificationOutcome.TECHNICAL_FAILURE
            deliveries.finish_notice(conn, ticket, 3, "replied", "paser", failed, back.clock.now())
        assert back.finished() == [(3, "sent")]
        assert states(back) == [("telegram", "sent", None)]
        assert empty(back)
        assert back.run() == 0


def test_trouble_climbs_the_ladder_and_ends_as_technical_failure(db: Database) -> None:
    telegram = FakeSender(TG, [AgainError("timeout") for _ in range(20)])
    with way_back(db, [telegram], quiet_hours="") as back:
        back.asked(back.filed(TG, address="77"), TG)
        for seconds in STEPS:
            assert back.run() == 1
            assert states(back) == [("telegram", "waiting", "timeout")]
            back.clock.advance(timedelta(seconds=seconds - 1))
            assert back.run() == 0
            back.clock.advance(timedelta(seconds=1))
        assert back.run() == 1
        assert back.finished() == [(3, "technical-failure")]
        assert states(back) == [("telegram", "failed", "timeout")]
        assert empty(back)
        assert len({sent.reference for sent in telegram.sent}) == 1


def test_the_chain_window_template_sms_mail(db: Database) -> None:
    whatsapp = FakeSender(WA, [RefusedError("code-132001")], confirms=True, has_template=True)
    sms, mail = FakeSender(SMS, [RefusedError("code-21211")]), FakeSender(MAIL)
    with way_back(db, [whatsapp, sms, mail], sms=SMS) as back:
        back.heard(WA, PHONE, back.clock.now() - 25 * HOUR)
        ticket = back.filed(WA, address=PHONE, account="100", email="w@example.id")
        back.asked(ticket, WA, NotificationPurpose.RESOLVED)
        assert back.run() == 3
        assert whatsapp.sent[0].template
        assert (sms.sent[0].to, sms.sent[0].account) == (PHONE, "")
        assert mail.sent[0].text.endswith(f"Lacak: {mail.sent[0].link}")
        assert back.finished() == [(3, "sent")]


def test_a_window_that_was_closed_after_all_takes_the_template_once(db: Database) -> None:
    whatsapp = FakeSender(WA, [WindowClosedError("131047")], confirms=True, has_template=True)
    with way_back(db, [whatsapp]) as back:
        back.heard(WA, PHONE, back.clock.now() - HOUR)
        back.asked(back.filed(WA, address=PHONE), WA)
        assert back.run() == 2
        assert [sent.template for sent in whatsapp.sent] == [False, True]
        # Said by a receipt instead: the template is not tried a second time.
        back.told(WA, ("whatsapp-2", Delivery.FAILED, "131047"))
        assert back.finished() == [(3, "permanent-failure")]


def test_a_receipt_that_tells_of_a_closed_window_brings_the_template(db: Database) -> None:
    whatsapp = FakeSender(WA, confirms=True, has_template=True)
    with way_back(db, [whatsapp]) as back:
        back.heard(WA, PHONE, back.clock.now() - HOUR)
        back.asked(back.filed(WA, address=PHONE), WA)
        back.run()
        back.told(WA, ("whatsapp-1", Delivery.FAILED, "131047"))
        assert states(back) == [("whatsapp", "waiting", WINDOW_REASON)]
        back.run()
        back.told(WA, ("whatsapp-2", Delivery.DELIVERED, None))
        assert [sent.template for sent in whatsapp.sent] == [False, True]
        assert back.finished() == [(3, "delivered")]


def test_a_comment_gets_a_private_reply_once_and_then_a_message(db: Database) -> None:
    page = FakeSender(Channel.FACEBOOK, [WindowClosedError("10900"), WindowClosedError("10")])
    sms = FakeSender(SMS)
    with way_back(db, [page, sms], sms=SMS) as back:
        back.heard(Channel.FACEBOOK, "9", back.clock.now() - HOUR)
        ticket = back.filed(Channel.FACEBOOK, address="9", account="100", thread="7_8", phone=PHONE)
        back.asked(ticket, Channel.FACEBOOK)
        assert back.run() == 3
        assert [(sent.thread, sent.template) for sent in page.sent] == [
            ("7_8", False),
            (None, False),
        ]
        assert (sms.sent[0].to, sms.sent[0].thread) == (PHONE, None)
        assert back.finished() == [(3, "sent")]


def test_receipts_end_a_message_once_whatever_comes_after(db: Database) -> None:
    sms = FakeSender(SMS, confirms=True)
    with way_back(db, [sms]) as back:
        ticket = back.filed(SMS, address=PHONE, phone=PHONE)
        back.asked(ticket, SMS)
        back.run()
        assert back.finished() == []
        back.told(SMS, ("unknown", Delivery.DELIVERED, None), ("twilio-1", Delivery.SENT, None))
        assert back.finished() == []
        for _ in range(2):
            back.told(SMS, ("twilio-1", Delivery.DELIVERED, None))
        back.told(SMS, ("twilio-1", Delivery.FAILED, "30003"))
        assert back.finished() == [(3, "delivered")]
        assert states(back) == [("twilio", "delivered", None)]
        back.asked(ticket, SMS, sequence=4)
        back.run()
        back.told(Channel.VONAGE, ("twilio-2", Delivery.DELIVERED, None))  # another channel's id
        back.clock.advance(24 * HOUR)
        back.run()
        back.told(SMS, ("twilio-2", Delivery.FAILED, "30003"))
        assert back.finished() == [(3, "delivered"), (4, "sent")]
        back.asked(ticket, SMS, sequence=5)
        back.run()
        back.told(SMS, ("twilio-3", Delivery.FAILED, "30003"))
        assert back.finished()[2:] == [(5, "permanent-failure")]
        assert empty(back)


def test_a_receipt_may_come_before_the_answer_to_our_own_call(db: Database) -> None:
    sms, mail = FakeSender(SMS, confirms=True), FakeSender(MAIL)
    with way_back(db, [sms, mail]) as back:
        ticket = back.filed(SMS, address=PHONE, phone=PHONE, email="w@example.id")
        for sequence, how, reason in ((3, Delivery.DELIVERED, None), (4, Delivery.FAILED, "30003")):
            name = f"twilio-{sequence - 2}"
            sms.hold = threading.Event()
            back.asked(ticket, SMS, sequence=sequence)
            (call,) = back.dispatcher.round()
            for told in (how, Delivery.FAILED, how, Delivery.SENT):  # the first of them counts
                back.told(SMS, (name, told, reason))
            assert len(back.finished()) == sequence - 3
            sms.hold.set()
            call.result(timeout=10)
            back.run()
            back.told(SMS, (name, Delivery.FAILED, "30003"), (name, Delivery.DELIVERED, None))
            back.run()
        assert back.finished() == [(3, "delivered"), (4, "sent")]
        assert len(sms.sent) == 2
        assert [sent.to for sent in mail.sent] == ["w@example.id"]
        assert empty(back)


def test_receipts_of_others_are_kept_for_an_hour_and_only_the_newest(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "EARLY_MOST", 3)
    with way_back(db, [FakeSender(SMS, confirms=True)], sending_parallel=1) as back:
        for number in range(5, 0, -1):
            for _ in range(2):
                back.told(SMS, (f"twilio-{number}", Delivery.DELIVERED, None))
        assert back.run() == 0
        for number in range(5):
            back.asked(back.filed(SMS, address=f"+628{number}"), SMS, sequence=number + 1)
        back.run()
        assert sorted(row.state for row in back.rows()) == ["delivered"] * 3 + ["sent"] * 2
        back.told(SMS, ("other-1", Delivery.DELIVERED, None))
        with db.write() as conn:
            assert receipts.prune(conn, back.clock.now() + receipts.EARLY_KEPT) == 0
            later = back.clock.now() + receipts.EARLY_KEPT + timedelta(seconds=1)
            assert receipts.prune(conn, later) == 1


def test_a_reply_to_a_message_of_ours_names_it(db: Database) -> None:
    http = HTTP(trust_env=False)
    taken = Reply(200, {"ok": True, "result": {"message_id": 10, "date": 1763690000}})
    with FakeProvider(taken).running() as provider:
        settings = TelegramSettings(
            send_telegram_url=provider.url, send_telegram_token=SecretStr("99:rahasia-bot")
        )
        with way_back(db, [TelegramSender(settings, http)]) as back:
            ticket = back.filed(TG, address="70001", account="bot")
            back.asked(ticket, TG)
            back.run()
            earlier = str(one(TG, CALLS["reply"]).replies_to)
            named = provider_hash(back.vault, TG, earlier)
            with db.read() as conn:
                for chat, expected in (("70001", ticket), ("70002", None)):
                    who = sender_hash(back.vault, TG, chat)
                    assert ticket_of(conn, who, "no message of theirs", named) == expected


def test_a_crash_between_sending_and_writing_sends_again(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    telegram = FakeSender(TG)
    with way_back(db, [telegram]) as back:
        back.asked(back.filed(TG, address="77"), TG)

        calls = iter([db.write, db.write])  # lease and claim are written, the outcome is not

        def write() -> Any:
            found = next(calls, None)
            if found is None:
                raise OSError("the database is away")
            return found()

        with monkeypatch.context() as patch:
            patch.setattr(db, "write", write)
            (future,) = back.dispatcher.round()
            future.result(timeout=10)
        assert states(back) == [("telegram", "waiting", None)]
        assert back.run() == 0  # somebody may still be sending it
        back.clock.advance(CLAIM)
        assert back.run() == 1
        first, second = telegram.sent
        assert first.reference == second.reference
        assert back.finished() == [(3, "sent")]


def test_two_processes_send_a_message_once(db: Database) -> None:
    telegram = FakeSender(TG)
    with way_back(db, [telegram]) as back, way_back(db, [telegram]) as other:
        back.asked(back.filed(TG, address="77"), TG)
        assert back.run() == 1
        back.asked(back.filed(TG, address="78"), TG)
        assert other.run() == 0  # the other one holds the lease
        back.clock.advance(timedelta(seconds=11))
        other.clock.advance(timedelta(seconds=11))
        # Both believe they may: the claim decides.
        with db.read() as conn:
            (due,) = deliveries.due(conn, TG, back.clock.now(), 5)
        with db.write() as conn:
            assert deliveries.claim(conn, due, back.clock.now())
        with db.write() as conn:
            assert not deliveries.claim(conn, due, back.clock.now())


def test_a_provider_that_hangs_stops_no_other_and_nobody_is_written_to_twice_at_once(
    db: Database,
) -> None:
    released = threading.Event()
    slow, quick = FakeSender(WA, hold=released), FakeSender(SMS)
    with way_back(db, [slow, quick], sending_parallel=2) as back:
        for number in range(5):
            back.heard(WA, f"+62{number}", back.clock.now())
            back.answer(f"+62{number}", "halo", WA)
            back.answer("+620", f"sms {number}", SMS)
        first = back.dispatcher.round()
        assert len(first) == 3  # one to the citizen of the quick one, two to the slow one
        first[0].result(timeout=10)
        rest = 0
        while rest < 4:
            (future,) = back.dispatcher.round()
            future.result(timeout=10)
            rest += 1
        assert [sent.text for sent in quick.sent] == [f"sms {number}" for number in range(5)]
        assert len(slow.sent) == 2
        released.set()
        for future in first:
            future.result(timeout=10)
        back.run()
        assert len(slow.sent) == 5


def test_at_night_notices_wait_but_answers_and_danger_do_not(db: Database) -> None:
    sms = FakeSender(SMS)
    with way_back(db, [sms]) as back:
        back.clock.advance(14 * HOUR)  # midnight in Paser
        ticket = back.filed(SMS, address=PHONE)
        other = back.filed(SMS, address="+6282")
        back.asked(ticket, SMS)
        back.asked(other, SMS, NotificationPurpose.EMERGENCY, text="Hubungi 112 sekarang.")
        back.answer("+6283", "Laporan Anda 7KQ4-2MXR")
        back.run()
        assert sorted(sent.to for sent in sms.sent) == ["+6282", "+6283"]
        assert sms.sent[0].text.startswith(("Hubungi 112", "Laporan Anda"))
        back.clock.advance(6 * HOUR)
        assert back.run() == 1
        assert sms.sent[-1].to == PHONE


def test_stop_holds_for_notices_but_not_for_danger_and_answers(db: Database) -> None:
    sms, mail = FakeSender(SMS), FakeSender(MAIL)
    with way_back(db, [sms, mail]) as back:
        now = back.clock.now()
        back.heard(SMS, PHONE, now, stopped_at=now)
        ticket = back.filed(SMS, address=PHONE, email="w@example.id")
        back.asked(ticket, SMS)
        back.asked(ticket, SMS, NotificationPurpose.EMERGENCY, sequence=4, text="Hubungi 112.")
        back.answer(PHONE, "Anda tidak akan menerima pesan lagi.")
        back.run()
        assert back.finished() == [(3, "permanent-failure"), (4, "sent")]
        assert len(sms.sent) == 2
        assert mail.sent == []
        # Said while the notice waited for the morning: it holds as well.
        back.heard(SMS, "+6282", now)
        back.asked(back.filed(SMS, address="+6282"), SMS, sequence=5)
        back.heard(SMS, "+6283", now, stopped_at=now)
        back.change(sender_hash=sender_hash(back.vault, SMS, "+6283"))
        back.run()
        assert back.finished()[2:] == [(5, "permanent-failure")]
        assert states(back)[-1] == ("twilio", "failed", "opt-out")


def test_nothing_but_the_page_is_left(db: Database) -> None:
    with way_back(db, [FakeSender(SMS)]) as back:
        page = back.filed(Channel.WEB, phone=PHONE)
        back.asked(page, Channel.WEB)
        chat = back.filed(WA, address=PHONE)
        back.asked(chat, WA, sequence=4)
        erased = back.filed(SMS, address=PHONE)
        with db.write() as conn:
            conn.exec_driver_sql("DELETE FROM ingest_keys")
        back.asked(erased, SMS, sequence=5)
        back.run()
        assert back.finished() == [
            (3, "delivered"),
            (4, "permanent-failure"),
            (5, "permanent-failure"),
        ]
        assert back.rows() == []


def test_the_web_s_citizen_is_written_to_at_the_phone_they_left(db: Database) -> None:
    sms = FakeSender(SMS)
    with way_back(db, [sms], sms=SMS) as back:
        back.asked(back.filed(Channel.WEB, phone=PHONE), Channel.WEB)
        back.run()
        assert sms.sent[0].to == PHONE
        assert back.finished() == [(3, "sent")]


def test_a_confidential_complaint_is_news_without_words(db: Database) -> None:
    sms = FakeSender(SMS)
    with way_back(db, [sms]) as back:
        ticket = back.filed(SMS, confidential=True, address=PHONE)
        back.asked(ticket, SMS, NotificationPurpose.ASKED)
        back.run()
        assert "Melati" not in sms.sent[0].text
        assert sms.sent[0].text.startswith(f"Ada kabar untuk laporan {ticket}.")


def test_an_answer_without_a_sender_or_with_a_bug_blocks_nobody(db: Database) -> None:
    class Broken(FakeSender):
        def send(self, message: Any) -> str | None:
            raise ZeroDivisionError(message.text)

    quick = FakeSender(SMS)
    with way_back(db, [Broken(TG), quick]) as back:
        back.answer("9", "tanpa pengirim", Channel.X)
        back.answer("77", "cacat", TG)
        back.answer(PHONE, "baik", SMS)
        back.run()
        assert states(back) == [
            ("x", "failed", "no-sender"),
            ("telegram", "waiting", "bug"),
            ("twilio", "sent", None),
        ]
        assert back.finished() == []


def test_what_cannot_be_opened_ends(db: Database) -> None:
    sms = FakeSender(SMS)
    with way_back(db, [sms]) as back:
        back.asked(back.filed(SMS, address=PHONE), SMS)
        back.change(sealed=b"\x01" + b"0" * 40)  # under another master key, say
        back.run()
        assert back.finished() == [(3, "technical-failure")]
        back.asked(back.filed(SMS, address=PHONE), SMS, sequence=4)
        with db.write() as conn:
            conn.exec_driver_sql(
                "UPDATE ingest_deliveries SET sealed = NULL, wrapped_key = NULL, sender_hash = NULL"
            )
        back.run()
        assert back.finished()[1:] == [(4, "permanent-failure")]
        assert states(back)[1] == ("twilio", "failed", "erased")
        assert sms.sent == []


def test_what_was_erased_ends_while_others_are_under_way(db: Database) -> None:
    telegram = FakeSender(TG, hold=threading.Event())
    with way_back(db, [telegram, FakeSender(SMS)]) as back:
        back.answer("77", "halo", TG)
        (call,) = back.dispatcher.round()
        back.asked(back.filed(SMS, address=PHONE), SMS)
        with db.write() as conn:
            conn.exec_driver_sql(
                "UPDATE ingest_deliveries SET sealed = NULL, wrapped_key = NULL, sender_hash = NULL"
                " WHERE channel = 'twilio'"
            )
        assert back.dispatcher.round() == []
        assert back.finished() == [(3, "permanent-failure")]
        assert telegram.hold is not None
        telegram.hold.set()
        call.result(timeout=10)


def test_a_letter_that_does_not_open_holds_up_no_receipt(db: Database) -> None:
    sms, mail = FakeSender(SMS, confirms=True), FakeSender(MAIL)
    with way_back(db, [sms, mail]) as back:
        for number in (1, 2):  # before their messages are written
            back.told(SMS, (f"twilio-{number}", Delivery.FAILED, "30003"))
        for sequence in (3, 4):
            ticket = back.filed(SMS, address=f"+628{sequence}", email="w@example.id")
            back.asked(ticket, SMS, sequence=sequence)
        for call in back.dispatcher.round():
            call.result(timeout=10)
        with db.write() as conn:  # under another master key, say
            conn.exec_driver_sql(
                "UPDATE ingest_deliveries SET sealed = wrapped_key WHERE sequence = 3"
            )
        back.run()
        assert back.finished() == [(3, "technical-failure"), (4, "sent")]
        assert states(back)[0] == ("twilio", "failed", "sealed")
        assert len(mail.sent) == 1


def test_a_round_that_fails_is_not_the_last(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "POLL_SECONDS", 0.01)
    sms = FakeSender(SMS)
    with way_back(db, [sms]) as back:
        bugs = [KeyError("twilio")]

        def catch_up(*_: Any) -> bool:
            if bugs:
                raise bugs.pop()
            return False

        monkeypatch.setattr(back.receipts, "catch_up", catch_up)
        back.answer(PHONE, "halo")
        back.dispatcher.start()
        assert sms.began.wait(10)
        assert bugs == []


def test_messages_that_come_while_it_gathers_share_a_round(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "POLL_SECONDS", 60.0)
    monkeypatch.setattr(dispatcher, "_GATHER_SECONDS", 0.2)
    sms = FakeSender(SMS)
    with way_back(db, [sms]) as back:
        rounds: list[bool] = []
        monkeypatch.setattr(back.receipts, "catch_up", lambda *_: rounds.append(True))
        began = time.monotonic()
        back.dispatcher.start()
        for number in range(10, 22):
            back.answer(f"{PHONE[:-2]}{number}", "halo")
            back.dispatcher.poke()
        eventually(lambda: len(sms.sent) == 12, seconds=30)
        assert len(rounds) <= (time.monotonic() - began) / 0.2 + 1


def test_over_real_http_a_wait_is_kept_and_no_word_reaches_logs_or_metrics(
    db: Database, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    script = (
        Reply(429, {}, {"retry-after": "90"}),
        Reply(502, b"<html/>"),
        Reply(200, {"ok": True, "result": {"message_id": 1}}),
    )
    http = HTTP(trust_env=False)
    with FakeProvider(*script).running() as provider:
        settings = TelegramSettings(
            send_telegram_url=provider.url, send_telegram_token=SecretStr("99:rahasia-bot")
        )
        with way_back(db, [TelegramSender(settings, http)]) as back:
            registry = CollectorRegistry()
            register_delivery_gauges(db, back.clock, registry, keep_seconds=0)
            back.asked(back.filed(TG, address="7700112233"), TG)
            back.run()
            assert REGISTRY.get_sample_value(
                "tanggap_delivery_attempts_total", {"channel": "telegram", "outcome": "again"}
            )
            assert _gauge(registry, "retrying") == 1
            back.clock.advance(timedelta(seconds=89))
            assert back.run() == 0
            back.clock.advance(timedelta(seconds=1))
            back.run()
            back.clock.advance(timedelta(seconds=STEPS[1]))
            assert _late(registry) == 0
            back.clock.advance(timedelta(seconds=60))
            assert _late(registry) == 60
            back.run()
            assert back.finished() == [(3, "sent")]
            assert (_gauge(registry, "sent"), _gauge(registry, "retrying")) == (1, 0)
            shown = generate_latest(registry).decode() + generate_latest(REGISTRY).decode()
            back.clock.advance(KEPT + HOUR)
            with db.write() as conn:
                assert deliveries.prune(conn, back.clock.now()) == 1
    out = capfd.readouterr()
    lines = out.out + out.err + caplog.text
    assert "delivery_failed" in lines
    for secret in ("Melati", "7700112233", "rahasia-bot"):
        assert secret not in lines
        assert secret not in shown


def _gauge(registry: CollectorRegistry, state: str) -> float | None:
    return registry.get_sample_value("tanggap_deliveries", {"channel": "telegram", "state": state})


def _late(registry: CollectorRegistry) -> float | None:
    return registry.get_sample_value("tanggap_delivery_late_seconds", {"channel": "telegram"})
