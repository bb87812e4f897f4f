"""Packing against its plain definition: every code point, any text, any bytes, one by one and in batches."""

import random
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plain_text import ASSIGNED, plain_character, plain_decode, plain_one_line, plain_text

from platematch import _native
from platematch.plates import ALPHABET, ANY, MAX_SYMBOLS, OTHER, RUN, canonical, pack, pack_batch, spellings, unpack

PLATELIKE = "ABEKMHOPCTYXIZSGQD0123456789авекмнорстухіБЯ京？?*- ·.８\ud800\udfffß"
ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=40) | st.text(PLATELIKE, max_size=20)
TWO_LINE = st.text("ABCDEHIKOTZ01258?G", min_size=8, max_size=8) | st.from_regex(
    r"[ABOI08?1]{4}[0-9OB?]{4}", fullmatch=True
)
some = settings(max_examples=200, deadline=None)


def test_every_code_point():
    """The table says what the definition says."""
    assert 280_000 < len(ASSIGNED) < 300_000
    wrong = {}
    for character in map(chr, range(0x110000)):
        expected, packed = plain_character(character), unpack(pack(character, run=True))
        if packed != expected:
            wrong[hex(ord(character))] = (expected, packed)
    assert wrong == {}


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="the table is made from Unicode 14")
def test_the_table_is_what_its_generator_makes(tmp_path):
    """An edit of the generator alone, or of the table alone, is noticed."""
    native = Path(__file__).parents[2] / "native"
    script = tmp_path / "make_alphabet.py"
    script.write_text((native / "make_alphabet.py").read_text())
    scope = {"__name__": "made_here", "__file__": str(script)}
    exec(script.read_text(), scope)
    scope["main"]()
    assert (tmp_path / "alphabet_table.h").read_text() == (native / "alphabet_table.h").read_text()


@some
@given(ANY_TEXT, st.booleans())
@example("\ud800\udc00", False)
@example("\x00A\x00", False)
def test_any_text(text, run):
    """Lone surrogates included."""
    codes = pack(text, run=run)
    assert unpack(codes) == plain_text(text, run=run)
    assert (RUN in codes) == (run and "*" in plain_text(text, run=True))
    assert canonical(text, rows=False) == plain_text(text)


@some
@given(st.binary(max_size=40) | ANY_TEXT.map(lambda text: text.encode(errors="surrogatepass")[1:-1]))
@example(b"\xed\xa0A")
@example(b"\xed\xa0\x80\xed\xb0\x80")
@example(b"\xf4\x90\x80\x80")
@example(b"\xe2\x82")
@example(b"\xf0\x9f\x98")
@example(b"\xc0\xaf\xe0\x80\xaf\xf5\xff")
def test_any_bytes(data):
    """Faulty UTF-8 shows as OTHER and never takes a good character with it."""
    assert unpack(_native.pack(data)) == plain_text(plain_decode(data))


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 255, 4096, 65_536])
def test_sizes(size):
    """From nothing to 64 KiB, in characters of every width and in bytes of no sense."""
    rng = random.Random(size)
    for highest in (0x7F, 0x7FF, 0xFFFF, 0x10FFFF):
        text = "".join(chr(rng.randint(0, highest)) for _ in range(size))
        assert unpack(pack(text)) == plain_text(text)
    data = rng.randbytes(size)
    assert unpack(_native.pack(data)) == plain_text(plain_decode(data))


@some
@given(st.lists(ANY_TEXT | TWO_LINE, max_size=20), st.data())
def test_a_batch_is_its_parts(texts, data):
    """Codes, true lengths, and one line only where rows says so."""
    rows = data.draw(st.none() | st.lists(st.booleans(), min_size=len(texts), max_size=len(texts)))
    codes, lengths = pack_batch(texts, None if rows is None else np.array(rows, dtype=bool))
    assert codes.shape == (len(texts), MAX_SYMBOLS)
    assert (codes.dtype, lengths.dtype, lengths.shape) == (np.uint8, np.int32, (len(texts),))
    for i, text in enumerate(texts):
        plain = plain_text(text)
        expected = plain_one_line(plain) if rows is None or rows[i] else plain
        assert lengths[i] == len(plain)
        assert unpack(codes[i]) == expected[:MAX_SYMBOLS]
        assert not codes[i, min(len(plain), MAX_SYMBOLS) :].any()


