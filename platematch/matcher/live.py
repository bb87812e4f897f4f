"""The live matcher: watchlists and their entries in memory, changed in place, and reads matched against them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from platematch.errors import InvalidPlate, NotFound, TooLarge
from platematch.matcher.block import LISTS, block_of, private, put_bound
from platematch.matcher.bound import bound
from platematch.matcher.bulk import NOTHING, Scores, probabilities
from platematch.matcher.judge import Judge, LiveList
from platematch.matcher.kernels import Codes, Ints, Longs
from platematch.matcher.match import Match
from platematch.matcher.model import Fixed, Model, Models
from platematch.matcher.narrow import Narrower, search
from platematch.matcher.observe import Observations, Packed, errors_of, observe, pairs
from platematch.matcher.patterns import keys, two_line_region
from platematch.matcher.rows import Gathered, Reach, Rows, has_wildcard
from platematch.matcher.scoring import Flags, Scorer
from platematch.matcher.sift import FLOOR
from platematch.plates import MAX_SYMBOLS, OTHER, pack_batch
from platematch.reads import PlateRead
from platematch.watchlist import Entry, Watchlist

if TYPE_CHECKING:
    from typing_extensions import Buffer

Listed = tuple[Watchlist, Entry, datetime, int]
"""An entry with its list, when that last changed (listed_at) and the list's version then."""

SEARCHES = 100
"""Made for one batch at most; a change must hit one of its candidates each time for a second one to be needed."""


class _Judging(NamedTuple):
    """A model, with what scores and judges by it."""

    model: Model
    scorer: Scorer
    judge: Judge


