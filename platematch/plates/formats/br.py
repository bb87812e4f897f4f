"""Brazil: LLL9999, and LLL9L99 of the Mercosul plate since 2018.

Source: CONTRAN resolution 969/2022; plates converted from the old series have A-J for the second digit. Shares are
estimates.
"""

from platematch.plates.formats.format import Format, shape

BR = Format(
    name="BR",
    country="BR",
    patterns=(
        shape("LLL9999", 0.45),
        shape("LLL9J99", 0.35, J="ABCDEFGHIJ"),
        shape("LLL9L99", 0.2),
    ),
    examples=("ABC-1234", "ABC1D23", "BRA2Z19"),
)
