"""Decides kind, accusation, category, urgency and spam from the phrases found; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from services.classifier.lexicons import Hit
from shared.contracts.classification import UrgencyGuess
from shared.contracts.enums import Category, Kind, Maladministration, Sentiment, Urgency

Signals = Sequence[Hit[frozenset[str]]]
CategoryHits = Sequence[Hit[tuple[tuple[str, float], ...]]]

_DENIAL_REACH = 1
_CONDUCT_REACH = 8
_MONEY_REACH = 20
_FAVOUR_REACH = 12
_TAKE_REACH = 5
_AMOUNT_REACH = 6
_QUESTION_REACH = 8
_LEAST_CATEGORY = 2.0
_OPENING_TOKENS = 40
_PAIR = 3.5
_PAIR_REACH = 8
_PLACE_FACTOR = 0.25
_WHERE = frozenset(
    {"depan", "dekat", "samping", "sebelah", "belakang", "seberang", "sekitar", "menuju", "arah"}
    | {"simpang", "pertigaan", "perempatan", "muka", "hadapan", "sekeliling", "pinggir"}
)
_ASKED_CATEGORY_BONUS = 4.5
_CHARGES = frozenset({"accusation.demand", "accusation.charge", "accusation.amount"})
_KIND_LISTS = {
    Kind.PENGADUAN: "kind.pengaduan",
    Kind.ASPIRASI: "kind.aspirasi",
    Kind.PERMINTAAN_INFORMASI: "kind.informasi",
}
_FREE_SERVICES = frozenset(
    {Category.ADMINDUK, Category.BANSOS, Category.PENDIDIKAN, Category.PERIZINAN}
)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision with the phrases that led to it."""

    value: bool
    because: tuple[str, ...] = ()


def category_scores(
    hits: CategoryHits, pairs: Iterable[Hit[str]], places: Set[int], asked: Category | None = None
) -> tuple[dict[Category, float], dict[Category, list[str]]]:
    """Points of each category and the phrases that gave them; each phrase counts once.

    `places` are the words that only say where ("di depan SD"): they hardly count.
    """
    scores: dict[Category, float] = {}
    phrases: dict[Category, list[str]] = {}
    seen: set[str] = set()
    weighed = list(hits)
    weighed += [Hit(pair.phrase, pair.start, pair.end, ((pair.value, _PAIR),)) for pair in pairs]
    for hit in weighed:
        if hit.phrase in seen:
            continue
        seen.add(hit.phrase)
        factor = _PLACE_FACTOR if hit.start in places else _opening(hit.start)
        for name, weight in hit.value:
            category = Category(name)
            scores[category] = scores.get(category, 0.0) + weight * factor
            phrases.setdefault(category, []).append(hit.phrase)
    if asked is not None and asked is not Category.LAINNYA:
        scores[asked] = scores.get(asked, 0.0) + _ASKED_CATEGORY_BONUS
    return scores, phrases


def pairs_near(
    tokens: Sequence[str], near: Mapping[str, tuple[tuple[str, bool], ...]]
) -> list[Hit[str]]:
    """A thing and its state within a few words of each other, once a category."""
    last: dict[tuple[str, bool], int] = {}
    found: dict[str, Hit[str]] = {}
    for place, token in enumerate(tokens):
        for category, is_thing in near.get(token, ()):
            other = last.get((category, not is_thing))
            if other is not None and place - other <= _PAIR_REACH and category not in found:
                phrase = f"{tokens[other]} … {token}"
                found[category] = Hit(phrase, other, place + 1, category)
            last[category, is_thing] = place
    return list(found.values())


def place_words(tokens: Sequence[str]) -> frozenset[int]:
    """Positions of words that follow "depan", "dekat", …: they only say where."""
    return frozenset(
        place + step for place, token in enumerate(tokens) if token in _WHERE for step in (1, 2)
    )


def relevant(scores: Mapping[Category, float]) -> dict[Category, float]:
    """The categories with enough points to lead to a unit."""
    return {category: points for category, points in scores.items() if points >= _LEAST_CATEGORY}


def _opening(start: int) -> float:
    """What is said first weighs more."""
    return 1.0 + 0.3 * max(0.0, 1.0 - start / _OPENING_TOKENS)


