// The idea of the structure.
//
// A search must find every row within one or two arbitrary errors of a read, and any number of look-alike errors.
// Symbols are folded to their look-alike class first, so that look-alikes are equal; what remains are a few errors
// between folded texts. FastSS finds those without trying errors out: if two texts are within one error, then they, or
// what is left of each without one symbol, are equal somewhere. So each text is entered under the hash of itself and of
// every text that lacks one of its symbols (nine hashes for a plate of eight), a read is looked up under its own nine,
// and what shares a hash is compared for real: the hash decides only where to look, never what is found. forms.h tells
// how two errors, and symbols that are missing at the ends, are found in the same way.
//
//   rows     what the caller inserted: a row stands at its id, with its exact codes. Rows of one folded text and one
//            reach are a chain, a doubly linked list.
//   table    from hashes to the heads of the chains, in buckets of one cache line: ten tags of 16 bits, ten rows, and
//            how many have passed the bucket by. Whether a read fits depends on the folded text alone, so a plate that
//            is listed a thousand times stands once in the table and costs no more to look up, insert or delete than
//            another.
//   wild     the heads that hold ANY. A hash cannot find them, so they are scanned for every read: their folded texts
//            lie one behind the other, by length. In the table they stand under the hash of the whole text alone, by
//            which the writer finds the chain of another row.
//   passed   the number of hashes of a class of tags that found a bucket full and went to the next. A search goes on to
//            the next bucket only while it is not 0, a deletion takes back what the insertion added, and so there are
//            no tombstones. A number that has reached 255 stays, as nobody knows how much more it would be.
//   symbols  a bit for each folded symbol of any head; what is not there need not be tried for a soft read.
//
// Memory: one block without pointers: a header, the rows, and every other array twice, on two sides, each as large as
// it can ever be. The system gives memory to pages that were touched only, so an array needs no growth. A table that is
// full to 80 percent is made anew from the rows on its other side, with room for a quarter more at least, and is then
// switched to; the side that was left is given back. So the cost per insertion stays constant on average; the insertion
// that meets it waits, the searches do not. A bulk build links the rows and makes everything else on the other sides
// and switches at the end; the codes are the same on both, and a row that gets other codes is deleted before. The
// insertion of many rows, in a build or for a new table, fetches the lines of some rows ahead of their use.
//
// Cost, n symbols a plate: insert and delete n + 2 cache lines; search n + 1 lines a read, fetched for a block of
// reads ahead of their use, plus one per candidate, plus one comparison per head in `wild`. Texts that share a hash
// (one symbol apart) lie in one run of buckets, so a list that holds every neighbour of a plate has runs of some 25
// buckets at worst; repeated plates make none longer. Memory: 64 bytes a bucket of 10 slots at n + 1 slots a head and
// 57 to 80 percent full, 32 a row, about 120 a plate in all. Plates that reach further take more slots.
//
// Threads and processes: one process changes, under a mutex of its own; any process searches, and locks nothing, so
// whoever is killed while it searches leaves nothing behind. What keeps them apart is a sequence lock (Boehm, Can
// seqlocks get along with programming language memory models?, 2012). A change makes the sequence odd, does its work
// and makes it even again; a search notes the sequence, reads, and takes what it found for true only if the sequence
// is still the same even number. If not it begins again; then under the mutex, if that is its process's and free; then
// with single reads. It does not wait for the mutex, which is held as long as a new table is made, while nothing
// changes for searches; only where somebody changes all the time it does at last, or gives up if it has none, as it
// does where a dead process left the sequence odd. So each read sees the index as it is at one instant.
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
// whoever still reads it and sees the wiping finds the sequence moved on (2; madvise and mmap are barriers for all
// processors). The same holds for the codes of a row that a build fills: it has been deleted, if it ever was there, by
// an earlier change, and whoever came upon it before that sees the sequence moved. A row's state is one number for both
// sides, of which a build changes the bits of the side that nobody reads.
// Where probe_avx2.c loads a bucket's tags at once, that is no atomic load by the letter of C, but one, or several of
// whole tags, by that of the processor, and the compiler moves no load over a fence. It may see tags of several
// moments, as the atomic loads of probe_scalar.c may, which the thread sanitizer watches in its place. A search that is
// misled until then comes to no harm: both sides are mapped as a whole, a number that it found is followed only below
// the size of the array that it leads to, and each walk looks after the sequence every few steps, a scan of `wild`
// before it begins, and stops if it has moved, while a walk through what has not moved ends because the structure is
// sound. That of a file is, since the sum of all that was saved is right (saved.h).

#define _GNU_SOURCE // MAP_ANONYMOUS
#include "index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "forms.h"
#include "made.h"
#include "saved.h"

static const uint64_t MARK = 0x33786564496d70; // "pmIdex3", to be changed with the layout

size_t index_memory_size(size_t rows) {
    struct block block;
    return block_view(&block, NULL, rows);
}

// Makes readers see the contents as they are now; to be called within a change.
static void publish(const struct index *index) {
    struct header *header = index->block.header;
    const struct contents *contents = &index->contents;
    SET(header->side, contents->side);
    SET(header->table_side, contents->table_side);
    SET(header->buckets_n, contents->table.n);
    SET(header->live, contents->live);
    SET(header->two_errors, contents->two_errors);
    SET(header->ends, contents->ends);
    for (size_t i = 0; i <= LENGTHS; i++)
        SET(header->wild_begin[i], contents->wild_begin[i]);
    for (size_t i = 0; i < sizeof contents->symbols / sizeof contents->symbols[0]; i++)
        SET(header->symbols[i], contents->symbols[i]);
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
    index->block.own = true;
    return memory;
}

