"""Who may open, reveal, hear and see scores: the permissions told as a table."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from services.desk.permissions import (
    Viewer,
    may_act,
    may_change_region,
    may_hear,
    may_open,
    may_reveal,
    may_see_scores,
    may_see_small,
    may_see_triage,
    queue_scope,
)
from shared.contracts.enums import Action, Role
from shared.db.read.directory import Directory, directory_of_seed

DIRECTORY = directory_of_seed()
H, C, M, A = Role.HANDLER, Role.COORDINATOR, Role.MONITOR, Role.ADMIN
DINKES = Viewer("a", H, "paser", "paser/dinkes")
UNIT = Viewer("b", H, "paser", "paser/pkm-kuaro")
OTHER = Viewer("c", H, "paser", "paser/dlh")
ABROAD = Viewer("d", H, "kutim", "kutim/dinkes")
INSPECTOR = Viewer("e", H, "paser", "paser/inspektorat")
COORDINATOR = Viewer("f", C, "paser", "paser/setda-organisasi")
NEIGHBOUR = Viewer("g", C, "kutim", "kutim/setda-organisasi")
MONITOR = Viewer("h", M, None, None)
ADMIN = Viewer("i", A, None, None)
EVERYONE = [DINKES, UNIT, OTHER, ABROAD, INSPECTOR, COORDINATOR, NEIGHBOUR, MONITOR, ADMIN]


def case(opd: str, *, restricted: bool = False, accused: str | None = None,
         anonymous: bool = False) -> SimpleNamespace:  # fmt: skip
    return SimpleNamespace(
        region="paser", opd=opd, restricted=restricted, accused=accused, anonymous=anonymous
    )


@pytest.mark.parametrize(
    ("found", "seen_by"),
    [
        (case("paser/pkm-kuaro"), {DINKES, UNIT, COORDINATOR}),
        (case("paser/dinkes"), {DINKES, COORDINATOR}),
        (case("paser/setda-organisasi"), {COORDINATOR}),
        (case("paser/inspektorat", restricted=True), {INSPECTOR, COORDINATOR}),
        (
            case("paser/inspektorat", restricted=True, accused="paser/pkm-kuaro"),
            {INSPECTOR, COORDINATOR},
        ),
        (
            case("paser/inspektorat", restricted=True, accused="paser/setda-organisasi"),
            {INSPECTOR},
        ),
        # Whatever a bug might write, an accusation elsewhere is still hidden there.
        (case("paser/pkm-kuaro", restricted=True), {COORDINATOR}),
    ],
)
def test_who_sees_a_case(found: SimpleNamespace, seen_by: set[Viewer]) -> None:
    assert {viewer for viewer in EVERYONE if may_open(viewer, found, DIRECTORY)} == seen_by
    for viewer in EVERYONE:
        for action in Action:
            assert may_act(viewer, found, action, DIRECTORY) == (viewer in seen_by)


def test_an_accused_unit_below_the_coordinators_own_is_hidden_as_well() -> None:
    below = replace(
        next(opd for opd in DIRECTORY if opd.code == "paser/pkm-kuaro"),
        parent="paser/setda-organisasi",
    )
    others = [opd for opd in DIRECTORY if opd.code != below.code]
    directory = Directory.of(DIRECTORY.regions, [*others, below])
    found = case("paser/inspektorat", restricted=True, accused=below.code)
    assert {viewer for viewer in EVERYONE if may_open(viewer, found, directory)} == {INSPECTOR}
    scope = queue_scope(COORDINATOR, directory, restricted=True)
    assert scope is not None
    assert below.code in scope.not_accused


def test_only_the_holder_looks_behind_the_mask() -> None:
    held = case("paser/pkm-kuaro")
    assert {v for v in EVERYONE if may_reveal(v, held, DIRECTORY)} == {DINKES, UNIT}
    hidden = case("paser/pkm-kuaro", anonymous=True)
    assert not any(may_reveal(v, hidden, DIRECTORY) for v in EVERYONE)
    triage = case("paser/setda-organisasi")
    assert {v for v in EVERYONE if may_reveal(v, triage, DIRECTORY)} == {COORDINATOR}


def test_queues_and_restricted_lists() -> None:
    assert {v for v in EVERYONE if queue_scope(v, DIRECTORY)} == set(EVERYONE) - {MONITOR, ADMIN}
    restricted = {v for v in EVERYONE if queue_scope(v, DIRECTORY, restricted=True)}
    assert restricted == {INSPECTOR, COORDINATOR, NEIGHBOUR}
    scope = queue_scope(COORDINATOR, DIRECTORY)
    assert scope is not None
    assert scope.restricted is False


def test_who_hears_of_queue_changes() -> None:
    def hearers(opd: str) -> set[Viewer]:
        return {v for v in EVERYONE if may_hear(v, "paser", opd, DIRECTORY)}

    assert hearers("paser/pkm-kuaro") == {DINKES, UNIT, COORDINATOR}
    assert hearers("paser/inspektorat") == {INSPECTOR}


def test_scores_and_regions() -> None:
    inside = {DINKES, UNIT, OTHER, INSPECTOR, COORDINATOR, MONITOR, ADMIN}
    assert {v for v in EVERYONE if may_see_scores(v, "paser", public=False)} == inside
    assert not may_see_scores(None, "paser", public=False)
    assert may_see_scores(None, "paser", public=True)
    assert {v for v in EVERYONE if may_see_small(v, "paser")} == {COORDINATOR, MONITOR, ADMIN}
    assert {v for v in EVERYONE if may_change_region(v, "paser")} == {COORDINATOR}
    assert {v for v in EVERYONE if may_see_triage(v)} == {COORDINATOR, NEIGHBOUR}