def best_category(scores: dict[Category, float]) -> Category:
    """The category with the most points; `lainnya` when none has enough."""
    if not scores:
        return Category.LAINNYA
    best = max(scores, key=lambda category: (scores[category], category.value))
    return best if scores[best] >= _LEAST_CATEGORY else Category.LAINNYA


def accusation(signals: Signals, category: Category, *, asks: bool) -> Decision:
    """Whether the text accuses an officer or a unit (domain.md §4.2); when unsure, it does.

    `asks`: the text only asks for information, so a mere question about a charge is none.
    """
    sure = _accusing(signals, "accusation.sure")
    if sure:
        return _because(sure)
    actors = [hit.start for hit in _named(signals, "actor.official")]
    demands = [] if asks else _accusing(signals, "accusation.demand")
    if demands and (actors or category is not Category.LAINNYA):
        return _because(demands)
    if asks:
        return Decision(False)
    if not actors:
        charges = _accusing(signals, "accusation.charge") + _amounts_taken(signals)
        free = category in _FREE_SERVICES
        return _because([hit for hit in charges if free and " " in hit.phrase])
    return _because(
        [
            *_beside(signals, "accusation.conduct", actors, _CONDUCT_REACH),
            *_beside(signals, "accusation.favour", actors, _FAVOUR_REACH),
            *_beside(signals, "accusation.politics", actors, _FAVOUR_REACH),
            *_beside(signals, "accusation.charge", actors, _MONEY_REACH),
            *_near_actor(_amounts_taken(signals), actors),
            *_beside(signals, "accusation.amount", actors, _AMOUNT_REACH),
            *_near_actor(_joined(signals, "accusation.power", "accusation.wrong", 8), actors),
            *_joined(signals, "accusation.kin", "actor.official", 1),
            *_near_actor(_joined(signals, "accusation.thing", "accusation.use", 5), actors),
            *_near_actor(_joined(signals, "accusation.asset", "accusation.taking", 6), actors),
        ]
    )


def _because(hits: Sequence[Hit[frozenset[str]]]) -> Decision:
    return Decision(bool(hits), tuple(hit.phrase for hit in hits))


def _accusing(signals: Signals, name: str) -> list[Hit[frozenset[str]]]:
    return [hit for hit in _named(signals, name) if not _denied(signals, hit)]


def _amounts_taken(signals: Signals) -> list[Hit[frozenset[str]]]:
    """Money that somebody asks for, takes or must give."""
    return _joined(signals, "accusation.take", "accusation.amount", _TAKE_REACH)


def _near_actor(
    hits: Iterable[Hit[frozenset[str]]], actors: Sequence[int]
) -> list[Hit[frozenset[str]]]:
    return [hit for hit in hits if _within(hit.start, actors, _MONEY_REACH)]


def _joined(signals: Signals, first: str, second: str, reach: int) -> list[Hit[frozenset[str]]]:
    """What is named `first` with something named `second` close by, told as one phrase."""
    others = _accusing(signals, second)
    found = []
    for hit in _accusing(signals, first):
        other = next(
            (o for o in others if o is not hit and abs(o.start - hit.start) <= reach), None
        )
        if other:
            found.append(Hit(f"{hit.phrase} … {other.phrase}", hit.start, hit.end, hit.value))
    return found


def kind_of(
    signals: Signals, tone: Sentiment, *, question_mark: bool, accused: bool
) -> tuple[Kind, list[str]]:
    """Complaint, wish or question; an accusation is always a complaint."""
    hits = {kind: _named(signals, name) for kind, name in _KIND_LISTS.items()}
    found = {kind: _distinct(known) for kind, known in hits.items()}
    if accused:
        return Kind.PENGADUAN, found[Kind.PENGADUAN]
    points = {kind: _points(phrases) for kind, phrases in found.items()}
    points[Kind.PENGADUAN] += 0.6
    for kind in (Kind.ASPIRASI, Kind.PERMINTAAN_INFORMASI):
        # Who opens with a wish or a question goes on with its grounds.
        points[kind] += 1.2 if any(hit.start <= 3 for hit in hits[kind]) else 0.0
    if question_mark:
        points[Kind.PERMINTAAN_INFORMASI] *= 1.3
        points[Kind.PERMINTAAN_INFORMASI] += 0.0 if found[Kind.PENGADUAN] else 0.7
    if any(hit.start <= 1 for hit in _named(signals, "inform.opening")):
        points[Kind.PERMINTAAN_INFORMASI] += 0.5
    if tone is Sentiment.POSITIVE:
        points[Kind.ASPIRASI] += 1.0
    best = max(_KIND_LISTS, key=lambda kind: points[kind])
    return best, found[best]


