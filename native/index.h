// The live index of listed plates: which rows could a read be.
#ifndef PLATEMATCH_INDEX_H
#define PLATEMATCH_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLATE_SYMBOLS = 16 };

struct index;

// The answer of a search: n pairs in arrays that the caller frees. Zero it before the first use.
struct found {
    int32_t *reads;
    uint32_t *ids;
    size_t n, room;
};

// Bytes of an index of at most so many rows, 1 to INDEX_ROWS.
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

// Plates are 16 symbol codes, padded with zeros. All calls are safe from any thread. Those that change must be made
// where the index was created; the ones that return false have no room for more rows and changed nothing, unless said
// otherwise.
bool index_attached(const struct index *index);
bool index_build(struct index *index, const uint8_t *codes, const uint32_t *ids, size_t n);
bool index_insert(struct index *index, const uint8_t *codes, uint32_t id);
bool index_delete(struct index *index, const uint8_t *codes, uint32_t id); // false: there is no such row
size_t index_size(const struct index *index);
size_t index_room(const struct index *index); // rows that still fit

// UNSURE: the index was being changed all the time, or whoever changes it has died.
enum outcome { COMPLETE, UNSURE, NO_MEMORY };

// Adds the pairs of m reads to `found`, grouped by read ascending, ids ascending and each once. lengths: how many of
// a read's 16 symbols count; a read of more than 16 finds nothing. Unless COMPLETE, `found` holds part of the answer.
enum outcome index_search(struct index *index, const uint8_t *codes, const int32_t *lengths, size_t m,
                          struct found *found);

#endif
