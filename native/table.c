#include "table.h"

static const uint64_t TOMBSTONE = (uint64_t)1 << 32;

// Linear probing stays short up to five eighths.
static size_t limit(size_t slots) {
    return slots / 8 * 5;
}

size_t table_slots(size_t expected) {
    size_t slots = 64;
    while (limit(slots) < expected)
        slots *= 2;
    return slots;
}

struct table table_on(_Atomic uint64_t *slots, size_t expected) {
    return (struct table){.slots = slots, .mask = table_slots(expected) - 1};
}

bool table_fits(const struct table *table, size_t more) {
    return table->used + more <= limit(table->mask + 1);
}

// At least an eighth of the slots is free afterwards, so the cost of putting everything in again is spread over
// a number of insertions that grows with the table.
size_t table_grown(size_t live, size_t more) {
    return (live + more) / 4 * 5 + more;
}

void table_put(struct table *table, uint64_t hash, uint32_t value) {
    size_t at = table_home(hash, table->mask);
    uint64_t slot;
    while ((slot = GET(table->slots[at])) >= 2 * TOMBSTONE)
        at = (at + 1) & table->mask;
    table->used += slot_empty(slot);
    table->live++;
    SET(table->slots[at], ((uint64_t)value + 2) << 32 | (uint32_t)hash);
}

void table_remove(struct table *table, uint64_t hash, uint32_t value) {
    size_t at = table_home(hash, table->mask);
    uint64_t sought = ((uint64_t)value + 2) << 32 | (uint32_t)hash;
    while (GET(table->slots[at]) != sought)
        at = (at + 1) & table->mask;
    SET(table->slots[at], TOMBSTONE);
    table->live--;
    if (!slot_empty(GET(table->slots[(at + 1) & table->mask])))
        return;
    // No probe passes the end of a run, so tombstones there can be empty again.
    for (; GET(table->slots[at]) == TOMBSTONE; at = (at - 1) & table->mask) {
        SET(table->slots[at], 0);
        table->used--;
    }
}

void table_wipe(const struct table *table) {
    block_wipe((void *)table->slots, (table->mask + 1) * sizeof *table->slots);
}
