"""Reports that staff take in at the counter or on the telephone: a pass of the desk says so.

The report is the citizen's in everything else: sealed, tracked and limited alike.
"""

from services.ingest.handlers import Deps
from services.ingest.metrics import Counted, Outcome, count
from services.ingest.refusals import Refusal, refused
from shared.contracts.enums import Channel
from shared.logs import get_logger
from shared.web.passes import WalkinPass, read_pass

FIELD = "petugas"
"""The form's field, and the page's parameter, that carries the pass."""
HEADER = "X-Walkin-Pass"
_log = get_logger(__name__)


def walkin_of(deps: Deps, text: str | None, region: str, field: str) -> WalkinPass | None:
    """The pass a report came with, none without one; a bad one refuses the report."""
    if not text:
        return None
    found = read_pass(deps.vault, text, deps.clock.now())
    if found is not None and found.region == region:
        return found
    count(Counted.COMPLAINT, Outcome.UNAUTHORISED, Channel.WALKIN)
    if found is None:
        raise refused(Refusal.INVALID, "pass_ended", field)
    raise refused(Refusal.INVALID, "pass_region", "region", region=found.region)


def channel_of(taken_in: WalkinPass | None) -> Channel:
    """How the report is said to have come."""
    return Channel.WALKIN if taken_in else Channel.WEB


def tell(taken_in: WalkinPass | None, ticket: str) -> None:
    """Write down who took the report in: the account's name and the ticket, nothing else."""
    if taken_in is not None:
        _log.info("walkin_filed", ticket=ticket, by=taken_in.username)
