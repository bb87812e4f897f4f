#include "table.h"

#include <stdlib.h>

// Linear probing stays short up to five eighths.
static size_t limit(size_t slots) {
    return slots / 8 * 5;
}

bool table_create(struct table *table, size_t expected) {
    size_t slots = 64;
    while (limit(slots) < expected)
        slots *= 2;
    *table = (struct table){.slots = calloc(slots, sizeof(struct slot)), .mask = slots - 1};
    return table->slots != NULL;
}

void table_destroy(struct table *table) {
    free(table->slots);
    *table = (struct table){0};
}

bool table_fits(const struct table *table, size_t more) {
    return table->used + more <= limit(table->mask + 1);
}

// At least an eighth of the slots is free afterwards, so the cost of putting everything in again is spread over
// a number of insertions that grows with the table.
size_t table_grown(const struct table *table, size_t more) {
    return (table->live + more) / 4 * 5 + more;
}

void table_put(struct table *table, uint64_t hash, uint32_t value) {
    size_t at = table_home(table, hash);
    while (table->slots[at].value > 1)
        at = (at + 1) & table->mask;
    table->used += table->slots[at].value == 0;
    table->live++;
    table->slots[at] = (struct slot){(uint32_t)hash, value + 2};
}

void table_remove(struct table *table, uint64_t hash, uint32_t value) {
    size_t at = table_home(table, hash);
    struct slot *slots = table->slots;
    while (slots[at].value != value + 2 || slots[at].tag != (uint32_t)hash)
        at = (at + 1) & table->mask;
    slots[at].value = 1;
    table->live--;
    if (slots[(at + 1) & table->mask].value != 0)
        return;
    // No probe passes the end of a run, so tombstones there can be empty again.
    for (; slots[at].value == 1; at = (at - 1) & table->mask) {
        slots[at].value = 0;
        table->used--;
    }
}
