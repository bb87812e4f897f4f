"""The rules of the C sources that a compiler does not check: the project's, and what their own comments state."""

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from c_source import broken_rules, code_of, comments_of, functions_of

ROOT = Path(__file__).parents[2]
NATIVE = ROOT / "native"
SOURCES = sorted([*NATIVE.glob("*.c"), *NATIVE.glob("*.h")])
GENERATED = "alphabet_table.h"
WRITTEN = [path for path in SOURCES if path.name != GENERATED]
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 60
APART = ("seen", "module_seen")
"""Files of which index.c knows nothing."""
IDEA = comments_of((NATIVE / "index.c").read_text().partition("#")[0])
NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
each = pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)


def gcc(*arguments, **options):
    command = ["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{NATIVE}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_only_the_module_knows_python():
    python = r"#\s*include\s*[<\"](Python|numpy|module)"
    including = [path.name for path in SOURCES if re.search(python, path.read_text())]
    assert "module.c" in including
    assert [name for name in including if not name.startswith("module")] == []


def test_sources_are_formatted():
    formatter = Path(sys.executable).with_name("clang-format")
    run = subprocess.run([formatter, "--dry-run", "-Werror", *SOURCES], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@each
def test_a_file_opens_with_its_idea(path):
    """Or the header that it includes first does, whose declarations it fulfils."""
    text = path.read_text()
    header = re.match(r'(?:#define .*\n)?#include "(\w+\.h)"', text)
    opening = text if header is None else (NATIVE / header[1]).read_text()
    assert re.match(r"// [A-Z]", opening), f"{path.name} tells nothing of its idea"
    assert opening.partition("\n#")[0].rstrip().endswith(".")


@each
def test_files_and_functions_are_small(path):
    text = path.read_text()
    assert len(text.splitlines()) <= MOST_LINES
    lengths = functions_of(text)
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FUNCTION} == {}


@each
def test_no_rule_is_broken(path):
    assert broken_rules(path.read_text()) == []


@each
def test_no_array_has_a_length_of_its_own_making(path):
    run = gcc(
        "-Wvla", "-Walloca", "-Wstrict-prototypes", "-fsyntax-only", "-I" + sysconfig.get_paths()["include"], path
    )
    assert run.returncode == 0, run.stderr


@each
def test_files_named_in_comments_exist(path):
    for name in re.findall(r"\b[\w/]+\.(?:c|h|py|md)\b", comments_of(path.read_text())):
        known = [NATIVE / name, ROOT / name, *ROOT.glob(f"*/{name}")]
        assert any(file.exists() for file in known) or name == "Python.h", f"{path.name} names {name}"


def test_the_index_has_the_parts_that_its_idea_names():
    parts = re.findall(r"^   (\w+) {2,}\S", IDEA, re.MULTILINE)
    assert len(parts) >= 5
    declared = "".join(code_of(path.read_text()) for path in SOURCES if path.suffix == ".h")
    for part in parts:
        assert re.search(rf"^\s+[\w ]+\*?.*\b{part}(\[[^]]*\])?[,;]", declared, re.MULTILINE), f"no struct has {part}"


def test_what_readers_read_is_atomic():
    declared = code_of((NATIVE / "block.h").read_text())
    for struct, since in (("text", ""), ("row", ""), ("bucket", ""), ("wild", ""), ("header", "sequence")):
        (members,) = re.findall(rf"^struct {struct} \{{\n(.*?)^\}};", declared, re.DOTALL | re.MULTILINE)
        lines = [line for line in members.splitlines() if line.strip()]
        begin = next(i for i, line in enumerate(lines) if since in line)
        plain = [line for line in lines[begin:] if "_Atomic" not in line and "struct text" not in line]
        assert plain == [], f"struct {struct}"


def test_ordering_is_where_the_idea_says():
    """Its places are the fences and the ordered loads and stores of the sequence; the mark is outside any search."""
    (stated,) = re.findall(r"relaxed, but for (\w+) places", IDEA)
    code = "".join(code_of(path.read_text()) for path in WRITTEN if path.stem not in APART)
    ordered = re.findall(r"^.*memory_order_(?:acquire|release|acq_rel|seq_cst).*$", code, re.MULTILINE)
    assert len([line for line in ordered if "mark" not in line]) == NUMBERS[stated]


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """What a program that is linked with the sources finds of the figures in the index's idea."""
    folder = tmp_path_factory.mktemp("probe")
    (folder / "probe.c").write_text(
        """
        #include <stdio.h>
        #include "block.h"
        #include "forms.h"
        #include "table.h"
        int main(void) {
            struct table table = {.n = 100};
            while (table_fits(&table, 1))
                table.live++;
            uint64_t keys[PLATE_KEYS];
            const uint8_t plate[PLATE_SYMBOLS] = {1, 2, 3, 4, 5, 6, 7, 8};
            printf("%zu %d %zu ", sizeof(struct bucket), BUCKET_SLOTS, sizeof(struct row));
            printf("%zu %zu ", table.live / BUCKET_SLOTS, table_grown(1000000, 0));
            printf("%zu\\n", plate_keys(plate, 8, (struct reach){1, 0}, keys));
        }
        """
    )
    plain = [path for path in NATIVE.glob("*.c") if not path.name.startswith("module")]
    built = gcc(folder / "probe.c", *plain, "-pthread", "-o", folder / "probe")
    assert built.returncode == 0, built.stderr
    figures = subprocess.run([folder / "probe"], capture_output=True, text=True, check=True).stdout
    return dict(zip(("bucket", "slots", "row", "full", "grown", "keys"), map(int, figures.split()), strict=True))


def test_stated_sizes_are_the_sizes(measured):
    idea = " ".join(IDEA.split())
    (sizes,) = re.findall(
        r"Memory: (\d+) bytes a bucket of (\d+) slots at n \+ 1 slots a head and (\d+) to (\d+) percent full, "
        r"(\d+) a row, about (\d+) a plate",
        idea,
    )
    bucket, slots, least, most, row, plate = map(int, sizes)
    assert (bucket, slots, row) == (measured["bucket"], measured["slots"], measured["row"])
    in_slots = measured["keys"] * bucket / slots
    assert in_slots * 100 / most <= plate - row <= in_slots * 100 / least
    assert "(nine hashes for a plate of eight)" in idea
    assert measured["keys"] == 9


def test_tables_are_as_full_as_stated(measured):
    idea = " ".join(IDEA.split())
    stated = re.findall(r"full to (\d+) percent", idea)
    assert stated
    assert {int(number) for number in stated} == {measured["full"]}
    slots = measured["grown"] * measured["slots"]
    assert f"{100_000_000 // slots} to {measured['full']} percent full" in idea
    assert "with room for a quarter more at least" in idea
    assert slots * measured["full"] >= 1_250_000 * 100


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("strcpy(a, b);", "strcpy"),
        ("char *text = alloca(n);", "alloca"),
        ("assert(i++ < n);", "assert"),
        ("char *kept = malloc(n);\n    use(kept);", "malloc"),
        ("items = realloc(items, n);\n    items[0] = 1;", "realloc"),
        ("void *page = mmap(NULL, n, 0, 0, -1, 0);\n    if (!page)\n        return;", "mmap"),
        ("use(calloc(1, n));", "calloc"),
    ],
)
def test_a_broken_rule_is_found(line, rule):
    (found,) = broken_rules(f"static void f(void) {{\n    {line}\n}}\n")
    assert rule in found


@pytest.mark.parametrize(
    "line",
    [
        "// strcpy(a, b) would overrun",
        'say("malloc(n)");',
        "char *kept = malloc(n);\n    if (!kept)\n        return;",
        "a = calloc(1, n);\n    return a != NULL;",
        "if (!memory && !(memory = malloc(n)))\n        return;",
        "void *page = mmap(NULL, n, 0, 0, -1, 0);\n    if (page == MAP_FAILED)\n        return;",
    ],
)
def test_a_kept_rule_is_not_reported(line):
    assert broken_rules(f"static void f(void) {{\n    {line}\n}}\n") == []


def test_functions_are_measured():
    text = "struct a {\n    int b;\n};\n\nstatic int f(int a,\n             int b) {\n    return a;\n}\n"
    assert functions_of(text) == {"f": 4}
