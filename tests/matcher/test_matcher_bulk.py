"""Bulk work: what is dropped matches nothing, and scores are the probabilities of single reads."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platematch.matcher import Matcher
from platematch.matcher.bulk import firsts
from platematch.matcher.model import Fixed, Model
from platematch.plates import pack_batch
from platematch.plates.formats import FORMATS
from platematch.reads import PlateRead, Read
from platematch.watchlist import Entry, MatchPolicy, Watchlist

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def matcher_of(plates: list[str], **policy: object) -> Matcher:
    matcher = Matcher()
    matcher.put_watchlist(watchlist(**policy), NOW, 1)
    matcher.load("a", [Entry(entry_id=f"{i}", plate=plate, reason="-") for i, plate in enumerate(plates)])
    return matcher


def watchlist(**policy: object) -> Watchlist:
    return Watchlist(watchlist_id="a", name="a", purpose="-", owner="-", **policy)  # type: ignore[arg-type]


@pytest.mark.parametrize("floor", [None, 0.5, 1e-6])
def test_scores_are_the_probabilities_of_matches(floor: float | None) -> None:
    rng = random.Random(3)
    plates = [FORMATS[rng.choice(["UA", "GB", "DE"])].random(rng) for _ in range(300)]
    plates += plates[:20]  # entries with one plate are one vehicle
    texts = [*plates[:100], *(plate[1:] for plate in plates[100:150]), *(plate + "1" for plate in plates[150:200])]
    texts += ["", "W" * 17, *(FORMATS["UA"].random(rng) for _ in range(50))]
    matcher = matcher_of(plates)
    codes, lengths = pack_batch(texts, np.zeros(len(texts), dtype=np.bool_))
    scores = matcher.score(codes, lengths, floor=floor)
    told = {
        (read, matcher.entry_of(row).entry_id): chance  # type: ignore[union-attr]
        for read, row, chance in zip(*(column.tolist() for column in scores), strict=True)
    }
    matches = matcher.match([PlateRead(plate=text, region="DE") for text in texts], [NOW] * len(texts), floor=floor)
    plain = {(i, m.entry_id): m.probability for i, found in enumerate(matches) for m in found}
    assert len(plain) > 100
    assert told == pytest.approx({key: chance for key, chance in plain.items() if key in told}, rel=1e-6)
    assert {read for read, _ in plain} <= {int(read) for read in matcher.sift(codes, lengths, floor=floor)}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.binary(max_size=3)), max_size=80))
def test_the_first_of_each_plate_and_read_is_found(pairs: list[tuple[int, bytes]]) -> None:
    readers = np.array([read for read, _ in pairs], dtype=np.int64)
    plates = np.array([list(plate.ljust(16, b"\0")) for _, plate in pairs], dtype=np.uint8).reshape(-1, 16)
    seen: dict[tuple[int, bytes], int] = {}
    expected = [
        seen.setdefault((int(read), bytes(plate)), k)
        for k, (read, plate) in enumerate(zip(readers, plates, strict=True))
    ]
    assert firsts(readers, plates).tolist() == expected


def test_an_empty_batch_and_an_empty_list() -> None:
    codes, lengths = pack_batch([])
    assert len(matcher_of(["AA1234BB"]).sift(codes, lengths)) == 0
    codes, lengths = pack_batch(["AA1234BB"])
    assert len(matcher_of([]).score(codes, lengths).reads) == 0
    assert len(matcher_of(["AA??34BB"]).score(codes, lengths).reads) == 0
    assert matcher_of(["AA??34BB"]).sift(codes, lengths).tolist() == [0]


def test_two_errors_and_missing_ends_by_the_lists_policy() -> None:
    policies = [MatchPolicy(), MatchPolicy(errors=2), MatchPolicy(missing_ends=2)]
    reads = [PlateRead(plate=text) for text in ("AX1934BB", "1234BB", "A1234B")]
    matcher = matcher_of(["AA1234BB"])
    for policy, found in zip(policies, ([], [0, 1, 2], [1, 2]), strict=True):
        matcher.put_watchlist(watchlist(match=policy), NOW, 2)
        matches = matcher.match(reads, [NOW] * 3, floor=0.0)
        assert [i for i, each in enumerate(matches) if each] == found
    matcher.put_watchlist(watchlist(match=MatchPolicy()), NOW, 3)
    assert matcher.match(reads, [NOW] * 3, floor=0.0) == [[], [], []]


class ByCamera:
    """A dirty camera, and all others."""

    version = 7

    def __init__(self, default: Model, dirty: Model) -> None:
        self.default, self._dirty = default, dirty

    def of(self, camera_id: str | None) -> Model:
        return self._dirty if camera_id == "dirty" else self.default

    def all(self) -> list[Model]:
        return [self.default, self._dirty]


def test_each_read_is_judged_by_its_cameras_model() -> None:
    model = Fixed.home("UA").default
    gaps = model.channel.gaps.copy()
    gaps *= 8.0
    dirty = model._replace(channel=model.channel._replace(gaps=gaps))
    matcher = matcher_of(["AA1234BB"])
    reads = [Read(plate="A1234BB", camera_id=name, captured_at=NOW) for name in ("clean", "dirty", "clean")]
    before = matcher.match(reads, [NOW] * 3, floor=0.0)
    matcher.learn(ByCamera(model, dirty))
    assert matcher.models.version == 7
    after = matcher.match(reads, [NOW] * 3, floor=0.0)
    assert after[0] == before[0] == after[2]
    assert after[1][0].probability > 1.05 * before[1][0].probability
    assert len(matcher.match(reads, [NOW] * 3)[1]) == (after[1][0].probability >= 0.05)
