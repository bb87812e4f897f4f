// The heads that were found for a block of reads, and the pairs that the answer is made of.
#ifndef PLATEMATCH_ANSWER_H
#define PLATEMATCH_ANSWER_H

#include "index.h"
#include "probe.h"

enum { SEARCH_BLOCK = 32 }; // most reads of one search

// Kept from block to block for its memory, which the caller frees.
struct heads {
    struct candidate *items, *sorted;
    size_t n, room;
};

bool heads_add(struct heads *heads, struct candidate head);

// Puts them in order of read and row, each once.
void heads_sort(struct heads *heads);

bool found_add(struct found *found, int32_t read, uint32_t id);

// Sorts the ids from `begin` on, all of one read.
void found_sort(struct found *found, size_t begin);

#endif
