"""The kernels of the bound: which reads of a batch may be of a listed plate, told without the model's sums.

For a read r and its candidates w the posterior is at most N / (N + B), where N = sum λ U(r, w) with U a bound of
P(r | w), and B is one term of the background: an ordinary vehicle carries exactly the text that was read, and is read
cleanly. U sorts the alignments by how many characters are lost (L) and added (A). Given which, the shown ones are
fixed, and lost and added ones interleave in at most C(L + A, A) ways; other factors are at most one, or `spread` where
doubts raise them. With Λ, X the sums of the probabilities to lose and to add, all these alignments together are at most
C(L + A, A) Λ^L / L! X^A / A!; where none or one is lost or added, the first characters from both ends that disagree
are looked at as well. bound.py makes the tables, and says what is in them.

The work is cut into passes over the batch, and what they call is inlined: a call with so many arrays, or counting who
holds them, takes longer than what is done for one candidate.
"""

from __future__ import annotations

import math
from typing import Any, Literal

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
FIXED, VARYING = range(2)
"""Columns of what a read's candidates come to: those with a λ of their own, and those whose λ differs by country."""
ANY = 255
MANY = 62
"""A read with more texts than that is left to the model: one bit each says which of them are listed."""
SLACK = 1e-9
"""Keeps a read whose bound equals the threshold up to rounding."""


def _shared(kind: Any, dimensions: int, layout: Literal["C", "A"] = "C") -> Any:
    return numba.types.Array(kind, dimensions, layout, readonly=True)


_f4, _f8 = numba.float32, numba.float64
_i4, _i8, _u1, _u4 = numba.int32, numba.int64, numba.uint8, numba.uint32
_ROWS = _shared(_u1, 2, "A")
_TABLES = (_shared(_f4, 3), _shared(_f4, 2), _shared(_f4, 1), _shared(_f4, 2), _shared(_f4, 4), _shared(_i8, 3))
_TEXTS = (_u1[:, ::1], _i4[::1], _i8[::1], _f8[::1], _f8[:, ::1])


part = numba.njit(inline="always")
"""What is part of the one kernel below."""


@part
def measure(ids: Ids, rows: Codes, lists: Ints, sizes: Longs) -> None:
    """Put the candidates' lengths in sizes; 0 for a row with a wildcard, and for one that was freed meanwhile."""
    for k in range(len(ids)):
        row, m = ids[k], 0
        while m < 16 and rows[row, m] != 0:
            m = m + 1 if rows[row, m] != ANY else 32
        sizes[k] = m if m <= 16 and lists[row] != 0 else 0


@part
def figures_of(codes: Codes, t: int, n: int, doubts: Floats, symbols: Singles) -> tuple[float, float, float]:
    """Of text t with n symbols: at most X, at most what one added character beside a lost one gives, and spread."""
    strays, beside, spread = 0.0, 0.0, 1.0
    for j in range(n):
        strays += symbols[STRAY, codes[t, j]]
        beside += symbols[BOTH_EDGE if j == 0 or j == n - 1 else BOTH_INSIDE, codes[t, j]]
        if doubts.shape[0]:
            spread *= max(1.0, (1.0 + doubts[t, j]) * symbols[WRONG, codes[t, j]])
    return strays, beside, spread


@part
def misread(which: int, codes: Codes, t: int, j: int, doubts: Floats, character: int, pairs: Singles) -> float:
    """At most P(symbol j of the text | another character): the MEAN over the severities or the MOST."""
    chance = float(pairs[which, character, codes[t, j]])
    return chance * (1.0 + doubts[t, j]) if doubts.shape[0] else chance


@part
def unshifted(codes: Codes, t: int, n: int, doubts: Floats, rows: Codes, row: int, pairs: Singles) -> float:
    """At most P(text | row of n symbols) over the alignment with nothing lost or added; 1 if they are the same."""
    chance, which = 1.0, MEAN
    for j in range(n):
        if codes[t, j] != rows[row, j]:
            chance *= misread(which, codes, t, j, doubts, rows[row, j], pairs)
            which = MOST
    return chance


