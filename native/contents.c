#include "contents.h"

#include <string.h>

#include "alphabet.h"
#include "forms.h"

static struct form *form_at(const struct contents *contents, uint32_t number) {
    return &contents->block->forms[contents->side][number];
}

static struct row *row_at(const struct contents *contents, uint32_t number) {
    return &contents->block->rows[contents->side][number];
}

static _Atomic uint32_t *wild_at(const struct contents *contents, uint32_t place) {
    return &contents->block->wild[contents->side][place];
}

struct contents contents_beside(const struct block *block, const struct contents *former, size_t rows, size_t keys) {
    unsigned side = former && !former->side, keys_side = former && !former->keys_side;
    unsigned pairs_side = former && !former->pairs_side;
    return (struct contents){
        .block = block,
        .side = side,
        .keys_side = keys_side,
        .pairs_side = pairs_side,
        .free_form = NONE,
        .free_row = NONE,
        .keys = table_on(block->keys[keys_side], keys),
        .pairs = table_on(block->pairs[pairs_side], rows),
    };
}

void contents_wipe(const struct contents *contents) {
    const struct block *block = contents->block;
    block_wipe(block->forms[contents->side], contents->forms_n * sizeof(struct form));
    block_wipe(block->rows[contents->side], contents->rows_n * sizeof(struct row));
    block_wipe((void *)block->wild[contents->side], contents->forms_n * sizeof(uint32_t)); // wild_n was more once
    table_wipe(&contents->keys);
    table_wipe(&contents->pairs);
}

static void put_keys(struct table *keys, const uint8_t *text, uint32_t number) {
    uint64_t hashes[FORM_KEYS];
    size_t n = form_keys(text, plate_length(text), hashes);
    for (size_t i = 0; i < n; i++)
        table_put(keys, hashes[i], number);
}

bool contents_keys_fit(const struct contents *contents) {
    return table_fits(&contents->keys, FORM_KEYS);
}

bool contents_pairs_fit(const struct contents *contents) {
    return table_fits(&contents->pairs, 1);
}

void contents_grow_keys(struct contents *contents) {
    unsigned side = !contents->keys_side;
    struct table grown = table_on(contents->block->keys[side], table_grown(contents->keys.live, FORM_KEYS));
    for (uint32_t i = 0; i < contents->rows_n; i++) {
        const struct row *row = row_at(contents, i);
        uint32_t form = GET(row->form);
        if (form != NONE && GET(row->previous) == NONE) {
            uint8_t text[PLATE_SYMBOLS];
            text_get(&form_at(contents, form)->text, text);
            put_keys(&grown, text, form);
        }
    }
    contents->keys = grown;
    contents->keys_side = side;
}

void contents_grow_pairs(struct contents *contents) {
    unsigned side = !contents->pairs_side;
    struct table grown = table_on(contents->block->pairs[side], table_grown(contents->pairs.live, 1));
    for (uint32_t i = 0; i < contents->rows_n; i++) {
        const struct row *row = row_at(contents, i);
        if (GET(row->form) != NONE) {
            uint8_t codes[PLATE_SYMBOLS];
            text_get(&row->codes, codes);
            table_put(&grown, row_key(codes, GET(row->id)), i);
        }
    }
    contents->pairs = grown;
    contents->pairs_side = side;
}

static uint32_t find_form(const struct contents *contents, const uint8_t *text) {
    uint64_t hash = form_key(text, plate_length(text));
    size_t at = table_home(hash, contents->keys.mask);
    uint32_t number;
    while (table_next(&contents->keys, hash, &at, &number))
        if (text_is(&form_at(contents, number)->text, text))
            return number;
    return NONE;
}

static uint32_t find_row(const struct contents *contents, const uint8_t *codes, uint32_t id) {
    uint64_t hash = row_key(codes, id);
    size_t at = table_home(hash, contents->pairs.mask);
    uint32_t number;
    while (table_next(&contents->pairs, hash, &at, &number)) {
        const struct row *row = row_at(contents, number);
        if (GET(row->id) == id && text_is(&row->codes, codes))
            return number;
    }
    return NONE;
}

bool contents_hold(const struct contents *contents, const uint8_t *codes, uint32_t id) {
    return find_row(contents, codes, id) != NONE;
}

static uint32_t new_form(struct contents *contents, const uint8_t *text) {
    uint32_t number = contents->free_form;
    if (number == NONE)
        number = contents->forms_n++;
    else
        contents->free_form = GET(form_at(contents, number)->rows);
    struct form *form = form_at(contents, number);
    text_put(&form->text, text);
    SET(form->rows, NONE);
    SET(form->wild, NONE);
    if (memchr(text, SYMBOL_ANY, PLATE_SYMBOLS)) {
        SET(form->wild, contents->wild_n);
        SET(*wild_at(contents, contents->wild_n), number);
        contents->wild_n++;
    }
    put_keys(&contents->keys, text, number);
    return number;
}

static void free_form(struct contents *contents, uint32_t number) {
    struct form *form = form_at(contents, number);
    uint8_t text[PLATE_SYMBOLS];
    uint64_t hashes[FORM_KEYS];
    text_get(&form->text, text);
    size_t n = form_keys(text, plate_length(text), hashes);
    for (size_t i = 0; i < n; i++)
        table_remove(&contents->keys, hashes[i], number);
    uint32_t wild = GET(form->wild);
    if (wild != NONE) {
        uint32_t last = GET(*wild_at(contents, --contents->wild_n));
        SET(*wild_at(contents, wild), last);
        SET(form_at(contents, last)->wild, wild);
    }
    SET(form->rows, contents->free_form);
    contents->free_form = number;
}

static uint32_t new_row(struct contents *contents) {
    uint32_t number = contents->free_row;
    if (number == NONE)
        return contents->rows_n++;
    contents->free_row = GET(row_at(contents, number)->next);
    return number;
}

void contents_insert(struct contents *contents, const uint8_t *codes, uint32_t id) {
    const uint8_t *fold = contents->block->header->fold;
    uint8_t text[PLATE_SYMBOLS];
    for (size_t i = 0; i < PLATE_SYMBOLS; i++)
        text[i] = fold[codes[i]];
    uint32_t number = find_form(contents, text);
    if (number == NONE)
        number = new_form(contents, text);

    struct form *form = form_at(contents, number);
    uint32_t first = GET(form->rows), place = new_row(contents);
    struct row *row = row_at(contents, place);
    text_put(&row->codes, codes);
    SET(row->id, id);
    SET(row->form, number);
    SET(row->next, first);
    SET(row->previous, NONE);
    if (first != NONE)
        SET(row_at(contents, first)->previous, place);
    SET(form->rows, place);
    table_put(&contents->pairs, row_key(codes, id), place);
}

bool contents_delete(struct contents *contents, const uint8_t *codes, uint32_t id) {
    uint32_t number = find_row(contents, codes, id);
    if (number == NONE)
        return false;
    struct row *row = row_at(contents, number);
    uint32_t form = GET(row->form), next = GET(row->next), previous = GET(row->previous);
    table_remove(&contents->pairs, row_key(codes, id), number);
    if (next != NONE)
        SET(row_at(contents, next)->previous, previous);
    if (previous != NONE)
        SET(row_at(contents, previous)->next, next);
    else
        SET(form_at(contents, form)->rows, next);
    if (next == NONE && previous == NONE)
        free_form(contents, form);
    SET(row->form, NONE);
    SET(row->next, contents->free_row);
    contents->free_row = number;
    return true;
}
