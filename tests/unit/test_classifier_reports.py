"""What the rules make of reports as citizens write them: accusations first."""

from collections.abc import Sequence

import pytest

from services.classifier.ports import ClassificationRequest, Unit
from services.classifier.ruled import RuleClassifier
from shared.contracts.classification import Classification
from shared.contracts.enums import Category, Kind, Urgency
from shared.db.read.directory import directory_of_seed
from tests.unit.labelled_reports import REPORTS, Report

REGION = "paser"
Pairs = Sequence[tuple[Report, Classification]]


@pytest.fixture(scope="module")
def units() -> tuple[Unit, ...]:
    return directory_of_seed().opds(REGION)


@pytest.fixture(scope="module")
def answers(units: tuple[Unit, ...]) -> Pairs:
    requests = [ClassificationRequest(report.text, units) for report in REPORTS]
    return list(zip(REPORTS, RuleClassifier().classify(requests), strict=True))


def _share(right: Sequence[bool]) -> float:
    return sum(right) / len(right)


def test_the_set_is_large_enough_to_mean_something() -> None:
    assert len(REPORTS) >= 200
    assert {report.category for report in REPORTS} == set(Category)
    assert sum(report.accuses for report in REPORTS) >= 50


def test_hardly_an_accusation_goes_unnoticed(answers: Pairs) -> None:
    missed = [report.text for report, found in answers if report.accuses and not _accuses(found)]
    assert len(missed) <= 0.02 * sum(report.accuses for report in REPORTS), missed


def test_few_plain_complaints_are_taken_for_accusations(answers: Pairs) -> None:
    wrong = [report.text for report, found in answers if not report.accuses and _accuses(found)]
    assert len(wrong) <= 0.05 * len(REPORTS), wrong


def _accuses(found: Classification) -> bool:
    return found.berkadar_pengawasan or found.category is Category.PERILAKU_PETUGAS_PUNGLI


def test_an_accusation_names_inspektorat_and_nobody_else(answers: Pairs) -> None:
    for _, found in answers:
        if _accuses(found):
            assert [guess.opd for guess in found.opd] == [f"{REGION}/inspektorat"]
            assert found.kind is Kind.PENGADUAN
            assert found.external is None
        else:
            assert f"{REGION}/setda-organisasi" not in [guess.opd for guess in found.opd]


def test_kind_category_and_unit_are_right_nine_times_in_ten(answers: Pairs) -> None:
    assert _share([report.kind is found.kind for report, found in answers]) >= 0.9
    assert _share([report.category is found.category for report, found in answers]) >= 0.9
    asked = [(report, found) for report, found in answers if report.unit]
    assert _share([_unit(found) == report.unit for report, found in asked]) >= 0.9


def _unit(found: Classification) -> str | None:
    named = found.external or (found.opd[0].opd if found.opd else None)
    return named.partition("/")[2] if named else None


def test_above_the_threshold_the_unit_is_right(answers: Pairs) -> None:
    sure = [
        _unit(found) == report.unit
        for report, found in answers
        if report.unit and found.opd and found.opd[0].confidence >= 0.5 and not found.external
    ]
    assert len(sure) >= 0.5 * len(REPORTS)
    assert _share(sure) >= 0.95


def test_danger_is_never_missed_and_seldom_cried(answers: Pairs) -> None:
    for report, found in answers:
        if report.urgency == {Urgency.DARURAT}:
            assert found.urgency.level is Urgency.DARURAT, report.text
    levels = [found.urgency.level in report.urgency for report, found in answers]
    assert _share(levels) >= 0.9


def test_reasons_are_phrases_of_the_lists_never_free_words(answers: Pairs) -> None:
    for report, found in answers:
        for reason in found.reasons:
            what, _, phrase = reason.partition(": ")
            assert what in {"dugaan", "kategori", "urgensi", "jenis", "opd"}, report.text
            assert phrase
