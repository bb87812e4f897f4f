// The block of memory that holds an index, and where everything is in it. It has no pointers, so that any process can
// map it anywhere. See index.c for the idea.
#ifndef PLATEMATCH_BLOCK_H
#define PLATEMATCH_BLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alphabet.h"
#include "forms.h"
#include "index.h"
#include "near.h"

#define NONE UINT32_MAX

// Where others read meanwhile: nothing is to be seen with a number but the number itself. What makes numbers belong
// together is the sequence.
#define GET(place) atomic_load_explicit(&(place), memory_order_relaxed)
#define SET(place, number) atomic_store_explicit(&(place), number, memory_order_relaxed)

// A plate's 16 symbols, to be read and written in two.
struct text {
    _Atomic uint64_t halves[2];
};

// The row of the id that is its number. Side by side, since they are used together: what is of one side only, and what
// no reader looks at.
struct row {
    struct text codes;        // as long as no other row has the id; they do not move
    _Atomic uint32_t next[2]; // on each side: the next row of its chain
    _Atomic uint32_t before;  // the writer's: the row before it in its chain; of a head its place in `wild`, or NONE
    _Atomic uint32_t state;   // on each side: below
};

// A row's state on a side; that of the second side is STATE_SIDE bits higher.
enum { STATE_USED = 1, STATE_HEAD = 2, STATE_TWO_ERRORS = 4, STATE_ENDS = 8, STATE_BITS = 0xFF, STATE_SIDE = 8 };

static const struct reach ONE_ERROR = {1, 0};

static inline bool reach_is(struct reach a, struct reach b) {
    return a.errors == b.errors && a.ends == b.ends;
}

static inline uint32_t reach_state(struct reach reach) {
    return STATE_USED | (reach.errors > 1 ? STATE_TWO_ERRORS : 0) | (uint32_t)reach.ends * STATE_ENDS;
}

static inline struct reach state_reach(uint32_t state) {
    return (struct reach){.errors = state & STATE_TWO_ERRORS ? 2 : 1, .ends = state / STATE_ENDS & 3};
}

enum { BUCKET_SLOTS = 10, BUCKET_CLASSES = 4 };

// A line of the table. A slot whose tag is 0 is empty. passed: by class of tags, how many that are at home here or
// before are in a later bucket, as this one was full; once it is PASSED_MANY it stays so.
struct bucket {
    _Alignas(64) _Atomic uint16_t tags[BUCKET_SLOTS];
    _Atomic uint8_t passed[BUCKET_CLASSES];
    _Atomic uint32_t rows[BUCKET_SLOTS];
};

enum { PASSED_MANY = 255 };

enum { BLOCK_ROWS = 128 }; // fill pages

// A head whose plate holds ANY, with its folded text.
struct wild {
    struct text text;
    _Atomic uint32_t row;
    _Atomic uint32_t state; // the row's, moved to the first side
};

enum { LENGTHS = PLATE_SYMBOLS + 1 };

// The first page. From `sequence` on is what a change publishes: it is for readers, the writer keeps its own account.
struct header {
    _Atomic uint64_t mark; // that this is an index, complete
    uint64_t room;         // number of rows
    uint8_t fold[256];
    _Alignas(64) _Atomic uint64_t sequence; // odd while a change is being made
    _Atomic uint64_t buckets_n;
    _Atomic uint32_t side, table_side;        // where links and states of rows and `wild` are, and where the table
    _Atomic uint32_t live;                    // rows
    _Atomic uint32_t two_errors, ends;        // heads that reach as far as two errors, and with symbols missing
    _Atomic uint32_t wild_begin[LENGTHS + 1]; // where in `wild` those of each length begin
    _Atomic uint64_t symbols[256 / 64];       // a bit for each folded symbol that a head has
};

// A process's view of a block: arrays as large as they can ever be, two sides of each but the rows.
struct block {
    struct header *header;
    struct row *rows;
    struct wild *wild[2];
    struct bucket *table[2];
    size_t room, most_buckets;
    bool own; // the memory is of this process alone, and may be mapped anew
};

// The view of a block at `memory`, for so many rows; returns the block's size. memory may be NULL, for its size only.
size_t block_view(struct block *block, void *memory, size_t room);

// Makes memory read as zeros again, and gives back to the system what it can of it.
void block_wipe(const struct block *block, void *memory, size_t size);

// Asks for large pages where memory is large, so that a search need not look up the address of every line; of the rows
// from a number on at which those before are large.
void block_enlarge(void *memory, size_t size);
void block_enlarge_rows(const struct block *block);

static inline void text_put(struct text *text, const uint8_t *codes) {
    uint64_t halves[2];
    __builtin_memcpy(halves, codes, sizeof halves);
    SET(text->halves[0], halves[0]);
    SET(text->halves[1], halves[1]);
}

static inline struct symbols text_symbols(const struct text *text) {
    return (struct symbols){{GET(text->halves[0]), GET(text->halves[1])}};
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

// Folds a plate's 16 symbols where they are; returns its length.
static inline size_t fold_text(const uint8_t *fold, uint8_t *text) {
    for (size_t i = 0; i < PLATE_SYMBOLS; i++)
        text[i] = fold[text[i]];
    return plate_length(text);
}

static inline uint64_t fold_half(const uint8_t *fold, uint64_t half) {
    uint64_t folded = 0;
    for (unsigned i = 0; i < 64; i += 8)
        folded |= (uint64_t)fold[half >> i & 0xFF] << i;
    return folded;
}

// The same of symbols; 0 is in a class of its own.
static inline struct symbols fold_symbols(const uint8_t *fold, struct symbols text) {
    return (struct symbols){{fold_half(fold, text.halves[0]), text.halves[1] ? fold_half(fold, text.halves[1]) : 0}};
}

#endif
