// The search of a block that may be changed meanwhile. See index.c for the idea.
#ifndef PLATEMATCH_SEARCH_H
#define PLATEMATCH_SEARCH_H

#include "block.h"
#include "index.h"

// The forms found for one read, kept from read to read for its memory, which the caller frees.
struct forms_found {
    uint32_t *forms;
    size_t n, room;
};

enum { SEARCH_BLOCK = 32 }; // most reads of one search

// As index_search, of reads begin to end, and in one attempt: UNSURE if a change was made meanwhile. Unless COMPLETE,
// nothing was added to `found`.
enum outcome search(const struct block *block, const uint8_t *codes, const int32_t *lengths, size_t begin, size_t end,
                    struct forms_found *forms, struct found *found);

#endif
