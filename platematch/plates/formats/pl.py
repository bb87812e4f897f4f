"""Poland: a district of two or three letters, then five or four characters.

Source: regulation of the Minister of Infrastructure on the registration and marking of vehicles of 31.08.2022; behind
the district B D I O Z are left out. Shares are estimates.
"""

from platematch.plates.formats.format import Format, shape

REGION = "BCDEFGKLNOPRSTWZ"
DISTRICT = "ABCDEFGHIJKLMNOPRSTUWXYZ"
SERIAL = "ACEFGHJKLMNPRSTUVWXY"

_CITY = {"99999": 0.17, "9999S": 0.12, "999SS": 0.1, "9S999": 0.03, "9SS99": 0.03}
_COUNTY = {"S999": 0.05, "99SS": 0.08, "9S99": 0.03, "99S9": 0.03, "9SS9": 0.02, "SS99": 0.04}
_COUNTY_LONG = {"99999": 0.14, "9999S": 0.09, "999SS": 0.07}

PL = Format(
    name="PL",
    country="PL",
    patterns=(
        *(shape("RD" + tail, share, R=REGION, D=DISTRICT, S=SERIAL) for tail, share in _CITY.items()),
        *(shape("RDD" + tail, share, R=REGION, D=DISTRICT, S=SERIAL) for tail, share in _COUNTY.items()),
        *(shape("RDD" + tail, share, R=REGION, D=DISTRICT, S=SERIAL) for tail, share in _COUNTY_LONG.items()),
    ),
    examples=("KR 12345", "WX 1234A", "PO 123AC", "WPI 12345", "RLU 12AC", "GDA A123"),
)
