"""Install the servers that the tests want, and remember which are missing and why."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("TANGGAP_TEST_CACHE", ROOT / ".cache"))
NAMES = ("kafka", "postgres", "prometheus", "chromium")

_KAFKA_POM = ROOT / "deploy" / "kafka" / "pom.xml"
_REASONS = CACHE / "servers-missing.json"
_OLDEST_JAVA = 17

# Debian starts what it installs, and enables it for the next start of the machine; we want neither.
_APT = r"""
set -u
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' INT TERM HUP
fi
apt-get -q -o DPkg::Lock::Timeout=180 update ||
    echo 'apt-get update failed; trying with the lists at hand' >&2
apt-get -q -y -o DPkg::Lock::Timeout=180 -o Dpkg::Options::=--force-confold \
    install --no-install-recommends "$@"
status=$?
if [ -d /run/systemd/system ]; then
    for unit in prometheus postgresql; do
        case " $* " in *" $unit"*) systemctl disable --quiet "$unit" 2>/dev/null || : ;; esac
    done
fi
exit $status
"""


class ServerUnavailable(Exception):
    """A server cannot be had on this machine; the message says why and what helps."""


@dataclass(frozen=True)
class _Server:
    """One server: how to see that it is here, and where it comes from."""

    name: str
    check: Callable[[], str | None]
    packages: Callable[[], Sequence[str]]
    build: Callable[[], None] | None = None


# -- what is here ---------------------------------------------------------------------------------


def find_postgres() -> Path | None:
    """Return the folder with `initdb` and `postgres` (Debian keeps them off the PATH)."""
    if os.environ.get("TANGGAP_TEST_POSTGRES_BIN"):
        return Path(os.environ["TANGGAP_TEST_POSTGRES_BIN"])
    installed = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if installed:
        return max(installed, key=lambda folder: float(folder.parent.name))
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def find_chromium() -> Path | None:
    """Return the Chromium of this machine."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return Path(found)
    return None


def find_java() -> str | None:
    """Return a Java that is new enough for Kafka."""
    home = os.environ.get("JAVA_HOME")
    for candidate in ([f"{home}/bin/java"] if home else []) + ["java"]:
        found = shutil.which(candidate)
        if found and _java_version(found) >= _OLDEST_JAVA:
            return found
    return None


@cache
def _java_version(java: str) -> int:
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(\d+)', done.stderr + done.stdout)
    return int(found[1]) if found else 0


def kafka_jars() -> Path:
    """Return the folder of the jars that the present `pom.xml` asks for."""
    return CACHE / f"kafka-{hashlib.sha256(_KAFKA_POM.read_bytes()).hexdigest()[:12]}"


def _check_kafka() -> str | None:
    if not find_java():
        return f"there is no Java {_OLDEST_JAVA} or newer"
    return None if kafka_jars().is_dir() else "its jars are not fetched yet"


def _check_postgres() -> str | None:
    return None if find_postgres() else "there is no initdb"


def _check_prometheus() -> str | None:
    absent = [name for name in ("prometheus", "promtool") if not shutil.which(name)]
    return f"there is no {' and no '.join(absent)}" if absent else None


def _check_chromium() -> str | None:
    return None if find_chromium() else "there is no chromium"


# -- how it gets here -----------------------------------------------------------------------------


def _kafka_packages() -> Sequence[str]:
    java = [] if find_java() else ["default-jre-headless"]
    return java if kafka_jars().is_dir() or shutil.which("mvn") else [*java, "maven"]


def _fetch_kafka() -> None:
    if not (maven := shutil.which("mvn")):
        raise ServerUnavailable("there is no Maven (mvn) to fetch its jars with")
    wanted = kafka_jars()
    for old in CACHE.glob("kafka-*"):
        shutil.rmtree(old, ignore_errors=True)
    partial = CACHE / f"kafka-partial-{os.getpid()}"
    command = [maven, "-q", "-B", "-f", str(_KAFKA_POM), "dependency:copy-dependencies"]
    try:
        for _ in range(2):  # once more: a repository may fail to answer once
            done = subprocess.run(
                [*command, f"-DoutputDirectory={partial}"],
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                timeout=300,
            )
            if done.returncode == 0:
                partial.rename(wanted)
                _prepare_kafka()
                return
        raise ServerUnavailable(f"Maven could not fetch its jars: {_why(done)}")
    except subprocess.TimeoutExpired:
        raise ServerUnavailable("Maven could not fetch its jars within 300 s") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _prepare_kafka() -> None:
    from tests.servers.kafka import prepare_classes

    prepare_classes()


