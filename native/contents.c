#include "contents.h"

#include <stdlib.h>
#include <string.h>

#include "alphabet.h"
#include "forms.h"

bool contents_create(struct contents *contents, const uint8_t *fold, size_t rows, size_t keys) {
    *contents = (struct contents){.fold = fold, .free_form = NONE, .free_row = NONE};
    if (table_create(&contents->keys, keys) && table_create(&contents->pairs, rows))
        return true;
    contents_destroy(contents);
    return false;
}

void contents_destroy(struct contents *contents) {
    free(contents->forms);
    free(contents->rows);
    free(contents->wild);
    table_destroy(&contents->keys);
    table_destroy(&contents->pairs);
    *contents = (struct contents){0};
}

// Makes room for one more item in an array; returns the array, moved or not, or NULL.
static void *with_room(void *items, size_t n, size_t *room, size_t size) {
    if (n < *room)
        return items;
    size_t grown = *room ? *room * 2 : 64;
    void *moved = realloc(items, grown * size);
    if (moved)
        *room = grown;
    return moved;
}

static void put_keys(struct table *keys, const struct form *form, uint32_t number) {
    uint64_t hashes[FORM_KEYS];
    size_t n = form_keys(form->text, plate_length(form->text), hashes);
    for (size_t i = 0; i < n; i++)
        table_put(keys, hashes[i], number);
}

static bool reserve_keys(struct contents *contents) {
    if (table_fits(&contents->keys, FORM_KEYS))
        return true;
    struct table grown;
    if (!table_create(&grown, table_grown(&contents->keys, FORM_KEYS)))
        return false;
    for (size_t i = 0; i < contents->rows_n; i++) {
        const struct row *row = &contents->rows[i];
        if (row->form != NONE && row->previous == NONE)
            put_keys(&grown, &contents->forms[row->form], row->form);
    }
    table_destroy(&contents->keys);
    contents->keys = grown;
    return true;
}

static bool reserve_pairs(struct contents *contents) {
    if (table_fits(&contents->pairs, 1))
        return true;
    struct table grown;
    if (!table_create(&grown, table_grown(&contents->pairs, 1)))
        return false;
    for (size_t i = 0; i < contents->rows_n; i++) {
        const struct row *row = &contents->rows[i];
        if (row->form != NONE)
            table_put(&grown, row_key(row->codes, row->id), (uint32_t)i);
    }
    table_destroy(&contents->pairs);
    contents->pairs = grown;
    return true;
}

// Everything that can fail for want of memory, before anything is changed.
static bool reserve(struct contents *contents) {
    if (contents->rows_n >= TABLE_VALUES)
        return false;
    struct form *forms = with_room(contents->forms, contents->forms_n, &contents->forms_room, sizeof *forms);
    contents->forms = forms ? forms : contents->forms;
    struct row *rows = with_room(contents->rows, contents->rows_n, &contents->rows_room, sizeof *rows);
    contents->rows = rows ? rows : contents->rows;
    uint32_t *wild = with_room(contents->wild, contents->wild_n, &contents->wild_room, sizeof *wild);
    contents->wild = wild ? wild : contents->wild;
    return forms && rows && wild && reserve_keys(contents) && reserve_pairs(contents);
}

static uint32_t find_form(const struct contents *contents, const uint8_t *text) {
    uint64_t hash = form_key(text, plate_length(text));
    size_t at = table_home(&contents->keys, hash);
    uint32_t number;
    while (table_next(&contents->keys, hash, &at, &number))
        if (memcmp(contents->forms[number].text, text, PLATE_SYMBOLS) == 0)
            return number;
    return NONE;
}

static uint32_t find_row(const struct contents *contents, const uint8_t *codes, uint32_t id) {
    uint64_t hash = row_key(codes, id);
    size_t at = table_home(&contents->pairs, hash);
    uint32_t number;
    while (table_next(&contents->pairs, hash, &at, &number)) {
        const struct row *row = &contents->rows[number];
        if (row->id == id && memcmp(row->codes, codes, PLATE_SYMBOLS) == 0)
            return number;
    }
    return NONE;
}

static uint32_t new_form(struct contents *contents, const uint8_t *text) {
    uint32_t number = contents->free_form;
    if (number == NONE)
        number = (uint32_t)contents->forms_n++;
    else
        contents->free_form = contents->forms[number].rows;
    struct form *form = &contents->forms[number];
    *form = (struct form){.rows = NONE, .wild = NONE};
    memcpy(form->text, text, PLATE_SYMBOLS);
    if (memchr(text, SYMBOL_ANY, PLATE_SYMBOLS)) {
        form->wild = (uint32_t)contents->wild_n;
        contents->wild[contents->wild_n++] = number;
    }
    put_keys(&contents->keys, form, number);
    return number;
}

static void free_form(struct contents *contents, uint32_t number) {
    struct form *form = &contents->forms[number];
    uint64_t hashes[FORM_KEYS];
    size_t n = form_keys(form->text, plate_length(form->text), hashes);
    for (size_t i = 0; i < n; i++)
        table_remove(&contents->keys, hashes[i], number);
    if (form->wild != NONE) {
        uint32_t last = contents->wild[--contents->wild_n];
        contents->wild[form->wild] = last;
        contents->forms[last].wild = form->wild;
    }
    form->rows = contents->free_form;
    contents->free_form = number;
}

bool contents_insert(struct contents *contents, const uint8_t *codes, uint32_t id) {
    if (find_row(contents, codes, id) != NONE)
        return true;
    if (!reserve(contents))
        return false;
    uint8_t text[PLATE_SYMBOLS];
    for (size_t i = 0; i < PLATE_SYMBOLS; i++)
        text[i] = contents->fold[codes[i]];
    uint32_t form = find_form(contents, text);
    if (form == NONE)
        form = new_form(contents, text);

    uint32_t number = contents->free_row;
    if (number == NONE)
        number = (uint32_t)contents->rows_n++;
    else
        contents->free_row = contents->rows[number].next;
    uint32_t first = contents->forms[form].rows;
    struct row *row = &contents->rows[number];
    *row = (struct row){.id = id, .form = form, .next = first, .previous = NONE};
    memcpy(row->codes, codes, PLATE_SYMBOLS);
    if (first != NONE)
        contents->rows[first].previous = number;
    contents->forms[form].rows = number;
    table_put(&contents->pairs, row_key(row->codes, id), number);
    return true;
}

bool contents_delete(struct contents *contents, const uint8_t *codes, uint32_t id) {
    uint32_t number = find_row(contents, codes, id);
    if (number == NONE)
        return false;
    struct row *row = &contents->rows[number];
    struct form *form = &contents->forms[row->form];
    table_remove(&contents->pairs, row_key(row->codes, row->id), number);
    if (row->next != NONE)
        contents->rows[row->next].previous = row->previous;
    if (row->previous != NONE)
        contents->rows[row->previous].next = row->next;
    else
        form->rows = row->next;
    if (form->rows == NONE)
        free_form(contents, row->form);
    row->form = NONE;
    row->next = contents->free_row;
    contents->free_row = number;
    return true;
}
