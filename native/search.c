#include "search.h"

#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "places.h"
#include "probe.h"

enum { CANDIDATES = PROBES * BUCKET_SLOTS + 1 };
enum { PATROL = 256 }; // steps between two looks whether what is walked through was changed

static probe_function *probe = probe_scalar;

bool search_choose(const char *forced) {
    if (forced && strcmp(forced, "scalar") != 0 && (strcmp(forced, "avx2") != 0 || !probe_avx2_runs()))
        return false;
    probe = probe_avx2_runs() && (!forced || strcmp(forced, "avx2") == 0) ? probe_avx2 : probe_scalar;
    return true;
}

const char *search_chosen(void) {
    return probe == probe_avx2 ? "avx2" : "scalar";
}

// A read as the search handles it.
struct sought {
    uint8_t text[PLATE_SYMBOLS];
    struct symbols symbols; // of the text
    size_t length;
    bool there, soft;
};

// A reader's view of the index as it is at one number of the sequence. All that is read through it may be of another
// moment, so each number that leads anywhere is checked before it is followed, and `steps` sees to an end.
struct view {
    const struct block *block;
    uint64_t sequence;
    struct lookup lookup;
    const struct wild *wild;
    unsigned side;
    bool two_errors, ends;
    uint32_t wild_begin[LENGTHS + 1];
    uint64_t symbols[256 / 64];
    size_t steps;
};

// One attempt at a block of reads.
struct attempt {
    struct view view;
    struct sought sought[SEARCH_BLOCK];
    struct scratch *scratch;
    size_t probes_n;
    struct probe probes[PROBES];
    struct candidate candidates[CANDIDATES];
};

void search_free(struct scratch *scratch) {
    free(scratch->heads.items);
    free(scratch->heads.sorted);
    free(scratch->keys.items);
}

static bool unchanged(const struct view *view) {
    atomic_thread_fence(memory_order_acquire);
    return GET(view->block->header->sequence) == view->sequence;
}

static bool open_view(const struct block *block, struct view *view) {
    const struct header *header = block->header;
    view->sequence = atomic_load_explicit(&header->sequence, memory_order_acquire);
    size_t buckets = GET(header->buckets_n);
    view->block = block;
    view->side = GET(header->side) & 1;
    view->lookup.table = block->table[GET(header->table_side) & 1];
    view->lookup.buckets_n = buckets < block->most_buckets ? buckets : block->most_buckets;
    view->wild = block->wild[view->side];
    view->two_errors = GET(header->two_errors) > 0;
    view->ends = GET(header->ends) > 0;
    for (size_t i = 0; i <= LENGTHS; i++)
        view->wild_begin[i] = GET(header->wild_begin[i]);
    for (size_t i = 0; i < sizeof view->symbols / sizeof view->symbols[0]; i++)
        view->symbols[i] = GET(header->symbols[i]);
    view->steps = 0;
    return view->sequence % 2 == 0;
}

// To be asked at each step of a walk that only the index's soundness brings to an end.
static inline bool may_go_on(struct view *view) {
    return ++view->steps % PATROL != 0 || unchanged(view);
}

static inline struct reach reach_for(uint32_t state, const struct sought *sought) {
    struct reach reach = state_reach(state);
    if (sought->soft)
        reach.errors = MOST_ERRORS;
    return reach;
}

static inline bool fits(struct symbols form, size_t length, struct reach reach, const struct sought *sought) {
    if (reach_is(reach, ONE_ERROR))
        return within_one(form, length, sought->symbols, sought->length);
    uint8_t text[PLATE_SYMBOLS];
    memcpy(text, &form, sizeof text);
    return text_within(text, length, reach, sought->text, sought->length);
}

// Adds the candidates that fit their reads to the heads.
static enum outcome verify(struct attempt *attempt, size_t n) {
    const struct view *view = &attempt->view;
    const uint8_t *fold = view->block->header->fold;
    for (size_t i = 0; i < n; i++) {
        struct candidate candidate = attempt->candidates[i];
        if (candidate.row >= view->block->room)
            return UNSURE;
        const struct row *row = &view->block->rows[candidate.row];
        struct symbols form = fold_symbols(fold, text_symbols(&row->codes));
        const struct sought *sought = &attempt->sought[candidate.read];
        struct reach reach = reach_for(GET(row->state) >> STATE_SIDE * view->side, sought);
        if (fits(form, symbols_length(form), reach, sought) && !heads_add(&attempt->scratch->heads, candidate))
            return NO_MEMORY;
    }
    return COMPLETE;
}

