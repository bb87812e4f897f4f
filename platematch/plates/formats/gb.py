"""Great Britain and Northern Ireland: LL99LLL since 2001, and the series before it.

Source: DVLA leaflet INF104, "Vehicle registration numbers and number plates"; shares are estimates.
"""

from platematch.plates.formats.format import Format, shape

SERIAL = "ABCDEFGHJKLMNOPRSTUVWXYZ"  # never I or Q
AREA = "ABCDEFGHJKLMNOPRSTUVWXY"
YEAR = "ABCDEFGHJKLMNPRSTVWXY"
NUMBER = "123456789"

GB = Format(
    name="GB",
    country="GB",
    patterns=(
        shape("AAY9SSS", 0.9, A=AREA, Y="0123567", S=SERIAL),
        shape("YN99SAA", 0.035, A=AREA, N=NUMBER, S=SERIAL, Y=YEAR),  # 1983-2001
        shape("YN9SAA", 0.007, A=AREA, N=NUMBER, S=SERIAL, Y=YEAR),
        shape("YNSAA", 0.008, A=AREA, N=NUMBER, S=SERIAL, Y=YEAR),
        shape("SAAN99Y", 0.008, A=AREA, N=NUMBER, S=SERIAL, Y=YEAR),  # 1963-1983
        shape("SAAN9Y", 0.002, A=AREA, N=NUMBER, S=SERIAL, Y=YEAR),
        shape("SIAN999", 0.02, A=AREA + "Z", N=NUMBER, S=SERIAL),  # Northern Ireland
        shape("SAZN999", 0.02, A=AREA, N=NUMBER, S=SERIAL),
    ),
    examples=("AB51 CDE", "LK70 XYZ", "P123 ABC", "R1 ABC", "ABC 123S", "AIG 1234", "ABZ 4321"),
)
