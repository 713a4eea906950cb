"""Whether the service in this container answers: `healthcheck.py [URL]`; standard library only."""

import sys
import urllib.error
import urllib.request

ANY = tuple(f"http://127.0.0.1:{port}/healthz" for port in (8000, 8001, 8011, 8012))
SECONDS = 4


def answers(url: str) -> bool:
    """Whether the address answers 200 in time."""
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(0 if any(answers(url) for url in sys.argv[1:] or ANY) else 1)
