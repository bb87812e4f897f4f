"""What several reads of one passage say together: their Bayes factors, damped, because their errors are correlated.

A read's Bayes factor is its odds over the prior's. Were errors independent, the factors would multiply. They are not:
the same camera looks at the same plate with the same dirt, frame bolt and light, and repeats its misread. With a
correlation c only 1 - c of each further logarithm counts, and all further ones together count for a bounded factor.
"""

from __future__ import annotations

import math

CORRELATION = 0.95
"""Of the errors of two reads of one passage. Set by hand, not measured; a camera repeats most of its misreads."""
MOST_SUPPORT = math.log(10.0)
"""Of all further reads together: a parked neighbour that is misread for hours must not become the wanted car."""


def gain_of(log_odds: float, prior: float) -> float:
    """The natural log of a read's Bayes factor where it speaks for the plate, else 0.

    log_odds: after the read; prior: the probability before it, 0..1.
    """
    if prior >= 1.0:
        return 0.0
    if prior <= 0.0:
        return math.inf
    return max(0.0, log_odds - math.log(prior) + math.log1p(-prior))


def combine(best: float, gain: float, support: float, correlation: float = CORRELATION) -> float:
    """Log-odds of a passage: of its best read, and a damped share of what the other reads gained.

    best + min(MOST_SUPPORT, (1 - correlation) x (support - gain)), with the gain of the best read and the sum of all
    reads' gains, natural logarithms; it never falls when a read joins.
    """
    return best + min(MOST_SUPPORT, (1.0 - correlation) * max(0.0, support - gain))
