// The idea of the structure.
//
// A search must find every row within one arbitrary error of a read, and any number of look-alike errors. Symbols are
// folded to their look-alike class first, so that look-alikes are equal; what remains is one error between folded
// texts. FastSS finds that without trying errors out: if two texts are within one error, then they, or what is left of
// each without one symbol, are equal somewhere. So each text is entered under the hash of itself and of every text
// that lacks one of its symbols (nine hashes for a plate of eight), a read is looked up under its own nine, and what
// shares a hash is compared for real: the hash decides only where to look, never what is found.
//
//   forms   the distinct folded texts. Whether a read fits depends on the folded text alone, so a plate that is listed
//           a thousand times stands once in the table and costs no more to look up, insert or delete than another.
//   rows    what the caller inserted: exact codes and an id. The rows of a form are a doubly linked list.
//   keys    the table from hashes to forms: slots of a 32-bit tag and a 32-bit form number, linear probing.
//   pairs   the table from (codes, id) to the row: deletion needs no walk along the list, and a row inserted twice is
//           there once.
//   wild    the forms that hold ANY. A hash cannot find them, so they are scanned for every read; they stand in `keys`
//           as well, under the hashes of their own text.
//
// Growth: arrays double; a table that is full to five eighths is made anew, from the forms or rows, which also clears
// its tombstones. The new one has room for a quarter more than it holds, so the cost per insertion stays constant on
// average; the insertion that meets it waits, and searches with it (about a second for a million plates).
// A bulk build makes everything beside the old contents and puts it in their place at the end; what others insert
// meanwhile goes with the old.
// Tombstones: a deletion leaves one in each slot, or an empty slot where the run of slots ends there. They are used
// again by insertions. Numbers of forms and rows that are free again are linked into a list and used first.
//
// Cost, n symbols a plate: insert and delete n + 2 cache lines; search n + 1 lines a read, fetched for a block of
// reads ahead of their use, plus one per candidate, plus one comparison per form in `wild`. Texts that share a hash
// (one symbol apart) lie in one run, so a list that holds every neighbour of a plate has runs of some 250 slots at
// worst; repeated plates make none longer. Memory: 8 bytes a slot at n + 1 slots a form and three to six eighths full,
// 24 a form, 32 a row, about 200 a plate in all.
//
// Threads: one read/write lock. A search holds it for a block of reads at a time, so a change waits microseconds, and
// a waiting change goes before further searches; each read sees the index as it is at one instant.

#define _GNU_SOURCE // pthread_rwlockattr_setkind_np
#include "index.h"

#include <pthread.h>
#include <stdlib.h>

#include "contents.h"
#include "forms.h"

enum { BLOCK = 32 };

struct index {
    pthread_rwlock_t lock;
    uint8_t fold[256];
    struct contents contents;
};

static bool create_lock(pthread_rwlock_t *lock) {
    pthread_rwlockattr_t attributes;
    if (pthread_rwlockattr_init(&attributes) != 0)
        return false;
#ifdef __GLIBC__
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
#endif
    bool created = pthread_rwlock_init(lock, &attributes) == 0;
    pthread_rwlockattr_destroy(&attributes);
    return created;
}

struct index *index_create(const uint8_t fold[256]) {
    struct index *index = malloc(sizeof *index);
    if (!index)
        return NULL;
    for (int i = 0; i < 256; i++)
        index->fold[i] = fold[i];
    if (contents_create(&index->contents, index->fold, 0, 0)) {
        if (create_lock(&index->lock))
            return index;
        contents_destroy(&index->contents);
    }
    free(index);
    return NULL;
}

void index_destroy(struct index *index) {
    pthread_rwlock_destroy(&index->lock);
    contents_destroy(&index->contents);
    free(index);
}

bool index_build(struct index *index, const uint8_t *codes, const uint32_t *ids, size_t n) {
    size_t keys = 0;
    for (size_t i = 0; i < n; i++)
        keys += plate_length(codes + i * PLATE_SYMBOLS) + 1;
    struct contents built;
    if (!contents_create(&built, index->fold, n, keys + FORM_KEYS))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!contents_insert(&built, codes + i * PLATE_SYMBOLS, ids[i])) {
            contents_destroy(&built);
            return false;
        }
    pthread_rwlock_wrlock(&index->lock);
    struct contents old = index->contents;
    index->contents = built;
    pthread_rwlock_unlock(&index->lock);
    contents_destroy(&old);
    return true;
}

