#include "contents.h"

#include <stdlib.h>
#include <string.h>

#include "places.h"
#include "wild.h"

enum { BATCH = 32 }; // rows whose lines are fetched before the first is put in

static struct row *row_at(const struct contents *contents, uint32_t id) {
    return &contents->block->rows[id];
}

// A row's state on the side of the contents.
static uint32_t state_of(const struct contents *contents, uint32_t id) {
    return GET(row_at(contents, id)->state) >> STATE_SIDE * contents->side & STATE_BITS;
}

static void set_state(const struct contents *contents, uint32_t id, uint32_t state) {
    struct row *row = row_at(contents, id);
    uint32_t others = GET(row->state) & ~((uint32_t)STATE_BITS << STATE_SIDE * contents->side);
    SET(row->state, others | state << STATE_SIDE * contents->side);
}

static uint32_t next_of(const struct contents *contents, uint32_t id) {
    return GET(row_at(contents, id)->next[contents->side]);
}

static void set_next(const struct contents *contents, uint32_t id, uint32_t next) {
    SET(row_at(contents, id)->next[contents->side], next);
}

static size_t fold_row(const struct contents *contents, uint32_t id, uint8_t *text) {
    text_get(&row_at(contents, id)->codes, text);
    return fold_text(contents->block->header->fold, text);
}

// Hashes come as read_keys makes them: the whole text's, then from its end on those without the last of a run.
static void add_places(struct entry *entry) {
    uint32_t ends = reach_is(entry->reach, ONE_ERROR) ? run_ends(entry->text, entry->length) : 0;
    entry->keys[0] = key_with(entry->keys[0], PLACE_NONE);
    for (size_t i = 1; i < entry->keys_n; i++) {
        unsigned place = ends ? last_place(ends) : PLACE_NONE;
        entry->keys[i] = key_with(entry->keys[i], place);
        ends &= ~(1u << place);
    }
}

struct entry contents_entry(const struct contents *contents, const uint8_t *codes, uint32_t id, struct reach reach,
                            uint64_t *keys) {
    struct entry entry = {.codes = codes, .id = id, .reach = reach, .keys_n = 1, .keys = keys};
    memcpy(entry.text, codes, PLATE_SYMBOLS);
    entry.length = fold_text(contents->block->header->fold, entry.text);
    if (wild_is(entry.text))
        keys[0] = text_key(entry.text, entry.length);
    else
        entry.keys_n = plate_keys(entry.text, entry.length, reach, keys);
    add_places(&entry);
    return entry;
}

static struct entry entry_of(const struct contents *contents, uint32_t id, uint64_t *keys) {
    uint8_t codes[PLATE_SYMBOLS];
    text_get(&row_at(contents, id)->codes, codes);
    struct entry entry = contents_entry(contents, codes, id, contents_reach(contents, id), keys);
    entry.codes = NULL; // they go with this function
    return entry;
}

struct contents contents_beside(const struct block *block, const struct contents *former, size_t keys) {
    unsigned side = former && !former->side, table_side = former && !former->table_side;
    return (struct contents){
        .block = block,
        .side = side,
        .table_side = table_side,
        .table = table_on(block->table[table_side], table_buckets(keys)),
    };
}

void contents_wipe(const struct contents *former, const struct contents *now) {
    const struct block *block = now->block;
    size_t kept = ((size_t)now->rows_n + BLOCK_ROWS - 1) / BLOCK_ROWS * BLOCK_ROWS;
    size_t cleared = former->rows_n < kept ? former->rows_n : kept;
    for (size_t id = 0; id < cleared; id++)
        set_state(former, (uint32_t)id, 0);
    if (former->rows_n > kept)
        block_wipe(block, &block->rows[kept], (former->rows_n - kept) * sizeof *block->rows);
    block_enlarge_rows(block); // what was given back has forgotten it
    block_wipe(block, block->wild[former->side], former->most_wild * sizeof *block->wild[0]);
    table_wipe(block, &former->table);
}

bool contents_use(const struct contents *contents, uint32_t id) {
    return state_of(contents, id) & STATE_USED;
}