// An index in memory, or in memory of its own, of which nothing is filled in.
static struct index *index_in(void *memory, size_t rows) {
    struct index *index = calloc(1, sizeof *index);
    if (!index)
        return NULL;
    if (!memory && !(memory = own_memory(index, index_memory_size(rows)))) {
        free(index);
        return NULL;
    }
    pthread_mutex_init(&index->changing, NULL); // with default attributes it cannot fail
    block_view(&index->block, memory, rows);
    block_enlarge_rows(&index->block);
    return index;
}

struct index *index_create(void *memory, size_t rows, const uint8_t fold[256]) {
    struct index *index = index_in(memory, rows);
    if (!index)
        return NULL;
    index->contents = contents_beside(&index->block, NULL, 0);
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

bool index_save(struct index *index, const char *path) {
    pthread_mutex_lock(&index->changing);
    bool done = saved_write(&index->contents, MARK, path);
    pthread_mutex_unlock(&index->changing);
    return done;
}

struct index *index_open(const char *path, const uint8_t fold[256]) {
    struct saved saved;
    int file = saved_read(&saved, MARK, fold, path);
    if (file < 0)
        return NULL;
    struct index *index = index_in(NULL, saved.room);
    if (!index)
        errno = ENOMEM;
    if (index && saved_map(&saved, file, &index->block, &index->contents)) {
        publish(index);
        atomic_store_explicit(&index->block.header->mark, MARK, memory_order_release);
    } else if (index) {
        int error = errno;
        index_destroy(index);
        index = NULL;
        errno = error;
    }
    saved_close(file);
    return index;
}

bool index_attached(const struct index *index) {
    return index->attached;
}

size_t index_size(const struct index *index) {
    return GET(index->block.header->live);
}

size_t index_rows(const struct index *index) {
    return index->block.room;
}

const uint8_t *index_plates(const struct index *index) {
    _Static_assert(sizeof *index->block.rows == INDEX_STRIDE, "a row is as long as its caller is told");
    return (const uint8_t *)&index->block.rows->codes;
}

static void delete(struct index *index, uint32_t id) {
    begin_change(index);
    contents_delete(&index->contents, id);
    end_change(index);
}

// Rows that get other plates go first: where the codes stand, those who still search find the old ones.
static void replace(struct index *index, const uint8_t *codes, const uint32_t *ids, const struct reach *reaches,
                    size_t n, size_t keys) {
    for (size_t i = 0; i < n; i++)
        if (contents_use(&index->contents, ids[i]) &&
            !contents_hold(&index->contents, codes + i * PLATE_SYMBOLS, ids[i]))
            delete(index, ids[i]);
    struct contents former = index->contents;
    struct contents built = contents_beside(&index->block, &former, keys);
    contents_insert_all(&built, codes, ids, reaches, n);
    begin_change(index);
    index->contents = built;
    end_change(index);
    contents_wipe(&former, &built);
}

enum change index_build(struct index *index, const uint8_t *codes, const uint32_t *ids, const struct reach *reaches,
                        size_t n) {
    size_t keys;
    enum change change = contents_check(&index->block, codes, ids, reaches, n, &keys);
    if (change != CHANGED)
        return change;
    pthread_mutex_lock(&index->changing);
    replace(index, codes, ids, reaches, n, keys);
    pthread_mutex_unlock(&index->changing);
    return CHANGED;
}

// Sees to it that the table takes so many hashes more.
static bool make_room(struct index *index, size_t keys) {
    struct contents *contents = &index->contents;
    if (table_fits(&contents->table, keys))
        return true;
    struct table former = contents->table;
    if (!contents_grow(contents, keys))
        return false;
    begin_change(index);
    end_change(index);
    table_wipe(&index->block, &former);
    return true;
}

static enum change insert(struct index *index, const uint8_t *codes, uint32_t id, struct reach reach) {
    struct contents *contents = &index->contents;
    if (contents_use(contents, id))
        return contents_hold(contents, codes, id) && reach_is(contents_reach(contents, id), reach) ? CHANGED : TAKEN;
    uint64_t keys[PLATE_KEYS];
    struct entry entry = contents_entry(contents, codes, id, reach, keys);
    if (!make_room(index, entry.keys_n))
        return FULL;
    begin_change(index);
    contents_insert(contents, &entry);
    end_change(index);
    return CHANGED;
}

enum change index_insert(struct index *index, const uint8_t *codes, uint32_t id, struct reach reach) {
    if (id >= index->block.room)
        return BEYOND;
    pthread_mutex_lock(&index->changing);
    enum change change = insert(index, codes, id, reach);
    pthread_mutex_unlock(&index->changing);
    return change;
}

enum change index_delete(struct index *index, const uint8_t *codes, uint32_t id) {
    if (id >= index->block.room)
        return UNKNOWN;
    pthread_mutex_lock(&index->changing);
    enum change change = contents_hold(&index->contents, codes, id) ? CHANGED : UNKNOWN;
    if (change == CHANGED)
        delete(index, id);
    pthread_mutex_unlock(&index->changing);
    return change;
}
