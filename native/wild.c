#include "wild.h"

#include <string.h>

#include "alphabet.h"

static struct wild *wild_at(const struct contents *contents, uint32_t place) {
    return &contents->block->wild[contents->side][place];
}

bool wild_is(const uint8_t *text) {
    return memchr(text, SYMBOL_ANY, PLATE_SYMBOLS) != NULL;
}

static void put(const struct contents *contents, uint32_t place, const uint8_t *text, uint32_t row, uint32_t state) {
    struct wild *wild = wild_at(contents, place);
    text_put(&wild->text, text);
    SET(wild->row, row);
    SET(wild->state, state);
    SET(contents->block->rows[row].before, place);
}

static void move(const struct contents *contents, uint32_t from, uint32_t to) {
    const struct wild *wild = wild_at(contents, from);
    uint8_t text[PLATE_SYMBOLS];
    text_get(&wild->text, text);
    if (from != to)
        put(contents, to, text, GET(wild->row), GET(wild->state));
}

// Of each greater length the first moves behind the last.
void wild_add(struct contents *contents, const struct entry *entry, uint32_t state) {
    uint32_t *begin = contents->wild_begin;
    for (size_t length = LENGTHS - 1; length > entry->length; length--) {
        if (begin[length] < begin[length + 1])
            move(contents, begin[length], begin[length + 1]);
        begin[length + 1]++;
    }
    put(contents, begin[entry->length + 1]++, entry->text, entry->id, state);
    if (begin[LENGTHS] > contents->most_wild)
        contents->most_wild = begin[LENGTHS];
}

// The last of its length takes its place, and of each greater length the last moves before the first.
void wild_remove(struct contents *contents, size_t length, uint32_t place) {
    uint32_t *begin = contents->wild_begin;
    for (uint32_t gap = place; length < LENGTHS; length++) {
        uint32_t last = --begin[length + 1];
        move(contents, last, gap);
        gap = last;
    }
}

void wild_pass(const struct contents *contents, uint32_t place, uint32_t row) {
    SET(wild_at(contents, place)->row, row);
}
