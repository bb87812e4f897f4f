// Looking hashes up in the table, many at once. Every instruction set finds the same; the scalar file defines what.
#ifndef PLATEMATCH_PROBE_H
#define PLATEMATCH_PROBE_H

#include "block.h"
#include "table.h"

// What is looked up for a read, and the bucket where it may be. places: those that the hash may go with, see places.h.
struct probe {
    uint64_t at;
    uint16_t tag, places, read;
};

// A row that has the tag of one of a read's hashes.
struct candidate {
    uint32_t row, read;
};

// The table as a reader sees it. No bucket is at buckets_n or behind.
struct lookup {
    const struct bucket *table;
    size_t buckets_n;
};

enum { PROBES = 512 }; // most at once

// Looks n probes up in their buckets, which are on their way. Adds the rows that have their tags to the candidates,
// from *found on, and fetches them; those that may be in the next bucket too become the first of the probes, for that,
// and it is fetched. Returns how many those are.
typedef size_t probe_function(const struct lookup *lookup, struct probe *probes, size_t n, struct candidate *candidates,
                              size_t *found);

probe_function probe_scalar, probe_avx2;

// Whether this processor can; at other processors', and under the thread sanitizer, which sees no races in it, never.
bool probe_avx2_runs(void);

static inline struct probe probe_of(const struct lookup *lookup, uint64_t hash, uint16_t places, uint16_t read) {
    struct probe probe = {table_home(hash, lookup->buckets_n), table_tag(hash) & TAG_HASH, places, read};
    __builtin_prefetch(&lookup->table[probe.at]);
    return probe;
}

// What a probe does with the slots (a mask of their numbers times `stride`) of its bucket that have its tag.
static inline size_t probe_take(const struct lookup *lookup, const struct probe *probe, uint32_t slots, unsigned stride,
                                struct candidate *candidates, size_t found) {
    const struct bucket *bucket = &lookup->table[probe->at];
    for (; slots != 0; slots &= slots - 1) {
        unsigned slot = (unsigned)__builtin_ctz(slots) / stride;
        candidates[found] = (struct candidate){.row = GET(bucket->rows[slot]), .read = probe->read};
        found += probe->places >> (GET(bucket->tags[slot]) & ~TAG_HASH) & 1;
    }
    return found;
}

static inline size_t probe_go_on(const struct lookup *lookup, struct probe probe, struct probe *probes, size_t kept) {
    if (GET(lookup->table[probe.at].passed[tag_class(probe.tag)]) == 0)
        return kept;
    probe.at = table_behind(probe.at, lookup->buckets_n);
    __builtin_prefetch(&lookup->table[probe.at]);
    probes[kept] = probe;
    return kept + 1;
}

#endif
