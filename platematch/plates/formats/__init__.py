"""The plate formats that the service knows: one file per country, and the open one that always applies."""

from platematch.plates.formats.br import BR
from platematch.plates.formats.de import DE
from platematch.plates.formats.format import Format, Pattern
from platematch.plates.formats.gb import GB
from platematch.plates.formats.pl import PL
from platematch.plates.formats.ua import UA
from platematch.plates.formats.unknown import UNKNOWN
from platematch.plates.formats.us import US

FORMATS: dict[str, Format] = {plates.name: plates for plates in (UA, GB, PL, DE, US, BR, UNKNOWN)}
"""By name: the country's code, or "unknown"."""

__all__ = ["FORMATS", "Format", "Pattern"]
