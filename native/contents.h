// What the index holds: rows, the table that finds them, and the wild ones, as the one who changes them sees them.
// Knows no threads. See index.c for the idea.
#ifndef PLATEMATCH_CONTENTS_H
#define PLATEMATCH_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "block.h"
#include "forms.h"
#include "table.h"

// Everything else is in the block. rows_n: one more than the greatest id so far; most_wild: wild ones at once.
struct contents {
    const struct block *block;
    unsigned side, table_side;
    uint32_t rows_n, most_wild, live, two_errors, ends;
    uint32_t wild_begin[LENGTHS + 1];
    uint64_t symbol_counts[256]; // how often each is in the heads' folded texts
    uint64_t symbols[256 / 64];
    struct table table;
};

// A row as it is to be put in: its folded text and the hashes under which its head stands in the table.
struct entry {
    const uint8_t *codes;
    uint32_t id;
    struct reach reach;
    uint8_t text[PLATE_SYMBOLS];
    size_t length, keys_n;
    uint64_t *keys;
};

// keys: room for PLATE_KEYS, which the entry then uses.
struct entry contents_entry(const struct contents *contents, const uint8_t *codes, uint32_t id, struct reach reach,
                            uint64_t *keys);

// Empty contents on the sides where `former` is not (NULL: on the first), with a table for so many hashes. Those sides
// are clean, and contents_wipe cleans those that were left for `now`.
struct contents contents_beside(const struct block *block, const struct contents *former, size_t keys);
void contents_wipe(const struct contents *former, const struct contents *now);

// Whether the id has a row, and whether it is this one.
bool contents_use(const struct contents *contents, uint32_t id);
bool contents_hold(const struct contents *contents, const uint8_t *codes, uint32_t id);
struct reach contents_reach(const struct contents *contents, uint32_t id);

// Makes a greater table for so many hashes more on its other side, which must be zero; false if that is too small.
bool contents_grow(struct contents *contents, size_t keys);

// The id must have no row, and the table room for the entry's hashes.
void contents_insert(struct contents *contents, const struct entry *entry);

// The same for n rows, of contents that nobody looks at yet. reaches: NULL where all are ONE_ERROR.
void contents_insert_all(struct contents *contents, const uint8_t *codes, const uint32_t *ids,
                         const struct reach *reaches, size_t n);

// Whether n rows can be all that a block holds; *keys then receives how many hashes there are at most.
enum change contents_check(const struct block *block, const uint8_t *codes, const uint32_t *ids,
                           const struct reach *reaches, size_t n, size_t *keys);

// The id must have a row.
void contents_delete(struct contents *contents, uint32_t id);

#endif