def only_asks(signals: Signals, *, question_mark: bool) -> bool:
    """Whether the text puts a question: then a charge in it is asked about, not complained of."""
    asked = [hit.start for hit in _named(signals, "kind.informasi")]
    charges = [hit.start for hit in signals if not _CHARGES.isdisjoint(hit.value)]
    if not asked or not charges or not (question_mark or asked[0] <= _QUESTION_REACH):
        return False
    return all(any(0 <= place - ask <= _QUESTION_REACH for ask in asked) for place in charges)


def maladministration_of(signals: Signals) -> list[Maladministration]:
    """The tags whose cues the text holds, the most frequent first."""
    counts: Counter[str] = Counter()
    for phrase, names in {hit.phrase: hit.value for hit in signals}.items():
        del phrase
        counts.update(name.partition(".")[2] for name in names if name.startswith("maladm"))
    order = list(Maladministration)
    tags = [Maladministration(name) for name in counts]
    return sorted(tags, key=lambda tag: (-counts[tag.value], order.index(tag)))


def urgency_of(signals: Signals, kind: Kind, tone: float) -> tuple[UrgencyGuess, list[str]]:
    """How fast somebody must look; danger spoken of as past or possible counts less."""
    danger = _distinct(_named(signals, "urgency.darurat"))
    soon = _distinct(_named(signals, "urgency.mendesak"))
    calm = _distinct(_named(signals, "urgency.calm"))
    if danger and kind is Kind.PENGADUAN and len(calm) < 2 * len(danger):
        score = min(0.99, 0.86 + 0.04 * len(danger) - 0.16 * len(calm))
        level = Urgency.DARURAT if score >= 0.84 else Urgency.MENDESAK
        return UrgencyGuess(level=level, score=round(score, 3)), danger
    if kind is not Kind.PENGADUAN and not danger:
        return UrgencyGuess(level=Urgency.RENDAH, score=0.15), []
    if danger or soon:
        score = min(0.83, 0.5 + 0.07 * len(soon) + 0.12 * len(danger) - 0.1 * len(calm))
        level = Urgency.MENDESAK if score >= 0.55 else Urgency.BIASA
        return UrgencyGuess(level=level, score=round(score, 3)), danger + soon
    return UrgencyGuess(level=Urgency.BIASA, score=round(0.35 + 0.1 * max(0.0, tone), 3)), []


def spam_score(
    signals: Signals, words: Sequence[str], *, links: int, category_points: float
) -> float:
    """How likely promotion or noise; a real matter in the text speaks against it."""
    if not words:
        return 0.7
    promotion = len(set(_distinct(_named(signals, "spam.words"))))
    noise = len(words) > 8 and len(set(words)) <= max(2, len(words) // 12)
    score = 0.25 * promotion + 0.2 * min(links, 2) + (0.6 if noise else 0.0)
    if len(words) > 2 and all(len(word) > 24 for word in words[:50]):
        score += 0.5
    return round(max(0.0, min(0.99, score - 0.06 * category_points)), 3)


def _named(signals: Signals, name: str) -> list[Hit[frozenset[str]]]:
    return [hit for hit in signals if name in hit.value]


def _distinct(hits: Iterable[Hit[frozenset[str]]]) -> list[str]:
    return list(dict.fromkeys(hit.phrase for hit in hits))


def _points(phrases: Sequence[str]) -> float:
    # A longer phrase is a surer sign than a single word.
    return sum(0.7 + 0.6 * phrase.count(" ") for phrase in phrases)


def _denied(signals: Signals, hit: Hit[frozenset[str]]) -> bool:
    return any(
        "accusation.denial" in other.value and 0 <= hit.start - other.end < _DENIAL_REACH
        for other in signals
    )


def _within(place: int, others: Sequence[int], reach: int) -> bool:
    return any(abs(place - other) <= reach for other in others)


def _beside(
    signals: Signals, name: str, places: Sequence[int], reach: int
) -> list[Hit[frozenset[str]]]:
    return [
        hit
        for hit in _named(signals, name)
        if _within(hit.start, places, reach) and not _denied(signals, hit)
    ]
