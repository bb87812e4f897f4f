"""The receiver: it takes genuine deliveries once, refuses forged ones, over real HTTP."""

from datetime import UTC, datetime
from typing import Any

import aiohttp

from platematch.demo.receiver import running_receiver
from platematch.webhooks.signature import new_secret, sign

BODY = b'{"type": "hit.created", "timestamp": "2026-03-01T00:00:00Z", "data": {"hit_id": "h1"}}'


async def test_genuine_once_forged_never() -> None:
    events: list[tuple[str, dict[str, Any]]] = []
    secret = new_secret()
    async with (
        running_receiver(lambda kind, data, _: events.append((kind, data))) as receiver,
        aiohttp.ClientSession() as session,
    ):
        receiver.secret = secret
        genuine = sign([secret], "msg_1", datetime.now(UTC), BODY)
        forged = sign([new_secret()], "msg_2", datetime.now(UTC), BODY)
        statuses = []
        for headers in (genuine, forged, genuine, {}):
            async with session.post(receiver.url, data=BODY, headers=headers) as answer:
                statuses.append(answer.status)
    assert statuses == [204, 401, 204, 401]
    assert receiver.verified == {"msg_1"}
    assert len(receiver.refused) == 2
    assert events == [("hit.created", {"hit_id": "h1"})]
