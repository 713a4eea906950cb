"""What the pages of this repository say about its files, targets and dependencies is true."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_LINK = re.compile(r"(?<!!)!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)


def _pages() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode == 0:
        return [
            ROOT / name for name in listed.stdout.split("\n") if name and (ROOT / name).exists()
        ]
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def _anchors(page: Path) -> set[str]:
    """The names that a heading gets as a link target on the usual forges."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


PAGES = _pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in _LINK.findall(_FENCE.sub("", page.read_text())):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (
            (ROOT / name.lstrip("/") if name.startswith("/") else page.parent / name)
            if name
            else page
        )
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in _anchors(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", makefile, re.MULTILINE))
    targets |= set(" ".join(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)).split())
    named = set(
        re.findall(r"(?:`|^\s*(?:\$ )?)make ([a-z][a-z0-9-]*)", page.read_text(), re.MULTILINE)
    )
    assert named - targets == set()


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    wanted = {re.split(r"[\[<>=;~! ]", line, maxsplit=1)[0].lower() for g in groups for line in g}
    page = (ROOT / "docs" / "dependencies.md").read_text()
    given = {name.lower() for name in re.findall(r"^\| `([^`\[]+)[^`]*` \|", page, re.MULTILINE)}
    assert wanted - given == set(), "without a reason in docs/dependencies.md"
    assert given - wanted == {"org.apache.kafka:kafka_2.13", "org.slf4j:slf4j-simple"}


@pytest.mark.parametrize("lock", ["run.txt", "dev.txt"])
def test_the_lock_pins_every_dependency_and_names_no_host(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text()
    pins = re.findall(r"^([a-z0-9._-]+)==\S+ .*\\\n    --hash=", text, re.MULTILINE)
    loose = re.findall(r"^[a-z0-9._-]+(?!.*==).*$", text, re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    direct = {re.split(r"[\[<>=;~! ]", line, maxsplit=1)[0] for line in project["dependencies"]}
    assert direct - set(pins) == set()
    assert loose == []
    assert not re.search(r"://|^--(?:index|extra|find|trusted)", text, re.MULTILINE)
