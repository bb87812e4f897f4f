"""Requests that a front passes on to the owner as they are, and the answers back, both as streams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import aiohttp
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict
from yarl import URL

from platematch.api.body import broken
from platematch.api.observed import RELAYED
from platematch.api.problems import Malformed
from platematch.serving.owner import HOST, Owner, silent

OWNER = web.AppKey("owner", Owner)

# What concerns one connection alone (RFC 9110, 7.6.1); Expect was answered by this process already.
_OF_CONNECTION = frozenset(
    {
        hdrs.CONNECTION,
        hdrs.KEEP_ALIVE,
        hdrs.PROXY_AUTHENTICATE,
        hdrs.PROXY_AUTHORIZATION,
        hdrs.TE,
        hdrs.TRAILER,
        hdrs.TRANSFER_ENCODING,
        hdrs.UPGRADE,
        hdrs.EXPECT,
    }
)


async def relay(request: web.Request) -> web.StreamResponse:
    """The owner's answer: its status, headers and body. StoreUnavailable where none comes."""
    request[RELAYED] = True
    body = _Body(request)
    headers = _passed_on(request.headers)
    if hdrs.CONTENT_ENCODING in headers:  # the body was decompressed on its way in
        headers.popall(hdrs.CONTENT_ENCODING)
        headers.popall(hdrs.CONTENT_LENGTH, None)
    asking = request.app[OWNER].relayed.request(
        request.method,
        URL(HOST + request.rel_url.raw_path_qs, encoded=True),
        headers=headers,
        data=body.chunks() if request.can_read_body else None,
        allow_redirects=False,
    )
    try:
        answer = await asking
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise body.broken or silent() from error
    async with answer:
        return await _passed_back(request, answer)


class _Body:
    """A request's body on its way. broken: what its sender is to be told, where it could not be read."""

    def __init__(self, request: web.Request) -> None:
        self.broken: Malformed | None = None
        self._content = request.content

    async def chunks(self) -> AsyncIterator[bytes]:
        """As they come; the next is asked for when the one before is on its way."""
        try:
            while chunk := await self._content.readany():
                yield chunk
        except (HttpProcessingError, web.RequestPayloadError):
            self.broken = broken()
            raise


async def _passed_back(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=_passed_on(answer.headers))
    await response.prepare(request)
    try:
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
    except (aiohttp.ClientError, OSError) as error:  # one of both ends is gone: the client must not take this for all
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("the answer broke off") from error
    await response.write_eof()
    return response


def _passed_on(headers: Mapping[str, str]) -> CIMultiDict[str]:
    passed = CIMultiDict(headers)
    named = {name.strip() for line in passed.getall(hdrs.CONNECTION, []) for name in line.split(",")}
    for name in _OF_CONNECTION | named:
        passed.popall(name, None)
    return passed
