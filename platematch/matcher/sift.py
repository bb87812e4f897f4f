"""The kernels of the bound: which reads of a batch may be of a listed plate, told without the model's sums.

For a read r and its candidates w the posterior is at most N / (N + B), where N = sum λ U(r, w) with U a bound of
P(r | w), and B is one term of the background: an ordinary vehicle carries exactly the text that was read, and is read
cleanly. U sorts the alignments by how many characters are lost (L) and added (A). Given which, the shown ones are
fixed, and lost and added ones interleave in at most C(L + A, A) ways; other factors are at most one, or `spread` where
doubts raise them. With Λ, X the sums of the probabilities to lose and to add, all these alignments together are at most
C(L + A, A) Λ^L / L! X^A / A!; where none or one is lost or added, the first characters from both ends that disagree
are looked at as well. bound.py makes the tables.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from platematch.matcher.kernels import Codes, Floats, Ints, Longs, kernel

Singles = NDArray[np.float32]
Ids = NDArray[np.uint32]

MEAN, MOST = range(2)
LEAST = MEAN
"""Of Bound.pairs: the mean over the severities, their largest. Of Bound.frequencies: the least and the largest."""
ADDED_INSIDE, ADDED_EDGE, BOTH_INSIDE, BOTH_EDGE, STRAY, WRONG, CLEAN = range(7)
"""Rows of Bound.symbols."""
LOST_INSIDE, LOST_EDGE, LOST_MOST, ONCE, TWICE, KEPT, UNHARMED = range(7)
"""Places of Bound.figures."""
LENGTH, SHARE, COMMON = range(3)
"""Columns of Bound.patterns."""
PRIOR, FLOOR, BY_COUNTRY = range(3)
"""Columns of a list's policy: λ, the least probability that it reports, 1 where λ is less for rare countries."""
ANY = 255
SLACK = 1e-9
"""Keeps a read whose bound equals the threshold up to rounding."""


class Text(NamedTuple):
    """One text: its n symbols as codes (16,), their doubts (16,) or (0,), and what all its alignments have in common.

    strays: at most X; beside: at most what one added character beside a lost one gives; spread: see above.
    """

    codes: Codes
    n: int
    doubts: Floats
    strays: float
    beside: float
    spread: float


class Bound(NamedTuple):
    """Tables that hold for every model in use, by symbol codes as reads and rows have them (0..255), float32.

    pairs (2, 256, 256): MEAN and MOST, character, symbol: at most P(symbol read | character).
    symbols (7, 256): at most P(symbol added) inside and at an edge, the same beside a lost character, at most that
    anywhere and at any severity; at most P(symbol | another character); at least P(symbol | itself) in a clean read.
    figures (7,): at most P(lost) inside, at an edge, and Λ; factors of one and of two added symbols beside lost ones;
    at least P(neither lost nor added) of a character, and the share of clean reads.
    patterns (p, 3): length, at least the share, at most the share times how common the country is.
    frequencies (p, 2, 16, 256): at least, at most P(symbol | position of the pattern). fitting (p / 64, 16, 256)
    int64: the patterns with that symbol at that position, with code 0 those that have no such position.
    """

    pairs: Singles
    symbols: Singles
    figures: Singles
    patterns: Singles
    frequencies: Singles
    fitting: Longs


def _shared(kind: Any, dimensions: int, layout: Literal["C", "A"] = "C") -> Any:
    return numba.types.Array(kind, dimensions, layout, readonly=True)


_b1, _f4, _f8 = numba.boolean, numba.float32, numba.float64
_i4, _i8, _u1, _u4 = numba.int32, numba.int64, numba.uint8, numba.uint32
_ROWS = _shared(_u1, 2, "A")
_TABLES = (_shared(_f4, 3), _shared(_f4, 2), _shared(_f4, 1), _shared(_f4, 2), _shared(_f4, 4), _shared(_i8, 3))
_TEXTS = (_u1[:, ::1], _i4[::1], _i8[::1], _f8[::1], _f8[:, ::1])


inlined = numba.njit(inline="always")
"""What is part of the one kernel below: calls with so many arrays would take longer than what they do."""


@inlined
def length_of(rows: Codes, row: int) -> int:
    """How many symbols a row of the index holds; 0 if one is a wildcard, or if there are none."""
    m = 0
    while m < 16 and rows[row, m] != 0:
        if rows[row, m] == ANY:
            return 0
        m += 1
    return m


@inlined
def text_of(codes: Codes, n: int, doubts: Floats, bound: Bound) -> Text:
    """A text with its sums."""
    strays, beside, spread = 0.0, 0.0, 1.0
    for j in range(n):
        edge = j == 0 or j == n - 1
        strays += bound.symbols[STRAY, codes[j]]
        beside += bound.symbols[BOTH_EDGE if edge else BOTH_INSIDE, codes[j]]
        if doubts.shape[0]:
            spread *= max(1.0, (1.0 + doubts[j]) * bound.symbols[WRONG, codes[j]])
    return Text(codes, n, doubts, strays, beside, spread)


