// What the index compares: folded plates, the hashes under which one finds another, and the comparison itself.
#ifndef PLATEMATCH_FORMS_H
#define PLATEMATCH_FORMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "index.h"

enum { FORM_KEYS = PLATE_SYMBOLS + 1 };

static inline size_t plate_length(const uint8_t *codes) {
    size_t length = 0;
    while (length < PLATE_SYMBOLS && codes[length] != 0)
        length++;
    return length;
}

// The hash of the whole text, then one for each text that lacks one symbol, each different text once. Two texts
// within one substitution, insertion or deletion of each other have a hash in common (FastSS: Bocek, Hunt &
// Stiller 2007). Returns how many there are.
size_t form_keys(const uint8_t *text, size_t length, uint64_t keys[FORM_KEYS]);

// The first of them alone.
uint64_t form_key(const uint8_t *text, size_t length);

// The hash of a row: its exact codes and its id.
uint64_t row_key(const uint8_t *codes, uint32_t id);

// Whether `form`, in which ANY stands for any symbol, is within one substitution, insertion or deletion of `read`.
bool form_within_one(const uint8_t *form, size_t form_length, const uint8_t *read, size_t read_length);

#endif
