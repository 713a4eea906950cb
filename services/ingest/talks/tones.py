"""Texts without any matter in them: greetings, thanks, a yes or no. Pure, total.

A greeting opens no case, whatever its language: Indonesian, Banjar, Javanese, English.
"""

import re

from services.ingest.talks.values import Tone


def word_set(words: str) -> frozenset[str]:
    """The words of a list written with spaces."""
    return frozenset(words.split())


_GREETINGS = word_set(
    "p pp ppp ping tes test testing halo hallo hallow haloo helo hai hay hi hii hello hey "
    "assalamualaikum assalamu'alaikum assalamu assalam alaikum 'alaikum alaikumsalam "
    "assalamualaikumwrwb asalamualaikum asalamualaikm askum aslmkm aslm aslkm asslm asslmkm ass "
    "samlekum salam shalom syalom waalaikumsalam waalaikumussalam wr wb warahmatullahi "
    "warohmatullahi wabarakatuh wabarokatuh om swastyastu swastiastu namo rahayu permisi "
    "punten misi spada kulonuwun kulanuwun kulo kula nuwun nuwon sugeng enjing enjang siyang "
    "sonten dalu rawuh selamat slamat met pagi siang sore malam subuh petang good morning "
    "afternoon evening night greetings dear apa kabar kabarnya kabare piye pripun sehat "
    "start mulai help info menu"
)
# Whom a greeting calls, and that somebody is about to say something.
_BESIDE = word_set(
    "min mimin admin pak bapak bpk bu ibu buk kak kakak mas mbak mba bang abang gan bos boss cak "
    "cil acil julak paman amang ading dangsanak pian sampeyan panjenengan semua semuanya kabeh "
    "sir madam mam sis bro saudara sdr teman kawan tim petugas pemda pemkab dinas bupati "
    "ya yah nah nih dong deh kah kan lah pang saya aku sy aq ulun unda kami mau ingin pengen "
    "handak arep kepengin badhe numpang boleh bisa izin ijin mohon tanya bertanya nanya batakun "
    "takon lapor melapor melaporkan balapor ngelapor laporan i we want to would like can may "
    "ask question report a the there anyone ada orang"
)
_THANKS = word_set(
    "terima terimakasih trimakasih makasih makasi mksh mksih trims trimakasi tks tq ty thx "
    "thanks thank you suwun matur maturnuwun nuwun nggih banyak atas respon responnya bantuan "
    "bantuannya informasinya infonya banget sekali ngih so much very kasih kasi tarima terimo "
    "sama-sama sama samasama alhamdulillah amin aamiin"
)
_THANKING = word_set(
    "terima terimakasih trimakasih makasih makasi mksh mksih trims trimakasi tks tq ty thx thanks "
    "thank suwun maturnuwun matur tarima alhamdulillah amin aamiin sama-sama samasama"
)
_ASSENT = word_set(
    "ya iya yes y yaa iyaa iyo inggih enggih nggih ok oke okey okay okee sip siap siip baik "
    "baiklah betul benar noted sudah udah sdh hudah sampun wis belum blm tidak tdk nggak gak "
    "ga ora no bujur kada mboten"
)
_MOST_WORDS = 12
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def words_of(text: str) -> list[str]:
    """The words in lower case, at most some hundreds."""
    return [found[0].lower().replace("’", "'") for found in _WORD.finditer(text[:4_000])]


def tone_of(text: str) -> Tone | None:
    """What the text is, if there is no matter in it."""
    words = words_of(text)
    if not words:
        return Tone.NOTHING
    if len(words) > _MOST_WORDS:
        return None
    said = set(words)
    if said <= _ASSENT | _BESIDE and said & _ASSENT:
        return Tone.ASSENT
    if said <= _THANKS | _BESIDE | _ASSENT | _GREETINGS and said & _THANKING:
        return Tone.THANKS
    if said <= _GREETINGS | _BESIDE:
        return Tone.GREETING
    return None
