"""Other ways to find the listed plates within one edit of a read, each with its answers as (read, plate) numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

Pairs = set[tuple[int, int]]
Rival = Callable[[Sequence[str]], Pairs]


def rapidfuzz(plates: Sequence[str]) -> Rival:
    """RapidFuzz's cdist: every read with every plate, one core."""
    from rapidfuzz import process
    from rapidfuzz.distance import Levenshtein

    def search(reads: Sequence[str]) -> Pairs:
        found: Pairs = set()
        for at in range(0, len(reads), 64):
            part = reads[at : at + 64]
            near = process.cdist(part, plates, scorer=Levenshtein.distance, score_cutoff=1, dtype=np.uint8, workers=1)
            found |= {(at + int(read), int(plate)) for read, plate in np.argwhere(near <= 1)}
        return found

    return search


def symspell(plates: Sequence[str]) -> Rival:
    """symspellpy: deletions in a dict, as plates are found here, in Python."""
    from symspellpy import SymSpell, Verbosity

    numbers = {plate: number for number, plate in enumerate(plates)}
    index = SymSpell(max_dictionary_edit_distance=1, prefix_length=7)
    for plate in plates:
        index.create_dictionary_entry(plate, 1)

    def search(reads: Sequence[str]) -> Pairs:
        return {
            (read, numbers[one.term])
            for read, text in enumerate(reads)
            for one in index.lookup(text, Verbosity.ALL, max_edit_distance=1)
        }

    return search


def tantivy(plates: Sequence[str]) -> Rival:
    """tantivy: Levenshtein automata over the sorted terms of an inverted index."""
    import tantivy as engine

    fields = engine.SchemaBuilder()
    fields.add_text_field("plate", stored=False, tokenizer_name="raw")
    fields.add_unsigned_field("number", stored=True)
    schema = fields.build()
    index = engine.Index(schema)
    writer = index.writer()
    for number, plate in enumerate(plates):
        document = engine.Document()
        document.add_text("plate", plate)
        document.add_unsigned("number", number)
        writer.add_document(document)
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def search(reads: Sequence[str]) -> Pairs:
        found: Pairs = set()
        for read, text in enumerate(reads):
            query = engine.Query.fuzzy_term_query(schema, "plate", text, distance=1, transposition_cost_one=False)
            for _, address in searcher.search(query, 100).hits:
                found.add((read, int(searcher.doc(address)["number"][0])))
        return found

    return search


def trigrams(connection: Any, plates: Sequence[str]) -> Rival:
    """PostgreSQL's pg_trgm with a GIN index, then levenshtein() of fuzzystrmatch; connection: of psycopg."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION pg_trgm")
        cursor.execute("CREATE EXTENSION fuzzystrmatch")
        cursor.execute("CREATE TABLE listed (number integer, plate text)")
        with cursor.copy("COPY listed FROM STDIN") as copy:
            for row in enumerate(plates):
                copy.write_row(row)
        cursor.execute("CREATE INDEX ON listed USING gin (plate gin_trgm_ops)")
        cursor.execute("ANALYZE listed")
        cursor.execute("SET pg_trgm.similarity_threshold = 0.3")

    def search(reads: Sequence[str]) -> Pairs:
        found: Pairs = set()
        with connection.cursor() as cursor:
            for read, text in enumerate(reads):
                cursor.execute(
                    "SELECT number FROM listed WHERE plate %% %s AND levenshtein_less_equal(plate, %s, 1) <= 1",
                    (text, text),
                )
                found |= {(read, number) for (number,) in cursor.fetchall()}
        return found

    return search


def installed(plates: Sequence[str]) -> Iterator[tuple[str, Callable[[Sequence[str]], Rival]]]:
    """The name and maker of each rival whose package is there (the extra `bench`); RapidFuzz always is."""
    yield "RapidFuzz cdist", rapidfuzz
    for name, package, rival in (("symspellpy", "symspellpy", symspell), ("tantivy, fuzzy terms", "tantivy", tantivy)):
        try:
            __import__(package)
        except ImportError:
            continue
        yield name, rival
