// An index in a file: a first page that tells what follows, then the arrays as they are in memory, each on a page
// boundary, so that the file can be mapped in their place.
#ifndef PLATEMATCH_SAVED_H
#define PLATEMATCH_SAVED_H

#include "contents.h"

// The first page. contents: without its addresses.
struct saved {
    uint64_t mark, room, size; // size: the file's
    struct contents contents;
    uint8_t fold[256];
};

// Writes contents to a file; false with errno set.
bool saved_write(const struct contents *contents, uint64_t mark, const char *path);

// Opens a file and reads its first page; -1 with errno set, EINVAL if no index follows.
int saved_read(struct saved *saved, uint64_t mark, const char *path);
void saved_close(int file);

// Maps the file into a block of its own, for as many rows; the header is filled in but for the mark and what a change
// publishes.
bool saved_map(const struct saved *saved, int file, struct block *block, struct contents *contents);

#endif