class Matcher:
    """Which listed vehicles a read could be. Changes apply at once.

    One thread makes the changes; match() and background() may run in others meanwhile.
    """

    def __init__(self, *, home_country: str = "UA", memory: Buffer | None = None) -> None:
        """home_country: whose formats make most of the ordinary traffic, as in plates.formats.

        memory: a block of memory_size() bytes of zeros, on a page boundary, which Sieves may share; None: one of its
        own, for block.DEFAULT_ENTRIES. ValueError: too small. StartError: the system has none to give.
        """
        self._block = block_of(private() if memory is None else memory)
        self._rows = Rows(self._block)
        self._lists: dict[str, LiveList] = {}
        self._numbered: list[LiveList | None] = []
        self._unused: deque[int] = deque()  # list numbers that were used once
        self._narrower = Narrower(self._rows.index, self._block)
        self.learn(Fixed.home(home_country))

    @property
    def models(self) -> Models:
        """The models that judge."""
        return self._models

    def learn(self, models: Models) -> None:
        """Judge by these models from now on. ValueError: their formats have different patterns, or too many."""
        tables = bound(models.all())
        self._block.experience[0] = models.version
        put_bound(self._block, tables)  # before they judge: what they may report is to be let through
        self._models = models
        self._judges: dict[int, _Judging] = {}
        self._plate_lengths = frozenset(models.default.formats.lengths.tolist())

    def __len__(self) -> int:
        """Entries on all lists."""
        return sum(len(home.rows) for home in list(self._lists.values()))  # a copy: another thread may add lists

    @property
    def version(self) -> int:
        """Of the lists, as those who share the memory see it: to be set after the changes that it counts."""
        return int(self._block.version[0])

    @version.setter
    def version(self, version: int) -> None:
        self._block.version[0] = version

    def put_watchlist(self, watchlist: Watchlist, listed_at: datetime, version: int) -> None:
        """Create the list or give it a new policy; its entries stay.

        Raises TooLarge if there are block.LISTS lists, or no room for entries that are to be found from farther.
        """
        self.check_list(watchlist.watchlist_id)
        before = self._lists.get(watchlist.watchlist_id)
        if before is None:
            home = LiveList(self._new_number(), watchlist, listed_at, version)
        else:
            home = LiveList(before.number, watchlist, listed_at, version, before.rows)
        self._rows.reach(home.number, Reach(watchlist.match.errors, watchlist.match.missing_ends))
        self._numbered[home.number] = home
        self._block.policies[home.number] = (home.prior, watchlist.min_probability, watchlist.match.prior is None)
        self._lists[watchlist.watchlist_id] = home
        self.version = max(self.version, version)

    def remove_watchlist(self, watchlist_id: str) -> None:
        """Remove the list, if there is one, with its entries."""
        home = self._lists.pop(watchlist_id, None)
        if home is not None:
            self._numbered[home.number] = None
            self._rows.remove_list(home.number)
            self._unused.append(home.number)

    def load(self, watchlist_id: str, entries: Iterable[Entry]) -> list[Entry]:
        """Put many entries at once; returns those whose plates cannot be matched (check_plate), which are left out.

        Raises NotFound if there is no such list, and TooLarge as check_room does; then nothing was put.
        """
        home = self._home(watchlist_id)
        batch = {entry.entry_id: entry for entry in entries}
        self.check_room(list(batch.values()))
        former = [row for entry_id in batch if (row := home.rows.pop(entry_id, None)) is not None]
        refused = self._load(home, list(batch.values()))
        for row in former:
            self._rows.remove(row)
        return refused

    def put(self, watchlist_id: str, entry: Entry) -> None:
        """Add the entry or replace the one of its id. Raises InvalidPlate as check_plate does, NotFound, TooLarge."""
        home = self._home(watchlist_id)
        row = self._rows.add(self._keys(entry), home.number, entry)
        former = home.rows.get(entry.entry_id)
        home.rows[entry.entry_id] = row
        if former is not None:
            self._rows.remove(former)

    def remove(self, watchlist_id: str, entry_id: str) -> None:
        """Take the entry off its list, if it is there."""
        home = self._lists.get(watchlist_id)
        row = None if home is None else home.rows.pop(entry_id, None)
        if row is not None:
            self._rows.remove(row)

    def check_room(self, entries: Sequence[Entry]) -> None:
        """Raise TooLarge if the entries, new or in place of others, may not fit beside those that there are."""
        self._rows.check_room(self._needed(entries))

    def check_list(self, watchlist_id: str) -> None:
        """Raise TooLarge if the list is not there and there is no room for one more."""
        if watchlist_id not in self._lists and len(self._lists) >= LISTS:
            raise TooLarge(f"there are {LISTS} watchlists, and no room for another; remove one first")

    def watchlist(self, watchlist_id: str) -> Watchlist | None:
        """The list as it stands."""
        home = self._lists.get(watchlist_id)
        return None if home is None else home.watchlist

    def entry(self, watchlist_id: str, entry_id: str) -> Entry | None:
        """The entry as it stands."""
        listed = self.listing(watchlist_id, entry_id)
        return None if listed is None else listed[1]

    def listing(self, watchlist_id: str, entry_id: str) -> Listed | None:
        """The entry as it stands, with its list."""
        home = self._lists.get(watchlist_id)
        row = None if home is None else home.rows.get(entry_id)
        entry = None if row is None else self._rows.entry(row)
        if home is None or entry is None or entry.entry_id != entry_id:
            return None
        return home.watchlist, entry, home.listed_at, home.version

    def match(
        self,
        reads: Sequence[PlateRead],
        at: Sequence[datetime],
        *,
        packed: Packed | None = None,
        floor: float | None = None,
    ) -> list[list[Match]]:
        """For each of n reads, captured at at[i] (with a time zone), the entries it could be, best first.

        A read that has a camera_id is judged by what was learnt of that camera. One without a symbol, or with more than
        MAX_SYMBOLS, matches nothing.

        packed: the reads' plates by pack_batch with observe.rows_by_row, where the caller has them: codes (n, 16)
        uint8, lengths (n,) int32. floor: the least probability reported, instead of each list's min_probability.
        """
        found: list[list[Match]] = [[] for _ in reads]
        if not reads or not self._rows:
            return found
        near = self._narrower.reads(reads, packed, floor, self._models).tolist()
        judges: dict[int, tuple[_Judging, list[int]]] = {}
        for place in near:
            judging = self._judging(reads[place])
            judges.setdefault(id(judging), (judging, []))[1].append(place)
        for judging, places in judges.values():
            chosen = self._judged(judging, [reads[i] for i in places], [at[i] for i in places], floor)
            for place, matches in chosen:
                found[places[place]] = matches
        return found

    def sift(self, codes: Codes, lengths: Ints, *, floor: float | None = None) -> Longs:
        """The places, ascending, of those of n texts that may be reads of a listed plate; surely none of the others is.

        For bulk work on reads of which there is a text alone, as match() does it first. codes (n, 16), lengths (n,): as
        pack_batch gives them; floor: as in match().
        """
        return self._narrower.texts(codes, lengths, floor)

    def score(self, codes: Codes, lengths: Ints, *, floor: float | None = None) -> Scores:
        """The listed plates that n texts could be, with probabilities at or above the floor, as arrays.

        For bulk work, as sift(): with the model of no camera in particular, whenever the reads were captured, without
        patterns, and every spelling of an entry by itself; entry_of() tells the entry of a row.
        """
        near = self.sift(codes, lengths, floor=floor)
        if not len(near):
            return NOTHING
        codes, lengths = codes[near], lengths[near]
        readers, ids = search(self._rows.index, codes, lengths, errors_of(codes))
        rows = self._rows.gather(ids.astype(np.int64))
        plain = np.flatnonzero(~has_wildcard(rows.codes))
        places, policies = rows.places[plain], self._block.policies[rows.lists[plain]]
        groups = readers[places].astype(np.int64)
        judging = self._judging(None)
        chances = probabilities(
            judging.model, judging.scorer.crowd, (codes, lengths), groups, rows.codes[plain], policies
        )
        kept = chances >= (policies[:, FLOOR] if floor is None else floor)
        return Scores(near[groups[kept]], ids[places[kept]].astype(np.int64), chances[kept])

    def entry_of(self, row: int) -> Entry | None:
        """The entry of a row of score(); None if it was removed meanwhile."""
        return self._rows.entry(row)

    def background(self, read: PlateRead) -> float:
        """P(read | just another vehicle), above 0; 0 for a text without symbols or with more than MAX_SYMBOLS.

        Listed plates are not left out here, so that the figure tells nothing of the lists.
        """
        return self._judging(read).scorer.background(observe([read]).texts, 0)

    def warm(self) -> None:
        """Run every kernel once, on lists of its own, so that the first read does not wait for it."""
        trial = Matcher()
        now = datetime.min.replace(tzinfo=UTC)
        trial.put_watchlist(Watchlist(watchlist_id="warm", name="-", purpose="-", owner="-"), now, 0)
        for plate in ("AA1234BB", "AA12??BB"):
            trial.put("warm", Entry(entry_id=plate, plate=plate, reason="-"))
        trial.match([PlateRead(plate="AA1234BB")], [now])
        trial.background(PlateRead(plate="AA1234BB"))

    def _judging(self, read: PlateRead | None) -> _Judging:
        """The model of the read's camera, or of none, ready to judge."""
        models, judges = self._models, self._judges
        model = models.of(getattr(read, "camera_id", None))
        judging = judges.get(id(model))
        if judging is None or judging.model is not model:
            judging = judges[id(model)] = _Judging(model, Scorer(model), Judge(model.channel))
        return judging

    def _judged(
        self, judging: _Judging, reads: Sequence[PlateRead], at: Sequence[datetime], floor: float | None
    ) -> Iterator[tuple[int, list[Match]]]:
        """The matches of those of the reads, which are of one model, that have candidates."""
        seen = observe(reads, models=self._models)
        groups, rows = self._candidates(seen)
        numbered = list(self._numbered)
        for scored in judging.scorer.score(rows, groups, seen.texts):
            read = scored.read
            yield read, judging.judge.matches(scored, numbered, seen, at[read], floor, reads[read])

    def _candidates(self, seen: Observations) -> tuple[Longs, Gathered]:
        """The (read, row) pairs within the index's reach, each once, ascending by read.

        A row that was freed since it was found may be that of an entry which has another row by now; then the search
        is made again, unless changes follow so thickly that it would go on for ever.
        """
        for _ in range(SEARCHES):
            groups, rows = pairs(seen, *search(self._rows.index, seen.codes, seen.texts.lengths, seen.errors))
            gathered = self._rows.gather(rows)
            if len(gathered.places) == len(rows):
                break
        return groups[gathered.places], gathered

    def _load(self, home: LiveList, entries: Sequence[Entry]) -> list[Entry]:
        """Entries with one plain key go in as a block, the others one by one."""
        codes, plain = _packed(entries)
        simple = np.flatnonzero(plain)
        block = [entries[i] for i in simple.tolist()]
        rows = self._rows.add_plain(codes[simple], home.number, block)
        home.rows.update(zip((entry.entry_id for entry in block), rows, strict=True))
        refused = []
        for i in np.flatnonzero(~plain).tolist():
            try:
                home.rows[entries[i].entry_id] = self._rows.add(self._keys(entries[i]), home.number, entries[i])
            except InvalidPlate:
                refused.append(entries[i])
        return refused

    def _needed(self, entries: Sequence[Entry]) -> int:
        """How many rows the entries take."""
        _, plain = _packed(entries)
        needed = int(plain.sum())
        for i in np.flatnonzero(~plain).tolist():
            with suppress(InvalidPlate):
                needed += len(self._keys(entries[i]))
        return needed

    def _new_number(self) -> int:
        if len(self._numbered) < LISTS:  # used ones last: a match under way may hold one
            self._numbered.append(None)
            return len(self._numbered) - 1
        return self._unused.popleft()

    def _keys(self, entry: Entry) -> list[bytes]:
        return keys(entry.plate, entry.region, self._plate_lengths)

    def _home(self, watchlist_id: str) -> LiveList:
        home = self._lists.get(watchlist_id)
        if home is None:
            raise NotFound(f"there is no watchlist {watchlist_id!r}; create it first")
        return home


def _packed(entries: Sequence[Entry]) -> tuple[Codes, Flags]:
    """Plates as codes (n, 16); which of them, (n,), have one key and no wildcard."""
    plates = [entry.plate for entry in entries]
    codes, lengths = pack_batch(plates, np.zeros(len(plates), dtype=np.bool_))
    lined, _ = pack_batch(plates, np.array([two_line_region(e.region) for e in entries], dtype=np.bool_))
    plain = (lengths >= 1) & (lengths <= MAX_SYMBOLS) & (codes == lined).all(axis=1)
    plain &= ~(has_wildcard(codes) | (codes == OTHER).any(axis=1))
    return codes, plain
