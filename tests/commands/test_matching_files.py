"""Files of reads against list files: every form, bad lines, order, exit codes, bounded pieces."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from platematch.commands import reading
from platematch.commands.arithmetic import drawn
from platematch.commands.matching_files import CsvWriter, NdjsonWriter, Tally, load_matcher, match_file
from platematch.commands.progress import Progress, line
from platematch.commands.reading import open_reads
from platematch.errors import InvalidInput, PlatematchError

LIST = "plate,reason\nАА1234ВВ,stolen\nKA77??HT,wanted\n"
PLATES = ["AA1234BB", "XY99999", "AA1Z34BB", "KA7712HT"]
HITS = [1, 3, 4]
Run = Callable[..., tuple[list[dict[str, Any]], Tally]]


@pytest.fixture(scope="module")
def matcher(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("lists") / "vehicles.csv"
    path.write_text(LIST)
    return load_matcher([(str(path), "csv")], "UA")


@pytest.fixture
def run(matcher: Any, tmp_path: Path) -> Run:
    """Match the content of a file; what was written, and the tally."""

    def matched(content: bytes | str, name: str = "reads", floor: float = 0.05) -> tuple[list[dict[str, Any]], Tally]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        written, tally = io.BytesIO(), Tally()
        with open_reads(str(path)) as reads:
            match_file(matcher, reads, NdjsonWriter(written), tally, floor, Progress("reads", 0))
        return [json.loads(found) for found in written.getvalue().splitlines()], tally

    return matched


def as_ndjson(plates: list[str]) -> str:
    return "".join(
        json.dumps({"camera_id": "gate-1", "captured_at": "2026-11-22T10:15:00Z", "plate": plate, "read_id": f"r{n}"})
        + "\n"
        for n, plate in enumerate(plates)
    )


FORMS = {
    "ndjson": as_ndjson(PLATES),
    "csv": "camera_id;plate;lane\n" + "".join(f"gate-1;{plate};3\n" for plate in PLATES),
    "text": "\n".join(PLATES),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_matches_in_order(run: Run, form: str, packed: bool) -> None:
    content = FORMS[form].encode()
    found, tally = run(gzip.compress(content) if packed else content)
    offset = 1 if form == "csv" else 0
    assert [match["line"] for match in found] == [line + offset for line in HITS]
    assert [match["plate"] for match in found] == ["АА1234ВВ", "АА1234ВВ", "KA77??HT"]
    assert [match["read"] for match in found] == [PLATES[line - 1] for line in HITS]
    assert all(match["sentence"].startswith("Read ") and match["probability"] >= 0.05 for match in found)
    assert (tally.matched, tally.found, tally.rejected) == (4, 3, 0)


def test_a_byte_order_mark_and_windows_lines_do_no_harm(run: Run) -> None:
    for content in FORMS.values():
        assert len(run("\ufeff" + content.replace("\n", "\r\n"))[0]) == 3


def test_what_is_known_of_the_read_comes_with_the_match(run: Run) -> None:
    found, _ = run(FORMS["ndjson"])
    assert (found[0]["camera_id"], found[0]["read_id"]) == ("gate-1", "r0")
    assert datetime.fromisoformat(found[0]["captured_at"]).hour == 10
    found, _ = run(FORMS["csv"])
    assert found[0]["camera_id"] == "gate-1"
    assert "captured_at" not in found[0]


def test_bad_lines_are_told_by_number_and_the_good_survive(run: Run) -> None:
    content = '{"plate": "AA1234BB"}\n\nno json\n{"plate": "---"}\n{"plat": "X"}\n{"plate": "AA1234BB"}\n\xff\n'
    found, tally = run(content.encode("latin-1"))
    assert [match["line"] for match in found] == [1, 6]
    assert sorted(number for number, _ in tally.wrong) == [3, 4, 5, 7]
    assert "no letter or digit" in dict(tally.wrong)[4]
    assert "`plate`" in dict(tally.wrong)[5]
    assert (tally.matched, tally.rejected) == (2, 4)


def test_bad_rows_are_told_by_number_and_the_good_survive(run: Run) -> None:
    found, tally = run('plate,confidence\nAA1234BB,0.9\nAA1234BB,two\nAA1234BB\n"AA12\n34BB",\n' + "A" * 17 + ",\n")
    assert [match["line"] for match in found] == [2, 6]
    assert sorted(number for number, _ in tally.wrong) == [3, 4, 7]


def test_pieces_of_any_size_give_the_same(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    content = as_ndjson(PLATES * 20)
    whole, _ = run(content)
    for size in (1, 7, 150):
        monkeypatch.setattr(reading, "PIECE", size)
        assert run(content)[0] == whole
    monkeypatch.setattr(reading, "ROWS", 3)
    assert len(run("\n".join(PLATES * 20))[0]) == len(whole)


def test_only_the_first_bad_lines_are_kept(run: Run) -> None:
    _, tally = run("{\n" * 1000 + '{"plate": "AA1234BB"}\n')
    assert tally.rejected == 1000
    assert [number for number, _ in tally.wrong] == list(range(1, 11))


def test_a_file_that_is_cut_off_gives_what_came_before(run: Run, matcher: Any, tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(as_ndjson(PLATES * 20000).encode())[:-2000])
    written, tally = io.BytesIO(), Tally()
    with pytest.raises(InvalidInput, match="cut off"), open_reads(str(path)) as reads:
        match_file(matcher, reads, NdjsonWriter(written), tally, 0.05, Progress("reads", 0))
    assert tally.matched > 0
    assert written.getvalue().count(b"\n") == tally.found


def test_what_can_hold_no_reads_is_refused(run: Run) -> None:
    with pytest.raises(InvalidInput, match="one read a line"):
        run('[{"plate": "AA1234BB"}]')
    for name in ("reads.csv", "reads.txt", "reads"):
        with pytest.raises(InvalidInput, match="one of them plate; it holds kennzeichen, lane"):
            run("kennzeichen,lane\nAA1234BB,1\n", name)
    for content in (b"\x7fELF\r\0\0", "plate\nAA1234BB\n".encode("utf-16")):
        with pytest.raises(InvalidInput, match="no text in UTF-8"):
            run(content, "reads.csv")


@pytest.mark.parametrize("name", ["reads.csv", "reads.ndjson", "reads.txt", "reads"])
def test_an_empty_file_holds_no_reads(run: Run, name: str) -> None:
    found, tally = run("", name)
    assert (found, tally.matched, tally.rejected) == ([], 0, 0)


def test_an_empty_plate_is_told(run: Run) -> None:
    _, tally = run("plate,lane\nAA1234BB,1\n ,2\n")
    assert tally.wrong == [(3, "the column plate is empty")]


def test_the_least_probability_is_kept(run: Run) -> None:
    found, _ = run(FORMS["text"], floor=0.0)
    high, _ = run(FORMS["text"], floor=0.98)
    assert {match["line"] for match in high} < {match["line"] for match in found}
    assert all(match["probability"] >= 0.98 for match in high)


def test_csv_is_written_with_a_header(matcher: Any, tmp_path: Path) -> None:
    path, written = tmp_path / "reads.ndjson", io.BytesIO()
    path.write_text(FORMS["ndjson"])
    with open_reads(str(path)) as reads:
        match_file(matcher, reads, CsvWriter(written), Tally(), 0.05, Progress("reads", 0))
    rows = list(csv.DictReader(io.StringIO(written.getvalue().decode(), newline="")))
    assert [int(row["line"]) for row in rows] == HITS
    assert datetime.fromisoformat(rows[0]["captured_at"]).minute == 15
    assert rows[0]["plate"] == "АА1234ВВ"


def test_lists_of_one_name_are_told_apart(tmp_path: Path) -> None:
    paths = [tmp_path / "a" / "list.csv", tmp_path / "b" / "list.csv"]
    for path in paths:
        path.parent.mkdir()
        path.write_text(LIST)
    loaded = load_matcher([(str(path), "csv") for path in paths], "UA")
    assert len(loaded) == 4
    assert loaded.watchlist(str(paths[0])) is not None


def test_a_list_without_entries_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("plate,reason\n--,stolen\n")
    with pytest.raises(PlatematchError, match="no valid row"):
        load_matcher([(str(path), "csv")], "UA")


def test_the_command_tells_what_it_did_and_by_its_exit_code(command: Any, tmp_path: Path) -> None:
    vehicles, output = tmp_path / "vehicles.csv", tmp_path / "hits.csv"
    vehicles.write_text(LIST)
    done = command("match", "--file", "-", "--watchlist", str(vehicles), stdin=FORMS["ndjson"])
    assert done.code == 0
    assert [json.loads(found)["line"] for found in done.out.splitlines()] == HITS
    assert "Reads: 4 in" in done.err
    assert "\r" not in done.err
    arguments = ("match", "--file", "-", "--watchlist", str(vehicles), "--output", str(output))
    done = command(*arguments, stdin="AA1234BB\n---\n")
    assert (done.code, done.out) == (3, "")
    assert "line 2: plate '---' holds no letter or digit" in done.err
    assert output.read_text().count("\n") == 2
    done = command(*arguments, stdin="---\n")
    assert done.code == 1
    assert "no line of the file holds a read" in done.err


@pytest.mark.parametrize(
    "arguments",
    [["--file", __file__], ["AA1234BB", "--file", __file__, "--watchlist", __file__],
     ["AA1234BB", "--home-country", "PL"], ["AA1234BB", "--candidate", "AA1Z34BB=2"],
     ["AA1234BB", "--char-confidences", "0.9,x"], ["AA1234BB", "--char-confidences", "0.9,0.8"],
     ["AA1234BB", "--watchlist", __file__, "--format", "csv", "--home-country", "Ukraine"],
     ["--file", __file__, "--watchlist", __file__, "--format", "csv", "--region", "UA"],
     ["--file", __file__, "--watchlist", __file__, "--format", "csv", "--json"]],
)  # fmt: skip
def test_what_does_not_go_together_is_told(command: Any, arguments: list[str]) -> None:
    done = command("match", *arguments)
    assert (done.code, done.out) == (2, "")


def test_one_plate_is_shown_with_its_arithmetic(command: Any, tmp_path: Path) -> None:
    vehicles = tmp_path / "vehicles.csv"
    vehicles.write_text(LIST)
    asked = ("match", "A1Z34BB", "--candidate", "AA1Z34BB=0.6", "--char-confidences", "0.9,0.9,0.4,0.9,0.9,0.9,0.9")
    asked += ("--region", "UA", "--make", "Skoda", "--color", "grey", "--type", "car", "--camera", "gate-1")
    done = command(*asked, "--watchlist", str(vehicles), "--home-country", "UA")
    assert done.code == 0
    for part in ("listed      A", "read        ", "prior       4e-09", "background", "odds        ", "АА1234ВВ"):
        assert part in done.out
    answer = json.loads(command(*asked, "--watchlist", str(vehicles), "--json").out)
    found = answer["matches"][0]
    why = found["explanation"]
    assert why["sentence_uk"].startswith("Прочитано")
    assert found["log_odds"] < 30


def test_a_character_that_the_camera_could_not_read_may_be_asked(command: Any, tmp_path: Path) -> None:
    vehicles = tmp_path / "vehicles.csv"
    vehicles.write_text(LIST)
    done = command("match", "AA12?4BB", "--watchlist", str(vehicles))
    assert done.code == 0
    assert "the 3 could not be read" in done.out
    assert command("match", "/-/", "--watchlist", str(vehicles)).code == 1


def test_a_full_disk_is_told_with_the_name_of_the_file(command: Any, tmp_path: Path) -> None:
    vehicles = tmp_path / "vehicles.csv"
    vehicles.write_text(LIST)
    done = command("match", "--file", "-", "--watchlist", str(vehicles), "--output", "/dev/full", stdin="AA1234BB\n")
    assert done.code == 1
    assert "/dev/full: No space left on device; it does not hold all matches" in done.err
    assert "Traceback" not in done.err


def test_the_alignment_is_drawn_with_marks() -> None:
    steps = [("same", "A", "A"), ("confused", "2", "Z"), ("lost", "3", ""), ("added", "", "I"), ("unread", "4", "?"),
             ("wildcard", "?", "京")]  # fmt: skip
    listed, read, marks = drawn([dict(zip(("kind", "listed", "read"), step, strict=True)) for step in steps])
    assert listed == "A 2 3 - 4 ?"
    assert read == "A Z - I ? 京"
    assert marks == "  ^ - + ? *"


def test_the_progress_line() -> None:
    assert line("reads", 1_200_000, 40, 100, 2.0) == (
        "[############------------------]  40%  1,200,000 reads  600,000/s  0:03 left"
    )
    assert line("reads", 10, 0, 0, 0.0) == "10 reads  10,000/s"
