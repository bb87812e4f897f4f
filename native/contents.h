// What the index holds: rows, their forms, and the tables that find both, as the one who changes them sees them.
// Knows no threads. See index.c for the idea.
#ifndef PLATEMATCH_CONTENTS_H
#define PLATEMATCH_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "block.h"
#include "table.h"

// Everything is in the block but the counts: forms_n and rows_n count free ones too.
struct contents {
    const struct block *block;
    unsigned side, keys_side, pairs_side;
    uint32_t forms_n, rows_n, wild_n;
    uint32_t free_form, free_row;
    struct table keys, pairs;
};

// Empty contents on the sides where `former` is not (NULL: on the first), with room for so many rows and hashes of
// forms in their tables. All those sides are zero.
struct contents contents_beside(const struct block *block, const struct contents *former, size_t rows, size_t keys);
void contents_wipe(const struct contents *contents);

// Whether there is such a row.
bool contents_hold(const struct contents *contents, const uint8_t *codes, uint32_t id);

// Room for one row more: whether the tables have it, and new tables on the other sides, which must be zero.
bool contents_keys_fit(const struct contents *contents);
bool contents_pairs_fit(const struct contents *contents);
void contents_grow_keys(struct contents *contents);
void contents_grow_pairs(struct contents *contents);

// The row must not be there, the tables must have room for it, and fewer rows than the block takes must be there.
void contents_insert(struct contents *contents, const uint8_t *codes, uint32_t id);
bool contents_delete(struct contents *contents, const uint8_t *codes, uint32_t id);

#endif
