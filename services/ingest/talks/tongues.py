"""In which of the languages we answer in somebody writes. Pure, total.

Two words that no other of them has are enough; without, the language stays what it was.
"""

from collections.abc import Iterable
from itertools import combinations

from services.ingest.talks.tones import word_set
from shared.contracts.enums import Language

_MARKS: dict[Language, frozenset[str]] = {
    Language.BJN: word_set(
        "ulun pian kada kadada handak hudah balum gasan wan nang kawa haja banar sidin bubuhan "
        "kayapa napa urang wayahini limbah amun dalan banyu acil dangsanak gawi batakun pang "
        "mandi bujur samunyaan parak tarus pinanya kaina ngini ngitu nginih lakas uyuh"
    ),
    Language.JAV: word_set(
        "lan ing sing iki iku ora mboten kowe panjenengan karo kanggo saka saking wis sampun "
        "durung dereng arep badhe amarga yen nanging sanget kulo kula ingkang punika niki "
        "niku wonten saged dhateng kaliyan nggih inggih opo piye pripun kepiye ngendi pundi "
        "kene dalan dalane omah griya banyu toya akeh kathah suwun matur nuwun sugeng enjing "
        "sonten nyuwun tulung isih taksih rusak'e kabeh mergo wengi dina"
    ),
    Language.ENG: word_set(
        "the and is are was were there here my our your please broken water road street light "
        "hello good morning what where when how why want would like report since days week thank "
        "you not no has have been near in front of for with from can"
    ),
    Language.IND: word_set(
        "yang dan di ke dari untuk dengan tidak ada saya kami sudah belum bisa karena sangat mohon "
        "tolong harus masih jalan air lampu rusak tdk sdh blm depan dekat apa bagaimana"
    ),
}
_ENOUGH = 2
_SHARED = frozenset().union(*(a & b for a, b in combinations(_MARKS.values(), 2)))


def language_of(words: Iterable[str]) -> Language | None:
    """The language the words are of; none when they do not tell."""
    said = set(words)
    marks = {tongue: len((known - _SHARED) & said) for tongue, known in _MARKS.items()}
    best, second = sorted(marks.values(), reverse=True)[:2]
    if best < _ENOUGH or best == second:
        return None
    return next(tongue for tongue, count in marks.items() if count == best)
