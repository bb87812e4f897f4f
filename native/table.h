// A multimap from 64-bit hashes to rows in buckets of one cache line, in memory that others read; many rows may share
// a hash. Here is what the writer does with it.
#ifndef PLATEMATCH_TABLE_H
#define PLATEMATCH_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "block.h"

// A hash's high bits say in which bucket it is at home, its low ones are its tag, of which the lowest TAG_PLACE are no
// hash but a place, as places.h has it; what finds no place at home is in one of the next buckets, behind the last is
// the first.
struct table {
    struct bucket *buckets;
    size_t n, live;
};

// How many buckets a table of so many rows under hashes is made of: it is then full to 65 percent.
size_t table_buckets(size_t expected);

// The same of one that takes the place of a full one, for so many more.
size_t table_grown(size_t live, size_t more);

// A table on n buckets that are all zero.
struct table table_on(struct bucket *buckets, size_t n);

// Whether so many more may be put in: up to TABLE_PERCENT of the slots.
enum { TABLE_PERCENT = 80 };
bool table_fits(const struct table *table, size_t more);

// The table must have room, and must not hold the row under the hash yet.
void table_put(struct table *table, uint64_t hash, uint32_t row);

// The row must be there under the hash.
void table_remove(struct table *table, uint64_t hash, uint32_t row);
void table_replace(const struct table *table, uint64_t hash, uint32_t row, uint32_t by);

// The next row under the hash, from *cursor on, which is 0 at first; NONE after the last. Some that are found are under
// another hash with the same tag.
uint32_t table_find(const struct table *table, uint64_t hash, size_t *cursor);

void table_wipe(const struct block *block, const struct table *table);

static inline size_t table_home(uint64_t hash, size_t buckets) {
    return (size_t)((unsigned __int128)hash * buckets >> 64);
}

enum { TAG_PLACE = 4, TAG_HASH = 0xFFFF & ~((1 << TAG_PLACE) - 1) };

static inline uint16_t table_tag(uint64_t hash) {
    uint16_t tag = (uint16_t)hash;
    return tag & TAG_HASH ? tag : tag | 1 << TAG_PLACE;
}

static inline unsigned tag_class(uint16_t tag) {
    return (tag >> TAG_PLACE) % BUCKET_CLASSES;
}

static inline size_t table_behind(size_t at, size_t buckets) {
    return at + 1 < buckets ? at + 1 : 0;
}

#endif
