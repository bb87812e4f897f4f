"""Which series the invented city's Ukrainian plates are of: not every pair of letters is as common as another.

Plates were tied to regions until 2023, so the cameras of Kyiv see its own and its region's prefixes most, and a
national list holds more plates of populous regions. That brings listed and passing plates closer together, several
times closer than if all pairs were equally likely. Prefixes: the regions' four each, in order of issue.
"""

from __future__ import annotations

from platematch.plates.formats.ua import TWELVE

_PREFIXES = """
Kyiv AA KA TT TA | Kyiv region AI KI TI ME | Crimea AK KK TK MK | Vinnytsia AB KB MM OK | Volyn AC KC CM TC
Dnipro AE KE PP MI | Donetsk AH KH TH MH | Zhytomyr AM KM TM MB | Zakarpattia AO KO MT MO | Zaporizhzhia AP KP TP MP
Ivano-Frankivsk AT KT TO XC | Kirovohrad BA HA XA EA | Luhansk BB HB EE EB | Lviv BC HC CC EC | Mykolaiv BE HE XE XH
Odesa BH HH OO EH | Poltava BI HI XI EI | Rivne BK HK XK EK | Sumy BM HM XM EM | Ternopil BO HO XO EO
Kharkiv AX KX XX EX | Kherson BT HT XT ET | Khmelnytskyi BX HX OX PX | Cherkasy CA IA OA PA | Chernihiv CB IB OB PB
Chernivtsi CE IE OE PE | Sevastopol CH IH OH PH
"""
REGIONS: dict[str, tuple[str, ...]] = {
    " ".join(words[:-4]): tuple(words[-4:])
    for words in (entry.split() for entry in _PREFIXES.replace("\n", " | ").split("|"))
    if words
}
"""The prefixes of each region."""

_ISSUED = (0.6, 0.32, 0.05, 0.03)
"""Of a region's plates: those with its first, second, third and fourth prefix."""

_POPULOUS = {
    "Kyiv": 20.0, "Kyiv region": 10.0, "Dnipro": 8.5, "Odesa": 7.5, "Kharkiv": 7.0, "Lviv": 6.5, "Donetsk": 5.0,
    "Zaporizhzhia": 4.5, "Vinnytsia": 4.5, "Poltava": 4.0, "Sevastopol": 0.7,
}  # fmt: skip
_OTHER = 2.7

LISTED: dict[str, float] = {region: _POPULOUS.get(region, _OTHER) for region in REGIONS}
"""Weight of each region among vehicles listed anywhere in the country: about that of its people."""

PASSING: dict[str, float] = {
    region: {"Kyiv": 100.0, "Kyiv region": 44.0}.get(region, weight) for region, weight in LISTED.items()
}
"""Weight of each region in front of Kyiv's cameras: half of the vehicles come from the city and around it."""

SUFFIX: dict[str, float] = {letter: 1.75 - 0.125 * place for place, letter in enumerate(TWELVE)}
"""Weight of each first letter behind the digits: series are issued in the order of the alphabet."""


def prefixes(regions: dict[str, float]) -> dict[str, float]:
    """Share of each prefix where the regions have these weights."""
    total = sum(regions.values())
    return {
        prefix: weight / total * issued
        for region, weight in regions.items()
        for prefix, issued in zip(REGIONS[region], _ISSUED, strict=True)
    }
