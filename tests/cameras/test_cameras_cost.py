"""A message as large as the service takes it costs a second or so of a core, whatever is in it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from platematch.cameras import VENDORS, Message
from platematch.cameras.message import MAX_READS
from platematch.errors import InvalidMessage

# Of processor time, so that a busy machine changes little; the parsers need a third of it on a slow one.
MOST_S = 3.0
SIZE = 16 * 1024 * 1024
MULTIPART = "multipart/form-data; boundary=B"
FORM = "application/x-www-form-urlencoded"


def xml(elements: int) -> bytes:
    return b"<EventNotificationAlert>" + b"<a>b</a>" * elements + b"</EventNotificationAlert>"


def in_parts(payload: bytes, count: int) -> bytes:
    part = b'--B\r\nContent-Disposition: form-data; name="anpr.xml"\r\n\r\n' + payload + b"\r\n"
    return part * count + b"--B--\r\n"


def results(count: int, more: bytes = b"") -> bytes:
    return b'{"results":[' + b",".join(b'{"plate":"AA%d"%s}' % (i, more) for i in range(count)) + b"]}"


def padded(payload: bytes) -> bytes:
    """The JSON object grown to full size by one long text."""
    return payload[:-1] + b',"x":"' + b"A" * (SIZE - len(payload) - 8) + b'"}'


HOSTILE: dict[str, tuple[str, str, bytes]] = {
    "xml of empty elements": ("hikvision", "", xml(SIZE // 8 - 8)),
    "64 parts of xml": ("hikvision", MULTIPART, in_parts(xml(SIZE // 64 // 8 - 20), 64)),
    "8 parts of xml": ("hikvision", MULTIPART, in_parts(xml(16_000), 8)),
    "attributes": ("hikvision", "", b"<a " + b" ".join(b'a%d="1"' % i for i in range(1_300_000)) + b"/>"),
    "delimiters": ("hikvision", MULTIPART, b"--B" * (SIZE // 3)),
    "delimiters at line starts": ("hikvision", MULTIPART, b"\n--Bx" * (SIZE // 5)),
    "delimiter lines": ("hikvision", MULTIPART, b"--B\n" * (SIZE // 4)),
    "delimiter lines of a form": ("platerecognizer", MULTIPART, b"--B\n" * (SIZE // 4)),
    "results without an id": ("openalpr", "", results(90_000)),
    "as many as are taken, in a long message": ("openalpr", "", padded(results(MAX_READS))),
    "as many as are taken, with pictures": (
        "openalpr",
        "",
        results(MAX_READS, b',"plate_crop_jpeg":"' + b"/9j/AAAA" * 2000 + b'"'),
    ),
    "results of another vendor": ("platerecognizer", "", results(90_000)),
    "candidates": (
        "platerecognizer",
        "",
        results(900, b',"candidates":[' + b",".join([b'{"plate":"AA"}'] * 90) + b"]"),
    ),
    "one long form": ("platerecognizer", FORM, b"json=" + b"%41" * (SIZE // 3)),
    "a form of many fields": ("platerecognizer", FORM, b"a=b&" * (SIZE // 4)),
    "deep": ("openalpr", "", b'{"a":' * (SIZE // 5)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_message_is_dear(name: str, message: Callable[..., Message]) -> None:
    vendor, content_type, body = HOSTILE[name]
    hostile = message(body, content_type=content_type)
    began = time.thread_time()
    try:
        reads = VENDORS[vendor].parse(hostile)
    except InvalidMessage:
        reads = []
    assert time.thread_time() - began < MOST_S
    assert len(reads) <= MAX_READS


def test_as_many_reads_as_are_taken(message: Callable[..., Message]) -> None:
    assert len(VENDORS["openalpr"].parse(message(results(MAX_READS)))) == MAX_READS
    with pytest.raises(InvalidMessage, match=str(MAX_READS)):
        VENDORS["openalpr"].parse(message(results(MAX_READS + 1)))


def test_reads_without_an_id_keep_theirs_when_the_message_comes_again(message: Callable[..., Message]) -> None:
    first, second = (VENDORS["openalpr"].parse(message(results(3))) for _ in range(2))
    assert [read.read_id for read in first] == [read.read_id for read in second]
    assert len({read.read_id for read in first}) == 3
