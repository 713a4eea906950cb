"""What the port promises, for every classifier behind it: an answer to whatever comes, in order."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.classifier.choosing import artefacts, chosen, newest
from services.classifier.lines import classify_lines
from services.classifier.ports import ClassificationRequest, Classifier
from services.classifier.ruled import RuleClassifier
from shared.contracts.classification import Classification
from shared.contracts.enums import Category, Form
from shared.db.read.directory import directory_of_seed
from tests.work import calls

UNITS = directory_of_seed().opds("paser")
# Each as the service would run it.
CLASSIFIERS: list[Classifier] = [RuleClassifier(), chosen(newest(artefacts()) or ""), chosen()]
every_classifier = pytest.mark.parametrize("classifier", CLASSIFIERS, ids=lambda c: c.version)

# Scripts, direction marks, joiners, stacked marks and controls, mixed with words of complaints.
ODD = "\u2028 \u2029 \u202e \u200d \u0336 \u0301\u0301 \ufeff \x00 \x1b[31m 😀 ថ្ងៃ طريق ถนน 道路"
FAMILIAR = "jalan rusak bgt pak kada 08123456789 6401010101010001 <b> '; -- {{ }} [TELEPON] %s ² ፩"
HARD = st.sampled_from((ODD + " " + FAMILIAR).split(" "))
TEXT = st.text(max_size=200) | st.lists(HARD, max_size=30).map(" ".join)
REQUEST = st.builds(
    ClassificationRequest,
    TEXT,
    st.sampled_from([(), UNITS]),
    service=st.none() | st.text(max_size=40),
    opd_asked=st.none() | st.sampled_from(["paser/dpupr", "paser/none", ""]),
    category_asked=st.none() | st.sampled_from(Category),
    form=st.sampled_from(Form),
)


@every_classifier
@settings(max_examples=60)
@given(requests=st.lists(REQUEST, max_size=4))
def test_any_batch_has_its_answers_in_order(
    classifier: Classifier, requests: list[ClassificationRequest]
) -> None:
    found = classifier.classify(requests)
    assert [_bare(one) for one in found] == [
        _bare(classifier.classify([request])[0]) for request in requests
    ]
    for request, one in zip(requests, found, strict=True):
        assert Classification.model_validate_json(one.model_dump_json()) == one
        confidences = [guess.confidence for guess in one.opd]
        assert confidences == sorted(confidences, reverse=True)
        assert {guess.opd for guess in one.opd} <= {unit.code for unit in request.units}
        ends = [span.end for span in one.pii]
        assert all(end <= len(one.masked_text) for end in ends)
        assert one.duplicates == []


def _bare(found: Classification) -> dict[str, object]:
    """An answer, its figures rounded: the size of a batch may change the last digits."""

    def rounded(value: object) -> object:
        if isinstance(value, float):
            return round(value, 2)
        if isinstance(value, dict):
            return {name: rounded(part) for name, part in value.items()}
        return [rounded(part) for part in value] if isinstance(value, list) else value

    return {name: rounded(value) for name, value in found.model_dump(mode="json").items()}


@every_classifier
@pytest.mark.parametrize(
    "piece",
    ["x", "jalan rusak ", "a\u0336", "\u2028", "1"],
    ids=["one word", "words", "zalgo", "separators", "digits"],
)
def test_100_kb_are_as_much_work_as_their_length(classifier: Classifier, piece: str) -> None:
    def work(size: int) -> int:
        request = ClassificationRequest((piece * size)[:size], UNITS)
        return calls(lambda: found.append(len(classifier.classify([request]))))

    found: list[int] = []
    work(1_000)
    assert work(100_000) < 12 * work(10_000)
    assert found == [1, 1, 1]


@every_classifier
@settings(max_examples=40)
@given(lines=st.lists(TEXT.map(str.encode) | st.binary(max_size=60), max_size=8))
def test_one_line_out_for_each_line_in(classifier: Classifier, lines: list[bytes]) -> None:
    texts = [orjson.dumps({"text": line.decode(errors="replace")}) for line in lines]
    sent = [line.replace(b"\n", b" ") for pair in zip(lines, texts, strict=True) for line in pair]
    found = list(classify_lines(iter(sent), classifier, UNITS, at_once=3))
    assert len(found) == len(sent)
    assert not any(b"\n" in line for line in found)
    answers = [orjson.loads(line) for line in found]
    assert all("category" in answer for answer in answers[1::2])
