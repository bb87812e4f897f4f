"""What is learnt from simulated traffic explains other reads better; few reads, and hostile counts, do no harm."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platematch.errors import InvalidInput
from platematch.matcher import Matcher
from platematch.matcher.channel import SYMBOL_ROWS
from platematch.matcher.counting import COUNTED
from platematch.matcher.counts import ARRAYS, WINDOW, Counts, Experience
from platematch.matcher.learning import MOST, OF_ALL, adapted, learn, learn_pairs, learn_traffic
from platematch.matcher.model import Fixed, Model
from platematch.matcher.record import CameraRead
from platematch.matcher.tally import Tally, pattern_keys
from platematch.reads import Candidate, Read
from platematch.simulation import City

START = Fixed.home("UA").default
SEVERITIES = len(START.channel.shares)


def invented(count: int, seed: int) -> tuple[list[str], list[Read]]:
    """What passed and what was read of it."""
    passages = City(seed).passages(datetime(2026, 1, 1, tzinfo=UTC), 1.0)
    taken = list(islice((p for p in passages if p.read.plate), count))
    return [p.vehicle.plate for p in taken], [p.read for p in taken]


@pytest.fixture(scope="module")
def seen() -> tuple[list[str], list[Read]]:
    return invented(2_500, 11)


@pytest.fixture(scope="module")
def other() -> tuple[list[str], list[Read]]:
    return invented(500, 12)


def likelihoods(model: Model, truths: list[str], reads: list[Read]) -> tuple[float, float]:
    tally = Tally(model.channel, model.formats)
    return tally.likelihood(reads, truths), tally.likelihood(reads)


def test_traffic_and_pairs_make_other_reads_more_likely(
    seen: tuple[list[str], list[Read]], other: tuple[list[str], list[Read]]
) -> None:
    shown, ordinary = likelihoods(START, *other)
    by_traffic = likelihoods(learn_traffic(seen[1], rounds=1).default, *other)
    by_pairs = likelihoods(learn_pairs(*seen, rounds=1).default, *other)
    assert by_traffic[1] > ordinary
    assert by_pairs[0] > shown + 0.01 * len(other[0])
    assert by_pairs[1] > ordinary


def test_a_camera_that_reads_2_as_7_is_learnt_from_pairs_and_others_are_not_touched_much() -> None:
    rng = random.Random(5)
    truths, reads = [], []
    for i in range(1200):
        plate = f"AA{rng.randrange(10_000):04}BB"
        bad = i % 2 == 0
        shown = plate.replace("2", "7") if bad and rng.random() < 0.3 else plate
        truths.append(plate)
        reads.append(CameraRead(plate=shown, camera_id="bad" if bad else "good"))
    learnt = learn_pairs(truths, reads, rounds=1)
    two, seven = 3, 8
    rate = {name: mean_rate(learnt.of(name), two, seven) for name in ("bad", "good", None)}
    assert rate["bad"] > 0.06
    assert rate["good"] < 0.5 * rate["bad"]
    assert learnt.of("never seen") is learnt.default


def mean_rate(model: Model, a: int, b: int) -> float:
    return float(model.channel.shares @ model.channel.emit[:, a, b])


def test_unlabelled_reads_show_what_no_plate_of_the_format_holds() -> None:
    rng = random.Random(6)
    reads = []
    for _ in range(3000):
        plate = f"AA{rng.randrange(10_000):04}BB"
        shown = plate.replace("8", "B") if rng.random() < 0.2 else plate
        reads.append(CameraRead(plate=shown, camera_id="gate"))
    learnt = learn_traffic(reads, rounds=2)
    eight, b = 9, 12
    assert mean_rate(learnt.of("gate"), eight, b) > 5 * mean_rate(START, eight, b)
    assert share_of(learnt.default, "UA") > 0.95 > share_of(START, "UA")


def share_of(model: Model, country: str) -> float:
    keys = pattern_keys(START.formats)
    return float(sum(s for key, s in zip(keys, model.formats.shares, strict=True) if key.startswith(f"{country} ")))


def test_few_reads_stay_near_the_default() -> None:
    reads = [CameraRead(plate="AA1234B8", camera_id="gate") for _ in range(60)]
    learnt = learn_traffic(reads, rounds=1)
    assert learnt.of("gate").formats.shares == pytest.approx(learnt.default.formats.shares, abs=0.25)
    ratio = learnt.default.channel.gaps / START.channel.gaps
    assert ratio.max() < 3
    assert ratio.min() > 0.3
    quiet = learn_traffic(reads[:10], rounds=1)
    assert quiet.of("gate") is quiet.default, "too few reads for rates of its own"


figures = st.floats(0, 1e6)


@settings(max_examples=25, deadline=None)
@given(data=st.data(), seed=st.integers(0, 1000))
def test_models_of_any_counts_are_distributions_within_bounds(data: st.DataObject, seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = Counts.none(SEVERITIES)
    for name in ARRAYS:
        table = getattr(counts, name)
        table[...] = data.draw(figures) * rng.random(table.shape) ** data.draw(st.integers(1, 20))
    key = pattern_keys(START.formats)[0]
    counts.formats = {key: data.draw(figures), "no such pattern": 5.0}
    counts.positions = {key: data.draw(figures) * rng.random((8, COUNTED)), "no such pattern": np.ones((3, COUNTED))}
    model = adapted(START, START, counts, OF_ALL)
    check(model)
    check(adapted(model, START, counts, OF_ALL))


def check(model: Model) -> None:
    emit, default = model.channel.emit, START.channel.emit
    used = model.formats.frequencies.sum(axis=1) > 0
    used[1:SYMBOL_ROWS] = True
    assert emit[:, used].sum(axis=2) == pytest.approx(1.0)
    assert (emit >= 0).all()
    off = emit[:, 1:COUNTED, :COUNTED] / np.maximum(default[:, 1:COUNTED, :COUNTED], 1e-300)
    diagonal = np.arange(1, COUNTED)
    off[:, diagonal - 1, diagonal] = 1.0
    assert off.max() <= MOST * (1 + 1e-9)
    assert (emit[:, diagonal, diagonal] >= 0.24).all()
    assert model.channel.added.sum(axis=2) == pytest.approx(START.channel.added.sum(axis=2))
    assert model.channel.shares.sum() == pytest.approx(1.0)
    assert (model.channel.gaps > 0).all()
    assert (model.channel.gaps <= 0.2).all()
    assert model.formats.shares.sum() == pytest.approx(1.0)
    assert (model.formats.shares > 0).all()
    frequencies = model.formats.frequencies.sum(axis=1)
    assert frequencies[used & (frequencies > 0)] == pytest.approx(1.0)
    codes = model.formats.patterns
    for p, length in enumerate(model.formats.lengths.tolist()):
        assert model.formats.frequencies[codes[p, :length]].any(axis=1).all()
        assert emit[0, codes[p, :length]].sum(axis=1) == pytest.approx(1.0)


def test_nothing_counted_is_the_default() -> None:
    learnt = learn(Experience.none(SEVERITIES), START)
    assert learnt.default.channel.emit == pytest.approx(START.channel.emit, abs=1e-12)
    assert learnt.default.formats.shares == pytest.approx(START.formats.shares, abs=1e-12)
    assert learnt.default.common.shares == pytest.approx(START.common.shares, abs=1e-12)
    assert list(learnt.all()) == [learnt.default]


def test_hints_without_reads_to_weigh_them_by_teach_nothing() -> None:
    counts = Counts.none(SEVERITIES)
    counts.hinted[...] = 270226.0
    model = adapted(START, START, counts, OF_ALL)
    check(model)
    assert np.allclose(model.channel.emit, START.channel.emit)


def test_the_matcher_takes_what_was_learnt() -> None:
    matcher = Matcher()
    reads = [CameraRead(plate="AA1234BB", camera_id="gate")] * 100
    learnt = learn_traffic(reads, rounds=1)
    matcher.learn(learnt)
    assert matcher.models is learnt


def test_candidates_hint_at_what_is_confused_and_are_calibrated_by_pairs() -> None:
    tally = Tally(START.channel, START.formats)
    candidates = [Candidate(plate="AA1234B8", confidence=0.7), Candidate(plate="KA1234BB", confidence=0.1)]
    read = CameraRead(plate="AA1234BB", candidates=candidates)
    source = tally.pairs(["AA1234B8"] * 10, [read] * 10)
    right, wrong = source.total.candidates
    assert right.sum() == 10
    assert wrong.sum() == 10
    eight, b, k, a = 9, 12, 21, 11
    assert source.total.hinted[eight, b] == pytest.approx(8.75, abs=0.01)
    assert source.total.hinted[k, a] == pytest.approx(1.25, abs=0.01)


def test_two_lines_read_row_by_row_are_counted_as_one() -> None:
    tally = Tally(START.channel, START.formats)
    formats = tally.traffic([CameraRead(plate="BEAA9212", region="UA")] * 10).total.formats
    assert max(formats, key=formats.__getitem__) == "UA BL9999LL"


def test_counts_survive_being_written_down() -> None:
    tally = Tally(START.channel, START.formats)
    source = tally.traffic([CameraRead(plate="AA1234BB", camera_id="gate")] * 80)
    experience = Experience.none(SEVERITIES)
    experience.traffic.add(source, fading=True)
    again = Experience.of(experience.record(), SEVERITIES)
    assert again.record() == experience.record()
    assert again.cameras == ["gate"]
    with pytest.raises(InvalidInput, match="figures, but this version counts"):
        Experience.of(experience.record(), SEVERITIES + 1)


def test_old_counts_fade() -> None:
    counts, fresh = Counts.none(SEVERITIES), Counts.none(SEVERITIES)
    fresh.reads, fresh.formats = WINDOW / 2, {"UA LL9999LL": WINDOW / 2}
    for _ in range(10):
        counts.add(fresh, window=WINDOW)
    assert counts.reads == pytest.approx(WINDOW)
    assert counts.formats["UA LL9999LL"] == pytest.approx(WINDOW)


def test_a_forgotten_camera_leaves_the_total() -> None:
    tally = Tally(START.channel, START.formats)
    experience = Experience.none(SEVERITIES)
    experience.traffic.add(tally.traffic([CameraRead(plate="AA1234BB", camera_id="a")] * 80), fading=True)
    alone = experience.traffic.total.copy()
    experience.traffic.add(tally.traffic([CameraRead(plate="KA7O77HT", camera_id="b")] * 80), fading=True)
    experience.forget("b")
    assert experience.cameras == ["a"]
    assert experience.traffic.total.shown == pytest.approx(alone.shown, abs=1e-9)
    assert experience.traffic.total.reads == pytest.approx(alone.reads)