@part
def shifted(
    codes: Codes, t: int, n: int, doubts: Floats, rows: Codes, row: int, m: int,
    pairs: Singles, symbols: Singles, figures: Singles,
) -> float:  # fmt: skip
    """The same over the alignments with one character lost (m = n + 1) or one added (m = n - 1), and nothing else."""
    least, longest = min(m, n), max(m, n)
    p = q = 0
    while p < least and rows[row, p] == codes[t, p]:
        p += 1
    while q < least and rows[row, m - 1 - q] == codes[t, n - 1 - q]:
        q += 1
    front = misread(MOST, codes, t, p, doubts, rows[row, p], pairs) if p < least else 1.0
    back = misread(MOST, codes, t, n - 1 - q, doubts, rows[row, m - 1 - q], pairs) if q < least else 1.0
    total = 0.0
    for i in range(longest):
        edge = i == 0 or i == longest - 1
        if m > n:
            chance = float(figures[LOST_EDGE if edge else LOST_INSIDE])
        else:
            chance = float(symbols[ADDED_EDGE if edge else ADDED_INSIDE, codes[t, i]])
        total += chance * (front if i > p else 1.0) * (back if i < longest - 1 - q else 1.0)
    return total


@part
def at_most(
    codes: Codes, t: int, n: int, doubts: Floats, rows: Codes, row: int, m: int, whole: tuple[float, float, float],
    straight: float, pairs: Singles, symbols: Singles, figures: Singles,
) -> float:  # fmt: skip
    """A bound of P(text | row of m symbols). whole: figures_of() the text; straight: unshifted(), if m is n."""
    strays, beside, spread = whole
    twice = strays * strays * float(figures[TWICE])
    if m == n:
        return spread * (straight + beside + twice)
    apart = abs(m - n)
    step = float(figures[LOST_MOST]) if m > n else strays
    few = 1.0
    for k in range(1, apart + 1):
        few *= step / k
    rest = few * (strays * float(figures[ONCE]) + twice)
    if apart == 1:
        few = shifted(codes, t, n, doubts, rows, row, m, pairs, symbols, figures)
    return spread * (rest + few)


@part
def fitting(codes: Codes, t: int, n: int, word: int, fits: Longs) -> int:
    """Which patterns of formats can have the n symbols of codes[t], of one word of Bound.fitting."""
    patterns = fits[word, n, 0] if n < 16 else -1
    for i in range(n):
        patterns &= fits[word, i, codes[t, i]]
    return int(patterns)


@part
def first_of(patterns: int) -> int:
    """The place of the lowest bit."""
    return math.frexp(float(patterns & -patterns))[1] - 1


@part
def at_least(
    codes: Codes, t: int, n: int, enough: float,
    symbols: Singles, figures: Singles, patterns: Singles, frequencies: Singles, fits: Longs,
) -> float:  # fmt: skip
    """At least P(an ordinary vehicle carries exactly this text of n symbols, and it is read); no more than enough."""
    clean = float(figures[UNHARMED])
    for i in range(n):
        clean *= symbols[CLEAN, codes[t, i]] * figures[KEPT]
    total = 0.0
    for word in range(fits.shape[0]):
        rest = fitting(codes, t, n, word, fits)
        while rest != 0 and total < enough:
            p = 64 * word + first_of(rest)
            rest &= rest - 1
            share = clean * patterns[p, SHARE]
            for i in range(n):
                share *= frequencies[p, LEAST, i, codes[t, i]]
            total += share
    return total


@part
def commonness(rows: Codes, row: int, m: int, patterns: Singles, frequencies: Singles, fits: Longs) -> float:
    """At most how common vehicles with the row's plate are here, 0..1, against those of the most common country."""
    common = ordinary = 0.0
    for word in range(fits.shape[0]):
        rest = fitting(rows, row, m, word, fits)
        while rest != 0:
            p = 64 * word + first_of(rest)
            rest &= rest - 1
            most, least = float(patterns[p, COMMON]), float(patterns[p, SHARE])
            for i in range(m):
                most *= frequencies[p, MOST, i, rows[row, i]]
                least *= frequencies[p, LEAST, i, rows[row, i]]
            common += most
            ordinary += least
    return min(1.0, common / ordinary) if ordinary > 0.0 else 1.0


@part
def grouped(readers: Ints, groups: Longs) -> int:
    """Put where each read's candidates begin, and where the last one's end, in groups; returns how many there are."""
    many = 0
    for k in range(len(readers)):
        if k == 0 or readers[k] != readers[k - 1]:
            groups[many] = k
            many += 1
    groups[many] = len(readers)
    return many


