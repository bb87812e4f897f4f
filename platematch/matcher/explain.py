"""The explanation: the alignment of a read with the listed plate, the figures, and both sentences on them."""

from __future__ import annotations

from collections.abc import Sequence

from platematch.matcher.match import Evidence, Explanation, Step
from platematch.matcher.posterior import Odds
from platematch.matcher.wording import worded


def explain(
    read: str,
    listed: str,
    alignment: list[Step],
    odds: Odds,
    *,
    prior: float,
    likelihood: float,
    runner_up: str | None,
    runner_up_probability: float | None = None,
    evidence: Sequence[Evidence] = (),
    ambiguous: bool = False,
) -> Explanation:
    """The explanation of a match in words and data. read: as the camera gave it; listed: as on the list.

    odds hold the evidence; runner_up_probability: of the plate that comes next on the same list.
    """
    why = Explanation(
        sentence="",
        alignment=alignment,
        prior=prior,
        likelihood=likelihood,
        background=odds.background,
        rivals=odds.rivals,
        runner_up=runner_up,
        evidence=list(evidence),
        runner_up_probability=runner_up_probability,
        ambiguous=ambiguous,
    )
    return worded(why, read=read, listed=listed, probability=odds.probability)
