"""What the demonstration prints: where to look, each hit as it comes, and the closing summary."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from platematch.demo.ledger import FALSE_ONE_IN, MISSED_ONE_IN, UNSEEN_ONE_IN, Judged, Ledger

WATCHLIST = "stolen"
"""The id of the list that the demonstration imports."""

NARROWEST = 60
"""A terminal narrower than this wraps by itself; the figures would not stand below each other in any case."""
FIGURES_END = 33


@dataclass(frozen=True)
class Deliveries:
    """expected: hit events that the service says it made; verified: those that arrived with a valid signature."""

    expected: int
    verified: int
    bad_signatures: int
    alerts_without_event: int

    def complete(self) -> bool:
        """Whether each alert had its event and each event arrived, signed."""
        return self.verified == self.expected and not self.bad_signatures and not self.alerts_without_event


def hit_lines(judged: Judged, width: int = 0) -> str:
    """First camera, what was read, the listed plate, probability and latency; below, why. width: as in `summary`."""
    data = judged.data
    read, entry = data["read"], data["entry"]
    vendor = judged.posted.passage.camera.vendor if judged.posted else "?"
    latency = f"{judged.latency_s * 1000:.0f} ms" if judged.latency_s is not None else "?"
    return (
        f"{read['camera_id']} {vendor:<15} read {read['plate']:<9} listed {entry['plate']:<9} "
        f"{data['probability']:.3f}  webhook {latency}{_remark(judged)}\n"
        + _fitted(f"         {data['explanation']['sentence']}", width, 9)
    )


def _remark(judged: Judged) -> str:
    if not judged.posted:
        return "  (not a read of the city)"
    return "" if judged.genuine else f"  FALSE: it was {judged.posted.passage.vehicle.plate}"


def where_to_look(url: str, keys: dict[str, str], receiver: str) -> str:
    """Addresses, keys and calls to try while the service is up."""
    return f"""
The service is at {url}: {url}/openapi.json describes it, {url}/metrics counts.
Webhooks go to {receiver}. To try it yourself, paste this into another terminal:

  URL={url} JSON='Content-Type: application/json'
  CAMERA='Authorization: Bearer {keys["camera"]}'
  POLICE='Authorization: Bearer {keys["police"]}'
  OPERATOR='Authorization: Bearer {keys["operator"]}'

  # list a vehicle …
  curl -s $URL/v1/watchlists/{WATCHLIST}/entries/mine -X PUT -H "$POLICE" -H "$JSON" \\
    -d '{{"entry_id": "mine", "plate": "АА1234ВВ", "reason": "a trial"}}'
  # … ask which listed vehicle a read could be, and why …
  curl -s $URL/v1/match -H "$OPERATOR" -H "$JSON" -d '{{"plate": "AA1Z34BB"}}'
  # … let a camera see it …
  curl -s $URL/v1/reads -H "$CAMERA" -H "$JSON" \\
    -d '{{"camera_id": "cam-0001", "plate": "AA 1234-BB", "captured_at": "'$(date -u +%FT%TZ)'"}}'
  # … and look at the latest hits
  curl -s "$URL/v1/hits?limit=3" -H "$OPERATOR"
