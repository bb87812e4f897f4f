"""The bound against the model: what it cuts, the whole model would not report."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platematch.matcher.block import PATTERNS, block_of, bound_of, private, put_bound
from platematch.matcher.bound import Bound, bound
from platematch.matcher.channel import DENSE
from platematch.matcher.crowd import crowd_of
from platematch.matcher.kernels import Channel, Plates, Texts, densities, fits, likelihoods, ordinary
from platematch.matcher.model import Fixed, Model
from platematch.matcher.posterior import Suspect, odds
from platematch.matcher.sift import at_least, at_most, commonness, figures_of, sift, unshifted
from platematch.plates import pack, pack_batch

HOME = Fixed.home("UA").default
NO_DOUBTS = np.empty((0, 16))
SYMBOLS = "AB01IOEЖ8"
EDITS = st.tuples(st.integers(0, 15), st.sampled_from(["swap", "lose", "add", "same"]), st.sampled_from(SYMBOLS + "?@"))

plates = st.one_of(
    st.text(SYMBOLS, min_size=1, max_size=16),
    st.builds(
        "{}{}{}".format, st.sampled_from(["AA", "BE", "A"]), st.integers(0, 9999), st.sampled_from(["BB", "8B", ""])
    ),
)
rates = st.sampled_from([0.0, 0.1, 1.0, 5.0, 30.0])


def changed(model: Model, gaps: float, strays: float, misreads: float, clean: float) -> Model:
    """The model with other rates, whose rows still sum to one."""
    channel = model.channel
    symbols = channel.emit.shape[2]
    own, characters = np.arange(symbols), np.arange(1, symbols - 1)
    emit = channel.emit.copy()
    right = emit[:, characters, characters].copy()
    emit[:, :symbols] *= misreads
    emit[:, characters, characters] = right
    emit[:, own] /= np.maximum(emit[:, own].sum(axis=2, keepdims=True), 1e-300)
    emit[:, symbols:] = model.formats.frequencies[symbols:] @ emit[:, own]  # an alphabet is the mean of its characters
    table = channel.gaps * np.array([gaps, gaps, strays, strays])
    shares = np.full(len(channel.shares), (1.0 - clean) / (len(channel.shares) - 1))
    shares[0] = clean
    weights = model.formats.shares * np.linspace(clean, 1.0, len(model.formats.shares))
    formats = model.formats._replace(shares=weights / weights.sum())
    return model._replace(
        channel=channel._replace(emit=emit, gaps=np.minimum(table, 0.3), shares=shares), formats=formats
    )


models = st.builds(changed, st.just(HOME), rates, rates, rates, st.sampled_from([0.2, 0.5, 0.85, 0.99]))


def edited(plate: str, edits: list[tuple[int, str, str]]) -> str:
    for place, what, symbol in edits:
        i = place % (len(plate) + 1)
        rest = plate[i + 1 :] if what in ("swap", "lose") else plate[i:]
        plate = plate[:i] + (symbol if what in ("swap", "add") else "") + rest
    return plate[:16]


def rows_of(texts: list[str]) -> Any:
    rows = np.zeros((len(texts), 32), dtype=np.uint8)  # as the index has them: with a stride
    for row, text in zip(rows, texts, strict=True):
        codes = pack(text)
        row[: len(codes)] = np.frombuffer(codes, dtype=np.uint8)
    rows.flags.writeable = False
    return rows[:, :16]


def texts_of(shown: list[list[str]], weights: list[float], doubts: Any) -> Texts:
    """The reads' alternatives with symbols as codes."""
    flat = [text for texts in shown for text in texts]
    codes, lengths = pack_batch(flat, np.zeros(len(flat), dtype=np.bool_))
    starts = np.cumsum([0, *(len(texts) for texts in shown)])
    return Texts(starts, codes, np.where(lengths > 16, 0, lengths).astype(np.int32), np.array(weights), doubts)


def kept(texts: Texts, rows: Any, policies: Any, tables: Bound) -> list[int]:
    """The reads that sift() keeps where every row is a candidate of every read, each on a list of its own."""
    reads, n = len(texts.starts) - 1, len(rows)
    readers, ids = np.repeat(np.arange(reads, dtype=np.int32), n), np.tile(np.arange(n, dtype=np.uint32), reads)
    lists = np.arange(1, n + 1, dtype=np.int32)
    shown = (texts.codes, texts.lengths, texts.starts, texts.weights, texts.doubts)
    return sift(*shown, np.ones(reads), -1.0, readers, ids, rows, lists, policies, *tables).tolist()  # type: ignore[arg-type,no-any-return]


