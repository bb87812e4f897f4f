"""The hashes under which plates are found, and the comparison, against their plain definitions in plain_forms.py."""

import ctypes
import platform
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plain_forms import ANY, errors_between, left_of, neighbours, parts, reaches

NATIVE = Path(__file__).parents[2] / "native"
LONGEST = 16
KEYS = {"read_keys": 137, "plate_keys": 822}
"""READ_KEYS and PLATE_KEYS"""
LEFT_OVER = 7
"""A symbol behind the text's end, which must not count."""
VARIANTS = {"vectors": [], "plain": ["-mgeneral-regs-only"] if platform.machine() == "x86_64" else []}
"""How the compiler is told to build: with what every x86-64 can do, and without."""


class Reach(ctypes.Structure):
    """struct reach"""

    _fields_ = (("errors", ctypes.c_uint8), ("ends", ctypes.c_uint8))


class Keys(ctypes.Structure):
    """struct keys"""

    _fields_ = (("items", ctypes.POINTER(ctypes.c_uint64)), ("n", ctypes.c_size_t), ("room", ctypes.c_size_t))


class Forms:
    """The functions of forms.h, from a build of their own."""

    def __init__(self, file):
        self._library = ctypes.CDLL(str(file))
        self._library.text_key.restype = ctypes.c_uint64
        self._library.text_within.restype = ctypes.c_bool
        for name in ("read_keys", "plate_keys", "soft_keys"):
            getattr(self._library, name).restype = ctypes.c_size_t

    def key(self, text):
        return self._library.text_key(*_text(text))

    def read_keys(self, text, errors):
        return self._filled("read_keys", text, errors)

    def plate_keys(self, text, errors, ends):
        return self._filled("plate_keys", text, Reach(errors, ends))

    def soft_keys(self, text, symbols):
        bits = [sum(1 << symbol % 64 for symbol in set(symbols) if symbol // 64 == i) for i in range(4)]
        keys = Keys()
        n = self._library.soft_keys(*_text(text), (ctypes.c_uint64 * 4)(*bits), ctypes.byref(keys))
        assert 0 < n == keys.n <= keys.room
        found = keys.items[:n]
        ctypes.CDLL(None).free(keys.items)
        return found

    def within(self, form, errors, ends, read):
        return self._library.text_within(*_text(form), Reach(errors, ends), *_text(read))

    def _filled(self, name, text, *arguments):
        keys = (ctypes.c_uint64 * (KEYS[name] + 1))()
        keys[-1] = LEFT_OVER
        n = getattr(self._library, name)(*_text(text), *arguments, keys)
        assert keys[-1] == LEFT_OVER
        return keys[:n]


def _text(text):
    return text.ljust(LONGEST, bytes([LEFT_OVER])), ctypes.c_size_t(len(text))


@pytest.fixture(scope="module", params=VARIANTS)
def forms(request, tmp_path_factory):
    file = tmp_path_factory.mktemp("forms") / "forms.so"
    sources = [NATIVE / name for name in ("forms.c", "within.c")]
    command = ["gcc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", *VARIANTS[request.param]]
    built = subprocess.run([*command, *sources, "-o", file], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return Forms(file)


SYMBOLS = st.integers(1, 3) | st.integers(1, 254)
TEXTS = st.lists(SYMBOLS, max_size=LONGEST).map(bytes)
FORMS = st.lists(SYMBOLS | st.just(ANY), max_size=LONGEST).map(bytes)
ERRORS, ENDS = st.integers(1, 2), st.integers(0, 2)


@st.composite
def changed(draw, texts):
    """A text, and one that is a few errors away from it."""
    text = draw(texts)
    other = bytearray(text)
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(other)))
        other[place : place + draw(st.integers(0, 1))] = draw(st.lists(SYMBOLS, max_size=1))
    return text, bytes(other[:LONGEST])


@given(pair=changed(FORMS) | st.tuples(FORMS, TEXTS), errors=ERRORS, ends=ENDS)
@example(pair=(b"", b""), errors=1, ends=2)
@example(pair=(b"", b"\1\1"), errors=2, ends=2)
@example(pair=(b"\1" * LONGEST, b"\1" * (LONGEST - 2)), errors=2, ends=0)
@example(pair=(bytes([ANY] * LONGEST), b""), errors=2, ends=2)
@settings(max_examples=600)
def test_within(forms, pair, errors, ends):
    form, read = pair
    assert forms.within(form, errors, ends, read) == reaches(form, errors, ends, read)


def test_within_of_every_short_pair(forms):
    texts = [b""]
    for text in texts:
        if len(text) < 4:
            texts += [text + bytes([symbol]) for symbol in (1, 2, ANY)]
    for form in texts:
        for read in texts:
            away = errors_between(form, read)
            assert forms.within(form, 1, 0, read) == (away <= 1), (form, read)
            assert forms.within(form, 2, 0, read) == (away <= 2), (form, read)
            assert forms.within(form, 1, 1, read) == reaches(form, 1, 1, read), (form, read)


@given(text=TEXTS, errors=ERRORS)
@example(text=b"", errors=2)
@example(text=b"\1\2" * 8, errors=2)
def test_read_keys_are_those_of_what_is_left(forms, text, errors):
    keys = forms.read_keys(text, errors)
    assert keys[0] == forms.key(text)
    assert sorted(keys) == sorted(map(forms.key, left_of(text, errors)))


@given(text=TEXTS, errors=ERRORS, ends=ENDS)
@example(text=bytes(range(1, LONGEST + 1)), errors=2, ends=2)
@example(text=b"\1", errors=2, ends=2)
def test_plate_keys_are_those_of_what_is_left(forms, text, errors, ends):
    left = set().union(*(left_of(part, errors) for part in parts(text, ends)))
    keys = forms.plate_keys(text, errors, ends)
    assert sorted(keys) == sorted(map(forms.key, left))
    assert keys[0] == forms.key(text)
    if ends == 0:
        assert keys == forms.read_keys(text, errors)


@given(text=TEXTS)
@settings(max_examples=30)
def test_plates_are_found_through_a_common_key(forms, text):
    keys = {errors: set(forms.read_keys(text, errors)) for errors in (1, 2)}
    for near in neighbours(text, bytes([1, 2, *text])):
        if len(near) <= LONGEST:
            assert keys[1] & set(forms.plate_keys(near, 1, 0))
            assert keys[2] & set(forms.plate_keys(near, 2, 0))


@given(pair=changed(TEXTS), ends=ENDS)
def test_whatever_reaches_has_a_common_key(forms, pair, ends):
    form, read = pair
    for errors in (1, 2):
        if reaches(form, errors, ends, read):
            assert set(forms.plate_keys(form, errors, ends)) & set(forms.read_keys(read, errors))


def _within_two(text, symbols):
    near = neighbours(text, symbols)
    return near.union(*(neighbours(one, symbols) for one in near))


@pytest.mark.parametrize("text", [b"", b"\1", b"\1\1", b"\1\2\1", b"\1\1\2\2", b"\3\1\2\1\5", b"\4\4\4\4\4\4"])
def test_soft_keys_find_every_plate_within_two_errors(forms, text):
    """Plates are written with the index's symbols alone; the read may hold others."""
    symbols = bytes([1, 2, 4])
    keys = forms.soft_keys(text, symbols)
    assert keys[0] == forms.key(text)
    assert len(set(keys)) == len(keys)
    sought = set(keys)
    listed = [form for form in _within_two(text, symbols) if set(form) <= set(symbols)]
    assert len(listed) > 10
    assert [form for form in listed if not sought & set(forms.plate_keys(form, 1, 0))] == []


@given(pair=changed(TEXTS))
@example(pair=(bytes(LONGEST), b"\1" * LONGEST))
@example(pair=(b"\1\2" * 8, b"\2\1" * 8))
@settings(max_examples=300)
def test_soft_keys_of_any_length(forms, pair):
    form, read = pair
    keys = forms.soft_keys(read, form)
    assert len(set(keys)) == len(keys)
    if errors_between(form, read) <= 2:
        assert set(keys) & set(forms.plate_keys(form, 1, 0))


def test_soft_keys_take_every_symbol(forms):
    text = bytes(range(100, 114))
    keys = set(forms.soft_keys(text, bytes(range(1, 255))))
    for symbol in (1, 63, 64, 127, 128, 191, 192, 254):
        for form in (bytes([symbol, symbol]) + text, bytes([symbol]) + text[1:-1] + bytes([symbol])):
            assert keys & set(forms.plate_keys(form, 1, 0))
