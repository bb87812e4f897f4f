"""Learning over a real store: nothing of a plate is kept, what is learnt survives, and it can be forgotten."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from platematch.errors import InvalidInput, NotFound
from platematch.matcher.counts import LEAST_READS
from platematch.matcher.record import CameraRead
from platematch.pipeline import Pipeline
from platematch.reads import Read
from platematch.settings import Settings
from platematch.store import audit

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
    await pipeline.accept(reads(passing), NOW)
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


async def test_few_reads_are_forgotten_rather_than_stored(tmp_path: Path) -> None:
    pipeline = await started(tmp_path)
    await pipeline.accept(reads(plates(int(LEAST_READS) - 1)), NOW)
    await pipeline.close()
    again = await started(tmp_path)
    assert again.learner.experience.version == 0
    assert again.learner.experience.traffic.total.reads == 0
    await again.close()


async def test_what_was_learnt_outlives_the_service(tmp_path: Path) -> None:
    pipeline = await started(tmp_path)
    await pipeline.accept(reads(plates(90)), NOW)
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
    await pipeline.accept(reads(plates(90)), NOW)
    assert pipeline.sampler.take() == []
    await pipeline.close()
