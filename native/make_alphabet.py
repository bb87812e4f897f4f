"""Writes alphabet_table.h, which says for every code point which symbol it is, from Python's own Unicode tables.

Run it after a change here: `python native/make_alphabet.py`. The result is kept under version control, so a build
needs no Unicode tables and every build folds alike. It must run on a Python with Unicode 14 (3.11).
"""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

UNICODE = "14.0.0"
RUN, OTHER, ANY = 253, 254, 255

LATIN = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CYRILLIC = "БГДЖЗИЛПФЦЧШЩЪЫЬЭЮЯЄҐЂЉЊЋЏӨ"
CHINESE = "京津沪冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼渝" + "警学挂港澳使领试超临应急民航"
ARABIC = "ابپتثجحدرزژسشصطعفقكگلمنهوى"
GREEK = "ΔΘΛΞΣΨΩ"
RARER_ARABIC = "چخذضظغ"
HANGUL = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주" + "하허호바사아자배"

# Letters are only ever added at the end: what an import derives from a plate's codes must stay the same (entry_id).
# Whole scripts have no place in 8 bits, and each symbol is a row of the matcher's tables, so here is what plates show:
# letters without a twin, China's provinces and uses in force, the syllables of South Korea's civil plates. The rest is
# OTHER, which differs from every letter but not from itself: kana, the places on Japanese and old Korean plates, Thai,
# Georgian, Armenian, Hebrew, and the characters of China's army before 2013.
ALPHABET = LATIN + CYRILLIC + CHINESE + ARABIC + GREEK + RARER_ARABIC + HANGUL

# Capitals of one glyph: a small letter goes where its capital goes, whatever it looks like itself.
TWINS = dict(
    zip(
        "АВЕІКМНОРСТУХЅЈԀԌԚԜҮӀҺѴ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹͿΓΠΦ" + "ẞÐƉØŁĦŦƗꞬⱭ" + "کيیھہ",
        "ABEIKMHOPCTYXSJDGQWYIHV" + "ABEZHIKMNOPTYXCJГПФ" + "BDDOLHTIGA" + "كىىهه",
        strict=True,
    )
) | {"ß": "B"}
SPECIAL = {"?": ANY, "*": RUN, "\ufffd": OTHER, "\u0640": 0}  # U+0640 only draws out an Arabic letter
NAMED = re.compile(r"LATIN (?:(?:CAPITAL|SMALL) LETTER ([A-Z]) WITH .*|LETTER SMALL CAPITAL ([A-Z]))$")


def symbol(character: str) -> int:
    """The symbol code of one character; 0 where it is a separator."""
    if character in SPECIAL or "\ud800" <= character <= "\udfff":
        return SPECIAL.get(character, OTHER)
    category = unicodedata.category(character)
    if category[0] == "M":
        return 0
    capital = character.upper() if category == "Ll" and len(character.upper()) == 1 else character
    letter = TWINS.get(character) or TWINS.get(capital) or capital
    if letter in ALPHABET:
        return ALPHABET.index(letter) + 1
    if (digit := unicodedata.decimal(character, None)) is not None:
        return digit + 1
    if named := NAMED.match(unicodedata.name(character, "")):
        return ALPHABET.index(named[1] or named[2]) + 1
    parts = unicodedata.normalize("NFKD", character)
    if parts != character:
        symbols = [code for part in parts if (code := symbol(part))]
        if len(symbols) < 2:
            return symbols[0] if symbols else 0
    return OTHER if category[0] in "LN" else 0


def spans(symbols: list[int]) -> Iterator[tuple[int, int, int, int]]:
    """(first code point, count, symbol of the first, step of the symbol 0 or 1) of each run; separators left out."""
    point = 0
    while point < len(symbols):
        if symbols[point] == 0:
            point += 1
            continue
        best, best_step = 1, 0
        for step in (0, 1):
            count = 1
            while point + count < len(symbols) and symbols[point + count] == symbols[point] + step * count:
                count += 1
            if count > best:
                best, best_step = count, step
        yield point, best, symbols[point], best_step
        point += best


def main() -> None:
    """Write the header beside this file."""
    if unicodedata.unidata_version != UNICODE:
        raise SystemExit(f"this Python knows Unicode {unicodedata.unidata_version}; the table is made from {UNICODE}")
    rows = [
        f"{{{point}, {count}, {code}, {step}}}"
        for point, count, code, step in spans([*map(symbol, map(chr, range(0x110000)))])
    ]
    lines = [
        f"// Made by make_alphabet.py from Unicode {UNICODE}; do not edit.",
        "// clang-format off",
        f"#define ALPHABET_SIZE {len(ALPHABET)}",
        "static const uint32_t ALPHABET_POINTS[ALPHABET_SIZE] = {",
        *_wrapped([str(ord(letter)) for letter in ALPHABET]),
        "};",
        "static const struct span SPANS[] = {",
        *_wrapped(rows),
        "};",
    ]
    Path(__file__).with_name("alphabet_table.h").write_text("\n".join(lines) + "\n", encoding="ascii")


def _wrapped(items: list[str]) -> Iterator[str]:
    line = ""
    for item in items:
        if len(line) + len(item) > 117:
            yield line.rstrip()
            line = ""
        line += f"{item}, "
    yield line.rstrip()


if __name__ == "__main__":
    main()
