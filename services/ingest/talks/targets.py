"""Which case a message is meant for, and what it does to that case. Pure."""

from collections.abc import Sequence

from services.ingest.talks.tones import words_of
from services.ingest.talks.values import Case, Decision, Do, Rule, Said, Say, Word
from shared.contracts.enums import CitizenAct

# What staff read when a word says it all; in the language of the offices.
DONE = "Warga menyatakan masalahnya sudah selesai."
NOT_DONE = "Warga menyatakan masalahnya belum selesai."


def asked_last(cases: Sequence[Case]) -> Case | None:
    """The case whose office asked last and waits for an answer."""
    paused = [case for case in cases if case.paused]
    dated = [case for case in paused if case.asked_at is not None]
    if dated:
        return max(dated, key=lambda case: str(case.asked_at))
    return paused[0] if paused else None


def meant(said: Said, cases: Sequence[Case]) -> Case | None:
    """The case a word without a ticket can only mean: the one where it would do something."""
    if said.word is Word.REPLY:
        return asked_last(cases) or _only([case for case in cases if case.open])
    if said.word is Word.RATE:
        return _only([case for case in cases if CitizenAct.RATE in case.allowed]) or _first(cases)
    if said.word is Word.NOT_DONE:
        fits = [case for case in cases if CitizenAct.NOT_DONE in case.allowed]
        return _only(fits or [case for case in cases if case.open])
    if said.word is Word.DONE:
        fits = [case for case in cases if CitizenAct.RATE in case.allowed]
        return _only(fits or [case for case in cases if case.open])
    return _first(cases)


def done(rule: Rule, case: Case, said: Said, text: str) -> Decision:
    """What a word does to a case the sender may touch."""
    match said.word:
        case Word.REPLY:
            if not words_of(text):
                return Decision(rule, ticket=case.ticket, say=Say.REPLY_EMPTY)
            return answered(rule, case, text)
        case Word.DONE:
            say = Say.DONE_RATE if CitizenAct.RATE in case.allowed else Say.DONE_NOTED
            return _act(rule, CitizenAct.ADD, case, DONE, say)
        case Word.NOT_DONE:
            return _not_done(rule, case, text if said.ticket else "")
        case Word.RATE:
            return _rated(rule, case, said.score)
    return Decision(rule, ticket=case.ticket, say=Say.STATUS)


def answered(rule: Rule, case: Case, text: str) -> Decision:
    """What was said to a case: an answer when the office waits for one, else an addition."""
    if case.paused and CitizenAct.ANSWER in case.allowed:
        return _act(rule, CitizenAct.ANSWER, case, text, Say.ANSWERED)
    return _act(rule, CitizenAct.ADD, case, text, Say.ADDED)


def _not_done(rule: Rule, case: Case, text: str) -> Decision:
    words = f"{NOT_DONE} {text}".strip()
    if CitizenAct.NOT_DONE in case.allowed:
        return _act(rule, CitizenAct.NOT_DONE, case, words, Say.REOPENED)
    say = Say.NOT_DONE_NOTED if case.open else Say.TOO_LATE
    return _act(rule, CitizenAct.ADD, case, words, say)


def _rated(rule: Rule, case: Case, score: int | None) -> Decision:
    if score is None or not 1 <= score <= 5:
        return Decision(rule, ticket=case.ticket, say=Say.RATE_HOW)
    if CitizenAct.RATE not in case.allowed:
        return Decision(rule, ticket=case.ticket, say=Say.RATE_NOT_NOW)
    return _act(rule, CitizenAct.RATE, case, "", Say.RATED, score)


def _act(
    rule: Rule, act: CitizenAct, case: Case, text: str, say: Say, score: int | None = None
) -> Decision:
    return Decision(rule, Do.ACT, act, case.ticket, text, score, say=say)


def _only(cases: Sequence[Case]) -> Case | None:
    return cases[0] if len(cases) == 1 else None


def _first(cases: Sequence[Case]) -> Case | None:
    return cases[0] if cases else None
