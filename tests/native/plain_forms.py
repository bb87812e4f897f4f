"""What native/forms.h promises, written down plainly: errors between texts, and the texts that finding goes through."""

from __future__ import annotations

from itertools import combinations

ANY = 255


def errors_between(form: bytes, read: bytes) -> int:
    """Fewest substitutions, insertions and deletions between a plate, whose ANY is any symbol, and a read."""
    above = list(range(len(read) + 1))
    for i, symbol in enumerate(form, 1):
        row = [i]
        for j, other in enumerate(read, 1):
            same = symbol in (other, ANY)
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (not same)))
        above = row
    return above[-1]


def parts(form: bytes, ends: int) -> set[bytes]:
    """What can be left of a plate of which up to so many symbols are missing at its ends."""
    return {
        form[front : len(form) - back]
        for front in range(ends + 1)
        for back in range(ends + 1 - front)
        if front + back <= len(form)
    }


def reaches(form: bytes, errors: int, ends: int, read: bytes) -> bool:
    """Whether a plate of such a reach is found by a read."""
    return any(errors_between(part, read) <= errors for part in parts(form, ends))


def left_of(text: bytes, errors: int) -> set[bytes]:
    """What can be left of a text when up to so many of its symbols are left out."""
    return {
        bytes(symbol for place, symbol in enumerate(text) if place not in out)
        for n in range(min(errors, len(text)) + 1)
        for out in combinations(range(len(text)), n)
    }


def neighbours(text: bytes, symbols: bytes) -> set[bytes]:
    """All texts within one error of this one that are written with these symbols."""
    changed = {text[:i] + bytes([s]) + text[i + 1 :] for i in range(len(text)) for s in symbols}
    longer = {text[:i] + bytes([s]) + text[i:] for i in range(len(text) + 1) for s in symbols}
    return changed | longer | left_of(text, 1)
