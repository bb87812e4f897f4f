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
// Memory: one block without pointers, a header and every array twice, on two sides, each as large as it can ever be.
// The system gives memory to pages that were touched only, so an array needs no growth. A table that is full to five
// eighths is made anew from the forms or rows on its other side, which also clears its tombstones, and is then switched
// to; the side that was left is given back. The new one has room for a quarter more than it holds, so the cost per
// insertion stays constant on average; the insertion that meets it waits (about a second for a million plates), the
// searches do not. A bulk build makes everything on the other sides and switches at the end.
// Tombstones: a deletion leaves one in each slot, or an empty slot where the run of slots ends there. They are used
// again by insertions. Numbers of forms and rows that are free again are linked into a list and used first.
//
// Cost, n symbols a plate: insert and delete n + 2 cache lines; search n + 1 lines a read, fetched for a block of
// reads ahead of their use, plus one per candidate, plus one comparison per form in `wild`. Texts that share a hash
// (one symbol apart) lie in one run, so a list that holds every neighbour of a plate has runs of some 250 slots at
// worst; repeated plates make none longer. Memory: 8 bytes a slot at n + 1 slots a form and three to six eighths full,
// 24 a form, 32 a row, about 200 a plate in all.
//
// Threads and processes: one process changes, under a mutex of its own; any process searches, and locks nothing, so
// whoever is killed while it searches leaves nothing behind. What keeps them apart is a sequence lock (Boehm, Can
// seqlocks get along with programming language memory models?, 2012). A change makes the sequence odd, does its work
// and makes it even again; a search notes the sequence, reads, and takes what it found for true only if the sequence
// is still the same even number. If not it begins again, with single reads at last, and where somebody changes all the
// time, it waits for the mutex if it has one or gives up in the end, as it does where a dead process left the sequence
// odd. So each read sees the index as it is at one instant.
//
// Ordering: everything that readers read is atomic and relaxed, but for four places.
//   1. A change stores the odd number, then has a release fence, then makes its stores.
//   2. A search has an acquire fence after its loads and before it loads the sequence again. If one of its loads saw a
//      store of a change, the fences synchronize, and the sequence it then loads is at least that change's odd number.
//   3. A change stores the even number with release, and
//   4. a search loads the first number with acquire: it sees all that was stored up to that number, and so either the
//      same as every search at that number or something newer, which 2 finds out.
// What is done between changes is covered as well: a side is filled before the change that switches to it, so whoever
// sees the switch sees all of it (3, 4); it is wiped, and filled again, after the change that switched away from it, so
// whoever still reads it and sees the wiping finds the sequence moved on (2; madvise is a barrier for all processors).
// A search that is misled until then comes to no harm: both sides are mapped as a whole, a number that it found is
// followed only below the size of the array that it leads to, and each walk looks after the sequence every few steps
// and stops if it has moved, while a walk through what has not moved ends because the structure is sound.

#define _GNU_SOURCE // MAP_ANONYMOUS
#include "index.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "block.h"
#include "contents.h"
#include "forms.h"
#include "search.h"

static const uint64_t MARK = 0x31786564496d70; // "pmIdex1", to be changed with the layout

// Attempts at a block of reads; at each read of it, the first without a sleep between them.
enum { BLOCK_ATTEMPTS = 3, HURRIED_ATTEMPTS = 20, READ_ATTEMPTS = 500, SLEEP_NS = 100000 };

struct index {
    struct block block;
    void *own; // the memory, if it is the index's own
    size_t own_size;
    bool attached;
    // From here on where it is not attached.
    pthread_mutex_t changing;
    struct contents contents;
};

size_t index_memory_size(size_t rows) {
    struct block block;
    return block_view(&block, NULL, rows);
}

// Makes readers see the contents as they are now; to be called within a change.
static void publish(const struct index *index) {
    struct header *header = index->block.header;
    const struct contents *contents = &index->contents;
    SET(header->side, contents->side);
    SET(header->keys_side, contents->keys_side);
    SET(header->keys_mask, contents->keys.mask);
    SET(header->wild_n, contents->wild_n);
    SET(header->live, (uint32_t)contents->pairs.live);
}

static void begin_change(const struct index *index) {
    struct header *header = index->block.header;
    SET(header->sequence, GET(header->sequence) + 1);
    atomic_thread_fence(memory_order_release);
}

static void end_change(const struct index *index) {
    struct header *header = index->block.header;
    publish(index);
    atomic_store_explicit(&header->sequence, GET(header->sequence) + 1, memory_order_release);
}

static void *own_memory(struct index *index, size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    index->own = memory;
    index->own_size = size;
    return memory;
}

struct index *index_create(void *memory, size_t rows, const uint8_t fold[256]) {
    struct index *index = calloc(1, sizeof *index);
    if (!index)
        return NULL;
    if (!memory && !(memory = own_memory(index, index_memory_size(rows)))) {
        free(index);
        return NULL;
    }
    pthread_mutex_init(&index->changing, NULL); // with default attributes it cannot fail
    block_view(&index->block, memory, rows);
    index->contents = contents_beside(&index->block, NULL, 0, 0);
    struct header *header = index->block.header;
    header->room = rows;
    memcpy(header->fold, fold, sizeof header->fold);
    publish(index);
    atomic_store_explicit(&header->mark, MARK, memory_order_release);
    return index;
}