@some
@given(TWO_LINE)
@example("BEAA9212")
@example("8EAA9212")
@example("8EAA92I2")
@example("BE9212AA")
@example("????????")
def test_two_line_plates(text):
    """Against the plain rule, which also asks whether the text is LL9999LL already."""
    assert canonical(text) == plain_one_line(plain_text(text))
    assert canonical(canonical(text)) == canonical(text)


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("АА1234ВВ", "AA1234BB"),
        ("aa 1234-bb", "AA1234BB"),
        ("ａа１２３４ｂв", "AA1234BB"),
        ("ВЕАА9212", "BE9212AA"),
        ("8EAA9212", "8E9212AA"),
        ("BEAA921O", "BE921OAA"),
        ("8EAA921O", "8EAA921O"),
        ("HHAB1234", "HH1234AB"),
        ("FRAB1234", "FRAB1234"),
        ("Ї Ё Й Ґ є", "IEИҐЄ"),
        ("M-ÜÖ 12", "MUO12"),
        ("京A·12345", "京A12345"),
        ("AB\u200d\u202e12", "AB12"),
        ("ΑΒΓ-δΘΛξσςψΩ", "ABГΔΘΛΞΣΣΨΩ"),
        ("١٢٣٤ أ ب هـ", "1234ابه"),
        ("۱۲ ایران ۳۴۵ ص ۶۷", "12اىران345ص67"),
        ("خ ذ ض ظ غ چ", "خذضظغچ"),
        ("12가 3456", "12가3456"),
        ("さあ", "\ufffd\ufffd"),
        ("A?1*", "A?1?"),
        ("", ""),
        (" -·", ""),
    ],
)
def test_canonical(text, plate):
    assert canonical(text) == plate


@pytest.mark.parametrize(
    ("text", "region", "keys"),
    [
        ("ВЕАА9212", None, ["BEAA9212", "BE9212AA"]),
        ("ВЕАА9212", "UA", ["BE9212AA"]),
        ("HHAB1234", "DE", ["HHAB1234", "HH1234AB"]),
        ("aa 1234 bb", "UA", ["AA1234BB"]),
        ("AB51 CDE", None, ["AB51CDE"]),
    ],
)
def test_spellings(text, region, keys):
    assert spellings(text, region) == keys


# As first given out. Ids of imported entries are derived from codes and stored, so these stay; others follow.
FIRST_LETTERS = (
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZБГДЖЗИЛПФЦЧШЩЪЫЬЭЮЯЄҐЂЉЊЋЏӨ"
    "京津沪冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼渝警学挂港澳使领试超临应急民航"
    "ابپتثجحدرزژسشصطعفقكگلمنهوى"
    "ΔΘΛΞΣΨΩچخذضظغ가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주하허호바사아자배"
)


def test_codes_stay():
    assert ALPHABET[1 : 1 + len(FIRST_LETTERS)] == FIRST_LETTERS


def test_the_alphabet_packs_to_its_codes():
    """Each is a row of the matcher's tables, beside those of the formats' alphabets, and rows are numbered in a byte.

    None meets the special codes.
    """
    assert len(ALPHABET) <= 200
    assert len(set(ALPHABET)) == len(ALPHABET) < RUN < OTHER < ANY
    assert pack(ALPHABET[1:]) == bytes(range(1, len(ALPHABET)))
    assert unpack(bytes([11, OTHER, ANY, RUN, 0, 12])) == "A\ufffd?*"
    assert unpack(np.array([11, 2, 0], dtype=np.uint8)) == "A1"


@pytest.mark.parametrize("wrong", [None, 5, ["A"], bytearray(b"A")])
def test_what_is_no_text(wrong):
    with pytest.raises(TypeError):
        _native.pack(wrong)
    with pytest.raises(TypeError):
        _native.pack_batch(["A", wrong])


def test_rows_of_another_length_or_type():
    for rows in (np.ones(2, dtype=bool), np.ones(1, dtype=np.uint8), np.ones((1, 1), dtype=bool)):
        with pytest.raises(ValueError, match="rows"):
            pack_batch(["A"], rows)
