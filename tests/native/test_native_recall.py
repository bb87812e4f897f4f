"""The index finds exactly what comparing all with all finds, on random lists and on those that could mislead it."""

import os
import random
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from all_pairs import padded, reached

from platematch import _native
from platematch._native import Index
from platematch.plates import ANY, MAX_SYMBOLS, pack
from platematch.plates.lookalikes import FOLD

LETTERS = pack("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZЗЧ")
IDENTITY = bytes(range(256))
REACHES = [(errors, ends) for errors in (1, 2) for ends in (0, 1, 2)]


def one_prefix(rng):
    """Plates that differ in their last two symbols."""
    return [pack("AA1234") + bytes(end) for end in product(LETTERS[:20], repeat=2)]


def one_suffix(rng):
    return [bytes(begin) + pack("1234BB") for begin in product(LETTERS[10:30], repeat=2)]


def look_alikes(rng):
    """All that one plate could be taken for, and some that only begin so."""
    plates = [bytes(text) for text in product(*map(pack, ("0ODQ", "1I", "8B", "5S", "6G", "2Z", "0ODQ", "1I")))]
    return plates + [plate[: rng.randint(1, 8)] for plate in plates[::10]]


def neighbours(rng):
    """A plate with everything that is one error away from it."""
    plate = pack("KA4821TE")
    changed = [plate[:i] + bytes([s]) + plate[i + 1 :] for i in range(8) for s in LETTERS]
    longer = [plate[:i] + bytes([s]) + plate[i:] for i in range(9) for s in LETTERS]
    return [plate, *changed, *longer, *(plate[:i] + plate[i + 1 :] for i in range(8))]


def two_symbols(rng):
    """Every text of two symbols up to eight of them, and runs up to the longest."""
    texts = [bytes(text) for n in range(9) for text in product(pack("A8"), repeat=n)]
    return texts + [pack("A") * n for n in range(9, MAX_SYMBOLS + 1)] + [pack("A8") * 8, pack("8A") * 8]


def any_length(rng):
    return [bytes(rng.choices(LETTERS[: rng.choice([2, 5, 38])], k=rng.randint(1, MAX_SYMBOLS))) for _ in range(1200)]


def wildcards(rng):
    plates = [bytearray(plate) for plate in any_length(rng)[:500]]
    for plate in plates:
        for _ in range(rng.randint(0, 3)):
            plate[rng.randrange(len(plate))] = ANY
    return [bytes(plate) for plate in plates] + [bytes([ANY]) * n for n in range(MAX_SYMBOLS + 1)]


def alike(rng):
    """Two plates, listed again and again."""
    return [pack("AA1234BB"), pack("AA1234B8"), pack("BA1234BB")] * 300


LISTS = (one_prefix, one_suffix, look_alikes, neighbours, two_symbols, any_length, wildcards, alike)


def misread(rng, plate, errors):
    """A read of a plate, with so many errors and perhaps without its ends."""
    read = bytearray(plate)
    for _ in range(errors):
        place = rng.randint(0, len(read))
        read[place : place + rng.randint(0, 1)] = rng.choices(LETTERS, k=rng.randint(0, 1))
    return bytes(read[rng.choice([0, 0, 0, 1, 2]) :])[:MAX_SYMBOLS]


class Listed:
    """An index and what is in it, with ids that are as far apart as there is room."""

    def __init__(self, plates, reaches, rng, fold=FOLD):
        self.plates, self.fold = plates, fold
        self.reaches = np.array(reaches, dtype=np.uint8).reshape(-1, 2)
        self.ids = np.array(rng.sample(range(4 * len(plates)), len(plates)), dtype=np.uint32)
        self.index = Index(fold, rows=4 * len(plates))

    def build(self):
        self.index.build(padded(self.plates)[0], self.ids, self.reaches)
        return self

    def insert(self):
        for codes, number, (errors, ends) in zip(padded(self.plates)[0], self.ids, self.reaches, strict=True):
            self.index.insert(codes.tobytes(), int(number), errors=int(errors), missing_ends=int(ends))
        return self

    def delete(self, rows):
        for i in rows:
            assert self.index.delete(self.plates[i].ljust(MAX_SYMBOLS, b"\0"), int(self.ids[i]))
        kept = np.setdiff1d(np.arange(len(self.plates)), rows)
        self.plates, self.reaches, self.ids = [self.plates[i] for i in kept], self.reaches[kept], self.ids[kept]

    def check(self, reads, errors):
        """Compare the answer with that of all pairs; return how many pairs there are."""
        errors = np.array(errors, dtype=np.uint8)
        numbers, ids = self.index.search(*padded(reads), errors)
        found = list(zip(numbers.tolist(), ids.tolist(), strict=True))
        rows = reached(self.plates, self.reaches, reads, errors, self.fold)
        assert found == sorted((int(i), int(self.ids[j])) for i, j in np.argwhere(rows))
        return len(found)


