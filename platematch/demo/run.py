"""The course of the demonstration: start, keys, list, webhook, city, hits, summary, clean up."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, cast

import uvloop

from platematch.demo.ledger import Ledger
from platematch.demo.player import Player, camera_session
from platematch.demo.receiver import Receiver, running_receiver
from platematch.demo.report import WATCHLIST, Deliveries, hit_lines, interim, summary, verdict, where_to_look
from platematch.demo.service import Caller, Service, running_service
from platematch.simulation import City, stolen

SEED = 7
LISTED_SHARE = 0.03
NEAR_SHARE = 0.02
BETWEEN_CAMERAS_S = (1.0, 5.0)
PICTURE_CAMERAS = 3
DELIVERED_WITHIN_S = 15.0
INTERIM_S = 60.0
INTERRUPTED = 130

Say = Callable[[str], None]


def run_demo(
    seconds: float | None = None,
    port: int = 8080,
    *,
    cameras: int = 200,
    rate: float = 200.0,
    say: Say = print,
) -> int:
    """Play the demonstration; returns 0 when every promise was kept, 1 when one was not, 130 when interrupted early.

    seconds: how long the city plays; None: until Ctrl-C. rate: reads a second of all cameras together.
    Raises StartError where the service cannot be started.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(_demo(seconds, port, cameras, rate, say))
        except asyncio.CancelledError:
            say("Stopped; the service is down and its temporary folder is gone.")
            return INTERRUPTED


async def _demo(seconds: float | None, port: int, cameras: int, rate: float, say: Say) -> int:
    cancel = cast("asyncio.Task[int]", asyncio.current_task()).cancel
    _on_signals(cancel)
    ledger = Ledger()
    width = shutil.get_terminal_size((0, 0)).columns  # 0 where the output goes into a file or pipe

    def on_event(kind: str, data: dict[str, Any], arrived: float) -> None:
        if kind == "hit.created":
            say(hit_lines(ledger.alert(data, arrived), width))

    async with AsyncExitStack() as stack:
        say(f"Starting the service on port {port} with an empty database in a temporary folder …")
        service = await stack.enter_async_context(running_service(port, say))
        session = await stack.enter_async_context(camera_session())
        receiver = await stack.enter_async_context(running_receiver(on_event))
        keys = {role: await service.create_key(role) for role in ("camera", "police", "operator")}
        operator = Caller(session, service.url, keys["operator"])
        say(await _import_list(Caller(session, service.url, keys["police"])))
        webhook_id = await _register(operator, receiver)
        say(where_to_look(service.url, keys, receiver.url) if seconds is None else "")
        city = City(
            SEED, cameras, stolen.vehicles(),
            listed_share=LISTED_SHARE, near_share=NEAR_SHARE, between_s=BETWEEN_CAMERAS_S,
            picture_cameras=PICTURE_CAMERAS,
        )  # fmt: skip
        say(f"{cameras} cameras post {rate:g} reads a second, {PICTURE_CAMERAS} more post pictures, whose plates the")
        say(
            f"service reads itself. One vehicle in {1 / LISTED_SHARE:.0f} is listed, about a hundred times more than in"
        )
        say("reality. Hits as their webhooks arrive:\n")
        started = time.monotonic()
        stop = _stop_in_good_order(cancel)
        player = Player(session, service.url, keys["camera"], ledger)
        await _play(player, city, rate, seconds, stop, service, lambda: say(interim(ledger)))
        played = time.monotonic() - started
        deliveries = await _settle(operator, webhook_id, receiver)
    say(summary(ledger, deliveries, played, cameras, width))
    kept, sentence = verdict(ledger, deliveries)
    say(sentence)
    return 0 if kept else 1


def _stop_in_good_order(cancel: Callable[[], object]) -> asyncio.Event:
    """An event that the next signal sets, so that the play ends with its summary; one more cancels."""
    stop = asyncio.Event()

    def on_signal() -> None:
        stop.set()
        _on_signals(cancel)

    _on_signals(on_signal)
    return stop


def _on_signals(act: Callable[[], object]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # SIGHUP: the terminal was closed
        asyncio.get_running_loop().add_signal_handler(number, act)


async def _import_list(police: Caller) -> str:
    """Put the bundled list onto the service; what to tell of it."""
    watchlist = {"name": "Stolen vehicles", "purpose": "Demonstration with invented vehicles", "owner": "demo police"}
    await police.call("PUT", f"/v1/watchlists/{WATCHLIST}", json={"watchlist_id": WATCHLIST} | watchlist)
    done = await police.call(
        "POST", f"/v1/watchlists/{WATCHLIST}/import",
        params={"format": "mvs", "mode": "replace"},
        data=stolen.FILE.read_bytes(),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    rejected = ", ".join(str(item["row"]) for item in done["rejected"])
    return f"Imported {done['added']} stolen vehicles; rejected rows: {rejected or 'none'}"


async def _register(operator: Caller, receiver: Receiver) -> str:
    made = await operator.call("POST", "/v1/webhooks", json={"url": receiver.url})
    receiver.secret = made["secret"]
    return str(made["webhook_id"])


async def _play(
    player: Player,
    city: City,
    rate: float,
    seconds: float | None,
    stop: asyncio.Event,
    service: Service,
    tell: Callable[[], None],
) -> None:
    """Play until time is up, a signal comes or the service ends (StartError)."""
    end = None if seconds is None else time.monotonic() + seconds
    playing = asyncio.create_task(player.play(city, rate, stop))
    next_told = time.monotonic() + INTERIM_S
    try:
        while not stop.is_set() and not playing.done():
            service.check_alive()
            if end is not None and time.monotonic() >= end:
                stop.set()
            if time.monotonic() >= next_told:
                next_told += INTERIM_S
                tell()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 0.1)
        await playing
    finally:
        playing.cancel()


async def _settle(operator: Caller, webhook_id: str, receiver: Receiver) -> Deliveries:
    """Wait until nothing is pending, then hold what the service says it sent against what arrived."""
    give_up = time.monotonic() + DELIVERED_WITHIN_S
    while True:
        sent = await operator.items(f"/v1/webhooks/{webhook_id}/deliveries")
        hits = await operator.items("/v1/hits")
        pending = [item for item in sent if item["state"] == "pending"]
        if not pending or time.monotonic() > give_up:
            break
        await asyncio.sleep(0.2)
    events = {item["event_id"] for item in sent}
    created = sum(item["type"] == "hit.created" for item in sent)
    alerted = sum(item.get("alerted_at") is not None for item in hits)
    return Deliveries(
        expected=len(events),
        verified=len(events & receiver.verified),
        bad_signatures=len(receiver.refused),
        alerts_without_event=max(0, alerted - created),
    )
