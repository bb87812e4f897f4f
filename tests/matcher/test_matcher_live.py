from __future__ import annotations

import math
import random
import string
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platematch.errors import InvalidPlate, NotFound
from platematch.matcher import Match, Matcher
from platematch.matcher.observe import rows_by_row
from platematch.plates import pack_batch
from platematch.plates.formats import FORMATS
from platematch.reads import Candidate, PlateRead
from platematch.watchlist import Entry, MatchPolicy, Watchlist

NOW = datetime(2030, 1, 1, tzinfo=UTC)
LISTED = "АА1234ВВ"
FEW = (LISTED, "ВС5678КК", "ЕЕ0001АА", "КА7777МН", "ОР4321ТТ")
UA = "ABCEHIKMOPTX"


def watchlist(name: str = "stolen", **policy: object) -> Watchlist:
    return Watchlist(watchlist_id=name, name=name, purpose="recovery", owner="police", **policy)  # type: ignore[arg-type]


def entry(plate: str, entry_id: str | None = None, **more: object) -> Entry:
    return Entry(entry_id=entry_id or plate, plate=plate, reason="stolen", **more)  # type: ignore[arg-type]


def matcher_of(*plates: str, region: str | None = None, **policy: object) -> Matcher:
    matcher = Matcher()
    matcher.put_watchlist(watchlist(**policy), NOW, 1)
    matcher.load("stolen", [entry(plate, region=region) for plate in plates])
    return matcher


def ask(matcher: Matcher, plate: str, floor: float | None = None, at: datetime = NOW, **more: object) -> list[Match]:
    return matcher.match([PlateRead(plate=plate, **more)], [at], floor=floor)[0]  # type: ignore[arg-type]


def chance(matcher: Matcher, read: str, listed: str = LISTED, **more: object) -> float:
    """The probability of a listed plate for a read, 0 where it is not even reported with no floor."""
    found = {match.plate: match.probability for match in ask(matcher, read, floor=0.0, **more)}
    return found.get(listed, 0.0)


def ukrainian(rng: random.Random) -> str:
    letters = "".join(rng.choices(UA, k=4))
    return f"{letters[:2]}{rng.randrange(10_000):04}{letters[2:]}"


@pytest.fixture(scope="module")
def large() -> Matcher:
    rng = random.Random(7)
    return matcher_of(LISTED, *{ukrainian(rng) for _ in range(100_000)} - {"AA1234BB", "AA1234BC"})


@pytest.fixture(scope="module", params=["large", "few"])
def matcher(request: pytest.FixtureRequest) -> Matcher:
    return request.getfixturevalue("large") if request.param == "large" else matcher_of(*FEW)


@pytest.mark.parametrize("read", ["AA1234BB", "aa 1234-bb", "АА1234ВВ"])
def test_exact_reads_are_probable(matcher: Matcher, read: str) -> None:
    best = ask(matcher, read)[0]
    assert best.plate == LISTED
    assert best.probability >= 0.5


def test_a_look_alike_is_probable_but_less_so(matcher: Matcher) -> None:
    assert 0.2 <= chance(matcher, "AA1Z34BB") < chance(matcher, "AA1234BB")


def test_a_plain_other_plate_is_no_match(matcher: Matcher) -> None:
    assert [match for match in ask(matcher, "AA1234BC") if match.plate == LISTED] == []
    assert 0.0 < chance(matcher, "AA1234BC") < 0.005


def test_a_lost_edge_is_a_middling_lead_and_a_wrong_letter_none(matcher: Matcher) -> None:
    for read in ("A1234BB", "AA1234B"):
        assert 0.01 < chance(matcher, read) < 0.3
    assert chance(matcher, "AA1234B") > 100 * chance(matcher, "AA1234BC")
    assert 0.5 < chance(matcher, "IAA1234BB") < chance(matcher, "AA1234BB")


def test_an_unread_character_leaves_the_ordinary_plates_it_could_be(matcher: Matcher) -> None:
    assert 0.005 < chance(matcher, "AA12?4BB") < 0.3


