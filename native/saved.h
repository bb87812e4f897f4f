// An index in a file: a first page that tells what follows, then the arrays as they are in memory, each on a page
// boundary, so that the file can be mapped in their place. Numbers are as the processor has them: one of the other byte
// order reads another mark and refuses the file. Nothing in the file is relied on before the sum of all of it is right,
// which damage does not leave it; who may write the file could, so it is to be kept like a program.
#ifndef PLATEMATCH_SAVED_H
#define PLATEMATCH_SAVED_H

#include "contents.h"

enum { SAVED_PAGE = 4096 };

// The first page. contents: without its addresses.
struct saved {
    _Alignas(SAVED_PAGE) uint64_t mark;
    uint64_t room, size, sum; // size: the file's; sum: of all that it holds, with this number 0
    uint64_t alphabet;        // the sum of the letters that the symbols stand for
    struct contents contents;
    uint8_t fold[256];
};

// Writes contents to a file; false with errno set.
bool saved_write(const struct contents *contents, uint64_t mark, const char *path);

// Opens a file and reads its first page; -1 with errno set, EINVAL if no index of this fold and alphabet follows.
int saved_read(struct saved *saved, uint64_t mark, const uint8_t fold[256], const char *path);
void saved_close(int file);

// Maps the file into a block of its own, for as many rows; the header is filled in but for the mark and what a change
// publishes. False with errno set, EINVAL if the file is not as it was written.
bool saved_map(const struct saved *saved, int file, struct block *block, struct contents *contents);

#endif
