"""Germany: a district of 1-3 letters, 1-2 letters, 1-4 digits, and E (electric) or H (historic) behind them.

Source: Fahrzeug-Zulassungsverordnung (FZV 2023): no more than eight characters; no
number begins with 0. Umlauts of districts are folded to their base letters. Shares are estimates.
"""

from collections import defaultdict
from itertools import product

from platematch.plates.formats.format import Format, Pattern, shape

_DISTRICT = {1: 0.25, 2: 0.4, 3: 0.35}
_SERIAL = {1: 0.2, 2: 0.8}
_NUMBER = {1: 0.02, 2: 0.08, 3: 0.45, 4: 0.45}
_SPECIAL = 0.1  # of plates with two or three digits


def _patterns() -> tuple[Pattern, ...]:
    weights: defaultdict[str, float] = defaultdict(float)
    for (district, d), (serial, s), (number, n) in product(_DISTRICT.items(), _SERIAL.items(), _NUMBER.items()):
        if district + serial + number <= 8:
            plain = "L" * (district + serial) + "N" + "9" * (number - 1)  # where the district ends is not to be seen
            weights[plain] += d * s * n
            if len(plain) < 8 and number in (2, 3):
                weights[plain + "E"] += d * s * n * _SPECIAL
    total = sum(weights.values())
    return tuple(shape(letters, weight / total, N="123456789", E="EH") for letters, weight in weights.items())


DE = Format(
    name="DE",
    country="DE",
    patterns=_patterns(),
    examples=("B A 1", "HH AB 1234", "M X 123E", "KÖL AB 12", "GAP AB 123", "S AB 12H"),
)