def test_dense_neighbours_keep_probabilities_sane() -> None:
    matcher = matcher_of(*(f"AA{i:04}{a}{b}" for i in range(10_000) for a in "ABC" for b in "BCE"))
    found = ask(matcher, "AA1234BB", floor=0.0)
    assert found[0].plate == "AA1234BB"
    assert 0.5 < found[0].probability < 1.0
    assert len(found) > 30
    assert sum(match.probability for match in found) < 1.0
    assert found[0].explanation.rivals > found[1].explanation.rivals * 0.001


@pytest.mark.parametrize(("listed", "read"), [("ВЕАА9212", "BE9212AA"), ("BE9212AA", "BEAA9212")])
@pytest.mark.parametrize("region", [None, "UA"])
def test_two_line_plates_are_one_plate(listed: str, read: str, region: str | None) -> None:
    matcher = matcher_of(listed, *FEW)
    assert chance(matcher, read, listed, region=region) >= 0.5
    assert chance(matcher_of(listed, region="UA"), read, listed, region=region) >= 0.5


@pytest.mark.parametrize(("region", "least"), [("DE", 0.9), (None, 0.1)])
def test_a_german_plate_of_the_two_line_shape_is_found(region: str | None, least: float) -> None:
    """Without a region it may as well be a Ukrainian plate of two lines, so that is a hit, but no alert."""
    assert chance(matcher_of("HHAB1234", region="DE"), "HHAB1234", "HHAB1234", region=region) >= least


def test_a_german_plate_is_not_its_ukrainian_turn() -> None:
    assert ask(matcher_of("HHAB1234", region="DE"), "HH1234AB") == []


def test_candidates_are_observations() -> None:
    matcher = matcher_of(*FEW)
    far = "AA7Z99BB"
    assert ask(matcher, far) == []
    better = chance(matcher, far, candidates=[Candidate(plate="AA1234BB", confidence=0.9)])
    assert 0.0 < better < chance(matcher, "AA1234BB")
    doubt = chance(matcher, "AA1234BB", candidates=[Candidate(plate="AA1Z34BB")])
    assert doubt >= 0.5
    told = ask(matcher, far, floor=0.0, candidates=[Candidate(plate="AA1234BB")])[0].explanation.sentence
    assert told.startswith(f"Read {far}, possibly AA1234BB (the camera's own alternative)")


def test_a_row_that_several_texts_find_counts_once() -> None:
    matcher = matcher_of(*FEW)
    read = PlateRead(plate="AA1234B", candidates=[Candidate(plate="AA1234BB"), Candidate(plate="A1234BB")])
    (match,) = matcher.match([read], [NOW], floor=0.0)[0]
    joint = match.explanation.prior * match.explanation.likelihood
    against = match.explanation.background + match.explanation.rivals
    assert match.probability == pytest.approx(joint / (joint + against), rel=1e-9)


def test_wildcards() -> None:
    matcher = matcher_of("AA12??BB", "BC*KK", "*4321*")
    for read, listed in (("AA1234BB", "AA12??BB"), ("BC5678KK", "BC*KK"), ("OP4321TT", "*4321*")):
        assert chance(matcher, read, listed) >= 0.5
    assert chance(matcher, "AA1Z34BB", "AA12??BB") >= 0.5
    assert chance(matcher, "AA1334BB", "AA12??BB") < 0.05
    assert chance(matcher, "AA1234BC", "AA12??BB") < 0.05


def test_a_pattern_and_a_plate_that_fits_are_both_probable() -> None:
    matcher = matcher_of("AA12??BB", LISTED)
    found = {match.plate: match.probability for match in ask(matcher, "AA1234BB")}
    assert found[LISTED] == pytest.approx(chance(matcher_of(LISTED), "AA1234BB"), rel=1e-6)
    assert found["AA12??BB"] >= found[LISTED]


