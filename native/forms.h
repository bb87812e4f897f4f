// What the index compares: folded plates, the hashes under which one finds another, and the comparison itself.
//
// Two texts within k substitutions, insertions and deletions of each other have a text in common that is left of each
// when at most k symbols are left out of it (FastSS: Bocek, Hunt & Stiller 2007). So a plate is entered under the hash
// of everything that can be left of it, a read looks under the hash of everything that can be left of itself, and what
// they find under one hash is compared. ANY, as a symbol of a plate, finds nothing that way: such plates are compared
// with every read.
//
// Texts are arrays of PLATE_SYMBOLS bytes, all of which may be read; what is behind `length` does not count.
#ifndef PLATEMATCH_FORMS_H
#define PLATEMATCH_FORMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "index.h"

// How far a plate reaches: to reads within so many errors (1 or 2) of the plate, and of what is left of it when up to
// `ends` (0 to 2) of its symbols are missing at its ends, both ends taken together.
struct reach {
    uint8_t errors, ends;
};

enum {
    MOST_ERRORS = 2,
    MOST_ENDS = 2,
    FORM_KEYS = 1 + PLATE_SYMBOLS,                                           // most keys of a plate of reach {1, 0}
    READ_KEYS = 1 + PLATE_SYMBOLS + PLATE_SYMBOLS * (PLATE_SYMBOLS - 1) / 2, // most keys of a read
    PLATE_KEYS = 6 * READ_KEYS, // room for those of a plate of any reach: six parts of it, two symbols left out of each
};

// Hashes that soft_keys makes; `items` is freed by the caller.
struct keys {
    uint64_t *items;
    size_t n, room;
};

static inline size_t plate_length(const uint8_t *codes) {
    size_t length = 0;
    while (length < PLATE_SYMBOLS && codes[length] != 0)
        length++;
    return length;
}

// The hash of the whole text.
uint64_t text_key(const uint8_t *text, size_t length);

// The hashes under which a read looks, the whole text's first and each different text's once: with up to `errors`
// symbols left out. Their order is relied on: behind the whole text's come those without one symbol, of each run of one
// symbol its last, from the text's end to its beginning, as run_ends of places.h has them; then those without two.
// Returns how many.
size_t read_keys(const uint8_t *text, size_t length, unsigned errors, uint64_t keys[READ_KEYS]);

// The hashes under which a plate is entered, the whole text's first and each once. Those of a plate whose ends must be
// there are the read's for as many errors, in their order. Returns how many.
size_t plate_keys(const uint8_t *text, size_t length, struct reach reach, uint64_t keys[PLATE_KEYS]);

// The hashes under which all plates within two errors of a read lie though they may be entered for one error only,
// each once, the whole text's first. symbols: a bit for each symbol that any plate of the index has. Returns how many;
// 0 if there was no memory for them.
size_t soft_keys(const uint8_t *text, size_t length, const uint64_t symbols[4], struct keys *out);

// Whether a plate, in which ANY stands for any symbol, reaches a read.
bool text_within(const uint8_t *form, size_t form_length, struct reach reach, const uint8_t *read, size_t read_length);

#endif
