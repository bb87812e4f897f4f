// An open-addressing multimap from 64-bit hashes to 32-bit values, in memory that others read; many values may share
// a hash.
#ifndef PLATEMATCH_TABLE_H
#define PLATEMATCH_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "block.h"

// A slot holds the hash's low half, its tag, and above it the value plus 2; 0 there is an empty slot, 1 a tombstone.
struct table {
    _Atomic uint64_t *slots;
    size_t mask;
    size_t live, used; // used counts tombstones too
};

enum { TABLE_VALUES = UINT32_MAX - 2 };

// How many slots a table has that takes `expected` values before it is full.
size_t table_slots(size_t expected);

// An empty table on slots that are all zero.
struct table table_on(_Atomic uint64_t *slots, size_t expected);

// Whether `more` values fit. If not, the owner makes a table for table_grown(…) and puts everything in again, which
// also clears the tombstones: the slots hold too little of a hash to be moved by themselves.
bool table_fits(const struct table *table, size_t more);
size_t table_grown(size_t live, size_t more);

// The table must have room, and must not hold the pair yet.
void table_put(struct table *table, uint64_t hash, uint32_t value);

// The pair must be in the table.
void table_remove(struct table *table, uint64_t hash, uint32_t value);

void table_wipe(const struct table *table);

// Where the search for a hash begins. The position is taken from the high bits, the tag from the low ones.
static inline size_t table_home(uint64_t hash, size_t mask) {
    return (hash >> 32) & mask;
}

static inline bool slot_empty(uint64_t slot) {
    return slot >> 32 == 0;
}

// Whether the slot holds a value under the hash.
static inline bool slot_holds(uint64_t slot, uint64_t hash) {
    return (uint32_t)slot == (uint32_t)hash && slot >> 32 > 1;
}

static inline uint32_t slot_value(uint64_t slot) {
    return (uint32_t)(slot >> 32) - 2;
}

// For the writer: the next value stored under the hash, from position *at on, which moves behind it; false after the
// last.
static inline bool table_next(const struct table *table, uint64_t hash, size_t *at, uint32_t *value) {
    for (;;) {
        uint64_t slot = GET(table->slots[*at]);
        if (slot_empty(slot))
            return false;
        *at = (*at + 1) & table->mask;
        if (slot_holds(slot, hash)) {
            *value = slot_value(slot);
            return true;
        }
    }
}

#endif
