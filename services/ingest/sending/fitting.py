"""Words cut to what a way takes, and spelled so that an SMS stays cheap. Pure."""

SMS_CHARACTERS = 459
"""Three pieces in the basic alphabet (GSM 03.38)."""
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€")
# Typography of word processors, which would more than halve what fits in a piece.
_PLAIN = str.maketrans(
    {
        "‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "–": "-", "—": "-", "‑": "-", "…": "...", "•": "-", "\u00a0": " ", "\u202f": " ",
        "\u200b": None, "\t": " ", "×": "x",
    }
)  # fmt: skip
_MORE = "..."


def fitted(text: str, tail: str, limit: int, *, plain: bool) -> str:
    """The words and, on a line of its own, the tail; cut between words when they are too long.

    The tail (which ticket, how to follow it) is never cut. `plain`: spelled for SMS.
    """
    if plain:
        text, tail = text.translate(_PLAIN), tail.translate(_PLAIN)
        limit = min(limit, SMS_CHARACTERS)
        if not in_gsm(text + tail):
            limit = min(limit, 201)  # three pieces of 67
    ending = f"\n{tail}" if tail else ""
    room = limit - len(ending)
    if len(text) <= room:
        return text + ending
    if room <= len(_MORE):
        return tail[:limit]
    cut = text[: room - len(_MORE)]
    whole = cut.rpartition(" ")[0] if " " in cut[len(cut) // 2 :] else cut
    return whole.rstrip() + _MORE + ending


def in_gsm(text: str) -> bool:
    """Whether the words fit the basic alphabet of SMS."""
    return all(sign in _BASIC or sign in _EXTENDED for sign in text)