@part
def weigh(
    codes: Codes, lengths: Ints, starts: Longs, weights: Floats, doubts: Floats,
    groups: Longs, many: int, readers: Ints, ids: Ids, sizes: Longs, rows: Codes, lists: Ints, policies: Floats,
    pairs: Singles, symbols: Singles, figures: Singles, sums: Floats, unlisted: Longs,
) -> None:  # fmt: skip
    """Put at most sum λ P(read | candidate) in sums (g, 2), and a bit for each text that is not listed in unlisted."""
    for g in range(many):
        begin, fixed, varying = starts[readers[groups[g]]], 0.0, 0.0
        for t in range(begin, starts[readers[groups[g]] + 1]):
            n, listed = min(lengths[t], 16), False
            whole = figures_of(codes, t, n, doubts, symbols)
            for k in range(groups[g], groups[g + 1]):
                row, home, straight = ids[k], lists[ids[k]] - 1, 0.0
                if sizes[k] == n:
                    straight = unshifted(codes, t, n, doubts, rows, row, pairs)
                    listed = listed or straight >= 1.0
                chance = at_most(
                    codes, t, n, doubts, rows, row, sizes[k], whole, straight, pairs, symbols, figures
                )  # fmt: skip
                amount = weights[t] * policies[home, PRIOR] * chance
                if policies[home, BY_COUNTRY] > 0.0:
                    varying += amount
                else:
                    fixed += amount
            if not listed:
                unlisted[g] |= 1 << (t - begin)
        sums[g, FIXED], sums[g, VARYING] = fixed, varying


@part
def wanted_of(start: int, end: int, ids: Ids, sizes: Longs, lists: Ints, policies: Floats, floor: float) -> float:
    """The floor, or below 0 the least of the candidates' lists; 0 where the bound cannot tell."""
    least = 1.0
    for k in range(start, end):
        if sizes[k] == 0:
            return 0.0
        least = min(least, policies[lists[ids[k]] - 1, FLOOR])
    return floor if floor >= 0.0 else least


@part
def outweighs(
    enough: float, begin: int, stop: int, unlisted: int, codes: Codes, lengths: Ints, weights: Floats,
    symbols: Singles, figures: Singles, patterns: Singles, frequencies: Singles, fits: Longs,
) -> bool:  # fmt: skip
    """Whether the background of a read, without its listed texts, is surely more than enough."""
    least = 0.0
    for t in range(begin, stop):
        if unlisted >> (t - begin) & 1 and weights[t] > 0.0 and least <= enough:
            needed = (enough - least) / weights[t] * 2.0
            least += weights[t] * at_least(
                codes, t, lengths[t], needed, symbols, figures, patterns, frequencies, fits
            )  # fmt: skip
    return least > enough


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
    sizes, groups = np.empty(len(ids), dtype=np.int64), np.empty(len(ids) + 1, dtype=np.int64)
    measure(ids, rows, lists, sizes)
    many = grouped(readers, groups)
    sums, unlisted = np.empty((many, 2)), np.zeros(many, dtype=np.int64)
    weigh(
        codes, lengths, starts, weights, doubts, groups, many, readers, ids, sizes, rows, lists, policies,
        pairs, symbols, figures, sums, unlisted,
    )  # fmt: skip
    found, kept = np.empty(many, dtype=np.int64), 0
    for g in range(many):
        start, end, read = groups[g], groups[g + 1], readers[groups[g]]
        begin, stop = starts[read], starts[read + 1]
        wanted = wanted_of(start, end, ids, sizes, lists, policies, floor)
        out = False
        if wanted > 0.0 and stop - begin <= MANY:
            odds, common = favour[read] * (1.0 - wanted) / wanted * (1.0 + SLACK), 0.0
            out = outweighs(
                (sums[g, FIXED] + sums[g, VARYING]) * odds, begin, stop, unlisted[g], codes, lengths, weights,
                symbols, figures, patterns, frequencies, fits,
            )  # fmt: skip
            if not out and sums[g, VARYING] > 0.0:
                for k in range(start, end):
                    common = max(common, commonness(rows, ids[k], sizes[k], patterns, frequencies, fits))
                out = outweighs(
                    (sums[g, FIXED] + common * sums[g, VARYING]) * odds, begin, stop, unlisted[g], codes, lengths,
                    weights, symbols, figures, patterns, frequencies, fits,
                )  # fmt: skip
        if not out and lengths[begin] <= 16:
            found[kept] = read
            kept += 1
    return found[:kept]