bool contents_hold(const struct contents *contents, const uint8_t *codes, uint32_t id) {
    return contents_use(contents, id) && text_is(&row_at(contents, id)->codes, codes);
}

struct reach contents_reach(const struct contents *contents, uint32_t id) {
    return state_reach(state_of(contents, id));
}

// The head that an entry's row belongs to.
static uint32_t find_head(const struct contents *contents, const struct entry *entry) {
    uint64_t hash = key_with(text_key(entry->text, entry->length), PLACE_NONE);
    uint32_t head, state = STATE_HEAD | reach_state(entry->reach);
    size_t cursor = 0;
    while ((head = table_find(&contents->table, hash, &cursor)) != NONE) {
        uint8_t text[PLATE_SYMBOLS];
        if (state_of(contents, head) == state && fold_row(contents, head, text) == entry->length &&
            memcmp(text, entry->text, PLATE_SYMBOLS) == 0)
            return head;
    }
    return NONE;
}

// Counts a head in, or out again (by: 1 or -1).
static void count(struct contents *contents, const struct entry *entry, int by) {
    contents->two_errors += (uint32_t)(entry->reach.errors > 1 ? by : 0);
    contents->ends += (uint32_t)(entry->reach.ends > 0 ? by : 0);
    for (size_t i = 0; i < entry->length; i++) {
        uint8_t symbol = entry->text[i];
        uint64_t bit = (uint64_t)1 << symbol % 64;
        contents->symbol_counts[symbol] += (uint64_t)by;
        contents->symbols[symbol / 64] &= ~bit;
        contents->symbols[symbol / 64] |= contents->symbol_counts[symbol] > 0 ? bit : 0;
    }
}

static void put_keys(struct contents *contents, const struct entry *entry) {
    for (size_t i = 0; i < entry->keys_n; i++)
        table_put(&contents->table, entry->keys[i], entry->id);
}

static void new_head(struct contents *contents, const struct entry *entry) {
    uint32_t state = STATE_HEAD | reach_state(entry->reach);
    set_state(contents, entry->id, state);
    set_next(contents, entry->id, NONE);
    SET(row_at(contents, entry->id)->before, NONE);
    put_keys(contents, entry);
    if (wild_is(entry->text))
        wild_add(contents, entry, state);
    count(contents, entry, 1);
}

void contents_insert(struct contents *contents, const struct entry *entry) {
    text_put(&row_at(contents, entry->id)->codes, entry->codes);
    contents->live++;
    contents->rows_n = entry->id < contents->rows_n ? contents->rows_n : entry->id + 1;
    uint32_t head = find_head(contents, entry);
    if (head == NONE) {
        new_head(contents, entry);
        return;
    }
    uint32_t next = next_of(contents, head);
    set_state(contents, entry->id, reach_state(entry->reach));
    set_next(contents, entry->id, next);
    SET(row_at(contents, entry->id)->before, head);
    if (next != NONE)
        SET(row_at(contents, next)->before, entry->id);
    set_next(contents, head, entry->id);
}

// Entries whose lines are on their way.
struct batch {
    struct entry entries[BATCH];
    uint64_t keys[BATCH * FORM_KEYS + PLATE_KEYS];
    size_t n, keys_n;
};

// The place for the next entry's hashes; NULL: the batch is full.
static uint64_t *batch_place(struct batch *batch) {
    return batch->n < BATCH && batch->keys_n <= BATCH * FORM_KEYS ? batch->keys + batch->keys_n : NULL;
}

static void batch_add(struct batch *batch, const struct table *table, struct entry entry) {
    for (size_t i = 0; i < entry.keys_n; i++)
        __builtin_prefetch(&table->buckets[table_home(entry.keys[i], table->n)], 1);
    batch->keys_n += entry.keys_n;
    batch->entries[batch->n++] = entry;
}

void contents_insert_all(struct contents *contents, const uint8_t *codes, const uint32_t *ids,
                         const struct reach *reaches, size_t n) {
    struct batch batch;
    for (size_t i = 0; i < n;) {
        uint64_t *keys;
        for (batch.n = batch.keys_n = 0; i < n && (keys = batch_place(&batch)); i++) {
            __builtin_prefetch(row_at(contents, ids[i]), 1);
            struct reach reach = reaches ? reaches[i] : ONE_ERROR;
            batch_add(&batch, &contents->table,
                      contents_entry(contents, codes + i * PLATE_SYMBOLS, ids[i], reach, keys));
        }
        for (size_t k = 0; k < batch.n; k++)
            contents_insert(contents, &batch.entries[k]);
    }
}

