"""Whether a report tells where, and of what service; whether it accuses; whether it is an old one.

Pure, total. What agencies handle, and by which words, is the directory's.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from services.ingest.talks.tones import tone_of, word_set, words_of
from services.ingest.talks.values import Unclear
from shared.contracts.enums import Category
from shared.db.read.directory import OPD, Region

# What lies at a place and cannot be found without it.
_PLACED = frozenset(
    {
        Category.JALAN_JEMBATAN,
        Category.DRAINASE_BANJIR,
        Category.AIR_BERSIH,
        Category.SAMPAH_LINGKUNGAN,
        Category.PENERANGAN_JALAN,
        Category.LISTRIK_EKSTERNAL,
        Category.KETERTIBAN,
        Category.TRANSPORTASI_PARKIR,
    }
)
_STREET = re.compile(
    r"\b(?:jalan|jln|jl|gang|gg|dalan)\b[\s.]*(?!(?:rusak|rusaknya|berlubang|lubang|hancur|becek|"
    r"gelap|licin|macet|banjir|ini|itu|di|yang|yg|umum|raya|poros|utama|nya|sudah|belum|tidak|"
    r"masih|lingkungan|rusuh|buruk|dan|juga|kami|saya|ulun)\b)[^\W\d_]{3,}",
    re.I,
)
_CUE = re.compile(
    r"\b(?:rt|rw|desa|ds|kelurahan|kel|kecamatan|kec|dusun|kampung|kp|km|kilometer|simpang|"
    r"perumahan|perum|komplek|kompleks|blok|pasar|terminal|pelabuhan|puskesmas|rsud|masjid|mesjid|"
    r"gereja|mushola|sdn?|smpn?|sman?|depan|muka|dekat|samping|belakang|seberang|sebelah|ujung|"
    r"alamat|lokasi|sungai|gunung|handil|in front of|near|next to|village)\b[\s.:]*[^\W_]{2,}",
    re.I,
)
_PRE = r"(?:laporan|lapor|aduan|pengaduan|keluhan|report|complaint)"
_EARLIER = re.compile(
    rf"\b{_PRE}(?:an|ku|nya)?\s+(?:saya|sy|ku|kami|ulun|kulo|kula|aku|tadi|kemarin|kmrn|tempo|"
    rf"minggu|yang|yg|sebelumnya|itu|ini|wingi|semalam|samalam)\b|\b{_PRE}(?:ku|nya)\b|"
    rf"\b(?:my|the)\s+{_PRE}\b|\b(?:kelanjutan|tindak\s?lanjut|tindaklanjut|perkembangan|follow\s?up|"
    r"progres|progress|sudah sampai mana|sampai dimana|sampai di mana|belum ada (?:tanggapan|"
    r"tindakan|kabar|jawaban|respon)|kapan (?:diperbaiki|dibaiki|dikerjakan|ditangani))",
    re.I,
)
# Words of accusing an officer or an office. Too many rather than too few: one too many opens a case
# of its own, one too few shows an accusation to the accused.
_ACCUSING = re.compile(
    r"\b(?:pungli|pungly|pungl|pngli|dipungli|pungutan|pungutli|suap|disuap|menyuap|sogok|disogok|"
    r"sogokan|korup|korupsi|dikorupsi|mengkorupsi|peras|diperas|memeras|pemerasan|calo|"
    r"percaloan|upeti|setoran|pelicin|amplop|gratifikasi|nepotisme|oknum|ordal|fiktif|markup|"
    r"mark\s?up|dipotong|disunat|penyalahgunaan|menyalahgunakan|selewengkan|"
    r"diselewengkan|penyelewengan|penggelapan|digelapkan|gelapkan|penipuan|pelecehan|dilecehkan|"
    r"melecehkan|intimidasi|diancam|mengancam|dipukul|memukul|bentak|dibentak|"
    r"membentak|kasar|arogan|brib\w*|extort\w*|corrupt\w*|"
    r"(?:di|me|ma)?minta(?:i|in)?\s+(?:\w+\s+){0,2}(?:uang|duit|duwit|dhuwit|wang|rp|bayar\w*|jatah|"
    r"fee|imbalan)|(?:uang|duit|duwit)\s+(?:rokok|kopi|terima\s?kasih|lelah|jasa|damai|bensin))\b",
    re.I,
)
_AROUND = word_set(
    "kabupaten kab kota di dari daerah wilayah tinggal warga domisili in from di kabupaten "
    "regency district lawan wan asal saking kula ulun saya"
)
_MOST = 4_000


def unclear_in(text: str, opds: Iterable[OPD], *, placed: bool) -> Unclear | None:
    """What a report of the region's `opds` does not tell; `placed`: the place is known already."""
    short = text[:_MOST].lower()
    about = [opd for opd in opds if _phrases(opd.keywords).search(short)] if short else []
    place = placed or tells_place(text) or bool(about and not _is_placed(about))
    if place:
        return None if about else Unclear.AGENCY
    return Unclear.PLACE if about else Unclear.BOTH


def tells_place(text: str) -> bool:
    """Whether the text names a street, a village or what is near."""
    short = text[:_MOST]
    return bool(_STREET.search(short) or _CUE.search(short))


def speaks_of_earlier(text: str) -> bool:
    """Whether the text is about a report sent before."""
    return bool(_EARLIER.search(text[:_MOST]))


def accuses(text: str) -> bool:
    """Whether the text may accuse an officer or an office; when unsure it does (design §2.9)."""
    return bool(_ACCUSING.search(text[:_MOST]))


def named_region(text: str, regions: Iterable[Region]) -> tuple[str | None, bool]:
    """The one region that the text names by name, short name, code or SMS code.

    And whether it says nothing else, as the answer to our question does.
    """
    names = {name: region.code for region in regions for name in _names(region)}
    # The longest name first: Penajam Paser Utara is not Paser.
    pattern = _pattern(tuple(sorted(names, key=len, reverse=True)))
    short = text[:_MOST].lower()
    found = {names[match[0]] for match in pattern.finditer(short)}
    if len(found) != 1:
        return None, False
    left = [word for word in words_of(pattern.sub(" ", short)) if word not in _AROUND]
    return found.pop(), not left or tone_of(" ".join(left)) is not None


def _names(region: Region) -> Iterator[str]:
    yield from (region.code.lower(), region.short.lower(), region.name.lower())
    yield from (code.lower() for code in region.sms_codes)


def _is_placed(opds: Iterable[OPD]) -> bool:
    return any(_PLACED & set(opd.handles) for opd in opds)


@lru_cache(maxsize=2_000)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    known = "|".join(re.escape(name.lower()) for name in names)
    return re.compile(rf"(?<!\w)(?:{known})(?!\w)" if known else r"(?!)")


@lru_cache(maxsize=2_000)
def _phrases(keywords: tuple[str, ...]) -> re.Pattern[str]:
    """Keywords of several words, with a name between them: `jalan (Sudirman) rusak`."""
    known = "|".join(
        r"\W{1,3}(?:\w+\W{1,3}){0,4}".join(map(re.escape, keyword.lower().split()))
        for keyword in keywords
    )
    return re.compile(rf"(?<!\w)(?:{known})(?!\w)" if known else r"(?!)")