def test_entries_with_one_plate_are_one_vehicle() -> None:
    matcher = matcher_of(LISTED)
    alone = chance(matcher, "AA1234BB")
    matcher.put_watchlist(watchlist("second"), NOW, 2)
    matcher.put("second", entry("AA 1234 BB"))
    matcher.put("stolen", entry("aa1234bb"))
    assert [match.probability for match in ask(matcher, "AA1234BB")] == [pytest.approx(alone)] * 3


def test_a_list_can_set_its_prior() -> None:
    assert chance(matcher_of(LISTED, match=MatchPolicy(prior=1e-12)), "AA1234BB") < 0.05
    assert chance(matcher_of(LISTED, match=MatchPolicy(prior=1e-6)), "AA1234B") > 0.5


@pytest.mark.parametrize(("listed", "neighbour"), [("GLAQ3106", "GLAQ3706"), ("WX34567", "WX84567")])
def test_a_neighbour_of_a_rare_foreign_plate_does_not_alert(listed: str, neighbour: str) -> None:
    """The plate's kind is so rare here that the prior of a listed plate alone would outweigh it."""
    matcher = matcher_of(listed)
    assert chance(matcher, listed, listed) > 0.9
    assert chance(matcher, neighbour, listed) < 0.3


def test_policy_changes_apply_at_once() -> None:
    matcher = matcher_of(*FEW)
    assert ask(matcher, "AA1Z34BB", floor=None)[0].probability < 0.4
    matcher.put_watchlist(watchlist(min_probability=0.4), NOW, 2)
    assert ask(matcher, "AA1Z34BB") == []
    assert len(matcher) == len(FEW)
    assert matcher.version == 2


def test_exact_only_takes_the_plate_to_the_letter() -> None:
    matcher = matcher_of(LISTED, "BC??78KK", "BE9212AA", exact_only=True)
    assert chance(matcher, "aa-1234-bb") >= 0.5
    assert chance(matcher, "BC5678KK", "BC??78KK") >= 0.5
    assert chance(matcher, "BEAA9212", "BE9212AA") >= 0.5
    assert ask(matcher, "AA1Z34BB", floor=0.0) == []
    assert ask(matcher, "AA1Z34BB", floor=0.0, candidates=[Candidate(plate="AA1234BB")]) == []


@pytest.mark.parametrize("of_list", [True, False])
def test_validity_is_that_of_the_moment_of_capture(of_list: bool) -> None:
    period = {"valid_from": NOW, "expires_at": NOW + timedelta(days=1)}
    matcher = Matcher()
    matcher.put_watchlist(watchlist(**(period if of_list else {})), NOW, 1)
    matcher.put("stolen", entry(LISTED, **({} if of_list else period)))
    moments = [NOW - timedelta(seconds=1), NOW, NOW + timedelta(hours=23), NOW + timedelta(days=1)]
    found = matcher.match([PlateRead(plate="AA1234BB")] * 4, moments)
    assert [len(matches) for matches in found] == [0, 1, 1, 0]


def test_an_expired_entry_is_an_ordinary_plate_again() -> None:
    matcher = matcher_of("AA1Z34BB")
    alone = chance(matcher, "AA1Z34BB", "AA1Z34BB")
    matcher.put("stolen", entry(LISTED, expires_at=NOW))
    assert chance(matcher, "AA1Z34BB", "AA1Z34BB") == alone


def test_a_covert_list_does_not_show_in_other_lists() -> None:
    matcher = matcher_of("AA1Z34BB")
    alone = ask(matcher, "AA1234BB", floor=0.0), matcher.background(PlateRead(plate="AA1234BB"))
    matcher.put_watchlist(watchlist("covert", covert=True), NOW, 2)
    matcher.put("covert", entry(LISTED))
    found = ask(matcher, "AA1234BB", floor=0.0)
    assert [match for match in found if match.watchlist_id == "stolen"] == alone[0]
    assert matcher.background(PlateRead(plate="AA1234BB")) == alone[1]
    assert found[0].watchlist_id == "covert"
    assert found[0].explanation.rivals > 0.0


