"""What a citizen is told of their case: the staff's words for them, which case, how to go on. Pure.

Of a confidential complaint only that there is news: phones are shared, and what staff wrote may
repeat what the citizen wrote. Never a code: a ticket alone opens nothing.
"""

from collections.abc import Mapping
from typing import Literal

from shared.contracts.enums import Language
from shared.contracts.notices import NotificationPurpose

Lang = Literal["id", "en"]
_WORDS: Mapping[Lang, Mapping[NotificationPurpose, str]] = {
    "id": {
        NotificationPurpose.RECEIVED: "Laporan {ticket} sudah kami terima.",
        NotificationPurpose.ASKED: "Laporan {ticket}, pertanyaan petugas:",
        NotificationPurpose.REPLIED: "Laporan {ticket}, tanggapan petugas:",
        NotificationPurpose.RESOLVED: "Laporan {ticket} dinyatakan selesai:",
        NotificationPurpose.REJECTED: "Laporan {ticket} ditutup:",
        NotificationPurpose.FORWARDED: "Laporan {ticket} diteruskan ke instansi lain.",
        NotificationPurpose.EMERGENCY: "",
    },
    "en": {
        NotificationPurpose.RECEIVED: "We have received your report {ticket}.",
        NotificationPurpose.ASKED: "Report {ticket}, a question from the officer:",
        NotificationPurpose.REPLIED: "Report {ticket}, reply from the officer:",
        NotificationPurpose.RESOLVED: "Report {ticket} is said to be solved:",
        NotificationPurpose.REJECTED: "Report {ticket} is closed:",
        NotificationPurpose.FORWARDED: "Report {ticket} went on to another agency.",
        NotificationPurpose.EMERGENCY: "",
    },
}
_NEWS: Mapping[Lang, str] = {
    "id": "Ada kabar untuk laporan {ticket}.",
    "en": "There is news of your report {ticket}.",
}
_ACTS: Mapping[Lang, Mapping[NotificationPurpose, str]] = {
    "id": {
        NotificationPurpose.ASKED: "Jawab: BALAS {ticket} <jawaban>.",
        NotificationPurpose.RESOLVED: "Belum selesai? Ketik BELUM {ticket}.",
    },
    "en": {
        NotificationPurpose.ASKED: "Answer: BALAS {ticket} <answer>.",
        NotificationPurpose.RESOLVED: "Not solved? Write BELUM {ticket}.",
    },
}
_CHECK: Mapping[Lang, str] = {"id": "Cek: CEK {ticket} atau {link}", "en": "CEK {ticket} or {link}"}
_FOLLOW: Mapping[Lang, str] = {"id": "Lacak: {link}", "en": "Follow it: {link}"}


def lang_of(code: str | None) -> Lang:
    """English for who said or wrote so, else Indonesian."""
    return "en" if code in (Language.ENG.value, "en") else "id"


def body(
    purpose: NotificationPurpose, ticket: str, said: str | None, lang: Lang, *, confidential: bool
) -> str:
    """The words themselves; the reply to an emergency is the same for everybody."""
    if purpose is NotificationPurpose.EMERGENCY and said:
        return said
    if confidential or (purpose is NotificationPurpose.EMERGENCY):
        return _NEWS[lang].format(ticket=ticket)
    opening = _WORDS[lang][purpose].format(ticket=ticket)
    if not said:
        return opening.rstrip(":") + ("." if opening.endswith(":") else "")
    return f"{opening} {' '.join(said.split())}"


def tails(purpose: NotificationPurpose, ticket: str, link: str, lang: Lang) -> tuple[str, str]:
    """How to go on: for who can answer there, and for who can only open a page."""
    acts = _ACTS[lang].get(purpose, "").format(ticket=ticket)
    check = _CHECK[lang].format(ticket=ticket, link=link)
    return f"{acts} {check}".strip(), _FOLLOW[lang].format(link=link)
