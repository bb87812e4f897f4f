"""The phrases that explanations are made of, in English and in Ukrainian, with their numbers.

Ukrainian phrases keep plates, characters and names in places where nothing has to be declined with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    "car": "легковий автомобіль",
    "motorcycle": "мотоцикл",
    "pickup": "пікап",
    "suv": "позашляховик",
    "truck": "вантажний автомобіль",
    "van": "фургон",
}
"""The kinds of looks.COLOURS and looks.TYPES, whose own names are English."""
MOST_READS = 1e15
"""Said at most of how rarely a vehicle gives a read: further digits tell nobody anything."""


@dataclass(frozen=True, slots=True)
class Language:
    """Phrases with their gaps in braces, and how numbers and words are said.

    ordinary to either: who else would give the read, and what the listed vehicle is called beside them. ratio: a
    factor above 1, with its noun; chance: 1 in how many; once: of how many reads one is such; times: how often a
    difference occurs, from 2 up; percent: of a probability. order: of the words for a vehicle; kinds: what colours and
    types are called, where that is not their own name.
    """

    compared: str
    alternative: str
    in_one_line: str
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
    weighed: str
    ordinary: tuple[str, str]
    unfitting: tuple[str, str]
    rival: tuple[str, str]
    either: tuple[str, str]
    likelier: str
    less_likely: str
    equal: str
    runner_up: str
    likelier_plate: str
    ambiguous: str
    ratio: Callable[[float], str]
    chance: Callable[[float], str]
    once: Callable[[float], str]
    times: Callable[[int], str]
    percent: Callable[[float], str]
    order: Sequence[str]
    kinds: Mapping[str, str]


def _rounded(number: float) -> float:
    """To two digits that count; a number under 10 to one decimal."""
    return float(f"{number:.2g}")


def _figure(number: float) -> str:
    rounded = _rounded(number)
    return f"{rounded:,.0f}" if rounded >= 10 or rounded == int(rounded) else f"{rounded:.1f}"


def _count(number: float, million: str, billion: str, trillion: str) -> str:
    for size, name in ((1e12, trillion), (1e9, billion), (1e6, million)):
        if _rounded(number) >= size:
            return f"{_figure(number / size)} {name}"
    return _figure(number)


def _percent(probability: float) -> str:
    percent = 100.0 * probability
    if percent >= 99.0:
        return f"{percent:.2f} %" if percent < 99.99 else "over 99.99 %"
    return f"{float(f'{percent:.2g}'):g} %" if percent >= 0.01 else "under 0.01 %"


def _english_chance(rate: float) -> str:
    return f"about 1 in {_figure(1 / rate)}" if rate >= 1e-5 else "under 1 in 100,000"


def _english_ratio(ratio: float) -> str:
    return f"{_figure(ratio)} times" if ratio < 1e6 else "over a million times"


def _english_once(reads: float) -> str:
    told = _count(min(reads, MOST_READS), "million", "billion", "trillion")
    return f"about once in {told}" if reads <= MOST_READS else f"less than once in {told}"


def _english_times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def _comma(text: str) -> str:
    """An English number as Ukrainian writes it: a comma before decimals, spaces that do not break between thousands."""
    return text.replace(",", "\u00a0").replace(".", ",")


def _ukrainian_percent(probability: float) -> str:
    return _comma(_percent(probability)).replace("over", "понад").replace("under", "менш ніж")


def _ukrainian_chance(rate: float) -> str:
    """With `зі` before сто, as it is said."""
    if rate < 1e-5:
        return "менш ніж 1 зі 100\u00a0000"
    count = _rounded(1 / rate)
    out_of = "зі" if 100 <= count < 200 else "з"
    return f"приблизно 1 {out_of} {_comma(_figure(count))}"


def _ukrainian_once(reads: float) -> str:
    told = _comma(_count(min(reads, MOST_READS), "млн", "млрд", "трлн"))
    return f"приблизно раз на {told}" if reads <= MOST_READS else f"рідше ніж раз на {told}"


def _razy(number: float) -> str:
    """The noun in the form that its number asks for: 21 раз, 3 рази, 3,3 раза, 5 разів."""
    if number != int(number):
        return "раза"
    if number % 100 in range(11, 15):
        return "разів"
    return {1: "раз", 2: "рази", 3: "рази", 4: "рази"}.get(int(number) % 10, "разів")


def _ukrainian_ratio(ratio: float) -> str:
    rounded = _rounded(ratio)
    return f"у {_comma(_figure(rounded))} {_razy(rounded)}" if ratio < 1e6 else "більш ніж у мільйон разів"


def _ukrainian_times(count: int) -> str:
    return {2: "двічі", 3: "тричі"}.get(count, f"{count} {_razy(count)}")


ENGLISH = Language(
    compared="Read {read}, listed {listed}: {differences}.",
    alternative="Read {read}, possibly {text} (the camera's own alternative), listed {listed}: {differences}.",
    in_one_line="Read {read}, in one line {text}, listed {listed}: {differences}.",
    agrees="every character agrees",
    fits="the pattern fits",
    nearly_fits="the pattern nearly fits",
    confused="read {read} where the list has {listed} ({chance} reads of {listed} show {read})",
    lost="the {listed} {where} was not read ({chance} reads lose a character there)",
    added="an extra {read} was read {where} ({chance} reads have an extra character there)",
    unread="the {listed} could not be read",
    start="at the start",
    end="at the end",
    inside="in the middle",
    speaks_for="For it: {facts} ({ratio} likelier).",
    speaks_against="Against it: {facts} ({ratio} less likely).",
    as_listed="{listed}, as on the list",
    not_as_listed="the camera saw {seen}, but the list has {listed}",
    country="country {country}",
    confidence="how sure the camera was of each character",
    passage="further reads of this passage: {count}",
    weighed="{other} would give this read {often} reads, {one} {seldom}.",
    ordinary=("An ordinary vehicle", "the listed one"),
    unfitting=("A vehicle that does not fit", "one that fits"),
    rival=("Another listed vehicle", "this one"),
    either=("Another vehicle, listed or not,", "this one"),
    likelier="All told, the listed one is {ratio} likelier: probability {percent}.",
    less_likely="All told, the listed one is {ratio} less likely: probability {percent}.",
    equal="All told, the listed one is as likely: probability {percent}.",
    runner_up="The next likeliest plate of the list is {plate}{percent}.",
    likelier_plate="A likelier plate of the list is {plate}{percent}.",
    ambiguous="Ambiguous: only the picture can tell.",
    ratio=_english_ratio,
    chance=_english_chance,
    once=_english_once,
    times=_english_times,
    percent=_percent,
    order=("color", "make", "type"),
    kinds={"suv": "SUV"},
)

UKRAINIAN = Language(
    compared="Прочитано {read}, у списку {listed}: {differences}.",
    alternative="Прочитано {read}, можливо {text} (інший варіант камери), у списку {listed}: {differences}.",
    in_one_line="Прочитано {read}, одним рядком {text}, у списку {listed}: {differences}.",
    agrees="усі символи збігаються",
    fits="номер відповідає шаблону",
    nearly_fits="номер майже відповідає шаблону",
    confused="замість {listed} прочитано {read} ({chance} зчитувань символу {listed} дає {read})",
    lost="символ {listed} {where} не прочитано ({chance} зчитувань губить там символ)",
    added="{where} прочитано зайвий символ {read} ({chance} зчитувань має там зайвий символ)",
    unread="символ {listed} не вдалося прочитати",
    start="на початку",
    end="у кінці",
    inside="усередині",
    speaks_for="За: {facts} ({ratio} імовірніше).",
    speaks_against="Проти: {facts} ({ratio} менш імовірно).",
    as_listed="{listed}, як у списку",
    not_as_listed="камера бачила: {seen}; у списку: {listed}",
    country="країна {country}",
    confidence="упевненість камери щодо кожного символу",
    passage="інших зчитувань цього проїзду: {count}",
    weighed="Такий текст {other} дав би {often} зчитувань, {one} – {seldom}.",
    ordinary=("звичайний автомобіль", "автомобіль зі списку"),
    unfitting=("автомобіль, що не відповідає шаблону,", "той, що відповідає,"),
    rival=("інший автомобіль зі списку", "цей"),
    either=("інший автомобіль, зі списку чи ні,", "цей"),
    likelier="Загалом автомобіль зі списку {ratio} імовірніший: імовірність {percent}.",
    less_likely="Загалом автомобіль зі списку {ratio} менш імовірний: імовірність {percent}.",
    equal="Загалом автомобіль зі списку так само ймовірний: імовірність {percent}.",
    runner_up="Наступний за ймовірністю номер у списку: {plate}{percent}.",
    likelier_plate="Імовірніший номер у списку: {plate}{percent}.",
    ambiguous="Неоднозначно: вирішити можна лише за знімком.",
    ratio=_ukrainian_ratio,
    chance=_ukrainian_chance,
    once=_ukrainian_once,
    times=_ukrainian_times,
    percent=_ukrainian_percent,
    order=("color", "type", "make"),
    kinds=KINDS_IN_UKRAINIAN,
)