def test_the_runner_up_is_of_the_same_list() -> None:
    matcher = matcher_of(LISTED, "AA1734BB")
    assert ask(matcher, "AA1234BB")[0].explanation.runner_up == "AA1734BB"
    matcher.remove("stolen", "AA1734BB")
    matcher.put_watchlist(watchlist("second"), NOW, 2)
    matcher.put("second", entry("AA1734BB"))
    why = ask(matcher, "AA1234BB")[0].explanation
    assert why.runner_up is None
    assert "AA1734BB" not in why.sentence + why.sentence_uk


def test_explanations_add_up(matcher: Matcher) -> None:
    match = ask(matcher, "AA1Z34BB")[0]
    why = match.explanation
    joint = why.prior * why.likelihood
    assert match.probability == pytest.approx(joint / (joint + why.background + why.rivals), rel=1e-9)
    assert "read Z where the list has 2" in why.sentence
    assert match.log_odds == pytest.approx(math.log(match.probability / (1 - match.probability)), rel=1e-6)


def test_lists_and_entries_are_kept_as_listed() -> None:
    matcher = matcher_of(LISTED)
    assert matcher.entry("stolen", LISTED) == entry(LISTED)
    assert matcher.listing("stolen", LISTED) == (watchlist(), entry(LISTED), NOW, 1)
    assert matcher.watchlist("stolen") == watchlist()
    assert matcher.entry("stolen", "other") is matcher.entry("other", LISTED) is matcher.watchlist("other") is None
    matcher.remove_watchlist("stolen")
    assert len(matcher) == 0
    assert matcher.entry("stolen", LISTED) is None
    assert ask(matcher, "AA1234BB", floor=0.0) == []
    matcher.remove_watchlist("stolen")
    matcher.remove("stolen", LISTED)


def test_an_empty_text_is_no_match_of_a_plate_of_one_character() -> None:
    assert ask(matcher_of("A"), "-", floor=0.0) == []


def test_bad_changes_are_refused() -> None:
    matcher = matcher_of(LISTED)
    with pytest.raises(NotFound, match="other"):
        matcher.put("other", entry(LISTED))
    with pytest.raises(InvalidPlate):
        matcher.put("stolen", entry("*", LISTED))
    assert chance(matcher, "AA1234BB") >= 0.5
    assert matcher.load("stolen", [entry("-", "bad"), entry("BC5678KK"), entry("W" * 17)]) == [
        entry("-", "bad"),
        entry("W" * 17),
    ]
    assert len(matcher) == 2


SMALL = st.builds(
    lambda start, digits, end: start + digits + end,
    st.sampled_from(["AA", "A", "BE"]),
    st.text("12Z7", min_size=1, max_size=2),
    st.sampled_from(["BB", "AA", "B?", "*"]),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("ab"), st.integers(0, 5), SMALL),
        st.tuples(st.just("remove"), st.sampled_from("ab"), st.integers(0, 5), st.just("")),
        st.tuples(st.just("drop"), st.sampled_from("ab"), st.just(0), st.just("")),
        st.tuples(st.just("load"), st.sampled_from("ab"), st.integers(0, 5), SMALL),
    ),
    max_size=30,
)