@inlined
def misread(which: int, text: Text, j: int, character: int, bound: Bound) -> float:
    """At most P(symbol j of the text | another character): the MEAN over the severities or the MOST."""
    chance = float(bound.pairs[which, character, text.codes[j]])
    return chance * (1.0 + text.doubts[j]) if text.doubts.shape[0] else chance


@inlined
def unshifted(text: Text, rows: Codes, row: int, bound: Bound) -> float:
    """At most P(text | row) over the alignment with nothing lost or added; 1 if they are the same."""
    chance, which = 1.0, MEAN
    for j in range(text.n):
        if text.codes[j] != rows[row, j]:
            chance *= misread(which, text, j, rows[row, j], bound)
            which = MOST
    return chance


@inlined
def shifted(text: Text, rows: Codes, row: int, m: int, bound: Bound) -> float:
    """The same over the alignments with one character lost (m = n + 1) or one added (m = n - 1), and nothing else."""
    n = text.n
    least, longest = min(m, n), max(m, n)
    p = q = 0
    while p < least and rows[row, p] == text.codes[p]:
        p += 1
    while q < least and rows[row, m - 1 - q] == text.codes[n - 1 - q]:
        q += 1
    front = misread(MOST, text, p, rows[row, p], bound) if p < least else 1.0
    back = misread(MOST, text, n - 1 - q, rows[row, m - 1 - q], bound) if q < least else 1.0
    total = 0.0
    for i in range(longest):
        edge = i == 0 or i == longest - 1
        if m > n:
            chance = float(bound.figures[LOST_EDGE if edge else LOST_INSIDE])
        else:
            chance = float(bound.symbols[ADDED_EDGE if edge else ADDED_INSIDE, text.codes[i]])
        total += chance * (front if i > p else 1.0) * (back if i < longest - 1 - q else 1.0)
    return total


@inlined
def at_most(text: Text, rows: Codes, row: int, m: int, straight: float, bound: Bound) -> float:
    """A bound of P(text | row of m symbols). straight: unshifted(), where both are of one length."""
    twice = text.strays * text.strays * float(bound.figures[TWICE])
    if m == text.n:
        return text.spread * (straight + text.beside + twice)
    apart = abs(m - text.n)
    step = float(bound.figures[LOST_MOST]) if m > text.n else text.strays
    few = 1.0
    for k in range(1, apart + 1):
        few *= step / k
    rest = few * (text.strays * float(bound.figures[ONCE]) + twice)
    return text.spread * (rest + (shifted(text, rows, row, m, bound) if apart == 1 else few))


@inlined
def fitting(codes: Codes, word: int, bound: Bound) -> int:
    """Which patterns of formats a text fits, of one word of Bound.fitting."""
    patterns = bound.fitting[word, 0, codes[0]]
    for i in range(1, 16):
        patterns &= bound.fitting[word, i, codes[i]]
    return int(patterns)


@inlined
def at_least(codes: Codes, n: int, enough: float, bound: Bound) -> float:
    """At least P(an ordinary vehicle carries exactly this text of n symbols, and it is read); no more than enough."""
    clean = float(bound.figures[UNHARMED])
    for i in range(n):
        clean *= bound.symbols[CLEAN, codes[i]] * bound.figures[KEPT]
    total = 0.0
    for word in range(bound.fitting.shape[0]):
        rest = fitting(codes, word, bound)
        while rest != 0 and total < enough:
            p = 64 * word + math.frexp(float(rest & -rest))[1] - 1
            rest &= rest - 1
            share = clean * bound.patterns[p, SHARE]
            for i in range(n):
                share *= bound.frequencies[p, LEAST, i, codes[i]]
            total += share
    return total


@inlined
def commonness(rows: Codes, row: int, m: int, bound: Bound) -> float:
    """At most how common vehicles with the row's plate are here, 0..1, against those of the most common country."""
    common = ordinary = 0.0
    for p in range(bound.patterns.shape[0]):
        if bound.patterns[p, LENGTH] == m:
            most, least = float(bound.patterns[p, COMMON]), float(bound.patterns[p, SHARE])
            for i in range(m):
                most *= bound.frequencies[p, MOST, i, rows[row, i]]
                least *= bound.frequencies[p, LEAST, i, rows[row, i]]
                if most == 0.0:
                    break
            common += most
            ordinary += least
    return min(1.0, common / ordinary) if ordinary > 0.0 else 1.0


