"""Turns the scored candidates of one read into matches: validity, posterior, policy of each list, explanation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from platematch.matcher.channel import symbols
from platematch.matcher.explain import Aligner, explain
from platematch.matcher.kernels import Channel, forward
from platematch.matcher.match import Match
from platematch.matcher.observe import Observations
from platematch.matcher.posterior import DEFAULT_PRIOR, Odds, Suspect, fits, odds
from platematch.matcher.scoring import Candidate, Scored
from platematch.plates import unpack
from platematch.watchlist import Watchlist, covers


@dataclass(slots=True)
class LiveList:
    """A watchlist as the matcher holds it. rows: the first row of each entry, by entry_id."""

    number: int
    watchlist: Watchlist
    listed_at: datetime
    version: int
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def prior(self) -> float:
        """λ of the list's policy; of the default one the most that it can be."""
        prior = self.watchlist.match.prior
        return DEFAULT_PRIOR if prior is None else prior

    def prior_of(self, candidates: Sequence[Candidate]) -> float:
        """λ of one entry, given its candidates; the default one is less for vehicles from where few come from."""
        if self.watchlist.match.prior is not None:
            return self.prior
        return self.prior * max(candidate.common for candidate in candidates)


class Judge:
    """Judges by the channel that scored. An entry counts if it and its list are valid when the read was captured.

    What a covert list holds does not show in another list's figures: there its plates are ordinary ones.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._aligner = Aligner(channel)

    def matches(
        self, scored: Scored, lists: Sequence[LiveList | None], seen: Observations, at: datetime, floor: float | None
    ) -> list[Match]:
        """The matches at or above floor, or each list's min_probability, best first."""
        valid = [c for c in scored.candidates if _counts(c, lists[c.list_number], at)]
        found = []
        for number in dict.fromkeys(c.list_number for c in valid):
            home = lists[number]
            if home is not None:
                found += self._of_list(home, valid, lists, scored, seen, floor)
        return sorted(found, key=lambda match: -match.log_odds)

    def _of_list(
        self,
        home: LiveList,
        valid: Sequence[Candidate],
        lists: Sequence[LiveList | None],
        scored: Scored,
        seen: Observations,
        floor: float | None,
    ) -> list[Match]:
        suspects = _suspects([c for c in valid if _visible(lists[c.list_number], home)], lists)
        entries: dict[str, list[Candidate]] = {}
        for candidate in valid:
            if candidate.list_number == home.number:
                entries.setdefault(candidate.entry.entry_id, []).append(candidate)
        least = home.watchlist.min_probability if floor is None else floor
        ranked = _ranked(c for candidates in entries.values() for c in candidates)
        matches = []
        for candidates in entries.values():
            own = [suspects[candidate.key] for candidate in candidates]
            verdict = odds(own, home.prior_of(candidates), list(suspects.values()), scored.background)
            exact = not home.watchlist.exact_only or _exact(own, scored.read, seen)
            if exact and verdict.probability >= least:
                runner_up = _runner_up(candidates, ranked)
                matches.append(self._match(home, candidates, verdict, runner_up, scored.read, seen))
        return matches

    def _match(
        self,
        home: LiveList,
        candidates: Sequence[Candidate],
        verdict: Odds,
        runner_up: str | None,
        read: int,
        seen: Observations,
    ) -> Match:
        nearest = max(candidates, key=lambda c: c.likelihood)
        text = self._likeliest_text(nearest, read, seen)
        entry = nearest.entry
        explanation = explain(
            unpack(text),
            entry.plate,
            self._aligner.align(nearest.key[: nearest.length], text)[1],
            verdict,
            prior=home.prior_of(candidates),
            likelihood=nearest.likelihood,
            runner_up=runner_up,
        )
        return Match(
            watchlist_id=home.watchlist.watchlist_id,
            entry_id=entry.entry_id,
            plate=entry.plate,
            probability=verdict.probability,
            log_odds=verdict.log_odds,
            explanation=explanation,
        )

    def _likeliest_text(self, candidate: Candidate, read: int, seen: Observations) -> bytes:
        """The one of the read's texts that speaks most for the candidate, as symbol codes."""
        texts, plate = seen.texts, symbols(candidate.key)
        best = max(
            range(int(texts.starts[read]), int(texts.starts[read + 1])),
            key=lambda t: (
                texts.weights[t]
                * forward(plate, candidate.length, texts.codes[t], int(texts.lengths[t]), self._channel)
            ),
        )
        return seen.codes[best, : texts.lengths[best]].tobytes()


def _counts(candidate: Candidate, home: LiveList | None, at: datetime) -> bool:
    entry = candidate.entry
    return (
        home is not None
        and covers(home.watchlist.valid_from, home.watchlist.expires_at, at)
        and covers(entry.valid_from, entry.expires_at, at)
    )


def _visible(other: LiveList | None, home: LiveList) -> bool:
    return other is not None and (other is home or not other.watchlist.covert)


def _suspects(candidates: Sequence[Candidate], lists: Sequence[LiveList | None]) -> dict[bytes, Suspect]:
    """The distinct plates among the candidates, by key; λ of a plate is the largest of its entries."""
    suspects: dict[bytes, Suspect] = {}
    for c in candidates:
        home, before = lists[c.list_number], suspects.get(c.key)
        prior = 0.0 if home is None else home.prior_of([c])
        if home is not None and (before is None or before.prior < prior):
            suspects[c.key] = Suspect(c.key, c.length, prior, c.likelihood, c.density, c.wildcard, c.fits)
    return suspects


def _exact(own: Sequence[Suspect], read: int, seen: Observations) -> bool:
    """Whether the read's main text is, or fits, the listed plate to the letter."""
    first = int(seen.texts.starts[read])
    mains = [seen.codes[t].tobytes() for t in range(first, first + seen.mains[read])]
    return any(fits(main, suspect.key) for main in mains for suspect in own)


def _ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One candidate for each exact plate, the likeliest first."""
    exact = {candidate.key: candidate for candidate in candidates if not candidate.wildcard}
    return sorted(exact.values(), key=lambda candidate: -candidate.likelihood)


def _runner_up(own: Sequence[Candidate], ranked: Iterable[Candidate]) -> str | None:
    """The likeliest other plate of the same list, as listed. Other lists' may not be known to who sees the match."""
    keys = {candidate.key for candidate in own}
    return next((candidate.entry.plate for candidate in ranked if candidate.key not in keys), None)
