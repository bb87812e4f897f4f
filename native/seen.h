// A bounded set of 64-bit digests in shared memory: which of them were seen lately.
#ifndef PLATEMATCH_SEEN_H
#define PLATEMATCH_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEEN_LINE = 16, SEEN_GROUP = 16 }; // slots of a line, lines of a group

// The set is in `slots`, SEEN_LINE * SEEN_GROUP for each of `groups`, all zero when it is empty. Processes that share
// it must agree on `groups`, at least 1 and at most 2^32.
struct seen {
    _Atomic uint64_t *slots;
    uint64_t groups;
};

// How many groups hold so many digests: the slots are twice as many, so hardly any is pushed out before its time.
uint64_t seen_groups(uint64_t entries);

// All three are safe from any thread of any process.
bool seen_add(const struct seen *seen, uint64_t digest); // whether it was not there
bool seen_discard(const struct seen *seen, uint64_t digest);
bool seen_holds(const struct seen *seen, uint64_t digest);

#endif
