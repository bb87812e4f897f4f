"""Ukraine: LL9999LL since 2004, and the older series, which stay valid.

Source: national standard DSTU 4278 and the series that the Ministry of Internal Affairs has opened since 2020; shares
are estimates. A prefix no longer says where a vehicle comes from since 2023, but how many plates have it is far from
alike: the regions' people differ by ten times, and of a region's four prefixes the first two were used up before the
others were begun.
"""

from dataclasses import replace

from platematch.plates.formats.format import Format, shape

TWELVE = "ABCEHIKMOPTX"
SOVIET = "ABEKMHOPCTYX" + "БГДЖЗИЛПФЦЧШЩЭЮЯ"

_REGIONS = {
    "AA KA TT TA": 11, "AI KI TI ME": 6.5, "AE KE PP MI": 8, "AX KX XX EX": 7, "BH HH OO EH": 6.5, "BC HC CC EC": 6.5,
    "AH KH TH MH": 5, "AP KP TP MP": 4.5, "AB KB MM OK": 4, "BI HI XI EI": 4, "AK KK TK MK": 2, "CH IH OH PH": 0.5,
    "AC KC CM TC": 2.5, "AM KM TM MB": 3, "AO KO MT MO": 2.5, "AT KT TO XC": 2.5, "BA HA XA EA": 2.5,
    "BB HB EE EB": 2, "BE HE XE XH": 3, "BK HK XK EK": 2.5, "BM HM XM EM": 2.5, "BO HO XO EO": 2, "BT HT XT ET": 2.5,
    "BX HX OX PX": 3, "CA IA OA PA": 3, "CB IB OB PB": 2.5, "CE IE OE PE": 2,
}  # fmt: skip
"""Each region's prefixes in their order of issue, and its part of the vehicles: estimates by people."""
_ISSUED = (0.58, 0.32, 0.06, 0.04)
_REGIONAL = 0.97
"""Of plates of the regular shape: those with a region's prefix; the rest may have any."""

PREFIXES = {
    prefix: _REGIONAL * part / sum(_REGIONS.values()) * issued
    for prefixes, part in _REGIONS.items()
    for prefix, issued in zip(prefixes.split(), _ISSUED, strict=True)
}
"""Share of the regular plates with each prefix: an estimate."""

UA = Format(
    name="UA",
    country="UA",
    patterns=(
        replace(shape("LL9999LL", 0.8, L=TWELVE), starts=PREFIXES),
        shape("LL9999EL", 0.035, L=TWELVE, E="YZ"),  # electric
        shape("LL9999TE", 0.001, L=TWELVE, E="VWYZ"),  # electric taxis
        shape("DN9999LL", 0.005, L=TWELVE, N="CI"),  # prefixes of the whole country; II is among the twelve's pairs
        shape("ND9999LL", 0.005, L=TWELVE, N="EP"),
        shape("999R9LL", 0.125, L=TWELVE, R="012"),  # 1995-2004, R9: region 01-27
        shape("9999LL", 0.01, L=TWELVE),
        shape("S9999SS", 0.006, S=SOVIET),
        shape("R9LL9999", 0.008, L=TWELVE, R="012"),  # transit
        shape("D999999", 0.005),  # diplomatic
    ),
    examples=(
        *("AA 1234 BB", "КА1234ZА", "AI 4321 YB", "CA1234TV", "DI 0001 AA", "PD1111KX", "II 0001 AA"),
        *("123-01 KA", "1234 KI", "Я 1234 ОД", "01 AA1234", "D 001 002"),
    ),
)
