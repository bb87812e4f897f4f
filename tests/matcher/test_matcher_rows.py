from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from platematch.errors import TooLarge
from platematch.matcher.block import RESTING, block_of, private
from platematch.matcher.rows import Rows
from platematch.plates import pack, pack_batch
from platematch.watchlist import Entry


def entry(plate: str) -> Entry:
    return Entry(entry_id=plate, plate=plate, reason="stolen")


def some_rows(entries: int = 10_000) -> Rows:
    return Rows(block_of(private(entries)))


def key(text: str) -> bytes:
    return pack(text).ljust(16, b"\0")


def add(rows: Rows, plates: Sequence[str], number: int = 0) -> list[int]:
    codes, _ = pack_batch(plates)
    return rows.add_plain(codes, number, [entry(plate) for plate in plates])


def found(rows: Rows, *texts: str) -> set[tuple[int, int]]:
    reads, ids = rows.index.search(*pack_batch(texts))
    return set(zip(reads.tolist(), ids.tolist(), strict=True))


def test_one_entry_can_have_several_keys() -> None:
    rows = some_rows()
    first = rows.add([key("BEAA9212"), key("BE9212AA")], 3, entry("BEAA9212"))
    assert len(rows) == 2
    ids = {row for _, row in found(rows, "BE9212AA")}
    ids |= {row for _, row in rows_of_plain(rows, "BEAA9212")}
    gathered = rows.gather(np.array(sorted(ids)))
    assert gathered.lists.tolist() == [3, 3]
    assert gathered.lengths.tolist() == [8, 8]
    assert gathered.entries == [entry("BEAA9212")] * 2
    rows.remove(first)
    assert len(rows) == 0
    assert found(rows, "BE9212AA") == set()


def rows_of_plain(rows: Rows, text: str) -> set[tuple[int, int]]:
    reads, ids = rows.index.search(*pack_batch([text], np.zeros(1, dtype=np.bool_)))
    return set(zip(reads.tolist(), ids.tolist(), strict=True))


def test_freed_rows_are_used_again_after_a_rest() -> None:
    rows = some_rows()
    used = add(rows, [f"AA{i:04}BB" for i in range(3000)])
    freed: list[int] = []
    for _ in range(6):
        for row in used[:2000]:
            rows.remove(row)
        freed += used[:2000]
        taken = add(rows, [f"BC{i:04}KK" for i in range(2000)])
        assert not set(taken) & set(freed[-RESTING:])
        used = [*taken, *used[2000:]]
    assert len(rows) == 3000
    assert max(used) < 3000 + RESTING + 2000
    assert {row for _, row in found(rows, "BC0001KK")} >= {used[1]}


def test_what_does_not_fit_is_refused_whole() -> None:
    block = block_of(private(10))
    rows, room = Rows(block), len(block.lists) - RESTING
    used = add(rows, [f"AA{i:04}BB" for i in range(room)])
    with pytest.raises(TooLarge, match=f"1 more spellings of plates than the {room}"):
        rows.add([key("BE9212AA")], 0, entry("BE9212AA"))
    rows.remove(used.pop())
    with pytest.raises(TooLarge, match="2 more"):
        add(rows, ["BE9212AA", "BE9213AA"])
    assert len(rows) == room - 1
    for i in range(2 * RESTING):
        rows.remove(used[i % len(used)])
        (used[i % len(used)],) = add(rows, ["BC5678KK"])
    assert {row for _, row in found(rows, "BC5678KK")} == set(used)


@pytest.mark.parametrize(("ours", "theirs"), [(100, 10), (10, 100)])
def test_a_list_is_removed_whole_and_alone(ours: int, theirs: int) -> None:
    rows = some_rows()
    gone = add(rows, [f"AA{i:04}BB" for i in range(ours)], 0)
    kept = add(rows, [f"KC{i:04}TT" for i in range(theirs)], 1)
    rows.remove_list(0)
    assert len(rows) == theirs
    assert found(rows, "AA0001BB") == set()
    assert (0, kept[1]) in found(rows, "KC0001TT")
    gathered = rows.gather(np.array([gone[0], kept[0], gone[1], kept[1]]))
    assert gathered.places.tolist() == [1, 3]
    assert gathered.lists.tolist() == [1, 1]
    assert rows.entry(gone[0]) is None


def test_gathered_rows_are_copies() -> None:
    rows = some_rows()
    (row,) = add(rows, ["AA1234BB"])
    gathered = rows.gather(np.array([row, row]))
    rows.remove(row)
    assert gathered.entries == [entry("AA1234BB")] * 2
    assert gathered.codes.tobytes() == key("AA1234BB") * 2