bool index_insert(struct index *index, const uint8_t *codes, uint32_t id) {
    pthread_rwlock_wrlock(&index->lock);
    bool done = contents_insert(&index->contents, codes, id);
    pthread_rwlock_unlock(&index->lock);
    return done;
}

bool index_delete(struct index *index, const uint8_t *codes, uint32_t id) {
    pthread_rwlock_wrlock(&index->lock);
    bool done = contents_delete(&index->contents, codes, id);
    pthread_rwlock_unlock(&index->lock);
    return done;
}

size_t index_size(struct index *index) {
    pthread_rwlock_rdlock(&index->lock);
    size_t size = index->contents.pairs.live;
    pthread_rwlock_unlock(&index->lock);
    return size;
}

// A read as the search handles it.
struct sought {
    uint8_t text[PLATE_SYMBOLS];
    size_t length, keys_n;
    uint64_t keys[FORM_KEYS];
};

// The forms found for one read, kept from read to read for its memory.
struct forms_found {
    uint32_t *forms;
    size_t n, room;
};

static void prepare(const struct index *index, const uint8_t *codes, int32_t length, struct sought *sought) {
    const struct table *keys = &index->contents.keys;
    sought->keys_n = 0;
    if (length < 0 || length > PLATE_SYMBOLS)
        return;
    sought->length = (size_t)length;
    for (size_t i = 0; i < sought->length; i++)
        sought->text[i] = index->fold[codes[i]];
    sought->keys_n = form_keys(sought->text, sought->length, sought->keys);
    for (size_t i = 0; i < sought->keys_n; i++)
        __builtin_prefetch(&keys->slots[table_home(keys, sought->keys[i])]);
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

static bool fits(const struct contents *contents, uint32_t number, const struct sought *sought) {
    const uint8_t *text = contents->forms[number].text;
    return form_within_one(text, plate_length(text), sought->text, sought->length);
}

static bool find_forms(const struct contents *contents, const struct sought *sought, struct forms_found *found) {
    uint32_t form;
    found->n = 0;
    for (size_t i = 0; i < sought->keys_n; i++) {
        size_t at = table_home(&contents->keys, sought->keys[i]);
        while (table_next(&contents->keys, sought->keys[i], &at, &form))
            if (fits(contents, form, sought) && !add_form(found, form))
                return false;
    }
    if (sought->keys_n > 0)
        for (size_t i = 0; i < contents->wild_n; i++)
            if (fits(contents, contents->wild[i], sought) && !add_form(found, contents->wild[i]))
                return false;
    found->n = sort_once(found->forms, found->n);
    return true;
}

static bool add_rows(const struct contents *contents, const struct forms_found *forms, int32_t read,
                     struct found *found) {
    size_t begin = found->n;
    for (size_t i = 0; i < forms->n; i++) {
        uint32_t number = contents->forms[forms->forms[i]].rows;
        for (; number != NONE; number = contents->rows[number].next)
            if (!add_pair(found, read, contents->rows[number].id))
                return false;
    }
    if (found->n > begin)
        found->n = begin + sort_once(found->ids + begin, found->n - begin);
    return true;
}

static bool search_block(const struct index *index, const uint8_t *codes, const int32_t *lengths, size_t begin,
                         size_t end, struct forms_found *forms, struct found *found) {
    struct sought sought[BLOCK];
    for (size_t i = begin; i < end; i++)
        prepare(index, codes + i * PLATE_SYMBOLS, lengths[i], &sought[i - begin]);
    for (size_t i = begin; i < end; i++)
        if (!find_forms(&index->contents, &sought[i - begin], forms) ||
            !add_rows(&index->contents, forms, (int32_t)i, found))
            return false;
    return true;
}

bool index_search(struct index *index, const uint8_t *codes, const int32_t *lengths, size_t m, struct found *found) {
    struct forms_found forms = {0};
    bool done = true;
    for (size_t begin = 0; done && begin < m; begin += BLOCK) {
        size_t end = begin + BLOCK < m ? begin + BLOCK : m;
        pthread_rwlock_rdlock(&index->lock);
        done = search_block(index, codes, lengths, begin, end, &forms, found);
        pthread_rwlock_unlock(&index->lock);
    }
    free(forms.forms);
    return done;
}
