"""The channel: how probable it is that a camera gives a read when a certain plate passes.

A pair hidden Markov model (Durbin, Eddy, Krogh & Mitchison, Biological Sequence Analysis, chapter 4), summed over all
alignments and mixed over two severities, a clean and a dirty read. Before each character of the plate, and after the
last, stray characters may be added; each character is then lost, or read as itself or another. The probabilities of
all possible reads of a plate sum to one.

The plate side is a row of *rows of the emission table*, so that one kernel serves listed plates, wildcards and the
formats of the background: a row stands for one character, or for "any character of this alphabet".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from platematch.matcher.kernels import ANY_ROW, Channel, Codes, Floats
from platematch.plates import ALPHABET, ANY, OTHER
from platematch.plates.lookalikes import LOOKALIKES

LATIN = range(1, 37)
"""Symbols 0-9 and A-Z: what a recogniser's alphabet holds."""
OTHER_ROW = len(ALPHABET)
SYMBOL_ROWS = len(ALPHABET) + 1
MAX_ROWS = 256
"""The emission table has the rows ANY_ROW, the codes of the alphabet, OTHER_ROW, then the alphabets of formats."""


def _dense() -> Codes:
    table = np.full(256, OTHER_ROW, dtype=np.uint8)
    table[: len(ALPHABET)] = np.arange(len(ALPHABET))
    table[OTHER] = OTHER_ROW
    table[ANY] = ANY_ROW
    return table


DENSE: Codes = _dense()
"""Symbol code -> row of the emission table, (256,)."""


@dataclass(frozen=True, slots=True)
class Severity:
    """One kind of read. share: of all reads; look_alike: factor on the table's rates; the rest: per character."""

    share: float
    look_alike: float
    substituted: float
    unread: float
    lost_edge: float
    lost_inside: float
    added_edge: float
    added_inside: float


CLEAN = Severity(
    share=0.85,
    look_alike=0.4,
    substituted=0.001,
    unread=0.0005,
    lost_edge=0.001,
    lost_inside=0.0001,
    added_edge=0.002,
    added_inside=0.0001,
)
DIRTY = Severity(
    share=0.15,
    look_alike=4.4,
    substituted=0.03,
    unread=0.01,
    lost_edge=0.03,
    lost_inside=0.004,
    added_edge=0.03,
    added_inside=0.003,
)
"""Start values, before a camera's own channel is learnt; the shares times look_alike sum to one, so that the rates of
the look-alike table hold on average."""
SEVERITIES = (CLEAN, DIRTY)

FOREIGN, UNKNOWN = 0.02, 0.002
"""Of arbitrary substitutions: those by a letter of another script, and by a symbol in no alphabet."""
BOLTS = {"1": 0.25, "I": 0.25}
"""What bolts and frames at a plate's edges are read as; the rest of added characters is arbitrary."""


Alphabet = str | tuple[tuple[str, float], ...]
"""Characters that are equally likely, or each with its weight."""


def channel(alphabets: Sequence[Alphabet] = ()) -> Channel:
    """The default channel, with one more emission row, from SYMBOL_ROWS on, for each alphabet.

    Raises ValueError if there are more alphabets than rows.
    """
    if SYMBOL_ROWS + len(alphabets) > MAX_ROWS:
        raise ValueError(f"{len(alphabets)} alphabets; the emission table has room for {MAX_ROWS - SYMBOL_ROWS}")
    standing = own(alphabets)
    rows = slice(SYMBOL_ROWS, SYMBOL_ROWS + len(alphabets))
    emit = np.zeros((len(SEVERITIES), MAX_ROWS, SYMBOL_ROWS))
    for s, severity in enumerate(SEVERITIES):
        emit[s, :SYMBOL_ROWS] = _emissions(severity)
        emit[s, rows] = standing[rows] @ emit[s, :SYMBOL_ROWS]
    gaps = [[s.lost_edge, s.lost_inside, s.added_edge, s.added_inside] for s in SEVERITIES]
    added = np.array([_added()] * len(SEVERITIES))
    return Channel(emit, added, np.array(gaps), np.array([s.share for s in SEVERITIES]), standing)


def own(alphabets: Sequence[Alphabet] = ()) -> Floats:
    """How often what a row of the emission table stands for is a certain symbol, (MAX_ROWS, SYMBOL_ROWS)."""
    table = np.zeros((MAX_ROWS, SYMBOL_ROWS))
    symbols = np.arange(1, OTHER_ROW)
    table[symbols, symbols] = 1.0
    table[np.ix_([ANY_ROW, OTHER_ROW], list(LATIN))] = 1 / len(LATIN)
    for row, alphabet in enumerate(alphabets, SYMBOL_ROWS):
        weights = [(c, 1.0) for c in alphabet] if isinstance(alphabet, str) else alphabet
        for character, weight in weights:
            table[row, ALPHABET.index(character, 1)] += weight / sum(w for _, w in weights)
    return table


def _emissions(severity: Severity) -> Floats:
    """P(symbol read | character), (SYMBOL_ROWS, SYMBOL_ROWS); each row sums to one."""
    table = np.zeros((SYMBOL_ROWS, SYMBOL_ROWS))
    table[1:OTHER_ROW] = severity.substituted * _arbitrary()
    table[1:OTHER_ROW, ANY_ROW] = severity.unread
    for pair in LOOKALIKES:
        a, b = ALPHABET.index(pair.a, 1), ALPHABET.index(pair.b, 1)
        table[a, b] += severity.look_alike * pair.rate
        table[b, a] += severity.look_alike * pair.rate
    symbols = np.arange(1, OTHER_ROW)
    table[symbols, symbols] += 1.0 - table[1:OTHER_ROW].sum(axis=1)
    if table.min() < 0 or table[symbols, symbols].min() < 0.25:
        raise ValueError("the look-alikes of one character add up to more than a dirty read can hold")
    table[ANY_ROW] = table[list(LATIN)].mean(axis=0)
    table[OTHER_ROW] = table[ANY_ROW]
    return table


def _arbitrary() -> Floats:
    """The distribution of a symbol that has nothing to do with the plate, (SYMBOL_ROWS,)."""
    weights = np.zeros(SYMBOL_ROWS)
    weights[list(LATIN)] = (1.0 - FOREIGN - UNKNOWN) / len(LATIN)
    weights[LATIN.stop : OTHER_ROW] = FOREIGN / max(1, OTHER_ROW - LATIN.stop)
    weights[OTHER_ROW] = UNKNOWN
    weights /= weights.sum()
    return weights


def _added() -> Floats:
    """The distributions of an added symbol inside the plate and at its edges, (2, SYMBOL_ROWS)."""
    inside = _arbitrary()
    inside[ANY_ROW] = 0.05
    inside /= inside.sum()
    edge = (1.0 - sum(BOLTS.values())) * inside
    for character, share in BOLTS.items():
        edge[ALPHABET.index(character, 1)] += share
    return np.array([inside, edge])


def symbols(codes: Any) -> Codes:
    """Symbol codes (bytes or uint8 array of any shape) as dense symbols, which are rows of the emission table too."""
    rows: Codes = DENSE[np.frombuffer(codes, np.uint8) if isinstance(codes, bytes) else codes]
    return rows
