"""What an engine says beside its text, as figures for the model: doubts of its characters, weights of its texts.

Of a character that was stated with confidence c, and is right in q of such cases, the odds of a misread are (1 - q) / q
instead of the usual ones, whatever character it then was; that factor, less 1, is its doubt. An alternative text is as
likely as the main one times a power of what its confidence is to the main one's. Both are believed only in part: with
the rest of the trust the engine's figures mean nothing, and only what was read counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from platematch.matcher.calibration import Calibration
from platematch.matcher.channel import LATIN
from platematch.matcher.kernels import Channel, Floats

TRUST = 0.8
"""How far the confidences of alternatives are believed, until their worth was counted."""
TRUST_ALONE, TRUST_WHERE_CONFIRMED, TRUST_WHERE_CALIBRATED = 0.06, 0.95, 0.97
"""How far those of characters are: by themselves, as some engines' mean nothing; where the engine's alternatives change
the characters that it is least sure of; and where their worth was counted."""
LEAST_FACTOR, MOST_FACTOR = 0.02, 100.0
"""Within which a confidence changes the odds of a misread."""
LEAST_SURE, CONFIRMING = 3, 2
"""Of so many least sure characters so many alternatives must change some, and no others: one in fifty by chance."""
SOFT = 0.5
"""Misread characters to expect in a text, from where it is searched with two errors."""
STEEPNESS = 2.0
"""The power: engines flatten their figures, commonly to a square root or less."""
LEAST_CONFIDENCE = 1e-3
UNSTATED = 0.03
"""Of an alternative without a confidence: its weight beside the main text's."""


def usual_errors(channel: Channel) -> float:
    """The share of characters that the channel's camera misreads, lost and added ones left out."""
    latin = list(LATIN)
    return 1.0 - float(channel.shares @ channel.emit[:, latin, latin].mean(axis=1))


def doubts(
    confidences: Floats, calibration: Calibration, usual: float, confirmed: bool = False
) -> tuple[Floats, float]:
    """The doubt of each character, (k,), and how many are misread in expectation.

    confidences (k,): 0..1; usual: the share of characters that this camera misreads; confirmed: by confirmed().
    """
    right = np.clip(calibration.character(confidences), 1e-4, 1.0 - 1e-4)
    factor = np.clip((1.0 - right) / right * (1.0 - usual) / usual, LEAST_FACTOR, MOST_FACTOR)
    trust = TRUST_WHERE_CONFIRMED if confirmed else TRUST_ALONE
    if calibration.characters.evidence > 0:
        trust = TRUST_WHERE_CALIBRATED
    wrong = usual + trust * (1.0 - right - usual)
    return trust * (factor - 1.0), float(np.maximum(wrong, 0.0).sum())


def confirmed(confidences: Sequence[float], main: bytes, others: Sequence[bytes]) -> bool:
    """Whether the first alternatives change only characters that the engine is unsure of: then its figures agree.

    main, others: texts as symbol codes; confidences: of the main text's characters.
    """
    least = set(np.argsort(confidences, kind="stable")[:LEAST_SURE].tolist())
    changes = [
        {i for i, (a, b) in enumerate(zip(main, other, strict=True)) if a != b}
        for other in others
        if len(other) == len(main) and other != main
    ]
    return len(changes) >= CONFIRMING and all(change <= least for change in changes[:CONFIRMING])


def weights(main: float | None, others: Sequence[float | None], calibration: Calibration) -> list[float]:
    """The weights of the main text and of the alternatives, which sum to 1, by their confidences.

    main: the highest stated one where the main text has none. An alternative of confidence 0 weighs nothing.
    """
    stated = [c for c in (main, *others) if c is not None]
    best = max(stated, default=1.0) if main is None else main
    trust = TRUST
    if calibration.candidates.evidence > 0:
        trust = TRUST_WHERE_CALIBRATED
        amounts = calibration.candidate(np.array([best, *(c or 0.0 for c in others)])).tolist()
    else:
        amounts = [max(c or 0.0, LEAST_CONFIDENCE) ** STEEPNESS for c in (best, *others)]
    ratios = [1.0]
    for stated_one, amount in zip(others, amounts[1:], strict=True):
        believed = trust * min(1.0, amount / amounts[0]) if stated_one else 0.0
        ratios.append(UNSTATED if stated_one is None else believed)
    return [ratio / sum(ratios) for ratio in ratios]
