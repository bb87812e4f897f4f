// The block of memory that holds an index, and where everything is in it. It has no pointers, so that any process can
// map it anywhere. See index.c for the idea.
#ifndef PLATEMATCH_BLOCK_H
#define PLATEMATCH_BLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "index.h"

#define NONE UINT32_MAX

// Where others read meanwhile: nothing is to be seen with a number but the number itself. What makes numbers belong
// together is the sequence.
#define GET(place) atomic_load_explicit(&(place), memory_order_relaxed)
#define SET(place, number) atomic_store_explicit(&(place), number, memory_order_relaxed)

// A plate's 16 symbols, to be read and written in two.
struct text {
    _Atomic uint64_t halves[2];
};

struct form {
    struct text text;      // folded
    _Atomic uint32_t rows; // the first of its rows; in a free form the next free one
    _Atomic uint32_t wild; // its place in `wild`, or NONE
};

struct row {
    struct text codes;
    _Atomic uint32_t id;
    _Atomic uint32_t form; // NONE in a free row
    _Atomic uint32_t next, previous;
};

// The first page. Below `sequence` is what a change publishes: it is for readers, the writer keeps its own account.
struct header {
    _Atomic uint64_t mark; // that this is an index, complete
    uint64_t room;         // greatest number of rows
    uint8_t fold[256];
    _Alignas(64) _Atomic uint64_t sequence; // odd while a change is being made
    _Atomic uint64_t keys_mask;
    _Atomic uint32_t side, keys_side; // where forms, rows and wild are, and where keys
    _Atomic uint32_t wild_n;
    _Atomic uint32_t live; // rows
};

// A process's view of a block: two sides of each array, each with room for as many as there can be. slots: greatest
// number of slots of the tables.
struct block {
    struct header *header;
    struct form *forms[2];
    struct row *rows[2];
    _Atomic uint32_t *wild[2];
    _Atomic uint64_t *keys[2], *pairs[2];
    size_t room, keys_slots, pairs_slots;
};

// The view of a block at `memory`, for so many rows; returns the block's size. memory may be NULL, for its size only.
size_t block_view(struct block *block, void *memory, size_t room);

// Makes memory read as zeros again, and gives back to the system what it can of it.
void block_wipe(void *memory, size_t size);

static inline void text_put(struct text *text, const uint8_t *codes) {
    uint64_t halves[2];
    __builtin_memcpy(halves, codes, sizeof halves);
    SET(text->halves[0], halves[0]);
    SET(text->halves[1], halves[1]);
}

static inline void text_get(const struct text *text, uint8_t *codes) {
    uint64_t halves[2] = {GET(text->halves[0]), GET(text->halves[1])};
    __builtin_memcpy(codes, halves, sizeof halves);
}

static inline bool text_is(const struct text *text, const uint8_t *codes) {
    uint64_t halves[2];
    __builtin_memcpy(halves, codes, sizeof halves);
    return GET(text->halves[0]) == halves[0] && GET(text->halves[1]) == halves[1];
}

#endif