def change(matcher: Matcher, state: dict[str, dict[str, Entry]], step: tuple[str, str, int, str]) -> None:
    what, name, number, plate = step
    if what == "drop":
        matcher.remove_watchlist(name)
        matcher.put_watchlist(watchlist(name), NOW, 1)
        state[name] = {}
    elif what == "remove":
        matcher.remove(name, str(number))
        state[name].pop(str(number), None)
    else:
        several = [entry(plate, str(number)), entry("AA22BB", str((number + 1) % 6))][: 1 if what == "put" else 2]
        if what == "put":
            matcher.put(name, several[0])
        else:
            assert matcher.load(name, several) == []
        state[name] |= {e.entry_id: e for e in several}


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_changes_leave_what_a_fresh_matcher_holds(steps: Sequence[tuple[str, str, int, str]]) -> None:
    live, fresh = Matcher(), Matcher()
    state: dict[str, dict[str, Entry]] = {"a": {}, "b": {}}
    for name in state:
        live.put_watchlist(watchlist(name), NOW, 1)
        fresh.put_watchlist(watchlist(name), NOW, 1)
    for step in steps:
        change(live, state, step)
    for name, entries in state.items():
        fresh.load(name, entries.values())
    reads = [PlateRead(plate=plate) for plate in ("AA12BB", "AA22BB", "AZ1BB", "BE72AA", "AA7B1")]
    answers = [
        [
            {(m.watchlist_id, m.entry_id): m.probability for m in matches}
            for matches in matcher.match(reads, [NOW] * len(reads), floor=0.0)
        ]
        for matcher in (live, fresh)
    ]
    assert len(live) == len(fresh)
    for ours, theirs in zip(*answers, strict=True):
        assert ours == {key: pytest.approx(value, rel=1e-9) for key, value in theirs.items()}


def test_put_and_load_index_alike() -> None:
    plates = [LISTED, "BEAA9212", "HHAB1234", "AA12??BB", "BC*KK", "ЯЖ1234"]
    regions = [None, "UA", "DE"]
    entries = [entry(p, f"{p}{r}", region=r) for p in plates for r in regions]
    one, many = matcher_of(), matcher_of()
    many.load("stolen", entries)
    for e in entries:
        one.put("stolen", e)
    reads = [PlateRead(plate=p.replace("?", "3").replace("*", "5678"), region=r) for p in plates for r in regions]
    at = [NOW] * len(reads)
    answers = [
        [{m.entry_id: m.probability for m in matches} for matches in matcher.match(reads, at, floor=0.0)]
        for matcher in (one, many)
    ]
    assert answers[0] == answers[1]
    assert all(answers[0])


def varied_reads(rng: random.Random, plates: Sequence[str], n: int) -> list[PlateRead]:
    reads = []
    for _ in range(n):
        text = list(rng.choice(plates))
        if rng.random() < 0.7:
            text[rng.randrange(len(text))] = rng.choice(string.ascii_uppercase + string.digits + "?")
        if rng.random() < 0.2:
            del text[rng.randrange(len(text))]
        candidates = [Candidate(plate=rng.choice(plates))] if rng.random() < 0.2 else []
        reads.append(PlateRead(plate="".join(text), candidates=candidates, region=rng.choice([None, "UA", "DE"])))
    return reads


def test_a_batch_answers_like_single_reads() -> None:
    plates = [*FEW, "AA1Z34BB", "AA1734BB", "BEAA9212", "AA12??BB", "HHAB1234"]
    matcher = matcher_of(*plates)
    reads = varied_reads(random.Random(3), plates, 200)
    at = [NOW] * len(reads)
    batch = matcher.match(reads, at, floor=0.01)
    assert batch == [matcher.match([read], [NOW], floor=0.01)[0] for read in reads]
    assert batch == matcher.match(
        reads, at, floor=0.01, packed=pack_batch([r.plate for r in reads], rows_by_row(reads))
    )
    assert sum(map(bool, batch)) > 50


def test_bounds_cut_nothing_that_would_be_reported(large: Matcher) -> None:
    rng = random.Random(5)
    plates = [ukrainian(rng) for _ in range(300)] + [LISTED, "AA1Z34BB"]
    reads = varied_reads(rng, plates, 600)
    at = [NOW] * len(reads)
    everything = large.match(reads, at, floor=0.0)
    for least in (1e-6, 1e-3, 0.05, 0.5):
        cut = large.match(reads, at, floor=least)
        whole = [[m for m in matches if m.probability >= least] for matches in everything]
        assert [[(m.entry_id, m.probability) for m in matches] for matches in cut] == [
            [(m.entry_id, pytest.approx(m.probability)) for m in matches] for matches in whole
        ]
    assert any(everything)


