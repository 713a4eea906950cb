"""Puts the parts of desk together; opens no socket and starts no thread."""

from collections.abc import Callable
from datetime import timedelta

from services.desk.actions import Desk
from services.desk.alarm_store import Alarms
from services.desk.context import DeskContext
from services.desk.directories import DirectoryCache
from services.desk.due import FoldedClocks
from services.desk.duty import DutyMessenger
from services.desk.duty_senders import Contacts
from services.desk.handlers import DeskHandlers
from services.desk.live import Hub
from services.desk.passwords import Passwords
from services.desk.score_cache import ScoreCache
from services.desk.sessions import SessionLimits, Sessions
from services.desk.settings import DeskSettings
from shared.clock import Clock
from shared.db.engine import Database
from shared.files.store import FileStore
from shared.privacy.vault import Vault


def assemble(
    settings: DeskSettings,
    db: Database,
    clock: Clock,
    *,
    passwords: Passwords | None = None,
    committed: Callable[[], None] = lambda: None,
) -> DeskContext:
    """The parts of one desk; `committed` pokes the relay after a staff action."""
    directory = DirectoryCache()
    clocks = FoldedClocks()
    hub = Hub(settings.desk_stream_clients)
    contacts = Contacts.of_settings(settings)
    duty = DutyMessenger(db, clock, directory, contacts, settings.site)
    alarms = Alarms(settings.emergency_number, duty.poke)
    vault = Vault(settings.master_key_bytes()) if settings.master_key else None
    return DeskContext(
        settings=settings,
        db=db,
        clock=clock,
        directory=directory,
        clocks=clocks,
        sessions=Sessions(db, clock, passwords or Passwords(), _limits(settings)),
        desk=Desk(db, clock, directory, clocks, hub, alarms, committed),
        handlers=DeskHandlers(directory, clocks, clock, hub, settings.desk_opd_threshold, alarms),
        duty=duty,
        contacts=contacts,
        hub=hub,
        scores=ScoreCache(settings.desk_score_cache_seconds),
        histories=ScoreCache(settings.desk_score_cache_seconds),
        vault=vault,
        files=FileStore(settings.files_url) if vault else None,
    )


def _limits(settings: DeskSettings) -> SessionLimits:
    return SessionLimits(
        idle=timedelta(minutes=settings.desk_session_idle_minutes),
        absolute=timedelta(hours=settings.desk_session_hours),
        failures=settings.desk_login_failures,
        failures_address=settings.desk_login_failures_address,
        window=timedelta(minutes=settings.desk_login_window_minutes),
    )