struct index *index_attach(void *memory, size_t size, bool *there) {
    const struct header *header = memory;
    *there = size >= sizeof *header && atomic_load_explicit(&header->mark, memory_order_acquire) == MARK &&
             header->room >= 1 && header->room <= INDEX_ROWS && index_memory_size(header->room) <= size;
    struct index *index = *there ? calloc(1, sizeof *index) : NULL;
    if (!index)
        return NULL;
    block_view(&index->block, memory, header->room);
    index->attached = true;
    return index;
}

void index_destroy(struct index *index) {
    if (!index->attached)
        pthread_mutex_destroy(&index->changing);
    if (index->own)
        munmap(index->own, index->own_size);
    free(index);
}

bool index_attached(const struct index *index) {
    return index->attached;
}

size_t index_size(const struct index *index) {
    return GET(index->block.header->live);
}

size_t index_room(const struct index *index) {
    return index->block.room - index_size(index);
}

static void replace(struct index *index, const uint8_t *codes, const uint32_t *ids, size_t n) {
    size_t keys = FORM_KEYS;
    for (size_t i = 0; i < n; i++)
        keys += plate_length(codes + i * PLATE_SYMBOLS) + 1;
    struct contents former = index->contents;
    struct contents built = contents_beside(&index->block, &former, n, keys);
    for (size_t i = 0; i < n; i++)
        if (!contents_hold(&built, codes + i * PLATE_SYMBOLS, ids[i]))
            contents_insert(&built, codes + i * PLATE_SYMBOLS, ids[i]);
    begin_change(index);
    index->contents = built;
    end_change(index);
    contents_wipe(&former);
}

bool index_build(struct index *index, const uint8_t *codes, const uint32_t *ids, size_t n) {
    if (n > index->block.room)
        return false;
    pthread_mutex_lock(&index->changing);
    replace(index, codes, ids, n);
    pthread_mutex_unlock(&index->changing);
    return true;
}

// Sees to it that the tables take one row more.
static void make_room(struct index *index) {
    struct contents *contents = &index->contents;
    if (!contents_keys_fit(contents)) {
        struct table former = contents->keys;
        contents_grow_keys(contents);
        begin_change(index);
        end_change(index);
        table_wipe(&former);
    }
    if (!contents_pairs_fit(contents)) {
        struct table former = contents->pairs;
        contents_grow_pairs(contents);
        table_wipe(&former);
    }
}

// Whether the row is there then.
static bool insert(struct index *index, const uint8_t *codes, uint32_t id) {
    struct contents *contents = &index->contents;
    if (contents_hold(contents, codes, id))
        return true;
    if (contents->pairs.live >= index->block.room)
        return false;
    make_room(index);
    begin_change(index);
    contents_insert(contents, codes, id);
    end_change(index);
    return true;
}

bool index_insert(struct index *index, const uint8_t *codes, uint32_t id) {
    pthread_mutex_lock(&index->changing);
    bool done = insert(index, codes, id);
    pthread_mutex_unlock(&index->changing);
    return done;
}

bool index_delete(struct index *index, const uint8_t *codes, uint32_t id) {
    pthread_mutex_lock(&index->changing);
    begin_change(index);
    bool done = contents_delete(&index->contents, codes, id);
    end_change(index);
    pthread_mutex_unlock(&index->changing);
    return done;
}

// The searches as they are asked for, and what they need on the way.
struct searching {
    struct index *index;
    const uint8_t *codes;
    const int32_t *lengths;
    struct forms_found forms;
    struct found *found;
};

static enum outcome attempt(struct searching *s, size_t begin, size_t end) {
    return search(&s->index->block, s->codes, s->lengths, begin, end, &s->forms, s->found);
}

static enum outcome search_locked(struct searching *s, size_t begin, size_t end) {
    pthread_mutex_lock(&s->index->changing);
    enum outcome outcome = attempt(s, begin, end);
    pthread_mutex_unlock(&s->index->changing);
    return outcome;
}

static enum outcome search_one(struct searching *s, size_t read) {
    enum outcome outcome = attempt(s, read, read + 1);
    for (int i = 1; outcome == UNSURE && i < READ_ATTEMPTS; i++) {
        if (i < HURRIED_ATTEMPTS)
            sched_yield();
        else
            nanosleep(&(struct timespec){.tv_nsec = SLEEP_NS}, NULL);
        outcome = attempt(s, read, read + 1);
    }
    return outcome;
}

static enum outcome search_block(struct searching *s, size_t begin, size_t end) {
    enum outcome outcome = UNSURE;
    for (int i = 0; outcome == UNSURE && i < BLOCK_ATTEMPTS; i++)
        outcome = attempt(s, begin, end);
    if (outcome != UNSURE)
        return outcome;
    if (!s->index->attached)
        return search_locked(s, begin, end);
    outcome = COMPLETE;
    for (size_t i = begin; i < end && outcome == COMPLETE; i++)
        outcome = search_one(s, i);
    return outcome;
}

enum outcome index_search(struct index *index, const uint8_t *codes, const int32_t *lengths, size_t m,
                          struct found *found) {
    struct searching searching = {.index = index, .codes = codes, .lengths = lengths, .found = found};
    enum outcome outcome = COMPLETE;
    for (size_t begin = 0; outcome == COMPLETE && begin < m; begin += SEARCH_BLOCK) {
        size_t end = begin + SEARCH_BLOCK < m ? begin + SEARCH_BLOCK : m;
        outcome = search_block(&searching, begin, end);
    }
    free(searching.forms.forms);
    return outcome;
}
