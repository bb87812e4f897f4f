"""Learning over a real store: nothing of a plate is kept, what is learnt survives, and it can be forgotten."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import Connection, text

from platematch.errors import InvalidInput, NotFound
from platematch.matcher.counts import LEAST_READS, MOST_CAMERAS
from platematch.matcher.record import CameraRead, SourceRecord
from platematch.pipeline import Pipeline
from platematch.reads import Read
from platematch.settings import Settings
from platematch.store import audit
from platematch.store import learnt as learnt_rows
from platematch.watchlist import Entry, Watchlist

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


async def started(folder: Path, **settings: Any) -> Pipeline:
    return await Pipeline.start(Settings(data=str(folder), **settings), clock=lambda: NOW)


@pytest.fixture
async def pipeline(tmp_path: Path) -> AsyncIterator[Pipeline]:
    pipeline = await started(tmp_path)
    yield pipeline
    await pipeline.close()


def folder(parent: Path, name: str) -> Path:
    made = parent / name
    made.mkdir()
    return made


def files(parent: Path) -> bytes:
    return b"".join(file.read_bytes() for file in parent.rglob("*") if file.is_file())


def plates(count: int, seed: int = 1) -> list[str]:
    rng = random.Random(seed)
    return [
        f"{rng.choice('ABCK')}{rng.choice('AEIX')}{rng.randrange(10_000):04}{rng.choice('BHM')}T" for _ in range(count)
    ]


def reads(texts: list[str], camera_id: str = "gate") -> list[Read]:
    return [Read(plate=text, camera_id=camera_id, captured_at=NOW, read_id=f"{i}") for i, text in enumerate(texts)]


async def pass_by(pipeline: Pipeline, texts: list[str], camera_id: str = "gate") -> None:
    """The reads come in as many seconds as they need, since each has room for so many of a camera."""
    for second, start in enumerate(range(0, len(texts), 25)):
        arrived = reads(texts[start : start + 25], camera_id)
        for i, read in enumerate(arrived):
            read.read_id = f"{camera_id}-{start + i}"
        await pipeline.accept(arrived, NOW + timedelta(seconds=second))


def pairs(count: int, camera_id: str = "gate") -> tuple[list[str], list[CameraRead]]:
    truths = plates(count, 7)
    return truths, [CameraRead(plate=plate.replace("2", "7"), camera_id=camera_id) for plate in truths]


def rate(pipeline: Pipeline, camera_id: str | None = None) -> float:
    """How often a 2 is read as a 7, as the matcher has it."""
    channel = pipeline.matcher.models.of(camera_id).channel
    return float(channel.shares @ channel.emit[:, 3, 8])


async def test_no_plate_is_in_the_store_after_learning_from_it(tmp_path: Path) -> None:
    pipeline = await started(tmp_path)
    passing = plates(90)
    await pass_by(pipeline, passing)
    await pipeline.learner.count()
    await pipeline.learner.save()
    assert pipeline.learner.experience.cameras == ["gate"]
    exported = repr(await pipeline.learner.export())
    await pipeline.close()
    stored = files(tmp_path)
    assert b"learnt" in stored
    for plate in passing:
        assert plate.encode() not in stored
        assert plate not in exported


async def test_no_plate_of_labelled_pairs_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = await started(tmp_path)
    truths, seen = pairs(80)
    await pipeline.learner.add_pairs(truths, seen, NOW, "test")
    with pytest.raises(InvalidInput) as refused:
        await pipeline.learner.add_pairs(truths[:9], seen[:9], NOW, "test")
    exported = repr(await pipeline.learner.export())
    await pipeline.close()
    kept = files(tmp_path) + exported.encode() + refused.value.message.encode() + repr(capsys.readouterr()).encode()
    assert b"learning.pairs" in kept
    for plate in (*truths, *(read.plate for read in seen)):
        assert plate.encode() not in kept


async def test_what_another_version_wrote_is_left_out_and_the_rest_is_used(tmp_path: Path) -> None:
    pipeline = await started(tmp_path)
    await pipeline.learner.add_pairs(*pairs(100, "one"), NOW, "test")
    await pipeline.learner.add_pairs(*pairs(100, "two"), NOW, "test")
    row = next(row for row in await pipeline.store.read(learnt_rows.load) if row.camera_id == "one")
    assert row.counts is not None
    fewer = structs.replace(row.counts, strays=[1.0])

    def foreign(conn: Connection) -> None:
        learnt_rows.save(conn, [row._replace(counts=fewer), row._replace(camera_id="")])
        conn.execute(text("UPDATE learnt SET counts = :other WHERE camera_id = ''"), {"other": b'{"other": 1}'})

    await pipeline.store.write(foreign)
    await pipeline.close()
    again = await started(tmp_path)
    assert again.learner.experience.cameras == ["two"]
    assert again.learner.experience.version == 2
    await again.learner.add_pairs(*pairs(100, "one"), NOW, "test")
    await again.close()
    healed = await started(tmp_path)
    assert healed.learner.experience.cameras == ["one", "two"]
    await healed.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"reads": 1e300},
        {"severities": [1.0]},
        {"shown": []},
        {"gaps": [float("inf")] * 8},
        {"gaps": [float("nan")] * 8},
        {"gaps": [-1.0] * 8},
        {"formats": {"x" * 65: 1.0}},
        {"formats": {f"UA {i}": 1.0 for i in range(5000)}},
        {"positions": {"UA LL9999LL": [1.0] * 38}},
        {"positions": {"UA LL9999LL": [1.0] * 37 * 17}},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_an_import_that_cannot_be_changes_nothing(pipeline: Pipeline, changes: dict[str, Any]) -> None:
    await pipeline.learner.add_pairs(*pairs(100), NOW, "test")
    before = await pipeline.learner.export()
    hostile = structs.replace(before.pairs.total, **changes)
    for source in (SourceRecord(hostile), SourceRecord(before.pairs.total, {"gate": hostile})):
        with pytest.raises(InvalidInput):
            await pipeline.learner.replace(structs.replace(before, pairs=source), NOW, "test")
    many = dict.fromkeys((f"c{i}" for i in range(MOST_CAMERAS + 1)), before.pairs.total)
    with pytest.raises(InvalidInput, match="room for"):
        await pipeline.learner.replace(
            structs.replace(before, traffic=SourceRecord(before.pairs.total, many)), NOW, "test"
        )
    assert await pipeline.learner.export() == before


async def test_an_absurd_import_still_leaves_sound_probabilities(pipeline: Pipeline) -> None:
    """Figures that counts can have, though no traffic gives them."""
    before = await pipeline.learner.export()
    total = before.traffic.total
    rng = random.Random(5)
    absurd = structs.replace(
        total,
        reads=1e12,
        positions={"UA AL9999LL": [1e12] * 37 * 3, "no such": [1.0] * 37},
        formats={"UA AL9999LL": 1e12},
        **{
            name: [rng.choice([0.0, 1e12, 1e-4]) for _ in getattr(total, name)]
            for name in ("severities", "shown", "chances", "gaps", "gap_chances", "strays", "characters", "candidates")
        },
    )
    source = SourceRecord(absurd, {"gate": absurd})
    await pipeline.learner.replace(structs.replace(before, traffic=source, pairs=source), NOW, "test")
    watchlist = Watchlist(watchlist_id="a", name="a", purpose="recovery", owner="police")
    pipeline.matcher.put_watchlist(watchlist, NOW, 1)
    listed = plates(20, 3)
    pipeline.matcher.load("a", [Entry(entry_id=plate, plate=plate, reason="stolen") for plate in listed])
    sought = reads([*listed, *(plate.replace("1", "7") for plate in listed)])
    for matches in pipeline.matcher.match(sought, [NOW] * len(sought)):
        assert all(0.0 <= match.probability <= 1.0 for match in matches)
    await pass_by(pipeline, plates(90))
    await pipeline.learner.count()
    await pipeline.learner.refresh()
    assert pipeline.learner.experience.version == 2


async def test_few_reads_are_forgotten_rather_than_stored(tmp_path: Path) -> None:
    pipeline = await started(tmp_path)
    await pass_by(pipeline, plates(int(LEAST_READS) - 1))
    await pipeline.close()
    again = await started(tmp_path)
    assert again.learner.experience.version == 0
    assert again.learner.experience.traffic.total.reads == 0
    await again.close()


async def test_what_was_learnt_outlives_the_service(tmp_path: Path) -> None:
    pipeline = await started(tmp_path)
    await pass_by(pipeline, plates(90))
    await pipeline.learner.add_pairs(*pairs(600), NOW, "test")
    learnt = rate(pipeline, "gate")
    await pipeline.close()
    again = await started(tmp_path)
    assert again.learner.experience.traffic.cameras["gate"].reads == pytest.approx(90)
    assert again.learner.experience.pairs.cameras["gate"].reads == pytest.approx(600)
    assert rate(again, "gate") == pytest.approx(learnt, rel=0.05)
    assert again.matcher.models.version == again.learner.experience.version > 0
    await again.close()


async def test_pairs_change_the_matching_at_once_and_a_reset_changes_it_back(pipeline: Pipeline) -> None:
    before = rate(pipeline)
    await pipeline.learner.add_pairs(*pairs(600), NOW, "test")
    assert rate(pipeline, "gate") > 10 * before
    version = await pipeline.learner.reset(NOW, "test")
    assert rate(pipeline, "gate") == pytest.approx(before)
    assert pipeline.learner.experience.version == version == 2
    lines, _ = await pipeline.store.read(audit.page, None, 10)
    assert [line.action for line in lines] == ["learning.reset", "learning.pairs"]


async def test_one_camera_is_forgotten(pipeline: Pipeline) -> None:
    await pipeline.learner.add_pairs(*pairs(100, "one"), NOW, "test")
    await pipeline.learner.add_pairs(*pairs(100, "two"), NOW, "test")
    await pipeline.learner.forget("one", NOW, "test")
    assert pipeline.learner.experience.cameras == ["two"]
    assert pipeline.learner.experience.pairs.total.reads == pytest.approx(100, abs=0.1)
    with pytest.raises(NotFound):
        await pipeline.learner.forget("one", NOW, "test")


async def test_an_export_can_be_imported_elsewhere(tmp_path: Path) -> None:
    one, other = await started(folder(tmp_path, "one")), await started(folder(tmp_path, "other"))
    await one.learner.add_pairs(*pairs(300), NOW, "test")
    exported = await one.learner.export()
    await other.learner.replace(exported, NOW, "test")
    again = await other.learner.export()
    assert (again.pairs, again.traffic) == (exported.pairs, exported.traffic)
    assert rate(other, "gate") == pytest.approx(rate(one, "gate"), rel=1e-3)
    await one.close()
    await other.close()


async def test_too_few_pairs_are_refused(pipeline: Pipeline) -> None:
    with pytest.raises(InvalidInput, match="too few"):
        await pipeline.learner.add_pairs(*pairs(10), NOW, "test")
    assert pipeline.learner.experience.version == 0


async def test_nothing_is_sampled_with_learning_off(tmp_path: Path) -> None:
    pipeline = await started(tmp_path, learning=False)
    await pass_by(pipeline, plates(90))
    assert pipeline.sampler.take() == []
    await pipeline.close()
