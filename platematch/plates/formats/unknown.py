"""Any plate whatever: 4 to 10 symbols, so that a plate of no known format still has a probability.

Source: none; lengths are spread as the world's plates are, six to eight foremost. Few plates mix in other scripts.
"""

from platematch.plates.formats.format import DIGITS, LETTERS, Format, Pattern
from platematch.plates.symbols import ALPHABET

_LENGTHS = {4: 0.04, 5: 0.08, 6: 0.2, 7: 0.34, 8: 0.24, 9: 0.07, 10: 0.03}
_LATIN = 0.97

UNKNOWN = Format(
    name="unknown",
    country=None,
    patterns=(
        *(Pattern((DIGITS + LETTERS,) * length, share * _LATIN) for length, share in _LENGTHS.items()),
        *(Pattern((ALPHABET[1:],) * length, share * (1 - _LATIN)) for length, share in _LENGTHS.items()),
    ),
    examples=("1234", "ABC123", "京A12345", "12 TUN 3456", "9 Я 9999 XX"),
)
