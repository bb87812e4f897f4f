"""Ukraine: LL9999LL since 2004, and the older series, which stay valid.

Source: national standard DSTU 4278 and the series that the Ministry of Internal Affairs has opened since 2020; shares
are estimates. Prefixes of regions are not told apart: since 2023 they say nothing of where a vehicle comes from.
"""

from platematch.plates.formats.format import Format, shape

TWELVE = "ABCEHIKMOPTX"
SOVIET = "ABEKMHOPCTYX" + "БГДЖЗИЛПФЦЧШЩЭЮЯ"

UA = Format(
    name="UA",
    country="UA",
    patterns=(
        shape("LL9999LL", 0.8, L=TWELVE),
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