ODD = st.text("AB1278ZOI?*\uac00ЯЖ", min_size=1, max_size=16)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.one_of(ODD, st.sampled_from(["A", "W" * 16, "AA12??BB", "AA*", LISTED])), min_size=1, max_size=5),
    st.lists(
        st.one_of(ODD, st.sampled_from(["", "?" * 8, "\uac00" * 3, "A", "W" * 16, "W" * 20])), min_size=1, max_size=4
    ),
)
def test_every_probability_is_one(plates: list[str], texts: list[str]) -> None:
    matcher = matcher_of(*plates)
    reads = [PlateRead(plate=text, candidates=[Candidate(plate=texts[0])]) for text in [*texts, *plates]]
    for matches in matcher.match(reads, [NOW] * len(reads), floor=0.0):
        assert [m.log_odds for m in matches] == sorted((m.log_odds for m in matches), reverse=True)
        for match in matches:
            why = match.explanation
            assert 0.0 < match.probability < 1.0
            assert math.isfinite(match.log_odds)
            assert all(math.isfinite(x) and x >= 0.0 for x in (why.likelihood, why.background, why.rivals))


def test_formats_of_all_countries_are_found_exactly() -> None:
    rng = random.Random(11)
    for name, form in FORMATS.items():
        plates = list(dict.fromkeys(form.random(rng) for _ in range(20)))
        matcher = matcher_of(*plates)
        likely = [chance(matcher, plate, plate) for plate in plates]
        assert sorted(likely)[len(likely) // 2] > 0.5, name


def test_reads_of_nothing() -> None:
    assert Matcher().match([], []) == []
    assert Matcher().match([PlateRead(plate="AA1234BB")], [NOW]) == [[]]
    matcher = matcher_of("A")
    assert matcher.match([PlateRead(plate=""), PlateRead(plate="W" * 17)], [NOW] * 2, floor=0.0) == [[], []]
    assert matcher.background(PlateRead(plate="")) == 0.0
    assert matcher.background(PlateRead(plate="A")) > 0.0


def test_warm_leaves_no_trace() -> None:
    matcher = matcher_of(LISTED)
    matcher.warm()
    assert len(matcher) == 1
    assert matcher.version == 1


def test_matching_beside_changes() -> None:
    matcher = matcher_of(*FEW)
    wrong: list[object] = []
    over = threading.Event()

    def read() -> None:
        reads = [PlateRead(plate="AA1234BB"), PlateRead(plate="BC5678KK")]
        while not over.is_set():
            found = matcher.match(reads, [NOW, NOW])
            if not (found[0] and found[0][0].probability >= 0.5 and all(m.plate != LISTED for m in found[1])):
                wrong.append(found)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    rng = random.Random(1)
    for i in range(1500):
        matcher.put("stolen", entry(ukrainian(rng), str(rng.randrange(200))))
        if i % 3 == 0:
            matcher.remove("stolen", str(rng.randrange(200)))
    over.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_an_entry_that_is_put_again_is_found_meanwhile() -> None:
    matcher = matcher_of(LISTED)
    over = threading.Event()
    missed = 0

    def put_again() -> None:
        while not over.is_set():
            matcher.put("stolen", entry(LISTED))

    putting = threading.Thread(target=put_again)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        putting.start()
        for _ in range(2000):
            missed += not matcher.match([PlateRead(plate=LISTED)], [NOW])[0]
    finally:
        over.set()
        putting.join()
        sys.setswitchinterval(interval)
    assert missed == 0


def test_the_types_are_imported_without_the_compiler() -> None:
    code = (
        "import sys; import platematch.matcher.match; from platematch.matcher import check_plate; "
        "assert 'numba' not in sys.modules; "
        "from platematch.matcher import Matcher; assert 'numba' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_two_unread_characters_still_lead_to_the_plate() -> None:
    matcher = matcher_of("AA1234BB")
    found = ask(matcher, "AA??34BB", floor=1e-9)
    assert [match.plate for match in found] == ["AA1234BB"]
    assert [step.kind for step in found[0].explanation.alignment].count("unread") == 2
