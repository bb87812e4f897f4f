"""An index in a file, opened again and changed, and its plates as an array."""

import mmap
import os
import random
from zlib import crc32

import numpy as np
import pytest

from platematch._native import Index
from platematch.plates import pack_batch
from platematch.plates.lookalikes import FOLD

ROWS = 30_000
CODES, LENGTHS = pack_batch([f"AA{i:05}B{'?' if i % 5000 == 0 else 'B'}" for i in range(ROWS)])
IDS = np.arange(ROWS, dtype=np.uint32)
REACHES = np.stack([1 + (IDS % 7 == 0), IDS % 1000 == 0], axis=1).astype(np.uint8)
SOME = CODES[::97].copy(), LENGTHS[::97].copy()


def index_of(rows: int = 2 * ROWS) -> Index:
    index = Index(FOLD, rows=rows)
    index.build(CODES, IDS, REACHES)
    return index


def answer(index: Index) -> list[tuple[int, int]]:
    return list(zip(*(part.tolist() for part in index.search(*SOME)), strict=True))


def test_a_saved_index_finds_the_same_and_can_be_changed(tmp_path):
    index, path = index_of(), tmp_path / "saved"
    expected = answer(index)
    index.save(path)
    index.save(os.fsencode(path))
    before = path.read_bytes()
    opened = Index.open(path, FOLD)
    assert (len(opened), opened.room()) == (ROWS, ROWS)
    assert answer(opened) == expected
    extra, _ = pack_batch([f"KA{i:05}XC" for i in range(ROWS)])
    for i in range(ROWS):  # through new tables, in the place of the file's pages
        opened.insert(extra[i].tobytes(), ROWS + i)
    assert answer(opened) == expected
    for i in range(ROWS):
        assert opened.delete(extra[i].tobytes(), ROWS + i)
    assert answer(opened) == expected
    for n in (10, ROWS, 10):
        opened.build(CODES[:n], IDS[:n], REACHES[:n])
        assert len(opened) == n
    fresh = Index(FOLD)
    fresh.build(CODES[:10], IDS[:10], REACHES[:10])
    assert answer(opened) == answer(fresh)
    assert path.read_bytes() == before
    assert answer(Index.open(path, FOLD)) == expected
    assert os.listdir(tmp_path) == ["saved"]


def test_an_empty_index_can_be_saved(tmp_path):
    Index(FOLD, rows=3).save(tmp_path / "saved")
    opened = Index.open(tmp_path / "saved", FOLD)
    assert (len(opened), opened.room(), answer(opened)) == (0, 3, [])
    opened.insert(CODES[0].tobytes(), 2)
    assert answer(opened)[0] == (0, 2)


def test_files_that_are_no_index(tmp_path):
    path = tmp_path / "saved"
    index_of().save(path)
    sound = path.read_bytes()
    wrong = [b"", b"x" * 10_000, sound[:4096], sound[:-1], sound + b"\0", bytes([sound[0] ^ 1]) + sound[1:]]
    for content in wrong:
        path.write_bytes(content)
        with pytest.raises(ValueError, match="saved holds no index"):
            Index.open(path, FOLD)
    with pytest.raises(FileNotFoundError, match="missing"):
        Index.open(tmp_path / "missing", FOLD)
    with pytest.raises(FileNotFoundError, match="missing"):
        index_of().save(tmp_path / "missing" / "saved")
    with pytest.raises(TypeError):
        Index.open(3.5, FOLD)


def test_a_damaged_file_is_refused_wherever_it_is_damaged(tmp_path):
    path, rng = tmp_path / "saved", random.Random(4)
    index_of().save(path)
    sound = path.read_bytes()
    header = [rng.randrange(4096) for _ in range(150)]
    for places in ([place] for place in [*range(64), *header, *(rng.randrange(len(sound)) for _ in range(150))]):
        damaged = bytearray(sound)
        for place in places:
            damaged[place] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="not as it was written"):
            Index.open(path, FOLD)
    for _ in range(50):  # pages that are of elsewhere, or were never written
        damaged = bytearray(sound)
        to, at = 4096 * rng.randrange(len(sound) // 4096), 4096 * rng.randrange(len(sound) // 4096)
        damaged[to : to + 4096] = rng.choice([sound[at : at + 4096], bytes(4096)])
        path.write_bytes(damaged)
        if damaged != sound:
            with pytest.raises(ValueError, match="not as it was written"):
                Index.open(path, FOLD)
    path.write_bytes(sound)
    assert answer(Index.open(path, FOLD)) == answer(index_of())


def test_a_file_of_another_fold_is_refused(tmp_path):
    index_of().save(tmp_path / "saved")
    with pytest.raises(ValueError, match="of this version and fold"):
        Index.open(tmp_path / "saved", bytes(range(256)))
    with pytest.raises(ValueError, match="fold must be 256 bytes"):
        Index.open(tmp_path / "saved", b"")


def test_an_attached_index_is_not_saved(tmp_path):
    memory = mmap.mmap(-1, Index.memory_size(10))
    owner = Index(FOLD, memory=memory, rows=10)
    with pytest.raises(TypeError, match="searched only"):
        Index.attach(memory).save(tmp_path / "saved")
    assert len(owner) == 0


def test_plates_are_the_codes_by_id():
    index = index_of()
    plates = np.asarray(index.plates)
    assert (plates.shape, plates.dtype, plates.strides) == ((2 * ROWS, 16), np.uint8, (32, 1))
    assert (plates[:ROWS] == CODES).all()
    assert not plates[ROWS:].any()
    assert not plates.flags.writeable
    index.insert(CODES[5].tobytes(), 2 * ROWS - 1)
    assert (plates[-1] == CODES[5]).all()
    index.delete(CODES[5].tobytes(), 5)
    assert (plates[5] == CODES[5]).all()
    index.build(CODES[100:], IDS[100:])
    assert (plates[100:ROWS] == CODES[100:]).all()
    del index
    assert (plates[100] == CODES[100]).all()
    with pytest.raises(BufferError, match="not contiguous"):
        crc32(Index(FOLD, rows=1))


def test_plates_of_an_attached_index_are_the_owners():
    memory = mmap.mmap(-1, Index.memory_size(10))
    owner = Index(FOLD, memory=memory, rows=10)
    plates = np.asarray(Index.attach(memory).plates)
    owner.insert(CODES[7].tobytes(), 3)
    assert (plates[3] == CODES[7]).all()