def most_likely(texts: Texts, rows: Any, tables: Bound) -> float:
    """The bound of P(text | row) of the first text and the first row."""
    pairs, symbols, figures = tables.pairs, tables.symbols, tables.figures
    n, m = int(texts.lengths[0]), int(np.count_nonzero(rows[0]))
    straight = unshifted(texts.codes, 0, n, texts.doubts, rows, 0, pairs) if m == n else 0.0
    whole = figures_of(texts.codes, 0, n, texts.doubts, symbols)
    return float(at_most(texts.codes, 0, n, texts.doubts, rows, 0, m, whole, straight, pairs, symbols, figures))


def least_ordinary(texts: Texts, tables: Bound, enough: float) -> float:
    """The bound of P(an ordinary vehicle carries the first text, and it is read)."""
    terms = (tables.symbols, tables.figures, tables.patterns, tables.frequencies, tables.fitting)
    return float(at_least(texts.codes, 0, int(texts.lengths[0]), enough, *terms))


def probabilities(read: int, texts: Texts, rows: Any, policies: Any, model: Model) -> list[float]:
    """By the whole model, of each row as an entry of its own list."""
    lengths = np.count_nonzero(rows, axis=1).astype(np.int32)
    seen = texts._replace(codes=DENSE[texts.codes])
    if not len(seen.doubts):
        seen = seen._replace(doubts=np.zeros(seen.codes.shape))
    group = np.full(len(rows), read, dtype=np.int64)
    listed = Plates(DENSE[rows], lengths, group)
    figures = [
        likelihoods(listed, seen, model.channel),
        densities(listed, model.formats),
        densities(listed, model.common),
        fits(listed, seen, model.formats, model.channel),
    ]
    suspects = []
    for i, (row, policy) in enumerate(zip(rows, policies, strict=True)):
        likelihood, density, common, fitting = (float(figure[i]) for figure in figures)
        rarity = common / density if density > 0 and policy[2] else 1.0
        wild = 255 in row
        suspects.append(
            Suspect(
                row.tobytes(), int(lengths[i]), policy[0] * rarity, likelihood, density, wild, fitting if wild else 0.0
            )
        )
    distinct: dict[bytes, Suspect] = {}
    for s in suspects:
        if s.key not in distinct or distinct[s.key].prior < s.prior:
            distinct[s.key] = s
    ground = float(ordinary(group[:1], seen, crowd_of(model.formats, model.channel))[0])
    if ground <= 0.0:
        return [0.0] * len(rows)
    return [odds([s], s.prior, list(distinct.values()), ground).probability for s in suspects]


alternatives = st.lists(st.tuples(st.integers(0, 3), st.lists(EDITS, max_size=3)), min_size=1, max_size=3)
terms_of_lists = st.tuples(st.sampled_from([1e-12, 4e-9, 1e-4]), st.sampled_from([0.0, 1e-4, 0.05, 0.9]), st.booleans())


@settings(max_examples=120, deadline=None)
@given(
    st.lists(plates | st.just("AA?1??B"), min_size=1, max_size=4),
    st.lists(alternatives, min_size=1, max_size=3),
    st.lists(terms_of_lists, min_size=4, max_size=4),
    st.lists(models, min_size=1, max_size=2),
    st.none() | st.integers(0, 1000),
)
def test_nothing_that_the_model_would_report_is_cut(
    listed: list[str], reads: Any, terms: Any, used: list[Model], seed: int | None
) -> None:
    shown = [[edited(listed[which % len(listed)], edits) or "A" for which, edits in texts] for texts in reads]
    weights = [1.0 / len(texts) for texts in shown for _ in texts]
    doubts = NO_DOUBTS if seed is None else np.random.default_rng(seed).uniform(-1.0, 4.0, (len(weights), 16))
    texts, rows = texts_of(shown, weights, doubts), rows_of(listed)
    policies = np.array(terms[: len(rows)], dtype=np.float64)
    near = kept(texts, rows, policies, bound(used))
    for model in used:
        for read in range(len(shown)):
            for chance, floor in zip(probabilities(read, texts, rows, policies, model), policies[:, 1], strict=True):
                assert read in near or chance < floor


