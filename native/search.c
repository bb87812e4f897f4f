#include "search.h"

#include <stdlib.h>

#include "forms.h"
#include "table.h"

enum { PATROL = 256 }; // steps between two looks whether what is walked through was changed

// A reader's view of the index as it is at one number of the sequence. All that is read through it may be of another
// moment, so each number that leads anywhere is checked before it is followed, and `steps` sees to an end.
struct view {
    const struct block *block;
    uint64_t sequence;
    const struct form *forms;
    const struct row *rows;
    const _Atomic uint32_t *wild;
    const _Atomic uint64_t *keys;
    size_t mask, wild_n, steps;
};

// A read as the search handles it.
struct sought {
    uint8_t text[PLATE_SYMBOLS];
    size_t length, keys_n;
    uint64_t keys[FORM_KEYS];
};

static bool unchanged(const struct view *view) {
    atomic_thread_fence(memory_order_acquire);
    return GET(view->block->header->sequence) == view->sequence;
}

static bool open_view(const struct block *block, struct view *view) {
    const struct header *header = block->header;
    uint64_t sequence = atomic_load_explicit(&header->sequence, memory_order_acquire);
    unsigned side = GET(header->side) & 1, keys_side = GET(header->keys_side) & 1;
    uint32_t wild_n = GET(header->wild_n);
    *view = (struct view){
        .block = block,
        .sequence = sequence,
        .forms = block->forms[side],
        .rows = block->rows[side],
        .wild = block->wild[side],
        .keys = block->keys[keys_side],
        .mask = GET(header->keys_mask) & (block->keys_slots - 1),
        .wild_n = wild_n < block->room ? wild_n : block->room,
    };
    return sequence % 2 == 0;
}

// To be asked at each step of a walk that only the index's soundness brings to an end.
static inline bool may_go_on(struct view *view) {
    return ++view->steps % PATROL != 0 || unchanged(view);
}

static void prepare(const struct view *view, const uint8_t *codes, int32_t length, struct sought *sought) {
    const uint8_t *fold = view->block->header->fold;
    sought->keys_n = 0;
    if (length < 0 || length > PLATE_SYMBOLS)
        return;
    sought->length = (size_t)length;
    for (size_t i = 0; i < sought->length; i++)
        sought->text[i] = fold[codes[i]];
    sought->keys_n = form_keys(sought->text, sought->length, sought->keys);
    for (size_t i = 0; i < sought->keys_n; i++)
        __builtin_prefetch((const void *)&view->keys[table_home(sought->keys[i], view->mask)]);
}

static bool add_form(struct forms_found *found, uint32_t form) {
    if (found->n == found->room) {
        size_t room = found->room ? found->room * 2 : 256;
        uint32_t *forms = realloc(found->forms, room * sizeof *forms);
        if (!forms)
            return false;
        found->forms = forms;
        found->room = room;
    }
    found->forms[found->n++] = form;
    return true;
}

static bool add_pair(struct found *found, int32_t read, uint32_t id) {
    if (found->n == found->room) {
        size_t room = found->room ? found->room * 2 : 256;
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

// Sorts numbers and drops repeats; returns how many are left.
static size_t sort_once(uint32_t *numbers, size_t n) {
    if (n < 2)
        return n;
    qsort(numbers, n, sizeof *numbers, ascending);
    size_t kept = 1;
    for (size_t i = 1; i < n; i++)
        if (numbers[i] != numbers[kept - 1])
            numbers[kept++] = numbers[i];
    return kept;
}

// Adds a form if it fits the read.
static enum outcome consider(struct view *view, uint32_t number, const struct sought *sought,
                             struct forms_found *found) {
    if (number >= view->block->room)
        return UNSURE;
    uint8_t text[PLATE_SYMBOLS];
    text_get(&view->forms[number].text, text);
    if (form_within_one(text, plate_length(text), sought->text, sought->length) && !add_form(found, number))
        return NO_MEMORY;
    return COMPLETE;
}

static enum outcome find_under(struct view *view, uint64_t hash, const struct sought *sought,
                               struct forms_found *found) {
    uint64_t slot;
    for (size_t at = table_home(hash, view->mask); !slot_empty(slot = GET(view->keys[at]));
         at = (at + 1) & view->mask) {
        enum outcome outcome = slot_holds(slot, hash) ? consider(view, slot_value(slot), sought, found) : COMPLETE;
        if (outcome != COMPLETE)
            return outcome;
        if (!may_go_on(view))
            return UNSURE;
    }
    return COMPLETE;
}

static enum outcome find_forms(struct view *view, const struct sought *sought, struct forms_found *found) {
    enum outcome outcome = COMPLETE;
    found->n = 0;
    for (size_t i = 0; i < sought->keys_n && outcome == COMPLETE; i++)
        outcome = find_under(view, sought->keys[i], sought, found);
    for (size_t i = 0; sought->keys_n > 0 && i < view->wild_n && outcome == COMPLETE; i++)
        outcome = may_go_on(view) ? consider(view, GET(view->wild[i]), sought, found) : UNSURE;
    found->n = sort_once(found->forms, found->n);
    return outcome;
}

static enum outcome add_rows(struct view *view, const struct forms_found *forms, int32_t read, struct found *found) {
    size_t begin = found->n;
    for (size_t i = 0; i < forms->n; i++) {
        uint32_t number = GET(view->forms[forms->forms[i]].rows);
        for (; number != NONE; number = GET(view->rows[number].next)) {
            if (number >= view->block->room || !may_go_on(view))
                return UNSURE;
            if (!add_pair(found, read, GET(view->rows[number].id)))
                return NO_MEMORY;
        }
    }
    if (found->n > begin)
        found->n = begin + sort_once(found->ids + begin, found->n - begin);
    return COMPLETE;
}

enum outcome search(const struct block *block, const uint8_t *codes, const int32_t *lengths, size_t begin, size_t end,
                    struct forms_found *forms, struct found *found) {
    struct view view;
    struct sought sought[SEARCH_BLOCK];
    size_t before = found->n;
    enum outcome outcome = open_view(block, &view) ? COMPLETE : UNSURE;
    for (size_t i = begin; i < end && outcome == COMPLETE; i++)
        prepare(&view, codes + i * PLATE_SYMBOLS, lengths[i], &sought[i - begin]);
    for (size_t i = begin; i < end && outcome == COMPLETE; i++) {
        outcome = find_forms(&view, &sought[i - begin], forms);
        if (outcome == COMPLETE)
            outcome = add_rows(&view, forms, (int32_t)i, found);
    }
    if (outcome == COMPLETE && !unchanged(&view))
        outcome = UNSURE;
    if (outcome != COMPLETE)
        found->n = before;
    return outcome;
}
