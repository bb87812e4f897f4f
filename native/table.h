// An open-addressing multimap from 64-bit hashes to 32-bit values; many values may share a hash.
#ifndef PLATEMATCH_TABLE_H
#define PLATEMATCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// value: the stored one plus 2; 0 is an empty slot, 1 a tombstone. tag: the hash's low half.
struct slot {
    uint32_t tag, value;
};

struct table {
    struct slot *slots;
    size_t mask;
    size_t live, used; // used counts tombstones too
};

enum { TABLE_VALUES = UINT32_MAX - 2 };

// An empty table with room for `expected` values before it is full.
bool table_create(struct table *table, size_t expected);
void table_destroy(struct table *table);

// Whether `more` values fit. If not, the owner makes a table of table_grown(…) and puts everything in again, which
// also clears the tombstones: the slots hold too little of a hash to be moved by themselves.
bool table_fits(const struct table *table, size_t more);
size_t table_grown(const struct table *table, size_t more);

// The table must have room, and must not hold the pair yet.
void table_put(struct table *table, uint64_t hash, uint32_t value);

// The pair must be in the table.
void table_remove(struct table *table, uint64_t hash, uint32_t value);

// Where the search for a hash begins. The position is taken from the high bits, the tag from the low ones.
static inline size_t table_home(const struct table *table, uint64_t hash) {
    return (hash >> 32) & table->mask;
}

// The next value stored under the hash, from position *at on, which moves behind it; false after the last.
static inline bool table_next(const struct table *table, uint64_t hash, size_t *at, uint32_t *value) {
    for (;;) {
        struct slot slot = table->slots[*at];
        if (slot.value == 0)
            return false;
        *at = (*at + 1) & table->mask;
        if (slot.value > 1 && slot.tag == (uint32_t)hash) {
            *value = slot.value - 2;
            return true;
        }
    }
}

#endif