// Looks the probes up, as far as they go on: round the whole table at most, if nothing is left in it that ends a probe.
// What is found is compared at last, when it has come.
static enum outcome look_up(struct attempt *attempt) {
    struct view *view = &attempt->view;
    enum outcome outcome = COMPLETE;
    size_t left = attempt->probes_n, found = 0;
    for (size_t round = 0; left > 0 && round < view->lookup.buckets_n && outcome == COMPLETE; round++) {
        size_t before = found;
        left = probe(&view->lookup, attempt->probes, left, attempt->candidates, &found);
        for (size_t i = before; i < found; i++)
            __builtin_prefetch(&view->block->rows[attempt->candidates[i].row]);
        if (found + left * BUCKET_SLOTS >= CANDIDATES) {
            outcome = verify(attempt, found);
            found = 0;
        }
        if (round > 0 && !unchanged(view))
            outcome = UNSURE;
    }
    attempt->probes_n = 0;
    return outcome == COMPLETE ? verify(attempt, found) : outcome;
}

static inline enum outcome add_probe(struct attempt *attempt, uint64_t key, uint16_t places, size_t read) {
    enum outcome outcome = attempt->probes_n == PROBES ? look_up(attempt) : COMPLETE;
    attempt->probes[attempt->probes_n++] = probe_of(&attempt->view.lookup, key, places, (uint16_t)read);
    return outcome;
}

// Looks a read up under the hashes of read_keys: the whole text's, from its end on those without the last of a run, and
// those that lack two symbols, under which only plates are to be found of which no place is known.
static enum outcome add_read(struct attempt *attempt, const struct sought *sought, size_t read) {
    uint64_t keys[READ_KEYS];
    size_t n = read_keys(sought->text, sought->length, attempt->view.two_errors ? 2 : 1, keys);
    uint32_t ends = run_ends(sought->text, sought->length), behind = 0;
    enum outcome outcome = add_probe(attempt, keys[0], PLACES_ALL, read);
    for (size_t i = 1; i < n && outcome == COMPLETE; i++) {
        outcome = add_probe(attempt, keys[i], ends ? places_for(ends, behind) : 1u << PLACE_NONE, read);
        if (ends) {
            behind = 1u << last_place(ends);
            ends &= ~behind;
        }
    }
    return outcome;
}

static enum outcome add_soft_read(struct attempt *attempt, const struct sought *sought, size_t read) {
    struct keys *keys = &attempt->scratch->keys;
    size_t n = soft_keys(sought->text, sought->length, attempt->view.symbols, keys);
    enum outcome outcome = n > 0 ? COMPLETE : NO_MEMORY;
    for (size_t i = 0; i < n && outcome == COMPLETE; i++)
        outcome = add_probe(attempt, keys->items[i], PLACES_ALL, read);
    return outcome;
}

// Begins the look-up of a read, the block's number `read`.
static enum outcome begin_read(struct attempt *attempt, const struct reads *reads, size_t i, size_t read) {
    struct sought *sought = &attempt->sought[read];
    int32_t length = reads->lengths[i];
    sought->there = length >= 0 && length <= PLATE_SYMBOLS;
    if (!sought->there)
        return COMPLETE;
    sought->length = (size_t)length;
    sought->soft = reads->errors && reads->errors[i] > 1;
    memcpy(sought->text, reads->codes + i * PLATE_SYMBOLS, PLATE_SYMBOLS);
    fold_text(attempt->view.block->header->fold, sought->text);
    sought->symbols = symbols_of(sought->text);
    return (sought->soft ? add_soft_read : add_read)(attempt, sought, read);
}

