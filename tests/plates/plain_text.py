"""What packing a plate means, in plain Python: the definition that the C code is tested against."""

import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

CYRILLIC = {
    **dict(zip("авеікмнорстухѕјԁԍԛԝүӏһѵ", "ABEIKMHOPCTYXSJDGQWYIHV", strict=True)),
    **{small: small.upper() for small in "бгджзилпфцчшщъыьэюяєґђљњћџө"},
}
GREEK = {
    **dict(zip("αβεζηικμνορτυχ", "ABEZHIKMNOPTYX", strict=True)),
    **dict(zip("γπφ", "ГПФ", strict=True)),
    **dict(zip("ϲϳ", "CJ", strict=True)),
    **{small: small.upper() for small in "δθλξσςψω"},
}
LATIN = {"ß": "B", "ẞ": "B", "ð": "D", "ɖ": "D", "ø": "O", "ł": "L", "ħ": "H", "ŧ": "T", "ɨ": "I", "ɡ": "G", "ɑ": "A"}
LATIN |= {"ı": "I", "đ": "D", "ⱥ": "A", "ɐ": "\ufffd"}
ARABIC = {letter: letter for letter in "ابپتثجچحخدذرزژسشصضطظعغفقكگلمنهوى"} | {
    "ک": "ك",
    "ي": "ى",
    "ی": "ى",
    "ھ": "ه",
    "ہ": "ه",
    "\u0640": "",  # tatweel, a stroke that draws out the letter before it
}
PROVINCES = set("京津沪冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼渝警学挂港澳使领试超临应急民航")
KOREAN = set("가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주하허호바사아자배")
GLYPHS = CYRILLIC | GREEK | LATIN | ARABIC | {letter: letter for letter in PROVINCES | KOREAN}
UNKNOWN = "\ufffd"


def _assigned() -> Iterator[int]:
    """The code points of Unicode 14, from a file of run lengths: later Pythons know more."""
    end = 0
    for i, run in enumerate(Path(__file__).with_name("assigned_in_unicode_14.txt").read_text().split()):
        begin, end = end, end + int(run)
        if i % 2:
            yield from range(begin, end)


ASSIGNED = frozenset(_assigned())


@cache
def plain_character(character: str) -> str:
    """The canonical character of one character: empty for a separator, U+FFFD for a letter that is in no alphabet."""
    if character in ("?", "*", UNKNOWN):
        return character
    if unicodedata.category(character) == "Cs":
        return UNKNOWN
    if ord(character) not in ASSIGNED or unicodedata.category(character).startswith("M"):
        return ""
    capital = character.upper() if len(character.upper()) == 1 and character.islower() else character
    for form in (character, capital.lower()):
        if form in GLYPHS:
            return GLYPHS[form]
        if len(form) == 1 and "a" <= form <= "z":
            return form.upper()
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.digit(character))
    if base := _named_after(unicodedata.name(character, "")):
        return base
    return _decomposed(character)


def _named_after(name: str) -> str:
    """The base letter of LATIN SMALL LETTER X WITH HOOK and the like, and of LATIN LETTER SMALL CAPITAL X."""
    words = name.split()
    if words[:1] != ["LATIN"]:
        return ""
    if words[1:4] == ["LETTER", "SMALL", "CAPITAL"] and len(words) == 5 and len(words[4]) == 1:
        return words[4]
    if words[2:3] == ["LETTER"] and words[4:5] == ["WITH"] and words[1] in ("SMALL", "CAPITAL") and len(words[3]) == 1:
        return words[3]
    return ""


def _decomposed(character: str) -> str:
    parts = unicodedata.normalize("NFKD", character)
    letter = unicodedata.category(character)[0] in "LN"
    if parts == character:
        return UNKNOWN if letter else ""
    text = "".join(map(plain_character, parts))
    if len(text) > 1:
        return UNKNOWN if letter else ""
    return text


def plain_text(text: str, *, run: bool = False) -> str:
    """The canonical text of a text, row by row as it stands."""
    canonical = "".join(map(plain_character, text))
    return canonical if run else canonical.replace("*", "?")


def plain_decode(data: bytes) -> str:
    """UTF-8 as plates come: halves of surrogate pairs stay, each faulty part becomes one U+FFFD."""
    text = ""
    while data:
        try:
            return text + data.decode()
        except UnicodeDecodeError as error:
            text += data[: error.start].decode()
            data, size = data[error.start :], error.end - error.start
            if data[0] == 0xED and 0xA0 <= int.from_bytes(data[1:2]) <= 0xBF:
                whole = len(data) > 2 and 0x80 <= data[2] <= 0xBF
                text += data[:3].decode(errors="surrogatepass") if whole else UNKNOWN
                data = data[3 if whole else 2 :]
            else:
                text += UNKNOWN
                data = data[size:]
    return text


def plain_one_line(plate: str) -> str:
    """LLLL9999 of Ukrainian letters as LL9999LL, with one position at most unread or showing a look-alike."""
    letters, like_letters = "ABCDEHIKMOPTVWXYZ", "0128?"
    digits, like_digits = "0123456789", "BDGIOQSZ?"

    def faults(shape: str) -> int:
        """How many positions need mending; 9 if that is not enough."""
        total = 0
        for kind, character in zip(shape, plate, strict=True):
            fine, mended = (letters, like_letters) if kind == "L" else (digits, like_digits)
            total += 0 if character in fine else 1 if character in mended else 9
        return total

    if len(plate) != 8 or faults("LLLL9999") > 1 or faults("LL9999LL") <= 1:
        return plate
    return plate[:2] + plate[4:] + plate[2:4]
