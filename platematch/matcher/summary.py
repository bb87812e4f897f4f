"""What was learnt, for people: the mix of formats, the characters that are confused most, against the default."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from platematch.matcher.counting import COUNTED
from platematch.matcher.counts import Counts
from platematch.matcher.kernels import Channel, Floats
from platematch.matcher.model import Model
from platematch.matcher.record import SYMBOLS
from platematch.matcher.tally import pattern_keys

MOST_CONFUSIONS, MOST_FORMATS = 20, 20


class FormatShare(Struct, frozen=True):
    """How much of the traffic carries plates of a pattern. format: country and shape, 9 a digit, L a letter."""

    format: str
    share: float
    default: float


class Confusion(Struct, frozen=True):
    """How often a character is read as another; read `?`: as none. counted: how often that was seen, in expectation."""

    shown: str
    read: str
    counted: float
    rate: float
    default: float


class Calibrated(Struct, frozen=True):
    """From how many characters and candidates it is known what their confidences are worth; 0: not known yet."""

    characters: float
    candidates: float


class Lesson(Struct, frozen=True):
    """What was learnt of one camera, or of all. reads: sampled of its traffic; pairs: labelled ones.

    dirty: the share of reads that are bad all over, at first by the default; own_model: whether it has rates of its
    own, or those of all cameras.
    """

    reads: float
    pairs: float
    own_model: bool
    dirty: Annotated[float, Meta(ge=0, le=1)]
    formats: list[FormatShare]
    confusions: list[Confusion]
    calibrated: Calibrated


def lesson(traffic: Counts, pairs: Counts, model: Model, default: Model, *, own_model: bool) -> Lesson:
    """The lesson of a camera's counts and the model that is used for it."""
    return Lesson(
        round(traffic.reads, 1),
        round(pairs.reads, 1),
        own_model,
        float(model.channel.shares[-1]),
        _formats(model, default),
        _confusions(traffic.shown + pairs.shown, model.channel, default.channel),
        Calibrated(model.calibration.characters.evidence, model.calibration.candidates.evidence),
    )


def _formats(model: Model, default: Model) -> list[FormatShare]:
    keys = pattern_keys(default.formats)
    shares, former = model.formats.shares, default.formats.shares
    first = np.argsort(-shares, kind="stable")[:MOST_FORMATS]
    return [FormatShare(keys[p], float(shares[p]), float(former[p])) for p in first]


def _confusions(shown: Floats, channel: Channel, default: Channel) -> list[Confusion]:
    """The pairs with the highest learnt rates, of those that were seen at all."""
    seen = shown.sum(axis=0)
    rates, former = _mean(channel), _mean(default)
    worth = np.where(seen >= 1.0, rates, 0.0)
    worth[0] = 0.0
    np.fill_diagonal(worth, 0.0)
    order = np.argsort(-worth, axis=None, kind="stable")[:MOST_CONFUSIONS]
    pairs = [divmod(int(place), COUNTED) for place in order]
    return [
        Confusion(SYMBOLS[a], SYMBOLS[b], round(float(seen[a, b]), 1), float(rates[a, b]), float(former[a, b]))
        for a, b in pairs
        if worth[a, b] > 0.0
    ]


def _mean(channel: Channel) -> Floats:
    rates: Floats = np.einsum("s,sab->ab", channel.shares, channel.emit[:, :COUNTED, :COUNTED])
    return rates
