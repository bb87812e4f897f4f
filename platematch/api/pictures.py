"""POST /v1/cameras/{camera_id}/picture: a picture in; the plates read in it, recorded and answered like other reads."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from typing import Annotated

import msgspec
import structlog
from aiohttp import web

from platematch import plates
from platematch.api.body import parsed, read_body
from platematch.api.cameras import camera_of
from platematch.api.endpoint import Call, Endpoints
from platematch.api.reads import ReadsAnswer, visible_hits
from platematch.cameras import multipart
from platematch.errors import InvalidInput, UnsupportedType
from platematch.reads import Candidate, Instant, Read, ShortText, derived_read_id
from platematch.recognition.pool import Pool
from platematch.recognition.sighted import Sighted
from platematch.settings import Settings

log = structlog.get_logger("platematch.pictures")
endpoints = Endpoints("pictures")

POOL = web.AppKey("pool", Pool)

_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=190, pattern=r"^[^\x00-\x1f\x7f]+(?!\n)$")]
"""Shorter than a read's, for what tells several plates of one picture apart."""
_PICTURE = {"image/jpeg": None, "image/png": None, "multipart/form-data": None}


class PictureQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the picture does not tell. captured_at: now where absent, and a repeat is then known by its bytes."""

    captured_at: Instant | None = None
    read_id: _Id | None = None
    region: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")] | None = None
    direction: ShortText | None = None
    lane: ShortText | None = None


class ReadInPicture(msgspec.Struct, frozen=True):
    """One plate found. box: x, y, width, height in pixels of the upright picture."""

    read_id: str
    plate: str
    confidence: float
    char_confidences: list[float] | None
    candidates: list[Candidate]
    box: tuple[int, int, int, int]


class PictureAnswer(ReadsAnswer, frozen=True):
    """As for reads; accepted + duplicates + rejected = reads found."""

    reads: Sequence[ReadInPicture]


def add_pool(app: web.Application, settings: Settings) -> None:
    """Give the application its processes for pictures, which end with it."""
    if shutil.which("tesseract") is None:
        log.warning("pictures_not_read", reason="Tesseract is not installed (Debian: apt-get install tesseract-ocr)")
    pool = app[POOL] = Pool(
        workers=settings.picture_processes,
        queue=settings.picture_queue,
        max_pixels=settings.max_picture_pixels,
        timeout_s=settings.picture_timeout_s,
    )

    async def close(_: web.Application) -> None:
        await pool.close()

    app.on_cleanup.append(close)


@endpoints.declare(
    "POST",
    "/v1/cameras/{camera_id}/picture",
    "reads.post",
    "Post a picture, as JPEG or PNG; the plates in it are read here",
    consumes=_PICTURE,
    problems=(413, 415, 422, 503),
)
@endpoints.declare(
    "POST",
    "/v1/k/{key}/cameras/{camera_id}/picture",
    "reads.post",
    "The same, for devices that can send no Authorization header",
    consumes=_PICTURE,
    problems=(413, 415, 422, 503),
)
async def post_picture(call: Call[PictureQuery, None]) -> PictureAnswer:
    """The picture is the body, or the one picture in a form; it is kept with each hit that its reads make."""
    camera_id = camera_of(call)
    body = await read_body(call.request, call.service.settings.max_body_bytes)
    content_type = call.request.headers.get("Content-Type", "")
    picture = await parsed(lambda sent: _picture(content_type, sent), body)
    sighted = _distinct(await call.request.app[POOL].recognise(picture))
    reads = _reads(camera_id, call, picture, sighted)
    outcome = await call.service.intake.accept(reads, call.now)
    return PictureAnswer(
        accepted=outcome.accepted,
        duplicates=outcome.duplicates,
        rejected=outcome.rejected,
        hits=visible_hits(call.key, outcome),
        version=outcome.version,
        reads=[_told(read, seen) for read, seen in zip(reads, sighted, strict=True)],
    )


def _picture(content_type: str, body: bytes) -> bytes:
    """The picture in the body, told by its first bytes: not every device names its type rightly.

    Raises UnsupportedType where there is none, InvalidInput where a form has several.
    """
    if body.startswith(_SIGNATURES):
        return body
    if multipart.is_multipart(content_type, body):
        pictures = [part.body for part in multipart.parts(content_type, body) if part.body.startswith(_SIGNATURES)]
        if len(pictures) > 1:
            raise InvalidInput(f"the form holds {len(pictures)} pictures; send one at a time")
        if pictures:
            return pictures[0]
    raise UnsupportedType(f"the body of {len(body)} bytes is neither a JPEG nor a PNG, nor a form that holds one")


def _distinct(sighted: Sequence[Sighted]) -> list[Sighted]:
    """One of each plate: a vehicle may carry it twice, as lorries do on their sides."""
    return list({plates.canonical(seen.plate): seen for seen in reversed(sighted)}.values())[::-1]


def _reads(camera_id: str, call: Call[PictureQuery, None], picture: bytes, sighted: Sequence[Sighted]) -> list[Read]:
    query = call.query
    captured_at = query.captured_at or call.now
    ids = _read_ids(camera_id, query, picture, [plates.canonical(seen.plate) for seen in sighted])
    return [
        Read(
            camera_id=camera_id,
            captured_at=captured_at,
            read_id=read_id,
            plate=seen.plate,
            confidence=seen.confidence,
            char_confidences=seen.char_confidences,
            candidates=seen.candidates,
            region=query.region,
            direction=query.direction,
            lane=query.lane,
            picture=picture,
        )
        for read_id, seen in zip(ids, sighted, strict=True)
    ]


def _read_ids(camera_id: str, query: PictureQuery, picture: bytes, found: Sequence[str]) -> list[str]:
    """The ids of the plates found, the same each time the picture is sent again."""
    if query.read_id is not None:
        return [query.read_id if number == 1 else f"{query.read_id}:{number}" for number in range(1, len(found) + 1)]
    if query.captured_at is not None:
        return [derived_read_id(camera_id, query.captured_at, plate) for plate in found]
    digest = hashlib.sha256(picture).hexdigest()
    return [hashlib.sha256(f"{camera_id}\n{digest}\n{plate}".encode()).hexdigest() for plate in found]


def _told(read: Read, seen: Sighted) -> ReadInPicture:
    return ReadInPicture(
        read_id=read.read_id or "",
        plate=read.plate,
        confidence=seen.confidence,
        char_confidences=seen.char_confidences,
        candidates=seen.candidates,
        box=seen.box,
    )
