#include "answer.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST_ROOM = 256, SORTED_BY_HAND = 32 };

bool heads_add(struct heads *heads, struct candidate head) {
    if (heads->n == heads->room) {
        size_t room = heads->room ? heads->room * 2 : LEAST_ROOM;
        struct candidate *items = realloc(heads->items, room * sizeof *items);
        heads->items = items ? items : heads->items;
        struct candidate *sorted = realloc(heads->sorted, room * sizeof *sorted);
        heads->sorted = sorted ? sorted : heads->sorted;
        if (!items || !sorted)
            return false;
        heads->room = room;
    }
    heads->items[heads->n++] = head;
    return true;
}

static int ascending_rows(const void *a, const void *b) {
    uint32_t x = ((const struct candidate *)a)->row, y = ((const struct candidate *)b)->row;
    return (x > y) - (x < y);
}

// Sorts the heads of one read.
static void sort_rows(struct candidate *heads, size_t n) {
    if (n > SORTED_BY_HAND) {
        qsort(heads, n, sizeof *heads, ascending_rows);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        struct candidate head = heads[i];
        size_t at = i;
        for (; at > 0 && heads[at - 1].row > head.row; at--)
            heads[at] = heads[at - 1];
        heads[at] = head;
    }
}

void heads_sort(struct heads *heads) {
    size_t ends[SEARCH_BLOCK + 1] = {0}, kept = 0;
    for (size_t i = 0; i < heads->n; i++)
        ends[heads->items[i].read + 1]++;
    for (size_t read = 0; read < SEARCH_BLOCK; read++)
        ends[read + 1] += ends[read];
    for (size_t i = 0; i < heads->n; i++)
        heads->sorted[ends[heads->items[i].read]++] = heads->items[i];
    for (size_t read = 0, begin = 0; read < SEARCH_BLOCK; begin = ends[read++])
        sort_rows(heads->sorted + begin, ends[read] - begin);
    for (size_t i = 0; i < heads->n; i++)
        if (kept == 0 || memcmp(&heads->sorted[i], &heads->items[kept - 1], sizeof *heads->items) != 0)
            heads->items[kept++] = heads->sorted[i];
    heads->n = kept;
}

bool found_add(struct found *found, int32_t read, uint32_t id) {
    if (found->n == found->room) {
        size_t room = found->room ? found->room * 2 : LEAST_ROOM;
        int32_t *reads = realloc(found->reads, room * sizeof *reads);
        found->reads = reads ? reads : found->reads;
        uint32_t *ids = realloc(found->ids, room * sizeof *ids);
        found->ids = ids ? ids : found->ids;
        if (!reads || !ids)
            return false;
        found->room = room;
    }
    found->reads[found->n] = read;
    found->ids[found->n++] = id;
    return true;
}

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

void found_sort(struct found *found, size_t begin) {
    if (found->n - begin > 1)
        qsort(found->ids + begin, found->n - begin, sizeof *found->ids, ascending);
}