@inlined
def measured(ids: Ids, start: int, end: int, rows: Codes, sizes: Longs, lists: Ints) -> bool:
    """Put the candidates' lengths in sizes; False if one of them is a wildcard or was freed since it was found."""
    for k in range(start, end):
        sizes[k] = length_of(rows, ids[k])
        if sizes[k] == 0 or lists[ids[k]] == 0:
            return False
    return True


@inlined
def sums(
    text: Text, ids: Ids, start: int, end: int, rows: Codes, sizes: Longs, lists: Ints, policies: Floats, bound: Bound
) -> tuple[float, float, bool]:
    """At most sum λ P(text | candidate) by fixed λ and by those that differ by country; whether the text is listed."""
    fixed = varying = 0.0
    listed = False
    for k in range(start, end):
        row, straight = ids[k], 0.0
        if sizes[k] == text.n:
            straight = unshifted(text, rows, row, bound)
            listed = listed or straight >= 1.0
        home = lists[row] - 1
        amount = policies[home, PRIOR] * at_most(text, rows, row, sizes[k], straight, bound)
        if policies[home, BY_COUNTRY] > 0.0:
            varying += amount
        else:
            fixed += amount
    return fixed, varying, listed


@inlined
def floor_of(ids: Ids, start: int, end: int, lists: Ints, policies: Floats) -> float:
    """The least probability that a list of one of the candidates reports."""
    least = 1.0
    for k in range(start, end):
        least = min(least, policies[lists[ids[k]] - 1, FLOOR])
    return least


@inlined
def reaches(
    begin: int, stop: int, codes: Codes, lengths: Ints, weights: Floats, doubts: Floats, favour: float, floor: float,
    ids: Ids, start: int, end: int, rows: Codes, sizes: Longs, lists: Ints, policies: Floats, bound: Bound,
) -> bool:  # fmt: skip
    """Whether one of the candidates may reach the floor, or the lowest of their lists if that is below 0."""
    if not measured(ids, start, end, rows, sizes, lists):
        return True
    fixed, varying, unlisted = 0.0, 0.0, 0
    for t in range(begin, stop):
        text = text_of(codes[t], lengths[t], doubts[t] if doubts.shape[0] else weights[0:0], bound)
        added = sums(text, ids, start, end, rows, sizes, lists, policies, bound)
        fixed += favour * weights[t] * added[0]
        varying += favour * weights[t] * added[1]
        if not added[2]:
            unlisted |= 1 << (t - begin)
    wanted = floor if floor >= 0.0 else floor_of(ids, start, end, lists, policies)
    if wanted <= 0.0 or stop - begin > 62:
        return True
    for by_country in range(2):
        most = 1.0
        if by_country:
            most = 0.0
            for k in range(start, end):
                most = max(most, commonness(rows, ids[k], sizes[k], bound))
        enough = (fixed + most * varying) * (1.0 - wanted) / wanted * (1.0 + SLACK)
        least = 0.0
        for t in range(begin, stop):
            if unlisted >> (t - begin) & 1 and weights[t] > 0.0 and least <= enough:
                least += weights[t] * at_least(codes[t], lengths[t], (enough - least) / weights[t] * 2.0, bound)
        if least > enough:
            return False
    return True


@kernel(_i8[::1](*_TEXTS, _f8[::1], _f8, _i4[::1], _u4[::1], _ROWS, _shared(_i4, 1), _shared(_f8, 2), *_TABLES))
def sift(
    codes: Codes, lengths: Ints, starts: Longs, weights: Floats, doubts: Floats, favour: Floats, floor: float,
    readers: Ints, ids: Ids, rows: Codes, lists: Ints, policies: Floats,
    pairs: Singles, symbols: Singles, figures: Singles, patterns: Singles, frequencies: Singles,
    fits: Longs,
) -> Longs:  # fmt: skip
    """The reads, ascending, of which a candidate may reach the least probability wanted.

    Texts as in kernels.Texts, but codes (t, 16) of symbols, and doubts (0, 16) where there are none. favour (n,): by
    how much what was seen beside the text can speak for a listed vehicle, at most. floor: instead of the lists' own;
    below 0: theirs. readers (k,), ascending, and ids (k,): the candidates as pairs of a read and a row of the index.
    """
    bound = Bound(pairs, symbols, figures, patterns, frequencies, fits)
    found, sizes = np.empty(len(readers), dtype=np.int64), np.empty(len(readers), dtype=np.int64)
    many = end = 0
    while end < len(readers):
        start, read = end, readers[end]
        while end < len(readers) and readers[end] == read:
            end += 1
        if lengths[starts[read]] <= 16 and reaches(
            starts[read], starts[read + 1], codes, lengths, weights, doubts, favour[read], floor,
            ids, start, end, rows, sizes, lists, policies, bound,
        ):  # fmt: skip
            found[many] = read
            many += 1
    return found[:many]