@settings(max_examples=150, deadline=None)
@given(plates, plates, st.lists(EDITS, max_size=4), st.booleans(), models, models, st.none() | st.integers(0, 1000))
def test_the_likelihood_is_never_over_its_bound(
    plate: str, other: str, edits: Any, near: bool, model: Model, second: Model, seed: int | None
) -> None:
    read = edited(plate if near else other, edits) or "A"
    doubts = NO_DOUBTS if seed is None else np.random.default_rng(seed).uniform(-1.0, 4.0, (1, 16))
    texts, rows, tables = texts_of([[read]], [1.0], doubts), rows_of([plate]), bound([model, second])
    m = int(np.count_nonzero(rows[0]))
    most = most_likely(texts, rows, tables)
    seen = texts._replace(codes=DENSE[texts.codes], doubts=doubts if len(doubts) else np.zeros((1, 16)))
    whole = Plates(DENSE[rows], np.array([m], dtype=np.int32), np.zeros(1, dtype=np.int64))
    itself = Plates(seen.codes, texts.lengths, np.zeros(1, dtype=np.int64))
    for used in (model, second):
        assert likelihoods(whole, seen, used.channel)[0] <= most * (1.0 + 1e-9)
        least = densities(itself, used.formats)[0] * likelihoods(itself, seen, used.channel)[0]
        assert least_ordinary(texts, tables, np.inf) <= least * (1.0 + 1e-9)
        density = densities(whole, used.formats)[0]
        rarity = densities(whole, used.common)[0] / density if density > 0 else 1.0
        common = commonness(rows, 0, m, tables.patterns, tables.frequencies, tables.fitting)
        assert min(rarity, 1.0) <= common * (1.0 + 1e-9)


def test_it_is_close_enough_to_be_of_use() -> None:
    """One substitution, a look-alike, a lost and an added character: the bound is not many times the likelihood."""
    tables = bound([HOME])
    for plate, read, times in (
        ("AA1234BB", "AA1234BC", 3.0),
        ("AA1234BB", "AA1Z34BB", 3.0),
        ("AA1234BB", "AA134BB", 3.0),
        ("AA1234BB", "AA12345BB", 3.0),
        ("AA1234BB", "A1234BB", 3.0),
    ):
        texts, rows = texts_of([[read]], [1.0], NO_DOUBTS), rows_of([plate])
        most = most_likely(texts, rows, tables)
        seen = texts._replace(codes=DENSE[texts.codes], doubts=np.zeros((1, 16)))
        whole = Plates(DENSE[rows], np.array([8], dtype=np.int32), np.zeros(1, dtype=np.int64))
        assert most < times * likelihoods(whole, seen, HOME.channel)[0]


def test_clean_reads_of_ordinary_neighbours_are_cut() -> None:
    tables = bound([HOME])
    rows = rows_of(["AA1234BB", "BC??78KK"])
    policies = np.array([[4e-9, 0.05, 1.0], [4e-9, 0.05, 1.0]])
    texts = texts_of([["AA1234BC"], ["AA1234BB"]], [1.0, 1.0], NO_DOUBTS)
    assert kept(texts, rows[:1], policies, tables) == [1]
    assert kept(texts, rows, policies, tables) == [0, 1]  # a pattern is for the model to look at
    assert kept(texts, rows[:1], np.array([[1e-3, 0.05, 0.0]]), tables) == [0, 1]


def test_models_of_other_patterns_have_no_bound_in_common() -> None:
    fewer = HOME.formats._replace(lengths=HOME.formats.lengths[1:])
    with pytest.raises(ValueError, match="different patterns"):
        bound([HOME, HOME._replace(formats=fewer)])
    with pytest.raises(ValueError, match="no model"):
        bound([])


def test_the_block_keeps_the_tables() -> None:
    block = block_of(private(10))
    assert int(block.learnt[0]) == 0
    assert len(bound_of(block).patterns) == 0
    tables = bound([HOME])
    put_bound(block, tables)
    assert int(block.learnt[0]) == 2
    stored = bound_of(block)
    assert np.array_equal(stored.pairs, tables.pairs)
    assert np.array_equal(stored.symbols, tables.symbols)
    assert np.array_equal(stored.figures, tables.figures)
    assert np.array_equal(stored.fitting, tables.fitting)
    assert np.array_equal(stored.patterns, tables.patterns)
    for one, other, length in zip(stored.frequencies, tables.frequencies, tables.patterns[:, 0], strict=True):
        assert np.array_equal(one[:, : int(length)], other[:, : int(length)])
    with pytest.raises(ValueError, match=f"room for {PATTERNS}"):
        put_bound(block, tables._replace(patterns=np.zeros((PATTERNS + 1, 3), dtype=np.float32)))
    assert isinstance(HOME.channel, Channel)
