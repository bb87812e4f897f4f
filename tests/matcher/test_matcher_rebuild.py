"""What stays listed is found at every moment, while the index is built anew for what does not."""

from __future__ import annotations

import threading

import numpy as np

from platematch.matcher.block import block_of, private
from platematch.matcher.rows import NEAREST, Reach, Rows
from platematch.plates import pack_batch
from platematch.watchlist import Entry

STAY = [f"AA{i:04}BB" for i in range(0, 2000, 40)]
CODES, LENGTHS = pack_batch(STAY)


def entries(plates: list[str]) -> list[Entry]:
    return [Entry(entry_id=plate, plate=plate, reason="stolen") for plate in plates]


def listed(rows: Rows, plates: list[str], number: int) -> list[int]:
    return rows.add_plain(pack_batch(plates)[0], number, entries(plates))


def test_what_stays_is_found_during_every_rebuild() -> None:
    rows = Rows(block_of(private(20_000)))
    stay = np.array(listed(rows, STAY, 0), dtype=np.uint32)
    others = [f"KC{i:04}XT" for i in range(4000)]
    over, missed, searches = threading.Event(), [], 0

    def search() -> None:
        nonlocal searches
        while not over.is_set():
            reads, ids = rows.index.search(CODES, LENGTHS)
            lost = len(STAY) - np.count_nonzero(ids == stay[reads])
            gone = [row for row in stay.tolist() if rows.entry(row) is None]
            if lost or gone:
                missed.append((lost, gone))
            searches += 1

    searcher = threading.Thread(target=search)
    searcher.start()
    for turn in range(12):
        listed(rows, others, 1)  # more than there are: a rebuild
        rows.reach(0, Reach(2, 1) if turn % 2 else NEAREST)
        rows.remove_list(1)  # most of them: another
    over.set()
    searcher.join()
    assert missed == []
    assert searches > 12
