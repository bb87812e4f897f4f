"""The phrases that explanations are made of, in English and in Ukrainian, with their numbers.

Ukrainian phrases keep plates, characters and names in places where nothing has to be declined with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

KINDS_IN_UKRAINIAN = {
    "beige": "бежевий",
    "black": "чорний",
    "blue": "синій",
    "brown": "коричневий",
    "green": "зелений",
    "grey": "сірий",
    "orange": "помаранчевий",
    "purple": "фіолетовий",
    "red": "червоний",
    "silver": "сріблястий",
    "white": "білий",
    "yellow": "жовтий",
    "bus": "автобус",
    "car": "легковий",
    "motorcycle": "мотоцикл",
    "pickup": "пікап",
    "suv": "позашляховик",
    "truck": "вантажний",
    "van": "фургон",
}
"""The kinds of looks.COLOURS and looks.TYPES, whose own names are English."""


@dataclass(frozen=True, slots=True)
class Language:
    """Phrases with their gaps in braces, and how numbers and words are said.

    ratio: a factor above 1, with its noun; chance: 1 in how many; count: a large number; percent: of a probability.
    kinds: what colours and types are called, where that is not their own name.
    """

    compared: str
    agrees: str
    fits: str
    nearly_fits: str
    confused: str
    lost: str
    added: str
    unread: str
    start: str
    end: str
    inside: str
    speaks_for: str
    speaks_against: str
    as_listed: str
    not_as_listed: str
    country: str
    confidence: str
    passage: str
    ordinary: str
    unfitting: str
    rival: str
    likelier: str
    less_likely: str
    equal: str
    runner_up: str
    ambiguous: str
    ratio: Callable[[float], str]
    chance: Callable[[float], str]
    count: Callable[[float], str]
    percent: Callable[[float], str]
    kinds: Mapping[str, str]


def _rounded(number: float) -> float:
    """To two digits that count; a number under 10 to one decimal."""
    return float(f"{number:.2g}")


def _figure(number: float) -> str:
    rounded = _rounded(number)
    return f"{rounded:,.0f}" if rounded >= 10 or rounded == int(rounded) else f"{rounded:.1f}"


def _count(number: float, million: str, billion: str) -> str:
    if _rounded(number) >= 1e9:
        return f"{_figure(number / 1e9)} {billion}"
    return f"{_figure(number / 1e6)} {million}" if _rounded(number) >= 1e6 else _figure(number)


def _percent(probability: float) -> str:
    percent = 100.0 * probability
    if percent >= 99.0:
        return f"{percent:.2f} %" if percent < 99.99 else "over 99.99 %"
    return f"{float(f'{percent:.2g}'):g} %" if percent >= 0.01 else "under 0.01 %"


def _english_chance(rate: float) -> str:
    return f"about 1 in {_figure(1 / rate)}" if rate >= 1e-5 else "under 1 in 100,000"


def _english_ratio(ratio: float) -> str:
    return f"{_figure(ratio)} times" if ratio < 1e6 else "over a million times"


def _comma(text: str) -> str:
    """An English number as Ukrainian writes it: a comma before decimals, spaces that do not break between thousands."""
    return text.replace(",", "\u00a0").replace(".", ",")


def _ukrainian_percent(probability: float) -> str:
    return _comma(_percent(probability)).replace("over", "понад").replace("under", "менш ніж")


def _ukrainian_chance(rate: float) -> str:
    return f"приблизно 1 з {_comma(_figure(1 / rate))}" if rate >= 1e-5 else "менш ніж 1 зі 100\u00a0000"


def _ukrainian_ratio(ratio: float) -> str:
    """With the noun in the form that its number asks for: 21 раз, 3 рази, 3,3 раза, 5 разів."""
    if ratio >= 1e6:
        return "понад мільйон разів"
    rounded = _rounded(ratio)
    if rounded != int(rounded):
        noun = "раза"
    elif rounded % 100 in range(11, 15):
        noun = "разів"
    else:
        noun = {1: "раз", 2: "рази", 3: "рази", 4: "рази"}.get(int(rounded) % 10, "разів")
    return f"{_comma(_figure(ratio))} {noun}"


ENGLISH = Language(
    compared="Read {read}, listed {listed}: {differences}.",
    agrees="every character agrees",
    fits="the pattern fits",
    nearly_fits="the pattern nearly fits",
    confused="read {read} where the list has {listed} ({chance} reads of {listed} show {read})",
    lost="the {listed} {where} was not read ({chance} reads lose a character there)",
    added="one {read} more was read {where} ({chance} reads have a character too many there)",
    unread="the {listed} could not be read",
    start="at the start",
    end="at the end",
    inside="inside",
    speaks_for="For it: {facts} ({ratio} likelier).",
    speaks_against="Against it: {facts} ({ratio} less likely).",
    as_listed="{listed}, as on the list",
    not_as_listed="the camera saw {seen}, the list has {listed}",
    country="country {country}",
    confidence="how sure the camera was of each character",
    passage="other reads of this passage",
    ordinary="An ordinary vehicle would give this read about once in {count} reads",
    unfitting="A vehicle that does not fit would give this read about once in {count} reads",
    rival="Another listed vehicle would give this read about once in {count} reads",
    likelier="all told, the listed one is {ratio} likelier: probability {percent}.",
    less_likely="all told, the listed one is {ratio} less likely: probability {percent}.",
    equal="all told, the listed one is as likely: probability {percent}.",
    runner_up="The next plate of the list is {plate}{percent}.",
    ambiguous="Ambiguous: only the picture can tell.",
    ratio=_english_ratio,
    chance=_english_chance,
    count=lambda number: _count(number, "million", "billion"),
    percent=_percent,
    kinds={},
)

UKRAINIAN = Language(
    compared="Прочитано {read}, у списку {listed}: {differences}.",
    agrees="усі символи збігаються",
    fits="шаблон підходить",
    nearly_fits="шаблон майже підходить",
    confused="замість {listed} прочитано {read} ({chance} зчитувань символу {listed} дає {read})",
    lost="символ {listed} {where} не прочитано ({chance} зчитувань губить там символ)",
    added="{where} прочитано зайвий символ {read} ({chance} зчитувань має там зайвий символ)",
    unread="символ {listed} не вдалося прочитати",
    start="на початку",
    end="у кінці",
    inside="усередині",
    speaks_for="За: {facts} (імовірніше у {ratio}).",
    speaks_against="Проти: {facts} (менш імовірно у {ratio}).",
    as_listed="{listed}, як у списку",
    not_as_listed="камера бачила: {seen}, у списку: {listed}",
    country="країна {country}",
    confidence="упевненість камери щодо кожного символу",
    passage="інші зчитування цього проїзду",
    ordinary="Звичайний автомобіль дав би таке зчитування приблизно раз на {count}",
    unfitting="Автомобіль, що не підходить, дав би таке зчитування приблизно раз на {count}",
    rival="Інший автомобіль зі списку дав би таке зчитування приблизно раз на {count}",
    likelier="загалом цей зі списку імовірніший у {ratio}: імовірність {percent}.",
    less_likely="загалом цей зі списку менш імовірний у {ratio}: імовірність {percent}.",
    equal="загалом цей зі списку так само імовірний: імовірність {percent}.",
    runner_up="Наступний номер у списку: {plate}{percent}.",
    ambiguous="Неоднозначно: вирішує лише знімок.",
    ratio=_ukrainian_ratio,
    chance=_ukrainian_chance,
    count=lambda number: _comma(_count(number, "млн", "млрд")),
    percent=_ukrainian_percent,
    kinds=KINDS_IN_UKRAINIAN,
)
