"""/v1/learning: what was learnt of cameras and traffic: to see, to carry elsewhere, to forget; and labelled pairs."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Literal

import msgspec
from msgspec import Struct

from platematch.api.body import decode, parsed, read_body
from platematch.api.endpoint import JSON, Call, Endpoints, Nothing
from platematch.api.entries import RejectedRow
from platematch.api.reads import BYTE_ORDER_MARK
from platematch.errors import NotFound
from platematch.learner import Learner
from platematch.matcher.counts import Counts, Experience, Source
from platematch.matcher.labelled import Pairs, read_csv, read_ndjson
from platematch.matcher.record import ExperienceRecord
from platematch.matcher.summary import Lesson, lesson
from platematch.problem import invalid_item

endpoints = Endpoints("learning")

_experience = msgspec.json.Decoder(ExperienceRecord)


class PairsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """What the body holds: a CSV with a header, or one object a line."""

    format: Literal["csv", "ndjson"] = "csv"


class LearntCamera(Struct, frozen=True):
    """A camera that reads were counted of. own_model: whether these are enough for rates of its own."""

    camera_id: str
    reads: float
    pairs: float
    own_model: bool


class Learning(Struct, frozen=True):
    """learning: whether reads are sampled to learn from; version: of what was learnt, higher after each change."""

    learning: bool
    version: int
    total: Lesson
    cameras: list[LearntCamera]


class LearningChanged(Struct, frozen=True):
    """The version after the change."""

    version: int


class PairsTaken(Struct, frozen=True):
    """counted: pairs that were learnt from; a rejected row does not block the others."""

    counted: int
    rejected: list[RejectedRow]
    version: int


@endpoints.declare("GET", "/v1/learning", "learning.read", "See what was learnt")
async def get_learning(call: Call[Nothing, None]) -> Learning:
    """The totals, and of each camera how much was counted. No plate can be told from any of it."""
    learner = call.service.pipeline.learner
    async with learner.steady() as experience:
        total = _lesson(experience, learner, None)
        cameras = [
            LearntCamera(
                camera_id,
                _reads(experience.traffic, camera_id),
                _reads(experience.pairs, camera_id),
                camera_id in learner.learnt.cameras,
            )
            for camera_id in experience.cameras
        ]
    return Learning(call.service.settings.learning, experience.version, total, cameras)


@endpoints.declare(
    "GET", "/v1/learning/cameras/{camera_id}", "learning.read", "See what was learnt of a camera", problems=(404,)
)
async def get_camera_learning(call: Call[Nothing, None]) -> Lesson:
    """Its mix of formats, what it confuses against the default, and whether its confidences are calibrated."""
    learner, camera_id = call.service.pipeline.learner, call.path("camera_id")
    async with learner.steady() as experience:
        if camera_id not in experience.cameras:
            raise NotFound(f"nothing was learnt of a camera {camera_id!r}", field="camera_id")
        return _lesson(experience, learner, camera_id)


@endpoints.declare("GET", "/v1/learning/export", "learning.read", "Export what was learnt")
async def export_learning(call: Call[Nothing, None]) -> ExperienceRecord:
    """All sums, for a PUT to another service."""
    return await call.service.pipeline.learner.export()


@endpoints.declare(
    "PUT", "/v1/learning", "learning.write", "Import what was learnt elsewhere",
    consumes={JSON: ExperienceRecord}, problems=(413, 422, 503),
)  # fmt: skip
async def put_learning(call: Call[Nothing, None]) -> LearningChanged:
    """In the place of what was learnt here; as GET /v1/learning/export gave it."""
    body = await read_body(call.request, call.service.settings.max_import_bytes)
    record = await parsed(partial(decode, _experience), body)
    return LearningChanged(await call.service.pipeline.learner.replace(record, call.now, call.actor))


@endpoints.declare("DELETE", "/v1/learning", "learning.write", "Forget everything that was learnt", problems=(503,))
async def reset_learning(call: Call[Nothing, None]) -> LearningChanged:
    """The service is as new: default rates, the mix of formats of the home country."""
    return LearningChanged(await call.service.pipeline.learner.reset(call.now, call.actor))


@endpoints.declare(
    "DELETE", "/v1/learning/cameras/{camera_id}", "learning.write", "Forget what was learnt of a camera",
    problems=(404, 503),
)  # fmt: skip
async def forget_camera(call: Call[Nothing, None]) -> LearningChanged:
    """As when it was repaired or replaced: it starts from the rates of all cameras again."""
    learner = call.service.pipeline.learner
    return LearningChanged(await learner.forget(call.path("camera_id"), call.now, call.actor))


@endpoints.declare(
    "POST", "/v1/learning/pairs", "learning.write", "Learn from pairs of truth and read",
    consumes={"*/*": None}, problems=(413, 422, 503),
)  # fmt: skip
async def post_pairs(call: Call[PairsQuery, None]) -> PairsTaken:
    """At least 50 different plates, none of them more than a tenth, so that none can be told from the sums.

    Columns, and fields of an object: truth, read, and optionally camera_id, region, char_confidences, candidates,
    candidate_confidences. Within a field of a CSV the parts of a list are set off by spaces.
    """
    body = await read_body(call.request, call.service.settings.max_import_bytes)
    read = read_ndjson if call.query.format == "ndjson" else read_csv
    pairs: Pairs = await asyncio.to_thread(read, body.removeprefix(BYTE_ORDER_MARK))
    learner = call.service.pipeline.learner
    version = await learner.add_pairs(pairs.truths, pairs.reads, call.now, call.actor)
    rejected = [RejectedRow(wrong.row, invalid_item(wrong.message)) for wrong in pairs.wrong]
    return PairsTaken(len(pairs.truths), rejected, version)


def _lesson(experience: Experience, learner: Learner, camera_id: str | None) -> Lesson:
    severities = len(experience.traffic.total.severities)
    traffic, pairs = (
        source.total if camera_id is None else source.cameras.get(camera_id, Counts.none(severities))
        for source in (experience.traffic, experience.pairs)
    )
    own_model = camera_id in learner.learnt.cameras
    return lesson(traffic, pairs, learner.learnt.of(camera_id), learner.start, own_model=own_model)


def _reads(source: Source, camera_id: str) -> float:
    counts = source.cameras.get(camera_id)
    return 0.0 if counts is None else round(counts.reads, 1)
