"""POST /v1/cameras/{camera_id}/{vendor}: what a device posts by itself, answered as that device expects."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import structlog
from aiohttp import web
from msgspec.structs import replace

from platematch.access import may_post_for, names_camera
from platematch.api.body import parsed, read_body
from platematch.api.endpoint import Call, Endpoints
from platematch.api.problems import Malformed
from platematch.cameras import VENDORS, Message, Vendor
from platematch.cameras.message import fallback_id
from platematch.errors import Forbidden, InvalidMessage, NotFound
from platematch.intake import EARLIEST
from platematch.reads import Identifier, Read

log = structlog.get_logger("platematch.cameras")
endpoints = Endpoints("cameras")

_ANY = {"*/*": None}


class DeviceQuery(msgspec.Struct, frozen=True):
    """Whatever a device writes behind the `?`; some send the whole read there."""


@endpoints.declare(
    "POST",
    "/v1/cameras/{camera_id}/{vendor}",
    "reads.post",
    "Post a vendor's own message, as the device sends it",
    consumes=_ANY,
    produces=_ANY,
    problems=(404, 413, 503),
)
@endpoints.declare(
    "POST",
    "/v1/k/{key}/cameras/{camera_id}/{vendor}",
    "reads.post",
    "The same, for devices that can send no Authorization header",
    consumes=_ANY,
    produces=_ANY,
    problems=(404, 413, 503),
)
async def post_vendor_message(call: Call[DeviceQuery, None]) -> web.Response:
    """The path's camera_id counts, whatever the message says."""
    vendor, camera_id = _vendor(call.path("vendor")), camera_of(call)
    message = Message(
        camera_id=camera_id,
        content_type=call.request.headers.get("Content-Type", ""),
        body=await read_body(call.request, call.service.settings.max_body_bytes),
        query=call.request.query,
        received_at=call.now,
    )
    reads = await _reads(call, vendor, message)
    if reads:
        outcome = await call.service.intake.accept(reads, call.now)
        for rejection in outcome.rejected:
            log.warning(
                "vendor read rejected", vendor=vendor.name, camera_id=camera_id, problem=rejection.problem.detail
            )
    answer = vendor.acknowledge(message)
    headers = {"Content-Type": answer.content_type} if answer.content_type else None
    return web.Response(status=answer.status, body=answer.body, headers=headers)


def _with_believable_time(read: Read, message: Message, skew: timedelta) -> Read:
    """The read with the time of receipt where the device's clock is ahead by more than the settings bear, or unset."""
    if EARLIEST <= read.captured_at <= message.received_at + skew:
        return read
    told = read.device_time or read.captured_at.isoformat()
    read_id = read.read_id or fallback_id(told, read.plate, message.digest)
    return replace(read, captured_at=message.received_at, device_time=told, read_id=read_id)


def camera_of(call: Call[Any, Any]) -> str:
    """The camera_id of the path, which no parser checks.

    Raises Malformed where a read could not hold it, Forbidden where the key may not post for it.
    """
    try:
        camera_id = msgspec.convert(call.path("camera_id"), Identifier)
    except msgspec.ValidationError as error:
        raise Malformed(f"the camera_id in the path is none: {error}", field="camera_id") from None
    if not may_post_for(call.key, camera_id):
        raise Forbidden(f"this key may not post for camera {camera_id!r}", field="camera_id")
    return camera_id


def _vendor(name: str) -> Vendor:
    vendor = VENDORS.get(name)
    if vendor is None:
        raise NotFound(f"vendor {name!r} is not known here; known are: {', '.join(sorted(VENDORS))}", field="vendor")
    return vendor


async def _reads(call: Call[DeviceQuery, None], vendor: Vendor, message: Message) -> list[Read]:
    """The reads of the message; none where a known device sent what it would otherwise send again for ever."""
    try:
        skew = timedelta(seconds=call.service.settings.clock_skew_s)
        reads = await parsed(lambda _: vendor.parse(message), message.body)
        return [_with_believable_time(read, message, skew) for read in reads]
    except InvalidMessage as error:
        call.service.counters.count_unreadable(vendor.name)
        known = names_camera(call.key, message.camera_id)
        log.warning(
            "vendor message unreadable",
            vendor=vendor.name,
            camera_id=message.camera_id,
            bytes=len(message.body),
            acknowledged=known,
            problem=error.message,
        )
        if known:
            return []
        raise
