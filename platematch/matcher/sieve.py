"""The sieve: which reads surely match no listed plate, told by the memory that another process's Matcher fills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from platematch._native import Index
from platematch.matcher.block import block_of
from platematch.matcher.model import Fixed
from platematch.matcher.narrow import Narrower
from platematch.matcher.observe import Packed
from platematch.matcher.worth import Worth, Worths
from platematch.reads import PlateRead

if TYPE_CHECKING:
    from typing_extensions import Buffer


class Sieve:
    """A view of a Matcher's memory. It locks nothing: the Matcher neither waits for it nor knows of it.

    worths: what confidences are worth by the models that judge, as far as it was told; at first, by the default ones.
    """

    def __init__(self, memory: Buffer, *, home_country: str = "UA") -> None:
        """memory: as long as the Matcher's own, writable or not. ValueError: there is no Matcher's index in it.

        home_country: the Matcher's.
        """
        self._block = block_of(memory)
        self._narrower = Narrower(Index.attach(self._block.index_memory), self._block)
        start = Fixed.home(home_country)
        self.worths = Worths(start.version, Worth.of_model(start.default))

    @property
    def behind(self) -> bool:
        """Whether `worths` is of other models than those that judge now; until it is set, more reads may match."""
        return int(self._block.experience[0]) != self.worths.version

    @property
    def version(self) -> int:
        """Of the lists, as the Matcher last set it: what may_match() says afterwards is of this version or later."""
        return int(self._block.version[0])

    def may_match(self, reads: Sequence[PlateRead], *, packed: Packed | None = None) -> NDArray[np.bool_]:
        """Whether Matcher.match may find a listed plate for each of n reads, whenever it was captured, (n,).

        packed: as in Matcher.match. False is certain, for entries, policies and models that do not change meanwhile;
        what changes too fast to be looked at gives True.
        """
        may = np.zeros(len(reads), dtype=np.bool_)
        if reads:
            worths = self.worths
            known = int(self._block.experience[0]) == worths.version
            try:
                may[self._narrower.reads(reads, packed, None, worths if known else None)] = True
            except TimeoutError:
                may[:] = True
        return may

    def warm(self) -> None:
        """Run the kernel once, so that the first read does not wait for it."""
        self.may_match([PlateRead(plate="AA1234BB", region="UA"), PlateRead(plate="AA1234BB")])