static size_t keys_of(const struct block *block, const uint8_t *codes, struct reach reach) {
    if (reach_is(reach, ONE_ERROR))
        return plate_length(codes) + 1;
    uint64_t keys[PLATE_KEYS];
    struct contents contents = {.block = block};
    return contents_entry(&contents, codes, 0, reach, keys).keys_n;
}

enum change contents_check(const struct block *block, const uint8_t *codes, const uint32_t *ids,
                           const struct reach *reaches, size_t n, size_t *keys) {
    uint64_t *seen = calloc(block->room / 64 + 1, sizeof *seen); // a bit for each id
    if (!seen)
        return SHORT_OF_MEMORY;
    enum change change = CHANGED;
    *keys = 0;
    for (size_t i = 0; i < n && change == CHANGED; i++) {
        uint64_t bit = (uint64_t)1 << ids[i] % 64;
        if (ids[i] >= block->room) {
            change = BEYOND;
        } else {
            change = seen[ids[i] / 64] & bit ? TAKEN : CHANGED;
            seen[ids[i] / 64] |= bit;
        }
        *keys += keys_of(block, codes + i * PLATE_SYMBOLS, reaches ? reaches[i] : ONE_ERROR);
    }
    free(seen);
    return change != CHANGED || table_buckets(*keys) <= block->most_buckets ? change : FULL;
}

bool contents_grow(struct contents *contents, size_t keys) {
    const struct block *block = contents->block;
    size_t buckets = table_grown(contents->table.live, keys);
    if (buckets > block->most_buckets)
        buckets = block->most_buckets;
    if (!table_fits(&(struct table){.n = buckets, .live = contents->table.live}, keys))
        return false;
    struct batch batch;
    contents->table_side = !contents->table_side;
    contents->table = table_on(block->table[contents->table_side], buckets);
    for (uint32_t id = 0; id < contents->rows_n;) {
        uint64_t *place;
        for (batch.n = batch.keys_n = 0; id < contents->rows_n && (place = batch_place(&batch)); id++)
            if (state_of(contents, id) & STATE_HEAD)
                batch_add(&batch, &contents->table, entry_of(contents, id, place));
        for (size_t k = 0; k < batch.n; k++)
            put_keys(contents, &batch.entries[k]);
    }
    return true;
}

static void delete_last(struct contents *contents, const struct entry *entry) {
    for (size_t i = 0; i < entry->keys_n; i++)
        table_remove(&contents->table, entry->keys[i], entry->id);
    uint32_t place = GET(row_at(contents, entry->id)->before);
    if (place != NONE)
        wild_remove(contents, entry->length, place);
    count(contents, entry, -1);
}

// Makes the next row of a head's chain the head.
static void pass_on(const struct contents *contents, const struct entry *entry, uint32_t next) {
    for (size_t i = 0; i < entry->keys_n; i++)
        table_replace(&contents->table, entry->keys[i], entry->id, next);
    uint32_t place = GET(row_at(contents, entry->id)->before);
    if (place != NONE)
        wild_pass(contents, place, next);
    SET(row_at(contents, next)->before, place);
    set_state(contents, next, state_of(contents, next) | STATE_HEAD);
}

void contents_delete(struct contents *contents, uint32_t id) {
    uint32_t before = GET(row_at(contents, id)->before), next = next_of(contents, id);
    if (state_of(contents, id) & STATE_HEAD) {
        uint64_t keys[PLATE_KEYS];
        struct entry entry = entry_of(contents, id, keys);
        if (next == NONE)
            delete_last(contents, &entry);
        else
            pass_on(contents, &entry, next);
    } else {
        set_next(contents, before, next);
        if (next != NONE)
            SET(row_at(contents, next)->before, before);
    }
    set_state(contents, id, 0);
    contents->live--;
}
