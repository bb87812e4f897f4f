// What the index holds: rows, their forms, and the tables that find both. Knows no threads. See index.c for the idea.
#ifndef PLATEMATCH_CONTENTS_H
#define PLATEMATCH_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "index.h"
#include "table.h"

#define NONE UINT32_MAX

struct form {
    uint8_t text[PLATE_SYMBOLS]; // folded
    uint32_t rows;               // the first of its rows; in a free form the next free one
    uint32_t wild;               // its place in `wild`, or NONE
};

struct row {
    uint8_t codes[PLATE_SYMBOLS];
    uint32_t id;
    uint32_t form; // NONE in a free row
    uint32_t next, previous;
};

struct contents {
    const uint8_t *fold;
    struct form *forms;
    struct row *rows;
    uint32_t *wild;
    size_t forms_n, forms_room, rows_n, rows_room, wild_n, wild_room; // forms_n and rows_n count free ones too
    uint32_t free_form, free_row;
    struct table keys, pairs;
};

// keys: how many hashes of forms to make room for.
bool contents_create(struct contents *contents, const uint8_t *fold, size_t rows, size_t keys);
void contents_destroy(struct contents *contents);
bool contents_insert(struct contents *contents, const uint8_t *codes, uint32_t id);
bool contents_delete(struct contents *contents, const uint8_t *codes, uint32_t id);

#endif
