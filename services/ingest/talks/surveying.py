"""The nine quick answers of the survey, one after another or all at once. Pure.

A visit token opens one survey; what was answered stays until it is complete, so a survey goes on
where it stopped. An answer is a digit from 1 to 4; 0 leaves the element out (it is missing then,
never 0).
"""

import re
import unicodedata
from dataclasses import replace

from services.ingest.talks.values import Asked, Decision, Do, Rule, Say, Survey
from shared.contracts.enums import SKMElement

ELEMENTS: tuple[SKMElement, ...] = tuple(SKMElement)
_DIGITS = re.compile(r"[\s.,;:/|+\-_()]*((?:\d[\s.,;:/|+\-_()]*){1,12})[!\s]*")


def digits_in(text: str) -> tuple[int, ...] | None:
    """The digits of a text that is nothing but digits; none for any other."""
    plain = unicodedata.normalize("NFKC", text[:200])
    found = _DIGITS.fullmatch(plain)
    if found is None:
        return None
    return tuple(unicodedata.decimal(char) for char in found[1] if char.isdecimal())


def begin(survey: Survey | None, text: str) -> Decision:
    """A survey by its token, new or gone on with; `text` may hold answers already."""
    rule = Rule.SURVEY
    if survey is None:
        return Decision(rule, say=Say.SURVEY_UNKNOWN)
    if survey.used:
        return Decision(rule, say=Say.SURVEY_USED)
    digits = digits_in(text)
    if digits:
        return _taken(rule, survey, digits)
    return _ask(rule, survey, Say.SURVEY_STARTED if not survey.answers else Say.SURVEY_ASK)


def go_on(survey: Survey, text: str) -> Decision | None:
    """The next answers of a running survey; none when the text is no answer."""
    digits = digits_in(text)
    if digits is None:
        return None
    if survey.used:
        return Decision(Rule.SURVEY_ANSWER, say=Say.SURVEY_USED, keep_asked=False)
    return _taken(Rule.SURVEY_ANSWER, survey, digits)


def _taken(rule: Rule, survey: Survey, digits: tuple[int, ...]) -> Decision:
    left = len(ELEMENTS) - len(survey.answers)
    if len(digits) > left or any(digit > 4 for digit in digits):
        return _ask(rule, survey, Say.SURVEY_AGAIN)
    answers = (*survey.answers, *(digit or None for digit in digits))
    grown = replace(survey, answers=answers)
    if len(answers) < len(ELEMENTS):
        return _ask(rule, grown, Say.SURVEY_ASK)
    if not any(answers):
        # Nothing was answered: the token stays good, and the survey begins anew.
        emptied = replace(survey, answers=())
        return Decision(rule, say=Say.SURVEY_NONE, survey=emptied, keep_asked=False)
    return Decision(rule, Do.SURVEY, say=Say.SURVEY_DONE, survey=grown, keep_asked=False)


def _ask(rule: Rule, survey: Survey, say: Say) -> Decision:
    return Decision(rule, say=say, survey=survey, asked=Asked.SURVEY, keep_asked=False)
