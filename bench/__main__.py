"""`python -m bench [WHAT]`: run the benchmarks (all, or one of `TITLES`), print their tables."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench import channels, classifier, pipeline, rules, stages
from bench.figures import Result, print_table, write_json

TITLES = {
    "rules": "Rules: one core",
    "classifier": "Classifier: one core",
    "stages": "Stages: one core, SQLite, no broker",
    "channels": "Channels: webhooks, a burst on one beside others",
    "pipeline": "Pipeline: everything, as a user starts it",
}


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    console = Console(width=None if sys.stdout.isatty() else 150)
    found: dict[str, list[Result]] = {}
    for name in [arguments.what] if arguments.what != "all" else list(TITLES):
        found[name] = _run(name, console, arguments)
        print_table(console, TITLES[name], found[name])
    if arguments.json:
        write_json(arguments.json, found)
    return 0


def _run(name: str, console: Console, arguments: argparse.Namespace) -> list[Result]:
    if name == "pipeline":
        return pipeline.run(
            console, brokers=arguments.brokers, quick=arguments.quick, file=arguments.texts
        )
    if name == "channels":
        return channels.run(console, quick=arguments.quick)
    if name == "stages":
        return stages.run(
            console, quick=arguments.quick, file=arguments.texts, profile=arguments.profile
        )
    if name == "classifier":
        return classifier.run(console, quick=arguments.quick, file=arguments.texts)
    return rules.run(console, quick=arguments.quick, file=arguments.texts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="?", default="all", choices=["all", *TITLES])
    parser.add_argument("--brokers", type=_brokers, default=pipeline.BROKERS, metavar="LIST")
    parser.add_argument("--quick", action="store_true", help="less of the same, for a first look")
    parser.add_argument("--texts", type=Path, metavar="CSV", help="complaints to use (`text`)")
    parser.add_argument("--profile", action="store_true", help="show where each stage spends")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    return parser


def _brokers(words: str) -> tuple[str, ...]:
    found = tuple(words.split(","))
    if unknown := set(found) - set(pipeline.BROKERS):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return found


if __name__ == "__main__":
    sys.exit(main())
