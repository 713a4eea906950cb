"""Run every stage of the tests and sum them up: `python -m tests.stages [STAGE …]`, `make test`.

Each stage is one pytest process with a time limit. While the first two run, which need nothing
installed, the servers of the others are installed. The last lines name whatever could not run and
why; under `CI=true` that is a failure. The very last line counts: "N passed, N failed".
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from tests.servers.install import CACHE, NAMES, ROOT, reason_missing
from tests.servers.process import as_user

# a stage, its limit in seconds, whether it uses the servers; all of them together take some ten
# minutes, the limits only end what hangs, on a machine three times as busy
STAGES = (
    ("unit", 180, False),
    ("contract", 180, False),
    ("rules", 240, False),
    ("integration", 900, True),
    ("e2e", 1500, True),
    ("docs", 60, False),
)
# stages of which two files run at a time: the many small tests, and those that wait for servers
_SIDE_BY_SIDE = frozenset({"unit", "integration", "e2e"})
# The rules' own tests once more, to see that they reach every branch: worked examples alone, since
# what random ones reach differs from run to run.
_RULES = ("shared.clocks", "shared.contracts", "shared.policy", "shared.scores",
          "services.scoring.rules")  # fmt: skip
_RULES_TESTS = ("unit/test_clocks*", "unit/test_policy*", "unit/test_scores*", "unit/test_skm*",
                "unit/test_scoring_rules*", "contract/test_contracts_[ce]*")  # fmt: skip
_GRACE_SECONDS = 15
_INSTALL_SECONDS = 600


@dataclass
class Result:
    """What a stage, or all of them, came to."""

    passed: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)

    def add(self, other: "Result") -> None:
        """Count another result in."""
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.troubles += other.troubles


def read_report(path: Path) -> Result:
    """Count the outcomes in a JUnit report; a test that failed twice (teardown) counts once."""
    outcomes: dict[tuple[str, str], str] = {}
    reasons: dict[tuple[str, str], str] = {}
    for case in ElementTree.parse(path).iter("testcase"):
        key = (case.get("classname", ""), case.get("name", ""))
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            outcomes[key] = "failed"
        elif skipped is not None:
            outcomes.setdefault(
                key, "xfailed" if skipped.get("type") == "pytest.xfail" else "skipped"
            )
            reasons[key] = skipped.get("message", "no reason given")
        else:
            outcomes.setdefault(key, "passed")
    counted = Counter(outcomes.values())
    return Result(
        passed=counted["passed"],
        failed=counted["failed"],
        skipped=Counter(reasons[key] for key, what in outcomes.items() if what == "skipped"),
    )


def _command(name: str) -> list[str]:
    """What pytest is asked for, or nothing if the stage has no tests."""
    if name == "rules":
        files = [str(path) for tests in _RULES_TESTS for path in (ROOT / "tests").glob(tests)]
        measured = [f"--cov={package}" for package in _RULES]
        return [*sorted(files), *measured, "--cov-fail-under=100", "-m", "not hypothesis",
                "--cov-report=term-missing:skip-covered"]  # fmt: skip
    if not any((ROOT / "tests" / name).rglob("test_*.py")):
        return []
    # Whole files, so that what a file shares is started once; the slow ones first (conftest.py),
    # so that none of them is left alone at the end.
    together = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    return [f"tests/{name}", *(together if name in _SIDE_BY_SIDE else [])]


def _environment(name: str) -> dict[str, str]:
    """Ours, but with compiled modules kept: every service that a test starts reads them again."""
    found = {k: value for k, value in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return found | {
        "COVERAGE_FILE": str(CACHE / "coverage" / name),
        "PYTHONPYCACHEPREFIX": str(CACHE / "compiled"),
    }


def run_stage(name: str, limit: float) -> Result:
    """Run one stage; its output goes to ours."""
    wanted = _command(name)
    if not wanted:
        return Result(skipped=Counter([f"stage {name}: there are no tests in tests/{name}"]))
    report = CACHE / "reports" / f"{name}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", *wanted, f"--junitxml={report}", "-q"]
    process = subprocess.Popen(
        [*as_user(None, signal.SIGTERM), *command],
        cwd=ROOT,
        env=_environment(name),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    stopped = False
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        stopped = True
    finally:
        # pytest answers SIGINT with its summary and report, and lets the fixtures end the servers
        for number in (signal.SIGINT, signal.SIGKILL):
            if process.poll() is None:
                os.killpg(process.pid, number)
                try:
                    process.wait(_GRACE_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
    try:
        result = read_report(report)
    except (OSError, ElementTree.ParseError):
        result = Result()
    if stopped:
        result.failed += 1
        result.troubles.append(f"stage {name}: stopped after {limit:g} s, the rest did not run")
    elif process.returncode not in (0, 1):
        result.failed += 1
        result.troubles.append(f"stage {name}: pytest ended with {process.returncode}")
    elif process.returncode == 1 and not result.failed:
        result.failed += 1
    if name == "rules":  # its tests have been counted, only what it proves has not
        result.passed = 0 if result.failed else 1
        if result.failed and not result.troubles:
            result.troubles.append("stage rules: no worked example reaches what is named above")
    return result


def start_installing() -> subprocess.Popen[bytes]:
    """Begin to install what the later stages need."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "servers.log").open("wb") as log:
        return subprocess.Popen(
            [*as_user(None, signal.SIGTERM), sys.executable, "-m", "tests.servers"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def finish_installing(process: subprocess.Popen[bytes]) -> None:
    """Wait for it; what it could not do is asked for later."""
    if process.poll() is None:
        print("waiting for the servers to be installed …", flush=True)
    try:
        process.wait(_INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        process.terminate()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.stages", description=__doc__)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=", ".join(s for s, *_ in STAGES))
    names = parser.parse_args().stages or [name for name, *_ in STAGES]
    factor = float(os.environ.get("TANGGAP_TEST_TIME_FACTOR", "1"))  # for slow machines
    in_ci = os.environ.get("CI", "").lower() in {"1", "true"}

    wanted = [stage for stage in STAGES if stage[0] in names]
    uses_servers = any(servers for *_, servers in wanted)
    installing = start_installing() if uses_servers else None
    total, lines = Result(), []
    for name, limit, servers in wanted:
        if servers and installing:
            finish_installing(installing)
            installing = None
        print(f"\n=== {name} ===", flush=True)
        began = time.monotonic()
        result = run_stage(name, limit * factor)
        total.add(result)
        lines.append(
            f"{name}: {result.passed} passed, {result.failed} failed, "
            f"{result.skipped.total()} not run, {time.monotonic() - began:.0f} s"
        )

    print("\n=== summary ===")
    print(*lines, sep="\n")
    print(*total.troubles, sep="\n", end="\n" if total.troubles else "")
    not_run = [
        f"not run: {reason}" + (f" ({count} tests)" if count > 1 else "")
        for reason, count in total.skipped.items()
    ]
    named = " ".join(total.skipped)
    absent = [reason for name in NAMES if uses_servers and (reason := reason_missing(name))]
    not_run += [f"not installed: {reason}" for reason in absent if reason not in named]
    print(*not_run, sep="\n", end="\n" if not_run else "")
    if not_run and in_ci:
        print("CI=true: what could not run counts as failed")
        total.failed += max(total.skipped.total(), len(not_run))
    print(f"{total.passed} passed, {total.failed} failed", flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
