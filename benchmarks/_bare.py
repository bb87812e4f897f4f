"""The rival of the ingest benchmark: aiohttp, uvloop and msgspec take the same reads and do nothing with them.

`python -m benchmarks._bare PORT` serves POST /v1/reads until SIGTERM; several may share a port.
"""

from __future__ import annotations

import sys

import msgspec
import uvloop
from aiohttp import web

from platematch.reads import Read

_one = msgspec.json.Decoder(Read)


async def take(request: web.Request) -> web.Response:
    """Decode a read, or one per line, and answer in the service's form."""
    body = await request.read()
    lines = request.content_type == "application/x-ndjson"
    reads = _one.decode_lines(body) if lines else [_one.decode(body)]
    answer = {"accepted": len(reads), "duplicates": 0, "rejected": [], "hits": [], "version": 1}
    return web.Response(body=msgspec.json.encode(answer), content_type="application/json")


async def ready(_: web.Request) -> web.Response:
    """The answer that says that the port is open."""
    return web.Response()


def main() -> None:
    """Serve on the port that the command line names."""
    app = web.Application(client_max_size=1 << 24)
    app.router.add_post("/v1/reads", take)
    app.router.add_get("/readyz", ready)
    loop = uvloop.new_event_loop()
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None, reuse_port=True, loop=loop)


if __name__ == "__main__":
    main()
