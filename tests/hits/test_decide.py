"""One hit per entry and sighting, and the events that fall due."""

import math
import random
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from passages import at, entry, matched, watchlist

from platematch.hits.decide import DOUBLED, decide, fold, withdrawable
from platematch.hits.hit import Disposition
from platematch.hits.sightings import probability_of

RULES = {"window_s": 300.0, "neighbour_m": 500.0}


class Ledger:
    """Plays decisions batch after batch, as the store does."""

    def __init__(self):
        self.sightings = {}
        self.hits = {}
        self.events = []

    def play(self, batch):
        known = defaultdict(list)
        for sighting in self.sightings.values():
            known[sighting.watchlist_id, sighting.entry_id].append(sighting)
        decisions = decide(batch, known, **RULES)
        for decision in decisions:
            hit_id = decision.sighting.hit_id
            assert decision.opened is (hit_id not in self.hits)
            self.sightings[hit_id] = decision.sighting
            self.hits[hit_id] = fold(self.hits.get(hit_id), batch[decision.read], decision, at(1000))
            if decision.event:
                self.events.append((hit_id, decision.event))
        return decisions


def test_repeats_of_a_passage_are_one_hit_and_a_later_one_is_another():
    ledger = Ledger()
    ledger.play([matched(0), matched(250), matched(549)])
    assert len(ledger.hits) == 1
    ledger.play([matched(850)])
    assert len(ledger.hits) == 2


def test_another_entry_at_the_same_camera_alerts_at_once():
    ledger = Ledger()
    ledger.play([matched(0), matched(1, of=[(watchlist(), entry("e2"))])])
    assert [event for _, event in ledger.events] == ["hit.created", "hit.created"]


def test_a_read_may_match_several_entries():
    ledger = Ledger()
    of = [(watchlist(), entry("e1")), (watchlist("other"), entry("e1"))]
    decisions = ledger.play([matched(0, of=of)])
    assert [(d.read, d.match) for d in decisions] == [(0, 0), (0, 1)]
    assert len(ledger.hits) == 2


def test_created_when_the_alert_is_first_reached_and_updated_when_the_odds_have_doubled():
    ledger = Ledger()
    ledger.play([matched(0, -1.0)])
    assert ledger.events == []
    ledger.play([matched(1, 0.1)])
    assert [event for _, event in ledger.events] == ["hit.created"]
    (hit,) = ledger.hits.values()
    assert hit.alerted_at == at(1000)
    ledger.play([matched(2, -30.0)])
    assert len(ledger.events) == 1
    ledger.play([matched(3, 0.1 + 2 * DOUBLED)])
    assert [event for _, event in ledger.events] == ["hit.created", "hit.updated"]


def test_poor_reads_together_can_reach_the_alert():
    ledger = Ledger()
    ledger.play([matched(i, -0.6) for i in range(3)])
    assert [event for _, event in ledger.events] == ["hit.created"]


def test_a_parked_car_does_not_alert_again_and_again():
    ledger = Ledger()
    for start in range(0, 2000, 200):
        ledger.play([matched(i, 3.0) for i in range(start, start + 200)])
    events = [event for _, event in ledger.events]
    assert events[0] == "hit.created"
    assert set(events[1:]) == {"hit.updated"}
    assert len(events) <= 1 + math.log2(10)


def test_the_sentences_state_the_probability_of_the_passage():
    ledger = Ledger()
    ledger.play([matched(0, -0.3)])
    (hit,) = ledger.hits.values()
    assert hit.explanation.evidence == []
    ledger.play([matched(i, -0.3) for i in range(1, 4)])
    ledger.play([matched(4, 0.5), matched(5, -2.0)])
    (hit,) = ledger.hits.values()
    why = hit.explanation
    assert hit.probability > probability_of(0.5)
    assert f"probability {100 * hit.probability:.2g} %" in why.sentence
    assert "further reads of this passage: 5 (" in why.sentence
    assert "інших зчитувань цього проїзду: 5 (" in why.sentence_uk
    (further,) = why.evidence
    assert further.ratio * math.exp(0.5) == pytest.approx(hit.probability / (1 - hit.probability))


