"""Install the servers that are named, or all: `python -m tests.servers [SERVER …]`."""

import argparse
import sys

from tests.servers.install import NAMES, install


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.servers", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="SERVER", help=", ".join(NAMES))
    names = parser.parse_args().names or NAMES
    if unknown := set(names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))} (known: {', '.join(NAMES)})")
    missing = install(names)
    for name, reason in missing.items():
        print(f"{name} is missing: {reason}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
