"""The sum that `make test` prints."""

from pathlib import Path

from tests.stages import _RULES, STAGES, _command, read_report

REPORT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest">
<testcase classname="a" name="good"/>
<testcase classname="a" name="bad"><failure message="assert 1 == 2">…</failure></testcase>
<testcase classname="a" name="bad"><error message="teardown failed">…</error></testcase>
<testcase classname="a" name="good but dirty"/>
<testcase classname="a" name="good but dirty"><error message="teardown failed">…</error></testcase>
<testcase classname="a" name="known"><skipped type="pytest.xfail" message="later"/></testcase>
<testcase classname="a" name="no broker"><skipped type="pytest.skip" message="no kafka"/></testcase>
<testcase classname="b" name="no broker"><skipped type="pytest.skip" message="no kafka"/></testcase>
</testsuite></testsuites>
"""


def test_each_test_counts_once_and_the_worst_of_it_counts(tmp_path: Path) -> None:
    (tmp_path / "report.xml").write_text(REPORT)
    result = read_report(tmp_path / "report.xml")
    assert (result.passed, result.failed, dict(result.skipped)) == (1, 2, {"no kafka": 2})


def test_all_limits_together_leave_ci_time_to_say_which_stage_hung() -> None:
    """CI ends a run after 90 minutes without a word; a stage that hangs is named well before."""
    assert sum(seconds for _, seconds, _ in STAGES) < 60 * 60


def test_the_rules_own_tests_must_reach_every_branch() -> None:
    words = _command("rules")
    assert "--cov-fail-under=100" in words
    assert {f"--cov={package}" for package in _RULES} <= set(words)
    assert any(word.endswith("test_scores_index.py") for word in words)