@pytest.mark.parametrize(("alert", "due"), [(0.0, True), (0.9, False), (1.0, False)])
def test_the_alert_is_the_lists_own(alert, due):
    ledger = Ledger()
    ledger.play([matched(0, 2.0, of=[(watchlist(alert_probability=alert), entry())])])
    assert bool(ledger.events) is due


def test_reads_of_one_batch_are_taken_by_their_time_whatever_their_order():
    batch = [matched(seconds, seconds / 100) for seconds in (0, 250, 500, 700)]
    ledgers = []
    for seed in range(5):
        shuffled = list(batch)
        random.Random(seed).shuffle(shuffled)
        ledger = Ledger()
        ledger.play(shuffled)
        ledgers.append((ledger.sightings, ledger.events))
    assert all(other == ledgers[0] for other in ledgers)
    assert len(ledgers[0][0]) == 1


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 250), st.floats(-5, 9)), min_size=1, max_size=12, unique_by=lambda r: r[0]))
def test_within_a_window_neither_order_nor_batching_changes_what_is_known(rows):
    batch = [matched(seconds, odds) for seconds, odds in rows]
    together, apart = Ledger(), Ledger()
    together.play(batch)
    for item in batch:
        apart.play([item])
    (one,), (other,) = together.sightings.values(), apart.sightings.values()
    assert (one.first_at, one.last_at, one.reads, one.best) == (other.first_at, other.last_at, other.reads, other.best)
    assert one.combined == pytest.approx(other.combined)
    (hit,), (same,) = together.hits.values(), apart.hits.values()
    assert hit.reads == len(batch)
    assert hit.probability == pytest.approx(same.probability)
    assert hit.probability == pytest.approx(probability_of(one.combined))
    created = [event for _, event in together.events].count("hit.created")
    assert created == [event for _, event in apart.events].count("hit.created") <= 1


def test_sightings_that_are_handed_in_stay_as_they_are():
    first = Ledger()
    first.play([matched(0)])
    (known,) = first.sightings.values()
    before = replace(known, cameras=dict(known.cameras))
    first.play([matched(1, camera_id="cam-1")])
    assert known == before


def test_the_hit_shows_its_best_read_and_keeps_what_happened_to_it():
    ledger = Ledger()
    ledger.play([matched(0, 1.0, read_id="good", picture=b"p")])
    (hit,) = ledger.hits.values()
    assert hit.read.picture is None
    assert hit.list_age_s == 1000
    assert hit.version == 7
    ledger.hits[hit.hit_id] = replace(
        hit, disposition=Disposition(verdict="confirmed"), disposed_by="x", picture_url="u"
    )
    ledger.play([matched(1, -1.0, read_id="poor", late=True)])
    (hit,) = ledger.hits.values()
    assert (hit.read.read_id, hit.reads, hit.late) == ("good", 2, False)
    ledger.play([matched(2, 4.0, read_id="best", late=True)])
    (hit,) = ledger.hits.values()
    assert (hit.read.read_id, hit.reads, hit.late) == ("best", 3, True)
    assert (hit.disposed_by, hit.picture_url, hit.alerted_at) == ("x", "u", at(1000))


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        (None, True),
        (Disposition(verdict="confirmed"), True),
        (Disposition(verdict="misread"), False),
        (Disposition(verdict="stale_entry"), False),
        (Disposition(verdict="wrong_vehicle", action="crew sent"), True),
    ],
)
def test_hits_that_are_undecided_or_acted_on_can_be_withdrawn_once(disposition, expected):
    ledger = Ledger()
    ledger.play([matched(0)])
    (hit,) = ledger.hits.values()
    hit = replace(hit, disposition=disposition)
    assert withdrawable(hit) is expected
    assert not withdrawable(replace(hit, withdrawn_at=at(5)))
