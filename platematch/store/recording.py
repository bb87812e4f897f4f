"""Writes matched reads: in one go the reads, their hits and sightings, and what is to be told of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace
from sqlalchemy import BigInteger, Connection, Table, bindparam, insert, select, type_coerce, update

from platematch.hits.decide import Decision, EntryKey, decide, fold
from platematch.hits.hit import Hit, Matched, Sighting
from platematch.hits.sightings import identify
from platematch.store import watchlists
from platematch.store.announcing import announce
from platematch.store.changing import is_corrected
from platematch.store.chunks import chunks
from platematch.store.columns import microseconds
from platematch.store.hits import ReadKey, Recorded, StoredHit, load, of_reads
from platematch.store.schema import entries, hit_reads, hits, pictures, reads, sightings
from platematch.watchlist import Entry
from platematch.webhooks.endpoint import EventType


class Rules(Struct, frozen=True):
    """How reads are folded into sightings, and under which address the service is reached."""

    window_s: float = 300.0
    neighbour_m: float = 500.0
    public_url: str = ""


def record(conn: Connection, matched: Sequence[Matched], now: datetime, rules: Rules) -> list[Recorded]:
    """Write the reads that match something and are not there yet; in the given order what became of each."""
    matched = _still_listed(conn, matched)
    names = [identify(item) for item in matched]
    answers = of_reads(conn, names)
    seen = set(answers)
    fresh: dict[ReadKey, Matched] = {}
    for name, item in zip(names, matched, strict=True):
        if item.matches and name not in seen:
            fresh.setdefault(name, item)
    if fresh:
        answers |= _write(conn, fresh, now, rules)
    recorded = []
    for name in names:
        recorded.append(Recorded(name in seen, answers.get(name, [])))
        if name in answers:
            seen.add(name)
    return recorded


def _still_listed(conn: Connection, matched: Sequence[Matched]) -> list[Matched]:
    """Without the matches whose entry has left its list, or got another plate, since the read was matched.

    Their hits would be withdrawn by nobody: the change that would do it is committed already.
    """
    version = watchlists.version(conn)
    listed: dict[EntryKey, Entry] = {}
    for chunk in chunks({match.entry_id for item in matched if item.version < version for match in item.matches}):
        query = select(entries.c.watchlist_id, entries.c.entry_id, entries.c.entry)
        for row in conn.execute(query.where(entries.c.entry_id.in_(chunk))):
            listed[row.watchlist_id, row.entry_id] = row.entry
    return [item if item.version >= version else _with_entries(item, listed) for item in matched]


def _with_entries(item: Matched, listed: Mapping[EntryKey, Entry]) -> Matched:
    kept = []
    for match, listing in zip(item.matches, item.listings, strict=True):
        entry = listed.get((match.watchlist_id, match.entry_id))
        if entry is not None and not is_corrected(listing.entry, entry):
            kept.append((match, listing))
    return replace(item, matches=[match for match, _ in kept], listings=[listing for _, listing in kept])


def _write(
    conn: Connection, fresh: Mapping[ReadKey, Matched], now: datetime, rules: Rules
) -> dict[ReadKey, list[StoredHit]]:
    items = list(fresh.values())
    known = _open_sightings(conn, items, rules)
    decisions = decide(items, known, window_s=rules.window_s, neighbour_m=rules.neighbour_m)
    opened = {decision.sighting.hit_id for decision in decisions if decision.opened}
    states = load(conn, {decision.sighting.hit_id for decision in decisions} - opened)
    news: list[tuple[EventType, Hit, int]] = []
    probabilities = []
    for decision in decisions:
        item, hit_id = items[decision.read], decision.sighting.hit_id
        former, told = states.get(hit_id, (None, 0))
        hit = fold(former, item, decision, now)
        if item.read.picture is not None:
            hit = replace(hit, picture_url=f"{rules.public_url}/v1/hits/{hit_id}/picture")
        if decision.event is not None:
            news.append((decision.event, hit, told))
        states[hit_id] = (hit, told + (decision.event is not None))
        probabilities.append(hit.probability)
    _write_reads(conn, fresh, now)
    _write_hits(conn, states, opened)
    _write_sightings(conn, decisions, opened)
    answers = _write_hit_reads(conn, list(fresh), items, decisions, probabilities)
    announce(conn, news, now)
    return answers


def _open_sightings(conn: Connection, items: Sequence[Matched], rules: Rules) -> dict[EntryKey, list[Sighting]]:
    """The sightings that any of the reads could belong to."""
    window = int(rules.window_s * 1_000_000)
    moments = [microseconds(item.read.captured_at) for item in items]
    # As numbers, for an instant at the calendar's edge has no room for a window beside it.
    first_at, last_at = (type_coerce(column, BigInteger) for column in (sightings.c.first_at, sightings.c.last_at))
    found: dict[EntryKey, list[Sighting]] = {}
    for chunk in chunks({match.entry_id for item in items for match in item.matches}):
        query = select(sightings).where(
            sightings.c.entry_id.in_(chunk), last_at >= min(moments) - window, first_at <= max(moments) + window
        )
        for row in conn.execute(query).mappings():
            fields: dict[str, Any] = dict(row)
            sighting = Sighting(**fields)
            found.setdefault((sighting.watchlist_id, sighting.entry_id), []).append(sighting)
    return found


def _write_reads(conn: Connection, fresh: Mapping[ReadKey, Matched], now: datetime) -> None:
    rows = [
        {
            "read_id": read_id,
            "camera_id": camera_id,
            "captured_at": item.read.captured_at,
            "recorded_at": now,
            "plate": item.plate,
            "read": replace(item.read, picture=None, read_id=read_id),
        }
        for (camera_id, read_id), item in fresh.items()
    ]
    conn.execute(insert(reads), rows)
    shown = [
        {"read_id": read_id, "camera_id": camera_id, "picture": item.read.picture}
        for (camera_id, read_id), item in fresh.items()
        if item.read.picture is not None
    ]
    if shown:
        conn.execute(insert(pictures), shown)


def _write_hits(conn: Connection, states: Mapping[str, tuple[Hit, int]], opened: set[str]) -> None:
    rows = {
        hit_id: {**asdict(hit), "covert": hit.watchlist.covert, "announcements": told}
        for hit_id, (hit, told) in states.items()
    }
    new = [{**row, "settled": False} for hit_id, row in rows.items() if hit_id in opened]
    old = [row for hit_id, row in rows.items() if hit_id not in opened]
    _put(conn, hits, new, old)


def _write_sightings(conn: Connection, decisions: Iterable[Decision], opened: set[str]) -> None:
    rows = {decision.sighting.hit_id: asdict(decision.sighting) for decision in decisions}
    new = [row for hit_id, row in rows.items() if hit_id in opened]
    old = [row for hit_id, row in rows.items() if hit_id not in opened]
    _put(conn, sightings, new, old)


def _put(conn: Connection, table: Table, new: list[dict[str, Any]], old: list[dict[str, Any]]) -> None:
    """Insert the new rows; update the old ones by their hit_id."""
    if new:
        conn.execute(insert(table), new)
    if old:
        by_id = update(table).where(table.c.hit_id == bindparam("of"))
        conn.execute(by_id, [{"of": row["hit_id"], **row} for row in old])


def _write_hit_reads(
    conn: Connection,
    names: Sequence[ReadKey],
    items: Sequence[Matched],
    decisions: Sequence[Decision],
    probabilities: Sequence[float],
) -> dict[ReadKey, list[StoredHit]]:
    rows = []
    answers: dict[ReadKey, list[tuple[float, StoredHit]]] = {name: [] for name in names}
    for decision, probability in zip(decisions, probabilities, strict=True):
        (camera_id, read_id), item = names[decision.read], items[decision.read]
        match, hit_id = item.matches[decision.match], decision.sighting.hit_id
        link = {"hit_id": hit_id, "camera_id": camera_id, "read_id": read_id, "plate": match.plate}
        rows.append({**link, "log_odds": match.log_odds, "probability": probability})
        hit = StoredHit(
            **link,
            entry_id=match.entry_id,
            watchlist_id=match.watchlist_id,
            read=item.read.plate,
            probability=probability,
        )
        answers[camera_id, read_id].append((match.log_odds, hit))
    conn.execute(insert(hit_reads), rows)
    return {
        name: [hit for _, hit in sorted(pairs, key=lambda pair: (-pair[0], pair[1].hit_id))]
        for name, pairs in answers.items()
    }
