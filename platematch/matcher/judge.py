"""Turns the scored candidates of one read into matches: validity, posterior, policy of each list, explanation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from platematch.matcher.align import Aligner
from platematch.matcher.channel import symbols
from platematch.matcher.evidence import different, elsewhere, evidence, ratio_of
from platematch.matcher.explain import explain
from platematch.matcher.kernels import Channel, seen_as
from platematch.matcher.match import Evidence, Match
from platematch.matcher.observe import Observations
from platematch.matcher.posterior import DEFAULT_PRIOR, Odds, Suspect, fits, odds
from platematch.matcher.scoring import Candidate, Scored
from platematch.plates import unpack
from platematch.reads import PlateRead
from platematch.watchlist import Entry, Watchlist, covers

COMPARABLE = 3.0
"""A runner-up that is at most so many times less or more probable makes a match ambiguous."""


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


@dataclass(slots=True)
class _Case:
    """One read, as it was scored, beside the lists; read: its PlateRead, where there is evidence to take from it."""

    scored: Scored
    lists: Sequence[LiveList | None]
    seen: Observations
    read: PlateRead | None
    known: dict[int, list[Evidence]]

    def evidence(self, entry: Entry) -> list[Evidence]:
        """What the read says of the entry's vehicle beside its plate."""
        if self.read is None or (self.read.vehicle is None and self.read.region is None):
            return []
        if id(entry) not in self.known:
            self.known[id(entry)] = evidence(self.read, entry)
        return self.known[id(entry)]

    def prior(self, candidate: Candidate) -> float:
        """λ of the candidate's entry, times its evidence."""
        home = self.lists[candidate.list_number]
        return 0.0 if home is None else home.prior_of([candidate]) * ratio_of(self.evidence(candidate.entry))

    def suspects(self, candidates: Sequence[Candidate]) -> dict[bytes, Suspect]:
        """The distinct plates among the candidates, by key; λ of a plate is the largest of its entries."""
        found: dict[bytes, Suspect] = {}
        for c in candidates:
            before, prior = found.get(c.key), self.prior(c)
            if before is None or before.prior < prior:
                found[c.key] = Suspect(c.key, c.length, prior, c.likelihood, c.density, c.wildcard, c.fits)
        return found


@dataclass(frozen=True, slots=True)
class _Verdict:
    """On one entry. nearest: the likeliest of its candidates; keys, suspects: of all of them; prior: λ alone."""

    watchlist_id: str
    nearest: Candidate
    keys: set[bytes]
    suspects: list[Suspect]
    prior: float
    odds: Odds


class Judge:
    """Judges by the channel that scored. An entry counts if it and its list are valid when the read was captured.

    What a covert list holds does not show in another list's figures: there its plates are ordinary ones.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._aligner = Aligner(channel)

    def matches(
        self,
        scored: Scored,
        lists: Sequence[LiveList | None],
        seen: Observations,
        at: datetime,
        floor: float | None,
        read: PlateRead | None = None,
    ) -> list[Match]:
        """The matches at or above floor, or each list's min_probability, best first. read: for evidence."""
        valid = [c for c in scored.candidates if _counts(c, lists[c.list_number], at)]
        case = _Case(scored, lists, seen, read, {})
        found = []
        for number in dict.fromkeys(c.list_number for c in valid):
            home = lists[number]
            if home is not None:
                found += self._of_list(home, valid, case, floor)
        return sorted(found, key=lambda match: -match.log_odds)

    def _of_list(self, home: LiveList, valid: Sequence[Candidate], case: _Case, floor: float | None) -> list[Match]:
        visible = [c for c in valid if _visible(case.lists[c.list_number], home)]
        suspects = case.suspects(visible)
        entries: dict[str, list[Candidate]] = {}
        for candidate in valid:
            if candidate.list_number == home.number:
                entries.setdefault(candidate.entry.entry_id, []).append(candidate)
        verdicts = [_verdict(home, own, visible, suspects, case) for own in entries.values()]
        least = home.watchlist.min_probability if floor is None else floor
        matches = []
        for verdict in verdicts:
            exact = not home.watchlist.exact_only or _exact(verdict.suspects, case.scored.read, case.seen)
            if exact and verdict.odds.probability >= least:
                matches.append(self._match(verdict, _runner_up(verdict, verdicts), case))
        return matches

    def _match(self, verdict: _Verdict, runner_up: _Verdict | None, case: _Case) -> Match:
        nearest, odds = verdict.nearest, verdict.odds
        text = self._likeliest_text(nearest, case.scored.read, case.seen)
        entry = nearest.entry
        next_best = None if runner_up is None else runner_up.odds.probability
        explanation = explain(
            unpack(text) if case.read is None else case.read.plate,
            entry.plate,
            self._aligner.align(nearest.key[: nearest.length], text)[1],
            odds,
            prior=verdict.prior,
            likelihood=nearest.likelihood,
            evidence=case.evidence(entry),
            runner_up=None if runner_up is None else runner_up.nearest.entry.plate,
            runner_up_probability=next_best,
            ambiguous=next_best is not None and _comparable(next_best, odds.probability),
        )
        return Match(
            watchlist_id=verdict.watchlist_id,
            entry_id=entry.entry_id,
            plate=entry.plate,
            probability=odds.probability,
            log_odds=odds.log_odds,
            explanation=explanation,
        )

    def _likeliest_text(self, candidate: Candidate, read: int, seen: Observations) -> bytes:
        """The one of the read's texts that speaks most for the candidate, as symbol codes."""
        texts, plate = seen.texts, symbols(candidate.key)
        best, end = int(texts.starts[read]), int(texts.starts[read + 1])
        if end - best > 1:
            best = max(range(best, end), key=lambda t: seen_as(plate, candidate.length, t, texts, self._channel))
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


def _verdict(
    home: LiveList,
    own: list[Candidate],
    visible: Sequence[Candidate],
    suspects: dict[bytes, Suspect],
    case: _Case,
) -> _Verdict:
    """The odds of one entry of the list; own: its candidates."""
    entry, keys = own[0].entry, {candidate.key for candidate in own}
    prior = home.prior_of(own)
    mine = [suspects[key] for key in keys]
    twins = max(
        (
            case.prior(c)
            for c in visible
            if c.key in keys and not c.wildcard and c.entry is not entry and different(c.entry, entry)
        ),
        default=0.0,
    )
    apart = case.read is not None and elsewhere(case.read, entry)
    weighed = prior * ratio_of(case.evidence(entry))
    result = odds(mine, weighed, list(suspects.values()), case.scored.background, twins=twins, elsewhere=apart)
    nearest = max(own, key=lambda c: c.likelihood)
    return _Verdict(home.watchlist.watchlist_id, nearest, keys, mine, prior, result)


def _exact(own: Sequence[Suspect], read: int, seen: Observations) -> bool:
    """Whether the read's main text is, or fits, the listed plate to the letter."""
    first = int(seen.texts.starts[read])
    mains = [seen.codes[t].tobytes() for t in range(first, first + seen.mains[read])]
    return any(fits(main, suspect.key) for main in mains for suspect in own)


def _comparable(one: float, other: float) -> bool:
    return min(one, other) * COMPARABLE >= max(one, other)


def _runner_up(own: _Verdict, verdicts: Sequence[_Verdict]) -> _Verdict | None:
    """The most probable other plate of the same list. Other lists' may not be known to who sees the match."""
    others = [v for v in verdicts if not v.nearest.wildcard and not v.keys & own.keys]
    return max(others, key=lambda verdict: verdict.odds.log_odds, default=None)
