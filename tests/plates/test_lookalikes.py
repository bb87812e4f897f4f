"""The look-alike table and the fold made of it are consistent."""

from platematch.plates import ALPHABET, ANY, OTHER, RUN
from platematch.plates.lookalikes import CLASSES, FOLD, LOOKALIKES


def test_pairs_are_canonical_different_and_there_once():
    pairs = [frozenset((pair.a, pair.b)) for pair in LOOKALIKES]
    assert len(set(pairs)) == len(pairs)
    for pair in LOOKALIKES:
        assert pair.a != pair.b
        assert pair.a in ALPHABET[1:]
        assert pair.b in ALPHABET[1:]
        assert 1e-5 < pair.rate < 0.05
        assert pair.source


def test_a_character_is_mostly_read_as_itself():
    for letter in ALPHABET[1:]:
        assert sum(pair.rate for pair in LOOKALIKES if letter in (pair.a, pair.b)) < 0.05, letter


def test_classes_hold_frequent_pairs_only():
    """Each member is taken for the first one at least once in a thousand reads."""
    rates = {frozenset((pair.a, pair.b)): pair.rate for pair in LOOKALIKES}
    for first, *others in CLASSES:
        for other in others:
            assert rates[frozenset((first, other))] >= 1e-3, (first, other)


def test_fold_maps_each_class_to_its_first_member_and_the_rest_to_itself():
    assert len(FOLD) == 256
    folded = {letter for letters in CLASSES for letter in letters}
    for code, letter in enumerate(ALPHABET):
        if letter not in folded:
            assert FOLD[code] == code
    for letters in CLASSES:
        assert {FOLD[ALPHABET.index(letter)] for letter in letters} == {ALPHABET.index(letters[0])}
    assert sum(map(len, CLASSES)) == len(folded)
    assert [FOLD[code] for code in (0, RUN, OTHER, ANY)] == [0, RUN, OTHER, ANY]
