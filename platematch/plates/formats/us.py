"""United States: the commonest shapes of the larger states; each state has its own, and most allow free texts.

Source: the states' own motor vehicle departments (named beside each shape); shares are estimates by registrations.
"""

from platematch.plates.formats.format import Format, shape

US = Format(
    name="US",
    country="US",
    patterns=(
        shape("9LLL999", 0.14),  # California
        shape("LLL9999", 0.4),  # Texas, New York, Pennsylvania, Ohio, Georgia, North Carolina, Virginia, Michigan
        shape("LLLL99", 0.05),  # Florida
        shape("LL99999", 0.06),  # Illinois
        shape("L99LLL", 0.05),  # New Jersey
        shape("LLL999", 0.12),  # Colorado, Indiana, Kentucky, Louisiana, Minnesota, Oregon
        shape("999LLL", 0.06),  # Indiana, Iowa, Kansas
        shape("9LLL99", 0.03),  # Massachusetts
        shape("LLL9L9", 0.03),  # Missouri
        shape("9LL9999", 0.03),  # Maryland
        shape("LLL99LL", 0.03),  # Arizona
    ),
    examples=("7ABC123", "ABC-1234", "ABC D12", "AB 12345", "A12 BCD", "123 ABC"),
)