"""


def interim(ledger: Ledger) -> str:
    """One line while the city plays on."""
    return (
        f"-- {ledger.reads.total():,} reads and {ledger.pictures['taken']:,} pictures so far, "
        f"{len(ledger.passed)} listed vehicles passed, {len(ledger.found)} found, {len(ledger.false)} false hits --"
    )


def summary(ledger: Ledger, deliveries: Deliveries, seconds: float, cameras: int, width: int = 0) -> str:
    """The closing figures, each with its bound. width: of the terminal in characters; 0: lines are not wrapped."""
    reads = ledger.reads.total()
    passed = len(ledger.passed)
    vendors = ", ".join(f"{vendor} {count:,}" for vendor, count in ledger.reads.most_common())
    latencies = _latencies(ledger, by_picture=False)
    lines = [
        "",
        f"{seconds:.0f} s of the city, {cameras} cameras",
        f"  reads                {reads:>7,}   {_share(ledger.exact, reads)} exact; {vendors}",
        *_picture_lines(ledger),
        f"  listed that passed   {passed:>7,}",
        f"    found              {len(ledger.found):>7,}   {_share(len(ledger.found), passed)}",
        f"    missed             {len(ledger.missed):>7,}   bound: {ledger.most_missed()}"
        f" (one in {MISSED_ONE_IN}, or one)",
        *(f"      {_missed_line(ledger, plate)}" for plate in ledger.missed),
        f"  false hits           {len(ledger.false):>7,}   bound: {ledger.most_false()}"
        f" (one in {FALSE_ONE_IN} of {len(ledger.alerts)} alerts, or one)",
        f"  near neighbours      {len(ledger.near):>7,}   innocent, one character from a listed plate; "
        f"{_stopped(ledger)} stopped",
        f"  deliveries           {deliveries.expected:>7,}   {deliveries.verified} verified, "
        f"{deliveries.bad_signatures} with a bad signature, {deliveries.alerts_without_event} alerts without one",
    ]
    if latencies:
        lines.append(
            f"  webhook latency      {_quantile(latencies, 0.5):>4.0f} ms   median, post to receipt; "
            f"99 % within {_quantile(latencies, 0.99):.0f} ms"
        )
    if ledger.foreign:
        lines.append(f"  other alerts         {len(ledger.foreign):>7,}   from reads that the city did not post")
    lines += [f"  REFUSED {problem}: {count} posts" for problem, count in ledger.refused.items()]
    return "\n".join(_fitted(line, width, FIGURES_END) for line in lines)


def _picture_lines(ledger: Ledger) -> list[str]:
    """What became of the pictures that the service read itself."""
    counts, pictured = ledger.pictures, len(ledger.pictured)
    if not counts:
        return []
    latencies = _latencies(ledger, by_picture=True)
    hits = sum(judged.by_picture for judged in ledger.alerts)
    return [
        f"  pictures             {counts['taken']:>7,}   plates read in {counts['read']}, "
        f"{_share(counts['exact'], counts['taken'])} exact; {counts['missed']} more missed by a busy camera",
        f"    hits from them     {hits:>7,}   "
        + (f"webhook latency {_quantile(latencies, 0.5):.0f} ms, median" if latencies else "none"),
        f"    listed unseen      {len(ledger.unseen):>7,}   of {pictured} in pictures; bound: {ledger.most_unseen()}"
        f" (one in {UNSEEN_ONE_IN}, or two)",
    ]


def verdict(ledger: Ledger, deliveries: Deliveries) -> tuple[bool, str]:
    """Whether the demonstration kept its promises, and a sentence on it."""
    broken = []
    if not deliveries.complete():
        broken.append("not every delivery arrived with a valid signature")
    if not ledger.found:
        broken.append("no listed vehicle was found; play longer or with a higher --rate")
    elif not ledger.within_bounds():
        broken.append("found, false hits or refused reads are out of bounds")
    return not broken, "FAILED: " + "; ".join(
        broken
    ) if broken else "OK: all deliveries verified, figures within bounds"


def _fitted(line: str, width: int, indent: int) -> str:
    """The line wrapped to the width; what follows is indented."""
    if width < NARROWEST:
        return line
    return textwrap.fill(line, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)


def _missed_line(ledger: Ledger, plate: str) -> str:
    reads = ", ".join(
        f"{' and '.join(texts) or 'nothing'} at {passage.camera.camera_id}" for passage, texts in ledger.passed[plate]
    )
    return f"{plate} was read as {reads}"


def _stopped(ledger: Ledger) -> int:
    return len(
        {judged.posted.passage.vehicle.plate for judged in ledger.false if judged.posted and judged.posted.passage.near}
    )


def _latencies(ledger: Ledger, *, by_picture: bool) -> list[float]:
    return sorted(
        judged.latency_s for judged in ledger.alerts if judged.latency_s is not None and judged.by_picture == by_picture
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000
