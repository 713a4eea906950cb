"""What the word lists and rules say of a text, as words for the linear models; pure.

A cue names a list, a phrase of it or a decision of the rules, never a word that no list holds.
"""

from collections.abc import Callable, Iterator

from services.classifier.lexicons import PhraseIndex, read_list, split_phrases
from services.classifier.linear.model import Document
from services.classifier.reading import Judged

_MOST_POINTS = 5


class Cuer:
    """Makes documents of what the rules read; holds the list of happenings."""

    def __init__(self, phrase: Callable[[str], tuple[str, ...]]) -> None:
        found: dict[tuple[str, ...], tuple[str, ...]] = {}
        for name, text in read_list("incidents").items():
            for tokens in filter(None, map(phrase, split_phrases(text))):
                found[tokens] = (*found.get(tokens, ()), name)
        self._happenings = PhraseIndex(found)

    def document(self, judged: Judged) -> Document:
        """The masked text with its tokens and cues."""
        return Document(judged.masked.text, judged.read.subject, list(self._cues(judged)))

    def _cues(self, judged: Judged) -> Iterator[str]:
        """One cue a mention."""
        read, verdict = judged.read, judged.verdict
        for hit in read.signals:
            yield f"phrase:{hit.phrase.replace(' ', '_')}"
            yield from (f"list:{name}" for name in sorted(hit.value))
        for happening in self._happenings.scan(read.tokens):
            yield from (f"happening:{name}" for name in happening.value)
        for category, points in sorted(read.scores.items()):
            yield from [f"category:{category.value}"] * min(_MOST_POINTS, int(points))
        yield f"topic:{read.topic.value}"
        yield f"kind:{verdict.kind.value}"
        yield f"urgency:{verdict.urgency.level.value}"
        yield f"accused:{int(verdict.accused.value)}"
        yield f"tone:{judged.sentiment.label.value}"
        yield from (f"tag:{tag.value}" for tag in verdict.tags)
        yield from (f"masked:{span.type.value}" for span in judged.masked.pii())
        yield f"length:{len(read.words).bit_length()}"
        if read.asks:
            yield "question"
        if read.links:
            yield "link"
