"""The background: how probable a read is when just another vehicle passes, by the formats of ordinary plates.

P(read | background) is the sum, over the patterns of all formats, of the pattern's share of the traffic times the
probability that a random plate of the pattern gives the read. No plate is enumerated: a pattern goes through the
channel's kernel as a plate whose characters stand for "any of this alphabet".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from platematch.matcher.channel import OTHER_ROW, SYMBOL_ROWS, Alphabet, channel, own
from platematch.matcher.kernels import ANY_ROW, Channel, Formats
from platematch.plates import ALPHABET, MAX_SYMBOLS
from platematch.plates.formats import FORMATS, Pattern

HOME_SHARE, UNKNOWN_SHARE = 0.80, 0.03
UNKNOWN_FORMAT = "unknown"


def background(home_country: str) -> tuple[Formats, Formats, Channel]:
    """The default mix of formats for a service in home_country, and a channel with a row for each of its alphabets.

    The second mix has each pattern's share multiplied by how common its country is here, 1 for the most common: a
    plate's density in it over that in the first says how common vehicles with such a plate are.
    """
    mix = format_mix(home_country, list(FORMATS))
    patterns = [
        (positions, share * part, share)
        for name, share in mix.items()
        for pattern in FORMATS[name].patterns
        for positions, part in by_start(pattern)
    ]
    formats, emissions = tables([(positions, share) for positions, share, _ in patterns])
    common = np.array([country for _, _, country in patterns]) / max(mix.values())
    return formats, formats._replace(shares=formats.shares * common), emissions


def by_start(pattern: Pattern) -> list[tuple[Sequence[Alphabet], float]]:
    """The pattern as one for each first character of its starts, and one for the rest, each with its share."""
    seconds: dict[str, dict[str, float]] = {}
    for start, share in pattern.starts.items():
        seconds.setdefault(start[0], {})[start[1]] = share
    parts: list[tuple[Sequence[Alphabet], float]] = [
        ((first, tuple(shares.items()), *pattern.positions[2:]), pattern.share * sum(shares.values()))
        for first, shares in seconds.items()
    ]
    rest = 1.0 - sum(pattern.starts.values())
    return [(pattern.positions, pattern.share * rest), *parts]


def tables(patterns: Sequence[tuple[Sequence[Alphabet], float]]) -> tuple[Formats, Channel]:
    """The kernels' tables for patterns, each an alphabet per position with its share of the traffic (made to sum 1)."""
    alphabets = list(dict.fromkeys(a for positions, _ in patterns for a in positions if len(a) > 1))
    row_of: dict[Alphabet, int] = {character: code for code, character in enumerate(ALPHABET) if code}
    row_of |= {alphabet: SYMBOL_ROWS + i for i, alphabet in enumerate(alphabets)}
    frequencies = own(alphabets)
    frequencies[[ANY_ROW, OTHER_ROW]] = 0.0
    codes = np.zeros((len(patterns), MAX_SYMBOLS), dtype=np.uint8)
    for i, (positions, _) in enumerate(patterns):
        codes[i, : len(positions)] = [row_of[alphabet] for alphabet in positions]
    lengths = np.array([len(positions) for positions, _ in patterns], dtype=np.int32)
    shares = np.array([share for _, share in patterns])
    return Formats(codes, lengths, shares / shares.sum(), frequencies), channel(alphabets)


def format_mix(home_country: str, names: Sequence[str]) -> dict[str, float]:
    """The share of the traffic of each format name: 80 % the home country's, 3 % unknown, the rest shared alike.

    A home country without a format counts as unknown.
    """
    home = home_country if home_country in names else UNKNOWN_FORMAT
    mix = {home: HOME_SHARE}
    if home != UNKNOWN_FORMAT:
        mix[UNKNOWN_FORMAT] = UNKNOWN_SHARE
    others = [name for name in names if name not in mix]
    return mix | {name: (1.0 - sum(mix.values())) / len(others) for name in others}
