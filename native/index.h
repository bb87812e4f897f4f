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

// fold: the class of each symbol. NULL when memory is short.
struct index *index_create(const uint8_t fold[256]);
void index_destroy(struct index *index);

// Plates are 16 symbol codes, padded with zeros. All calls are safe from any thread; those that return false have
// run out of memory (or of row numbers) and changed nothing, unless said otherwise.
bool index_build(struct index *index, const uint8_t *codes, const uint32_t *ids, size_t n);
bool index_insert(struct index *index, const uint8_t *codes, uint32_t id);
bool index_delete(struct index *index, const uint8_t *codes, uint32_t id); // false: there is no such row
size_t index_size(struct index *index);

// Adds the pairs of m reads to `found`, grouped by read ascending, ids ascending and each once. lengths: how many of
// a read's 16 symbols count; a read of more than 16 finds nothing. On false, `found` holds part of the answer.
bool index_search(struct index *index, const uint8_t *codes, const int32_t *lengths, size_t m, struct found *found);

#endif
