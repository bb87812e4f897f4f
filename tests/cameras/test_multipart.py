"""Multipart bodies as devices send them, well-formed and not."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platematch.cameras.multipart import MAX_PARTS, is_multipart, parts
from platematch.errors import InvalidMessage

TYPE = "multipart/form-data; boundary=boundary"


def body(*contents: tuple[str, bytes], boundary: str = "boundary", eol: bytes = b"\r\n", final: bool = True) -> bytes:
    made = b""
    for name, content in contents:
        made += b"--" + boundary.encode() + eol
        made += b'Content-Disposition: form-data; name="' + name.encode() + b'"; filename="other"' + eol + eol
        made += content + eol
    return made + (b"--" + boundary.encode() + b"--" + eol if final else b"")


@pytest.mark.parametrize("eol", [b"\r\n", b"\n"])
@pytest.mark.parametrize("final", [True, False])
def test_names_and_bodies(eol: bytes, final: bool) -> None:
    found = parts(TYPE, body(("anpr.xml", b"<a/>"), ("p.jpg", b"\xff\xd8\xff\r\n\r\nx"), eol=eol, final=final))
    assert [part.name for part in found] == ["anpr.xml", "p.jpg"]
    assert found[0].body == b"<a/>"
    assert found[1].body.rstrip() == b"\xff\xd8\xff\r\n\r\nx"
    assert [part.whole for part in found] == [True, final]


@pytest.mark.parametrize("announced", ["", 'multipart/form-data; boundary="boundary"', "multipart/x; boundary=other"])
def test_a_boundary_that_is_not_the_announced_one(announced: str) -> None:
    assert [part.body for part in parts(announced, body(("a", b"1"), ("b", b"2")))] == [b"1", b"2"]


def test_the_boundary_announced_with_its_dashes() -> None:
    announced = "multipart/form-data; boundary=-----7e13"
    assert parts(announced, body(("a", b"1"), boundary="---7e13"))[0].body == b"1"


def test_a_blank_line_after_the_boundary() -> None:
    made = b'--boundary\n\r\nContent-Disposition: form-data; name="anpr.xml"\r\n\r\n<a/>\r\n--boundary--'
    assert [(part.name, part.body) for part in parts(TYPE, made)] == [("anpr.xml", b"<a/>")]


def test_a_boundary_inside_a_line_is_content() -> None:
    content = b"x --boundary\r\n--boundaryish\r\ny"
    assert parts(TYPE, body(("a", content)))[0].body == content


def test_content_length_tells_whether_the_last_part_is_whole() -> None:
    cut = b"--boundary\r\nContent-Length: 10\r\n\r\n12345"
    assert [part.whole for part in parts(TYPE, cut)] == [False]
    (part,) = parts(TYPE, cut + b"67890\r\n")
    assert part.whole
    assert part.body == b"1234567890"


def test_parts_without_headers_or_without_a_body() -> None:
    made = b"--boundary\r\n\r\n<a/>\r\n--boundary\r\nContent-Length: 0\r\n--boundary--\r\n"
    assert [part.body for part in parts(TYPE, made)] == [b"<a/>", b""]


def test_what_follows_the_final_boundary_is_no_part() -> None:
    assert len(parts(TYPE, body(("a", b"1")) + body(("b", b"2")))) == 1


def test_too_many_parts_are_refused() -> None:
    with pytest.raises(InvalidMessage, match=str(MAX_PARTS)):
        parts(TYPE, body(*[("a", b"1")] * (MAX_PARTS + 1)))


@pytest.mark.parametrize("made", [b"", b"no boundary at all", b"--\r\n--", b"--" + b"x" * 9999])
def test_no_boundary(made: bytes) -> None:
    with pytest.raises(InvalidMessage, match="boundary"):
        parts("multipart/form-data", made)


def test_recognised_by_type_or_first_line() -> None:
    assert is_multipart("Multipart/Mixed", b"")
    assert is_multipart("", b"\r\n--boundary\r\n")
    assert not is_multipart("application/xml", b"<a>--</a>")


@pytest.mark.parametrize(
    "made", [b"--a" * 1_400_000, b"--a\n" * 1_000_000, b"-" * 4_000_000, b"--a\n" + b"\n" * 4_000_000]
)
def test_hostile_bodies_take_linear_time(made: bytes) -> None:
    started = time.perf_counter()
    with contextlib.suppress(InvalidMessage):
        parts("multipart/form-data; boundary=a", made)
    assert time.perf_counter() - started < 5


@given(st.binary(max_size=400), st.sampled_from([TYPE, "", "multipart/form-data; boundary="]))
def test_any_bytes(noise: bytes, content_type: str) -> None:
    for made in (noise, b"--boundary\r\n" + noise, b"--boundary\n" + noise + b"\n--boundary--"):
        try:
            found = parts(content_type, made)
        except InvalidMessage:
            continue
        assert sum(len(part.body) for part in found) <= len(made)


@given(st.lists(st.binary(max_size=60).filter(lambda content: b"--boundary" not in content), min_size=1, max_size=5))
def test_binary_contents_come_out_as_they_went_in(contents: list[bytes]) -> None:
    made = body(*((f"part{number}", content) for number, content in enumerate(contents)))
    assert [part.body for part in parts(TYPE, made)] == contents
