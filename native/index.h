// The live index of listed plates: which rows could a read be.
#ifndef PLATEMATCH_INDEX_H
#define PLATEMATCH_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLATE_SYMBOLS = 16 };

struct index;
struct reach; // forms.h

// Reads as their caller has them: codes (16 a read), how many of those count (a read of more than 16 finds nothing),
// and of soft reads 2 as errors; NULL: none is soft.
struct reads {
    const uint8_t *codes;
    const int32_t *lengths;
    const uint8_t *errors;
    size_t n;
};

// The answer of a search: n pairs in arrays that the caller frees. Zero it before the first use.
struct found {
    int32_t *reads;
    uint32_t *ids;
    size_t n, room;
};

// Bytes of an index of so many rows, 1 to INDEX_ROWS. A row's id is its number, so ids are below that.
#define INDEX_ROWS ((size_t)1 << 31)
size_t index_memory_size(size_t rows);

// An empty index in memory of its own, or in the caller's: index_memory_size(rows) bytes, all zero, on a page
// boundary, anonymous (a memfd's too), which outlives the index. fold: the class of each symbol. NULL when memory is
// short.
struct index *index_create(void *memory, size_t rows, const uint8_t fold[256]);

// The index that another process, or another call, has in this memory; it only reads. NULL with *there false: there is
// none, or it is larger than `size`.
struct index *index_attach(void *memory, size_t size, bool *there);
void index_destroy(struct index *index);

// Writes the index to a file; false with errno set. What is there meanwhile stays until the new file is complete.
bool index_save(struct index *index, const char *path);

// The index that was saved, in memory of its own of which the file's pages are part until they are changed; the file
// stays as it is, and must. NULL with errno set: EINVAL where the file holds no index, or another than was written, or
// one of another fold or alphabet.
struct index *index_open(const char *path, const uint8_t fold[256]);

// What became of a change; but for CHANGED, nothing was changed. UNKNOWN: there is no such row. TAKEN: the id has a row
// of another plate or reach, or is there twice. BEYOND: the id is too great. FULL: the table is.
enum change { CHANGED, UNKNOWN, TAKEN, BEYOND, FULL, SHORT_OF_MEMORY };

// Plates are 16 symbol codes, padded with zeros. All calls are safe from any thread. Those that change must be made
// where the index was created or opened. A row that is there already is not inserted again. A build replaces all rows;
// reaches NULL: all {1, 0}; a row that gets another plate than it had is gone until the build is done.
bool index_attached(const struct index *index);
enum change index_build(struct index *index, const uint8_t *codes, const uint32_t *ids, const struct reach *reaches,
                        size_t n);
enum change index_insert(struct index *index, const uint8_t *codes, uint32_t id, struct reach reach);
enum change index_delete(struct index *index, const uint8_t *codes, uint32_t id);
size_t index_size(const struct index *index);
size_t index_rows(const struct index *index);

// Where the codes of row 0 are, of the next row INDEX_STRIDE bytes on. They are as the last insertion left them.
enum { INDEX_STRIDE = 32 };
const uint8_t *index_plates(const struct index *index);

// UNSURE: the index was being changed all the time, or whoever changes it has died.
enum outcome { COMPLETE, UNSURE, NO_MEMORY };

// Adds the pairs of reads to `found`, grouped by read ascending, ids ascending and each once. Unless COMPLETE, `found`
// holds part of the answer.
enum outcome index_search(struct index *index, const struct reads *reads, struct found *found);

// How the table is looked up from now on, in all indexes: "scalar" or "avx2", or the best (NULL); false where that is
// not possible. To be called before the first search.
bool index_choose(const char *forced);
const char *index_chosen(void);

#endif
