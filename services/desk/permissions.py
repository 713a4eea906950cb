"""Who may see and do what: the one place where roles are checked (design §2.9, §4).

Pure, and told as tables, so that the tests can read them. A case that a person may not see does
not exist for them: the caller answers 404, never 403.
"""

from dataclasses import dataclass
from typing import Protocol

from services.desk.casework import Staff
from shared.contracts.enums import Action, Role
from shared.db.read.directory import Directory, inspectorate, triage_unit

_ALL_ACTIONS = frozenset(Action)
ACTIONS: dict[Role, frozenset[Action]] = {
    Role.HANDLER: _ALL_ACTIONS,
    Role.COORDINATOR: _ALL_ACTIONS,
    Role.MONITOR: frozenset(),
    Role.ADMIN: frozenset(),
}
QUEUE_ROLES = frozenset({Role.HANDLER, Role.COORDINATOR})
# Whose entries of the evaluation a role reads: of its own unit and those below, or of its region.
EVALUATION_READERS: dict[Role, str] = {
    Role.HANDLER: "unit",
    Role.COORDINATOR: "region",
    Role.MONITOR: "region",
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person of a session; region and opd are empty for monitors and admins of all regions."""

    username: str
    role: Role
    region: str | None
    opd: str | None

    def staff(self) -> Staff:
        """As the rules know them; only handlers and coordinators act on cases."""
        region = self.region or ""
        unit = self.opd if self.role is Role.HANDLER else triage_unit(region)
        return Staff(self.username, self.role, region, unit or "")


class SeenCase(Protocol):
    """What a permission asks of a case."""

    @property
    def region(self) -> str: ...  # noqa: D102 — a plain attribute

    @property
    def opd(self) -> str: ...  # noqa: D102 — a plain attribute

    @property
    def restricted(self) -> bool: ...  # noqa: D102 — a plain attribute

    @property
    def accused(self) -> str | None: ...  # noqa: D102 — a plain attribute

    @property
    def anonymous(self) -> bool: ...  # noqa: D102 — a plain attribute


@dataclass(frozen=True, slots=True)
class Scope:
    """Which open cases a person's lists may show.

    `units`: none means every unit of the region. `restricted`: only such, or none at all.
    `not_accused`: cases accusing one of these stay out: the person's unit and those below it.
    """

    region: str
    units: tuple[str, ...] | None
    restricted: bool | None
    not_accused: tuple[str, ...]


def queue_scope(viewer: Viewer, directory: Directory, *, restricted: bool = False) -> Scope | None:
    """The scope of a person's queue (or of the restricted list); none if they have none."""
    if viewer.role not in QUEUE_ROLES or not viewer.region:
        return None
    unit = viewer.staff().unit
    units = directory.with_units(unit)
    if viewer.role is Role.COORDINATOR:
        return Scope(viewer.region, None, restricted, units)
    if unit == inspectorate(viewer.region):
        # For Inspektorat restricted cases are ordinary work; the list only narrows it.
        return Scope(viewer.region, units, True if restricted else None, units)
    return None if restricted else Scope(viewer.region, units, False, units)


def alarm_scopes(viewer: Viewer, directory: Directory) -> tuple[Scope, ...]:
    """Where alarms reach the person: the queue, and the restricted list of who has one."""
    scopes = (queue_scope(viewer, directory, restricted=only) for only in (False, True))
    return tuple(scope for scope in scopes if scope is not None)


def may_open(viewer: Viewer, case: SeenCase, directory: Directory) -> bool:
    """Whether the person may see the case at all."""
    scope = queue_scope(viewer, directory)
    if scope is None or case.region != scope.region:
        return False
    unit = viewer.staff().unit
    if scope.units is not None and case.opd not in scope.units:
        return False
    if not case.restricted:
        return True
    if case.accused in scope.not_accused:
        return False
    return viewer.role is Role.COORDINATOR or unit == inspectorate(case.region)


def may_act(viewer: Viewer, case: SeenCase, action: Action, directory: Directory) -> bool:
    """Whether the person may try the action on the case; the rules decide the rest."""
    return action in ACTIONS[viewer.role] and may_open(viewer, case, directory)


def may_reveal(viewer: Viewer, case: SeenCase, directory: Directory) -> bool:
    """Whether the person may see the masked spans: only who holds the case, never if anonymous."""
    if case.anonymous or not may_open(viewer, case, directory):
        return False
    return case.opd in directory.with_units(viewer.staff().unit)


def may_see_scores(viewer: Viewer | None, region: str, *, public: bool) -> bool:
    """Whether a region's score pages are open to the person."""
    if public:
        return True
    return viewer is not None and viewer.region in (None, region)


def may_see_triage(viewer: Viewer) -> bool:
    """Whether the person has the triage page: cases without an OPD, refusals, dead letters."""
    return viewer.role is Role.COORDINATOR and viewer.region is not None


def may_change_region(viewer: Viewer, region: str) -> bool:
    """Whether the person may switch the region's public score pages."""
    return viewer.role is Role.COORDINATOR and viewer.region == region


def may_hear(viewer: Viewer, region: str, opd: str, directory: Directory) -> bool:
    """Whether queue changes of the unit reach the person's live page.

    Restricted cases are always held by Inspektorat, so its changes reach its handlers alone.
    """
    if viewer.role not in QUEUE_ROLES or viewer.region != region:
        return False
    if viewer.role is Role.COORDINATOR:
        return opd != inspectorate(region)
    return opd in directory.with_units(viewer.staff().unit)


def may_see_small(viewer: Viewer | None, region: str) -> bool:
    """Whether the person sees breakdowns and ratings of fewer than five: not who is rated."""
    if viewer is None or viewer.role is Role.HANDLER:
        return False
    return viewer.region in (None, region)


def may_list_cases(viewer: Viewer, unit: str, directory: Directory) -> bool:
    """Whether counts of the unit lead the person to their cases: of their own unit, or region."""
    scope = queue_scope(viewer, directory)
    if scope is None or scope.region != unit.partition("/")[0]:
        return False
    return scope.units is None or unit in scope.units


def may_know_hidden(viewer: Viewer, region: str) -> bool:
    """Whether the person may know how many cases a list leaves out: they might accuse the unit."""
    return viewer.role is Role.COORDINATOR and viewer.region == region


def may_assess(viewer: Viewer, region: str) -> bool:
    """Whether the person is the region's evaluator: enters levels, aspects and F-03."""
    return viewer.role is Role.COORDINATOR and viewer.region == region


def may_see_evaluation(viewer: Viewer, region: str) -> bool:
    """Whether the person sees the entries of every unit of the region."""
    reads = EVALUATION_READERS.get(viewer.role)
    return reads == "region" and viewer.region in (None, region)


def may_see_entries(viewer: Viewer, unit: str, directory: Directory) -> bool:
    """Whether the person sees a unit's assessments, follow-ups and their evidence."""
    if may_see_evaluation(viewer, unit.partition("/")[0]):
        return True
    if EVALUATION_READERS.get(viewer.role) != "unit" or viewer.opd is None:
        return False
    return unit in directory.with_units(viewer.opd)


def may_follow_up(viewer: Viewer, unit: str, directory: Directory) -> bool:
    """Whether the person keeps a unit's register of follow-ups."""
    return viewer.role in QUEUE_ROLES and may_see_entries(viewer, unit, directory)


def may_take_in(viewer: Viewer) -> bool:
    """Whether the person files reports for citizens who come or call."""
    return viewer.role in QUEUE_ROLES and viewer.region is not None


def may_backdate(viewer: Viewer, region: str) -> bool:
    """Whether the person may say that a step of the register was done on an earlier day."""
    return may_assess(viewer, region)


def may_sign(viewer: Viewer | None, region: str) -> bool:
    """Whether the person signs the region's reports."""
    return viewer is not None and viewer.role is Role.COORDINATOR and viewer.region == region


def may_read_edition(
    viewer: Viewer | None, region: str, *, public: bool, names_cases: bool
) -> bool:
    """Whether a signed edition is open to the person.

    One that `names_cases` (the F-01 pack) is the region's coordinator's alone; the others hold
    nothing that the score pages do not show.
    """
    if names_cases:
        return may_sign(viewer, region)
    return may_see_scores(viewer, region, public=public)
