"""Finds NIK, KK, NIP, phone and account numbers in free text, in linear time.

Digits may be of any script and be parted by spaces, dots, dashes, brackets or invisible marks;
dates and amounts of money stay.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.contracts.enums import PIIType
from shared.privacy.spans import Found

# Between two digits of one number.
_SEPARATOR = (
    r"[ \t\u00a0\u00ad\u2000-\u200f\u2010-\u2015\u202a-\u202f\u2060-\u2064\u3000\ufeff"
    r"\u0300-\u036f\ufe00-\ufe0f\u20e3\u2212.()\-]"
)
# A line break ends a number, unless it is broken off there.
_BREAK = r"[ \t.\-]{0,2}\n[ \t]{0,2}"
_RUN = re.compile(rf"\d(?:(?:{_SEPARATOR}{{0,4}}|{_BREAK})\d)*+")
_GROUP = re.compile(r"\d+")
_CUE_WINDOW = 48
_ACCOUNT_CUE = re.compile(
    r"(?:\b(?:no)?rek(?:ening)?(?:nya)?|\bacc(?:ount)?|\bbank|\bb(?:ri|ca|ni|si|tn|pd)|\bmandiri|"
    r"\bbankaltimtara|\bdanamon|\bpermata|\bcimb)\b[^\d\n]{0,32}$",
    re.IGNORECASE,
)
_PHONE_CUE = re.compile(
    r"\b(?:te?le?p(?:on|hone|n)?|tlp|tilpun|hp|hape|wa|whats ?app|hub(?:ungi)?|kontak|sms|call|"
    r"ponsel|fax)(?:nya)?\b[^\d\n]{0,16}$",
    re.IGNORECASE,
)
_MONEY_CUE = re.compile(r"(?:rp|idr|\$)[\s.:]{0,3}$", re.IGNORECASE)
_SHORTEST_CUED = 6
_MOBILE = re.compile(r"(?:0|62|0062)?8[1-35-9]\d{7,10}")
_PLAIN_PHONE = re.compile(r"08\d{7,13}|628\d{7,12}|00628\d{7,12}|0[2-79]\d{7,10}|8[1-35-9]\d{7,10}")


@dataclass(frozen=True, slots=True)
class _Group:
    digits: str
    start: int
    end: int
    before: str  # what parts it from the group before


def numbers(text: str) -> list[Found]:
    """Every identifying number of the text."""
    found: list[Found] = []
    for run in _RUN.finditer(text):
        if run.end() - run.start() >= _SHORTEST_CUED:
            for groups in _lines(_groups(text, run.start(), run.end())):
                found.extend(_in_line(text, groups))
    return found


def _lines(groups: list[_Group]) -> Iterator[list[_Group]]:
    """The groups of each line; a line that breaks a number off goes on in the next one."""
    line: list[_Group] = []
    for place, group in enumerate(groups):
        if line and "\n" in group.before and not _broken(line, groups[place : place + 3]):
            yield line
            line = []
        line.append(group)
    yield line


def _broken(line: Sequence[_Group], following: Sequence[_Group]) -> bool:
    """Whether a mobile number or a NIK begins at the end of the line and ends in the next one."""
    for place in range(max(0, len(line) - 5), len(line)):
        head = _joined(line, place, len(line))
        mobile = _starts_phone(head) and 4 <= len(head) < 10
        for taken in range(1, len(following) + 1):
            digits = head + _joined(following, 0, taken)
            if mobile and 10 <= len(digits) <= 14 and _MOBILE.fullmatch(digits):
                return True
            if len(digits) == 16 and 4 <= len(head) < 16 and _is_nik(digits) and not mobile:
                return not _phone_at(following, 0, plus=False)
    return False


def _in_line(text: str, groups: list[_Group]) -> Iterator[Found]:
    start, end = groups[0].start, groups[-1].end
    if end - start < _SHORTEST_CUED:
        return
    before = text[max(0, start - _CUE_WINDOW) : start].rpartition("]")[2]
    cue = _cued(groups, before)
    place = 0
    while place < len(groups):
        kind, taken = cue if cue and place == 0 else _number_at(groups, place, before)
        if kind is not None:
            first = groups[place].start
            if kind is PIIType.PHONE and first and text[first - 1] in "+(":
                first -= 1
            yield Found(first, groups[place + taken - 1].end, kind)
        place += taken


def _groups(text: str, start: int, end: int) -> list[_Group]:
    groups: list[_Group] = []
    last = start
    for match in _GROUP.finditer(text, start, end):
        digits = match.group()
        if not digits.isascii():
            digits = "".join(str(int(digit)) for digit in digits)
        groups.append(_Group(digits, match.start(), match.end(), text[last : match.start()]))
        last = match.end()
    return groups


def _cued(groups: Sequence[_Group], before: str) -> tuple[PIIType, int] | None:
    """A number that only the words before it give away."""
    if _MONEY_CUE.search(before):
        return None
    taken = _prefix(groups, 0, 20)
    total = sum(len(group.digits) for group in groups[:taken])
    if total < _SHORTEST_CUED or _date_at(groups, 0):
        return None
    if _ACCOUNT_CUE.search(before) and not _starts_phone(groups[0].digits):
        return PIIType.ACCOUNT, taken
    if total <= 12 and not _amount_at(groups, 0) and _PHONE_CUE.search(before):
        return PIIType.PHONE, taken
    return None


def _number_at(groups: Sequence[_Group], place: int, before: str) -> tuple[PIIType | None, int]:
    """What begins at the group, and how many groups it takes (1 for nothing)."""
    skip = _date_at(groups, place)
    if skip:
        return None, skip
    first = groups[place].digits
    plus = place == 0 and before.rstrip("(").endswith("+")
    phone = _phone_at(groups, place, plus)
    if phone and (first.startswith("0") or plus):
        return PIIType.PHONE, phone
    # Before the money test: nobody writes an amount of sixteen digits without dots.
    if len(first) >= 13 and not phone:
        return _long(first), 1
    amount = _amount_at(groups, place)
    money = place == 0 and first[0] != "0" and _MONEY_CUE.search(before) is not None
    if amount and (money or not phone):
        return None, amount
    identity = None if amount else _identity_at(groups, place)
    if identity:
        return identity
    # "812.345.678" may be an amount or a phone: without "Rp" the doubt goes to privacy.
    if money and first[0] == "8" and phone == 1:
        return None, 1
    return (PIIType.PHONE, phone) if phone else (None, 1)


def _long(digits: str) -> PIIType:
    if len(digits) == 18 and _is_birth_date(digits[:8]):
        return PIIType.NIP
    return PIIType.ACCOUNT if len(digits) in (13, 14) else PIIType.NIK


def _identity_at(groups: Sequence[_Group], place: int) -> tuple[PIIType, int] | None:
    """NIP (18 digits that begin with a date of birth) or NIK and KK (16 digits) in groups."""
    total, digits = 0, ""
    best: int | None = None
    for taken, group in enumerate(groups[place : place + 18], 1):
        if taken > 1 and len(group.digits) >= 9 and _starts_phone(group.digits):
            break
        total += len(group.digits)
        if total > 18:
            break
        digits += group.digits
        if total == 16 and not digits.startswith("0"):
            best = taken
        if total == 18 and _is_birth_date(digits[:8]):
            return PIIType.NIP, taken
    if best is None:
        return None
    digits = _joined(groups, place, best)
    if best > 1 and not _is_nik(digits) and _holds_mobile(groups, place, best):
        return None
    # "2020 6401 …": where a number before a NIK shifts the window, both go.
    shifts = (_shifted(groups, place + skipped, skipped) for skipped in range(1, best))
    return PIIType.NIK, max([best, *shifts])


def _holds_mobile(groups: Sequence[_Group], place: int, taken: int) -> bool:
    """Whether a phone number begins after the first of the groups ("jam 10.30 0812-…")."""
    for inner in range(place + 1, place + taken):
        if _starts_phone(groups[inner].digits) and _phone_at(groups, inner, plus=False):
            return True
    return False


def _shifted(groups: Sequence[_Group], place: int, skipped: int) -> int:
    """Groups up to the end of a plausible NIK that begins `skipped` groups later; 0: none."""
    digits = ""
    for taken, group in enumerate(groups[place : place + 16], 1):
        digits += group.digits
        if len(digits) >= 16:
            return skipped + taken if len(digits) == 16 and _is_nik(digits) else 0
    return 0


def _is_nik(digits: str) -> bool:
    day, month = int(digits[6:8]), int(digits[8:10])
    return digits[0] != "0" and (1 <= day <= 31 or 41 <= day <= 71) and 1 <= month <= 12


def _is_birth_date(digits: str) -> bool:
    return (
        digits[:2] in ("19", "20") and 1 <= int(digits[4:6]) <= 12 and 1 <= int(digits[6:8]) <= 31
    )


def _starts_phone(digits: str) -> bool:
    return digits.startswith(("08", "628", "0062"))


def _phone_at(groups: Sequence[_Group], place: int, plus: bool) -> int:
    """How many groups the phone number beginning here takes; 0: there is none."""
    first = groups[place].digits
    if plus:
        return _grown(groups, place, 8, 15)
    if len(first) >= 9 and _PLAIN_PHONE.fullmatch(first):
        return _grown(groups, place, 9, 13) or 1
    if first.startswith("08") and len(first) > 2:
        return _grown(groups, place, 9, 13)
    if first[0] == "0" and len(first) <= 2:
        return _spelt(groups, place)
    if first.startswith(("62", "0062")) and len(first) < 9:
        taken = _grown(groups, place, 10, 16 if first.startswith("00") else 14)
        return taken if taken and _MOBILE.fullmatch(_joined(groups, place, taken)) else 0
    if first[0] == "0" and 3 <= len(first) <= 4 and first[1] in "2345679":
        return _grown(groups, place, 8, 12)
    if first[0] == "8" and len(first) >= 3:
        taken = _grown(groups, place, 9, 12)
        return taken if taken and _MOBILE.fullmatch(_joined(groups, place, taken)) else 0
    return 0


def _grown(groups: Sequence[_Group], place: int, least: int, most: int) -> int:
    """Groups of a phone number: three digits or more each, and no second number."""
    total, taken, mark = 0, 0, ""
    for group in groups[place : place + 15]:
        if total + len(group.digits) > most:
            break
        # "12 orang" after a whole number is not part of it; "… 678 90" is.
        tail = taken and len(group.digits) < 3 and total >= least
        if tail and (len(group.digits) == 1 or total >= 11 or group.before != mark):
            break
        if taken and total >= 9 and len(group.digits) > 3 and _starts_phone(group.digits):
            break
        if taken >= 2 and total >= 10 and group.before != mark:
            break
        total += len(group.digits)
        taken += 1
        mark = group.before
    return taken if total >= least else 0


def _spelt(groups: Sequence[_Group], place: int) -> int:
    """A phone number written in ones and twos ("0 8 1 2 …", "08 12 34 56 78 90")."""
    taken = _prefix(groups, place, 13)
    while taken:
        digits = _joined(groups, place, taken)
        if len(digits) < 10:
            return 0
        if _MOBILE.fullmatch(digits):
            return taken
        taken -= 1
    return 0


def _prefix(groups: Sequence[_Group], place: int, most: int) -> int:
    total, taken = 0, 0
    for group in groups[place : place + 20]:
        if total + len(group.digits) > most:
            break
        total += len(group.digits)
        taken += 1
    return taken


def _joined(groups: Sequence[_Group], place: int, taken: int) -> str:
    return "".join(group.digits for group in groups[place : place + taken])


def _date_at(groups: Sequence[_Group], place: int) -> int:
    """3 when day, month and year stand here, parted by dots or dashes and ended by a space."""
    if place + 3 > len(groups):
        return 0
    day, month, year = groups[place : place + 3]
    if len(year.digits) != 4 or year.digits[:2] not in ("19", "20"):
        return 0
    if month.before not in (".", "-") or year.before != month.before:
        return 0
    after = groups[place + 3].before if place + 3 < len(groups) else " "
    fits = len(day.digits) <= 2 and len(month.digits) <= 2
    if not fits or not 1 <= int(day.digits) <= 31 or not 1 <= int(month.digits) <= 12:
        return 0
    return 3 if after[:1] in (" ", "\t", "(") or after == " - " else 0


def _amount_at(groups: Sequence[_Group], place: int) -> int:
    """How many groups an amount with dots takes ("1.500.000"); 0: it is none."""
    taken = 1
    first = groups[place].digits
    if first[0] == "0" or len(first) > 3:
        return 0
    for group in groups[place + 1 : place + 5]:
        if group.before != "." or len(group.digits) != 3:
            break
        taken += 1
    if place + taken < len(groups) and groups[place + taken].before == ".":
        return 0  # a longer dotted number
    return taken if taken > 1 else 0