_SERVERS = {
    server.name: server
    for server in (
        _Server("kafka", _check_kafka, _kafka_packages, _fetch_kafka),
        _Server("postgres", _check_postgres, lambda: ["postgresql"]),
        _Server("prometheus", _check_prometheus, lambda: ["prometheus"]),
        _Server("chromium", _check_chromium, lambda: ["chromium", "fonts-dejavu-core"]),
    )
}


def _apt_install(packages: Sequence[str]) -> str | None:
    """Install Debian packages; return why it did not work, if it did not."""
    if not shutil.which("apt-get"):
        return f"this is no Debian; install by hand what Debian calls {' '.join(packages)}"
    rights: list[str] = []
    if os.geteuid() != 0:
        if (
            not shutil.which("sudo")
            or subprocess.run(
                ["sudo", "-n", "true"], capture_output=True, stdin=subprocess.DEVNULL
            ).returncode
        ):
            return f"no right to install; run: apt-get install {' '.join(packages)}"
        rights = ["sudo", "-n"]
    try:
        done = subprocess.run(
            [*rights, "sh", "-c", _APT, "apt", *packages],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=420,
        )
    except subprocess.TimeoutExpired:
        return f"apt-get install {' '.join(packages)} took more than 420 s"
    return f"apt-get install failed: {_why(done)}" if done.returncode else None


def _why(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line.strip() for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("E:", "[ERROR]"))]
    return (telling or lines or [f"it ended with {done.returncode}"])[-1 if not telling else 0]


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "servers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(names: Sequence[str] = NAMES) -> dict[str, str]:
    """Install what is missing of `names`; return the reasons of those that still are."""
    servers = [_SERVERS[name] for name in names]
    if not any(server.check() for server in servers):
        return _remember(dict.fromkeys(names, ""))
    with _alone():
        missing = [server for server in servers if server.check()]
        packages = list(dict.fromkeys(p for server in missing for p in server.packages()))
        apt_trouble = None
        if packages:
            print(f"installing {' '.join(packages)} …", flush=True)
            apt_trouble = _apt_install(packages)
            still_missing = [server for server in missing if server.packages() and server.check()]
            if apt_trouble and len(still_missing) > 1:
                # one package that cannot be had shall not keep the others away
                for server in still_missing:
                    _apt_install(server.packages())
        reasons: dict[str, str] = dict.fromkeys(names, "")
        for server in missing:
            trouble = apt_trouble
            if server.check() and server.build and not server.packages():
                print(f"fetching {server.name} …", flush=True)
                try:
                    server.build()
                except ServerUnavailable as error:
                    trouble = str(error)
            if still := server.check():
                reasons[server.name] = f"{still} ({trouble})" if trouble else still
        return _remember(reasons)


def _remember(found: dict[str, str]) -> dict[str, str]:
    """Keep the reasons for the test processes; return those of the missing servers."""
    reasons = {**_remembered(), **found}
    CACHE.mkdir(parents=True, exist_ok=True)
    _REASONS.write_text(json.dumps({k: v for k, v in reasons.items() if v}, indent=1))
    return {name: reason for name, reason in found.items() if reason}


def _remembered() -> dict[str, str]:
    with contextlib.suppress(OSError, ValueError):
        return dict(json.loads(_REASONS.read_text()))
    return {}


def reason_missing(name: str) -> str | None:
    """Return why a server is not to be had, None when it is installed."""
    now = _SERVERS[name].check()
    if now is None:
        return None
    return f"no {name}: {_remembered().get(name) or f'{now}; run: make servers'}"


def require(name: str) -> None:
    """Raise `ServerUnavailable` when a server is not installed."""
    if reason := reason_missing(name):
        raise ServerUnavailable(reason)