// Of wild ones of a length, from the i-th on, the first within one error of a read; `end` if there is none. A function
// of its own for its registers, and with the common case apart, as this is all that many patterns cost.
static __attribute__((noinline)) size_t first_near(const struct wild *wild, size_t i, size_t end, size_t length,
                                                   const struct sought *sought) {
    struct symbols symbols = sought->symbols;
    size_t read_length = sought->length;
    if (length == read_length)
        while (i < end && !within_one(text_symbols(&wild[i].text), length, symbols, length))
            i++;
    else
        while (i < end && !within_one(text_symbols(&wild[i].text), length, symbols, read_length))
            i++;
    return i;
}

// Compares a read with the wild ones of a length, most of which are passed over at once where nothing reaches further
// than one error. Where they begin and end is of one moment if that is looked after here.
static enum outcome scan_length(struct attempt *attempt, size_t length, size_t read) {
    const struct view *view = &attempt->view;
    const struct sought *sought = &attempt->sought[read];
    size_t i = view->wild_begin[length], end = view->wild_begin[length + 1];
    bool one_error = !sought->soft && !view->two_errors && !view->ends;
    if (end > view->block->room || !unchanged(view))
        return UNSURE;
    for (i = one_error ? first_near(view->wild, i, end, length, sought) : i; i < end;
         i = one_error ? first_near(view->wild, i + 1, end, length, sought) : i + 1) {
        const struct wild *wild = &view->wild[i];
        struct candidate head = {.row = GET(wild->row), .read = (uint32_t)read};
        if (fits(text_symbols(&wild->text), length, reach_for(GET(wild->state), sought), sought) &&
            !heads_add(&attempt->scratch->heads, head))
            return NO_MEMORY;
    }
    return COMPLETE;
}

// The same of all lengths that may fit.
static enum outcome scan_wild(struct attempt *attempt, size_t read) {
    const struct view *view = &attempt->view;
    const struct sought *sought = &attempt->sought[read];
    size_t errors = sought->soft || view->two_errors ? 2 : 1, most = sought->length + errors + (view->ends ? 2 : 0);
    enum outcome outcome = COMPLETE;
    for (size_t length = sought->length > errors ? sought->length - errors : 0;
         length < LENGTHS && length <= most && outcome == COMPLETE; length++)
        outcome = scan_length(attempt, length, read);
    return outcome;
}

// Adds the rows of the heads' chains to the answer; read 0 of the block is read `begin` there.
static enum outcome add_rows(struct attempt *attempt, size_t begin, struct found *found) {
    struct view *view = &attempt->view;
    const struct heads *heads = &attempt->scratch->heads;
    size_t since = found->n;
    bool chained = false;
    for (size_t i = 0; i < heads->n; i++) {
        uint32_t read = heads->items[i].read;
        for (uint32_t id = heads->items[i].row; id != NONE; id = GET(view->block->rows[id].next[view->side])) {
            if (id >= view->block->room || !may_go_on(view))
                return UNSURE;
            chained |= id != heads->items[i].row;
            if (!found_add(found, (int32_t)(begin + read), id))
                return NO_MEMORY;
        }
        if (i + 1 == heads->n || heads->items[i + 1].read != read) {
            if (chained)
                found_sort(found, since);
            since = found->n;
            chained = false;
        }
    }
    return COMPLETE;
}

enum outcome search(const struct block *block, const struct reads *reads, size_t begin, size_t end,
                    struct scratch *scratch, struct found *found) {
    struct attempt attempt;
    size_t before = found->n;
    attempt.scratch = scratch;
    attempt.probes_n = scratch->heads.n = 0;
    enum outcome outcome = open_view(block, &attempt.view) ? COMPLETE : UNSURE;
    for (size_t i = begin; i < end && outcome == COMPLETE; i++)
        outcome = begin_read(&attempt, reads, i, i - begin);
    if (outcome == COMPLETE)
        outcome = look_up(&attempt);
    for (size_t i = begin; i < end && attempt.view.wild_begin[LENGTHS] > 0 && outcome == COMPLETE; i++)
        outcome = attempt.sought[i - begin].there ? scan_wild(&attempt, i - begin) : COMPLETE;
    if (outcome == COMPLETE) {
        heads_sort(&scratch->heads);
        outcome = add_rows(&attempt, begin, found);
    }
    if (outcome == COMPLETE && !unchanged(&attempt.view))
        outcome = UNSURE;
    if (outcome != COMPLETE)
        found->n = before;
    return outcome;
}
