#include "table.h"

enum { LEAST_BUCKETS = 64, NEW_PERCENT = 65 };

size_t table_buckets(size_t expected) {
    size_t buckets = (expected * 100 + NEW_PERCENT * BUCKET_SLOTS - 1) / (NEW_PERCENT * BUCKET_SLOTS);
    return buckets > LEAST_BUCKETS ? buckets : LEAST_BUCKETS;
}

// More than a quarter is free afterwards, so the cost of putting everything in again is spread over a number of
// insertions that grows with the table.
size_t table_grown(size_t live, size_t more) {
    return table_buckets(live + live / 8 + more);
}

struct table table_on(struct bucket *buckets, size_t n) {
    block_enlarge(buckets, n * sizeof *buckets);
    return (struct table){.buckets = buckets, .n = n};
}

bool table_fits(const struct table *table, size_t more) {
    return (table->live + more) * 100 <= table->n * BUCKET_SLOTS * TABLE_PERCENT;
}

// The slot of a bucket with the tag and, where row is not NONE, the row; from `slot` on; BUCKET_SLOTS if there is none.
static unsigned slot_of(const struct bucket *bucket, unsigned slot, uint16_t tag, uint32_t row) {
    while (slot < BUCKET_SLOTS && (GET(bucket->tags[slot]) != tag || (row != NONE && GET(bucket->rows[slot]) != row)))
        slot++;
    return slot;
}

static _Atomic uint8_t *passed_at(const struct table *table, size_t at, uint16_t tag) {
    return &table->buckets[at].passed[tag_class(tag)];
}

void table_put(struct table *table, uint64_t hash, uint32_t row) {
    uint16_t tag = table_tag(hash);
    size_t at = table_home(hash, table->n);
    unsigned slot;
    while ((slot = slot_of(&table->buckets[at], 0, 0, NONE)) == BUCKET_SLOTS) {
        _Atomic uint8_t *passed = passed_at(table, at, tag);
        if (GET(*passed) != PASSED_MANY)
            SET(*passed, GET(*passed) + 1);
        at = table_behind(at, table->n);
    }
    SET(table->buckets[at].rows[slot], row);
    SET(table->buckets[at].tags[slot], tag);
    table->live++;
}

void table_remove(struct table *table, uint64_t hash, uint32_t row) {
    uint16_t tag = table_tag(hash);
    size_t at = table_home(hash, table->n);
    unsigned slot;
    while ((slot = slot_of(&table->buckets[at], 0, tag, row)) == BUCKET_SLOTS) {
        _Atomic uint8_t *passed = passed_at(table, at, tag);
        if (GET(*passed) != PASSED_MANY)
            SET(*passed, GET(*passed) - 1);
        at = table_behind(at, table->n);
    }
    SET(table->buckets[at].tags[slot], 0);
    table->live--;
}

void table_replace(const struct table *table, uint64_t hash, uint32_t row, uint32_t by) {
    uint16_t tag = table_tag(hash);
    size_t at = table_home(hash, table->n);
    unsigned slot;
    while ((slot = slot_of(&table->buckets[at], 0, tag, row)) == BUCKET_SLOTS)
        at = table_behind(at, table->n);
    SET(table->buckets[at].rows[slot], by);
}

// *cursor counts the slots looked at.
uint32_t table_find(const struct table *table, uint64_t hash, size_t *cursor) {
    uint16_t tag = table_tag(hash);
    for (; *cursor / BUCKET_SLOTS < table->n; *cursor = (*cursor / BUCKET_SLOTS + 1) * BUCKET_SLOTS) {
        size_t at = (table_home(hash, table->n) + *cursor / BUCKET_SLOTS) % table->n;
        unsigned slot = slot_of(&table->buckets[at], *cursor % BUCKET_SLOTS, tag, NONE);
        if (slot < BUCKET_SLOTS) {
            *cursor = *cursor / BUCKET_SLOTS * BUCKET_SLOTS + slot + 1;
            return GET(table->buckets[at].rows[slot]);
        }
        if (GET(*passed_at(table, at, tag)) == 0)
            break;
    }
    return NONE;
}

void table_wipe(const struct block *block, const struct table *table) {
    block_wipe(block, table->buckets, table->n * sizeof *table->buckets);
}
