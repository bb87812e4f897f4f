// The search of a block that may be changed meanwhile. See index.c for the idea.
#ifndef PLATEMATCH_SEARCH_H
#define PLATEMATCH_SEARCH_H

#include "answer.h"
#include "block.h"
#include "forms.h"
#include "index.h"

// What a search needs on the way, kept for its memory; to be freed by search_free.
struct scratch {
    struct heads heads;
    struct keys keys;
};

void search_free(struct scratch *scratch);

// How probes are made from now on: by the best that the processor can do, or as forced ("scalar" or "avx2"); false if
// there is no such way here.
bool search_choose(const char *forced);
const char *search_chosen(void);

// As index_search, of reads begin to end, and in one attempt: UNSURE if a change was made meanwhile. Unless COMPLETE,
// nothing was added to `found`.
enum outcome search(const struct block *block, const struct reads *reads, size_t begin, size_t end,
                    struct scratch *scratch, struct found *found);

#endif