def listed(name, reach, fold=FOLD):
    rng = random.Random(f"{name.__name__} {reach}")
    plates = name(rng)
    reaches = [rng.choice(REACHES) if reach is None else reach for _ in plates]
    return Listed(plates, reaches, rng, fold), rng


def reads_of(plates, rng, n=60):
    """Misread plates, and whether each is searched as a soft read."""
    reads = [misread(rng, rng.choice(plates), rng.randint(0, 3)) for _ in range(n)]
    return reads, [rng.choice([1, 1, 2]) for _ in reads]


@pytest.mark.parametrize("reach", [(1, 0), (2, 0), (1, 2), None], ids=str)
@pytest.mark.parametrize("name", LISTS, ids=lambda name: name.__name__)
def test_exact_recall(name, reach):
    """Of a list built at once, and of one that grew row by row and lost half of them again."""
    built, rng = listed(name, reach)
    assert built.build().check(*reads_of(built.plates, rng)) > 20
    grown, rng = listed(name, reach)
    reads = reads_of(grown.plates, rng)
    grown.insert().check(*reads)
    grown.delete(rng.sample(range(len(grown.plates)), len(grown.plates) // 2))
    grown.check(*reads)


def test_exact_recall_without_look_alikes():
    exact, rng = listed(any_length, None, IDENTITY)
    assert exact.build().check(*reads_of(exact.plates, rng)) > 20


def test_every_read_of_two_symbols():
    """All of them, hard and soft, against all plates of two symbols, each of which reaches differently."""
    plates, _ = listed(two_symbols, None)
    reads = [bytes(text) for n in range(8) for text in product(pack("AB"), repeat=n)]
    plates.build()
    for errors in (1, 2):
        assert plates.check(reads, [errors] * len(reads)) > len(reads)


def test_very_many_rows_of_one_plate():
    """100,000 that fold alike, and some that begin otherwise: a read finds all or none of them, whatever leaves."""
    rows = 100_000
    spellings = [bytes(text) for text in product(*map(pack, ("0ODQ", "1I", "8B", "5S")))]
    alike = np.resize(padded(spellings)[0], (rows, MAX_SYMBOLS))
    longer = padded([pack("X") + spelling for spelling in spellings])[0]
    ids = np.random.default_rng(3).permutation(rows).astype(np.uint32)
    beyond = np.arange(rows, rows + len(longer), dtype=np.uint32)
    index = Index(FOLD, rows=rows + len(longer))
    index.build(np.concatenate([alike, longer]), np.concatenate([ids, beyond]))

    reads = padded([pack("D1B5"), pack("D1B7"), pack("XXIB5"), pack("7777")])

    def check(left):
        numbers, found = index.search(*reads)
        expected = [np.concatenate([left, beyond]), left, beyond, []]
        for read, listed in enumerate(expected):
            assert np.array_equal(found[numbers == read], listed)

    check(np.arange(rows))
    for i in range(0, rows, 1000):
        assert index.delete(alike[i].tobytes(), int(ids[i]))
    check(np.delete(np.arange(rows), ids[::1000]))


@pytest.mark.skipif(_native.PROBE == "scalar", reason="it is what runs already")
def test_without_vectors():
    """The same with the other way of looking up."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", Path(__file__), "-k", "None"]
    scalar = os.environ | {"PLATEMATCH_PROBE": "scalar"}
    run = subprocess.run(command, env=scalar, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
