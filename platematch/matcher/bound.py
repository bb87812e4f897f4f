"""The tables of the bound: what no model in use can exceed, or fall short of, by symbol codes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import NamedTuple

import numpy as np

from platematch.matcher.channel import DENSE
from platematch.matcher.kernels import (
    ADDED_EDGE,
    ADDED_INSIDE,
    LOST_EDGE,
    LOST_INSIDE,
    Channel,
    Floats,
    Formats,
    Ints,
    Longs,
)
from platematch.matcher.model import Model
from platematch.matcher.sift import Singles
from platematch.plates import MAX_SYMBOLS

CODES = len(DENSE)
BITS = 64
UP, DOWN = 1.0 + 1e-6, 1.0 - 1e-6
"""What rounding to single precision takes or adds is less."""
TINIEST = 1e-37
"""A probability that is none would be lost in single precision."""


class Bound(NamedTuple):
    """Tables that hold for every model in use, by symbol codes as reads and rows have them (0..255), float32.

    pairs (2, 256, 256): MEAN and MOST, character, symbol: at most P(symbol read | character).
    symbols (7, 256): at most P(symbol added) inside and at an edge, the same beside a lost character, at most that
    anywhere and at any severity; at most P(symbol | another character); at least P(symbol | itself) in a clean read.
    figures (7,): at most P(lost) inside, at an edge, and Λ; factors of one and of two added symbols beside lost ones;
    at least P(neither lost nor added) of a character, and the share of clean reads.
    patterns (p, 3): length, at least the share, at most the share times how common the country is.
    frequencies (p, 2, 16, 256): at least, at most P(symbol | position of the pattern). fitting (p / 64, 16, 256)
    int64: the patterns that can have that symbol at that position, with code 0 those that have no such position.
    """

    pairs: Singles
    symbols: Singles
    figures: Singles
    patterns: Singles
    frequencies: Singles
    fitting: Longs


def bound(models: Iterable[Model]) -> Bound:
    """The tables for all these models, one at least. ValueError: the patterns of their formats are not the same."""
    most: list[Floats] | None = None
    least: list[Floats] = []
    lengths = None
    frequencies: dict[tuple[int, int], tuple[Formats, Floats]] = {}  # kept by what many models share, and kept alive
    for model in models:
        if lengths is not None and not np.array_equal(model.formats.lengths, lengths):
            raise ValueError("the models' formats have different patterns; give them the same, with other shares")
        formats = model.formats
        lengths = formats.lengths
        if (shared := (id(formats.patterns), id(formats.frequencies))) not in frequencies:
            frequencies[shared] = (formats, _frequencies(formats))
        highest, lowest = _most(model), _least(model)
        most = highest if most is None else list(map(np.maximum, most, highest))
        least = list(map(np.minimum, least, lowest)) if least else lowest
    if most is None or lengths is None:
        raise ValueError("there is no model to bound")
    most.append(reduce(np.maximum, (table for _, table in frequencies.values())))
    least.append(reduce(np.minimum, (table for _, table in frequencies.values())))
    pairs, symbols, figures, common, likeliest = (np.where(a > 0.0, np.maximum(a * UP, TINIEST), 0.0) for a in most)
    clean, kept, shares, rarest = (a * DOWN for a in least)
    # the densest first, so that most texts are told ordinary by the first pattern that they fit
    order = np.argsort(-shares * rarest.max(axis=2).clip(TINIEST).prod(axis=1), kind="stable")
    return Bound(
        _single(pairs),
        _single(np.vstack([symbols, clean])),
        _single(np.concatenate([figures, kept])),
        _single(np.column_stack([lengths, shares, common])[order]),
        _single(np.stack([rarest, likeliest], axis=1)[order]),
        _fitting(likeliest[order], lengths[order]),
    )


def _most(model: Model) -> list[Floats]:
    """Of one model: pairs, symbols but for CLEAN, figures but for KEPT and UNHARMED, patterns' common."""
    channel = model.channel
    emit = channel.emit[:, DENSE][:, :, DENSE]
    pairs = np.array([np.tensordot(channel.shares, emit, 1), emit.max(axis=0)])
    others = np.where(np.eye(CODES, dtype=np.bool_), 0.0, pairs[1])
    inside, edge = _added(channel)
    both = np.maximum(inside, edge)
    lost = _lost(channel)
    symbols = [
        channel.shares @ inside,
        channel.shares @ edge,
        channel.shares @ (2.0 * lost[:, None] * inside),
        channel.shares @ (2.0 * lost[:, None] * both),
        both.max(axis=0),
        others.max(axis=0),
    ]
    beside = lost * MAX_SYMBOLS * both.max(axis=1)
    figures = [
        channel.shares @ channel.gaps[:, LOST_INSIDE],
        channel.shares @ channel.gaps[:, LOST_EDGE],
        lost.max(),
        channel.shares @ (2.0 * lost),
        channel.shares @ (1.5 * lost**2 * np.exp(beside)),
    ]
    return [pairs, np.array(symbols), np.array(figures), model.common.shares]


def _least(model: Model) -> list[Floats]:
    """Of one model: CLEAN, then KEPT and UNHARMED, of its most frequent severity; patterns' shares."""
    channel = model.channel
    s = int(channel.shares.argmax())
    lost_edge, lost_inside = 1.0 - channel.gaps[s, [LOST_EDGE, LOST_INSIDE]]
    added_edge, added_inside = 1.0 - channel.gaps[s, [ADDED_EDGE, ADDED_INSIDE]]
    unharmed = channel.shares[s] * (lost_edge * added_edge) ** 2
    return [
        channel.emit[s, DENSE, DENSE],
        np.array([lost_inside * added_inside, unharmed]),
        model.formats.shares,
    ]


def _added(channel: Channel) -> tuple[Floats, Floats]:
    """P(symbol added) inside and at an edge, each by severity and code."""
    return (
        channel.gaps[:, ADDED_INSIDE, None] * channel.added[:, 0, DENSE],
        channel.gaps[:, ADDED_EDGE, None] * channel.added[:, 1, DENSE],
    )


def _lost(channel: Channel) -> Floats:
    """At most how many characters of a plate are lost, by severity."""
    lost: Floats = 2.0 * channel.gaps[:, LOST_EDGE] + (MAX_SYMBOLS - 2) * channel.gaps[:, LOST_INSIDE]
    return lost


def _frequencies(formats: Formats) -> Floats:
    """P(symbol | position of the pattern), (p, 16, 256)."""
    frequencies: Floats = formats.frequencies[:, DENSE][formats.patterns]
    return frequencies


def _fitting(frequencies: Floats, lengths: Ints) -> Longs:
    """Bound.fitting of patterns that can have the symbols of these frequencies, at most."""
    has = frequencies > 0.0
    has[:, :, 0] = np.arange(MAX_SYMBOLS) >= lengths[:, None]
    bits = np.zeros((-(-len(has) // BITS) * BITS, MAX_SYMBOLS, CODES), dtype=np.bool_)
    bits[: len(has)] = has & ((np.arange(MAX_SYMBOLS) < lengths[:, None])[:, :, None] | (np.arange(CODES) == 0))
    words = bits.reshape(-1, BITS, MAX_SYMBOLS, CODES)
    masks: Longs = np.bitwise_or.reduce(words.astype(np.int64) << np.arange(BITS)[:, None, None], axis=1)
    return masks


def _single(table: Floats) -> Singles:
    return np.ascontiguousarray(table, dtype=np.float32)
