"""Finds the earlier reports of the same incident for a whole batch, with two statements.

What counts as the same is decided in `duplicates`; where signatures are kept, in `store`.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from sqlalchemy import Connection

from services.classifier import store
from services.classifier.duplicates import (
    ALIKE,
    FULL,
    MOST,
    WINDOW,
    Report,
    Signature,
    Signer,
    bands,
    likeness,
    looked_up,
)
from services.classifier.lexicons import (
    PhraseIndex,
    load_lexicons,
    read_list,
    split_phrases,
)
from services.classifier.store import Entry, micros
from shared.contracts.classification import Classification
from shared.contracts.enums import LocationSource
from shared.contracts.feedback import FeedbackReceived

_COMPARED = 6
_WINDOW = WINDOW // timedelta(microseconds=1)
_LITTLE = 40


@dataclass(frozen=True, slots=True)
class Joined:
    """A report's earlier likes, and the lists in which later ones will find it."""

    signature: Signature
    likes: tuple[str, ...]
    bands: tuple[int, ...]


def report_of(received: FeedbackReceived, found: Classification) -> Report:
    """What is compared of a complaint: its masked text, its place and its category."""
    where = received.location
    # The middle of a village is not where it happened: two reports from there are not one place.
    point = where if where and where.source is not LocationSource.GAZETTEER else None
    return Report(
        reference=received.reference,
        region=received.region,
        received_at=received.received_at,
        text=found.masked_text,
        category=found.category,
        address=where.address if where else None,
        lat=point.lat if point else None,
        lon=point.lon if point else None,
    )


@cache
def load_signer() -> Signer:
    """The signer of this package's word lists."""
    lexicons = load_lexicons()
    common = read_list("common")
    regions = frozenset(common["regions"].split())
    weights = dict.fromkeys((*lexicons.languages, *common["sometimes"].split(), *regions), _LITTLE)
    weights |= dict.fromkeys(common["often"].split(), 0)
    phrases: dict[tuple[str, ...], tuple[str, ...]] = {}
    for name, text in read_list("incidents").items():
        for phrase in filter(None, map(lexicons.normaliser.phrase, split_phrases(text))):
            phrases[phrase] = (*phrases.get(phrase, ()), name)
    vague = regions.union(common["places"].split())
    return Signer(lexicons.normaliser.tokens, weights, vague, PhraseIndex(phrases))


def join(conn: Connection, reports: Sequence[Report], signer: Signer) -> dict[str, Joined]:
    """What each report joins, by reference, found with two statements.

    The answer for a report does not depend on how its batch is cut or how often it is asked, once
    the earlier ones are known; the report itself and later ones are never among its likes.
    """
    signed = sorted(map(signer.sign, reports), key=_moment)
    if not signed:
        return {}
    wanted = [(one, _moment(one), looked_up(one)) for one in signed]
    lists = store.listed(
        conn,
        {band for _, _, found in wanted for band in found},
        since=signed[0].received_at - WINDOW,
        before=signed[-1].received_at,
    )
    board = _Board(lists)
    likely = [board.likely(moment, found) for _, moment, found in wanted]
    known = store.signatures(conn, {reference for found in likely for reference in found})
    joined: dict[str, Joined] = {}
    for (one, moment, found), before in zip(wanted, likely, strict=True):
        # What the batch itself has added by now may come before what the database had.
        others = before if board.unchanged(found) else board.likely(moment, found)
        likes = _likes(one, (known[reference] for reference in others if reference in known))
        places = board.add(moment, bands(one)) if len(likes) < MOST else ()
        known[one.reference] = one
        joined[one.reference] = Joined(one, likes, places)
    return joined


def _moment(signature: Signature) -> Entry:
    return micros(signature.received_at), signature.reference


def _likes(one: Signature, others: Iterable[Signature]) -> tuple[str, ...]:
    """The tickets of the same incident, the earliest first."""
    found = sorted(_moment(other) for other in others if likeness(one, other) >= ALIKE)
    return tuple(reference for _, reference in found[:MOST])


class _Board:
    """The lists of a batch: those of the database, with what the batch itself adds."""

    def __init__(self, lists: dict[int, list[Entry]]) -> None:
        self._lists = lists
        self._changed: set[int] = set()

    def unchanged(self, wanted: Iterable[int]) -> bool:
        """Whether the batch added nothing to these lists."""
        return self._changed.isdisjoint(wanted)

    def likely(self, moment: Entry, wanted: Iterable[int]) -> list[str]:
        """Those earlier reports that share most lists with the one of that moment."""
        shared: Counter[Entry] = Counter()
        for band in wanted:
            shared.update(self._earlier(band, moment))
        # The order must not depend on what else the lists hold.
        order = sorted((-count, entry) for entry, count in shared.items())
        return [reference for _, (_, reference) in order[:_COMPARED]]

    def add(self, moment: Entry, wanted: Iterable[int]) -> tuple[int, ...]:
        """Enter a report into those lists that are not full yet, and name them."""
        lists = tuple(band for band in wanted if len(self._earlier(band, moment)) < FULL)
        self._changed.update(lists)
        for band in lists:
            insort(self._lists.setdefault(band, []), moment)
        return lists

    def _earlier(self, band: int, moment: Entry) -> list[Entry]:
        """The first entries of the window before the moment."""
        entries = self._lists.get(band)
        if not entries:
            return []
        first = bisect_left(entries, (moment[0] - _WINDOW, ""))
        return entries[first : bisect_left(entries, moment, first, min(len(entries), first + FULL))]
