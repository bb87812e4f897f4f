#define _GNU_SOURCE // open, mmap
#include "saved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alphabet.h"

enum { PAGE = SAVED_PAGE, PARTS = 3, PARTIAL = 5 };

// An array of the block, and how much of it is in use, in whole pages.
struct part {
    void *memory;
    size_t size;
};

static size_t paged(size_t size) {
    return (size + PAGE - 1) / PAGE * PAGE;
}

// The arrays that hold the contents, in the file's order. Returns their size with the first page's.
static size_t parts_of(const struct block *block, const struct contents *contents, struct part parts[PARTS]) {
    parts[0] = (struct part){block->rows, paged(contents->rows_n * sizeof *block->rows)};
    parts[1] = (struct part){block->table[contents->table_side], paged(contents->table.n * sizeof **block->table)};
    parts[2] = (struct part){block->wild[contents->side], paged(contents->most_wild * sizeof **block->wild)};
    size_t size = PAGE;
    for (size_t i = 0; i < PARTS; i++)
        size += parts[i].size;
    return size;
}

static bool write_all(int file, const void *memory, size_t size) {
    while (size > 0) {
        ssize_t written = write(file, memory, size);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            memory = (const char *)memory + written;
            size -= (size_t)written;
        }
    }
    return true;
}

// A sum that any change of one word changes, as each step can be undone; in lanes, which the processor works on at
// once.
static const uint64_t STEP = 0x9E3779B97F4A7C15u;
enum { LANES = 4, LANE_TURN = 29 };

static uint64_t step(uint64_t sum, uint64_t word) {
    sum ^= word;
    return (sum << LANE_TURN | sum >> (64 - LANE_TURN)) * STEP;
}

// size: of whole pages, in which nobody writes meanwhile.
static uint64_t sum_of(uint64_t sum, const void *memory, size_t size) {
    const uint64_t *words = memory;
    uint64_t lanes[LANES] = {sum, 1, 2, 3};
    for (size_t i = 0; i < size / sizeof *words; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            lanes[lane] = step(lanes[lane], words[i + lane]);
    for (size_t lane = 1; lane < LANES; lane++)
        lanes[0] = step(lanes[0], lanes[lane]);
    return lanes[0];
}

static uint64_t file_sum(const struct saved *saved, const struct part parts[PARTS]) {
    struct saved first;
    memcpy(&first, saved, sizeof first); // with what is between the numbers
    first.sum = 0;
    uint64_t sum = sum_of(0, &first, sizeof first);
    for (size_t i = 0; i < PARTS; i++)
        sum = sum_of(sum, parts[i].memory, parts[i].size);
    return sum;
}

static uint64_t alphabet_sum(void) {
    int count;
    const uint32_t *points = alphabet_points(&count);
    uint64_t sum = 0;
    for (int i = 0; i < count; i++)
        sum = step(sum, points[i]);
    return sum;
}

static bool write_parts(int file, const struct contents *contents, uint64_t mark) {
    const struct block *block = contents->block;
    struct part parts[PARTS];
    struct saved saved;
    _Static_assert(sizeof saved == PAGE, "the first page is one");
    memset(&saved, 0, sizeof saved);
    saved.mark = mark;
    saved.room = block->room;
    saved.size = parts_of(block, contents, parts);
    saved.alphabet = alphabet_sum();
    saved.contents = *contents;
    saved.contents.block = NULL;
    saved.contents.table.buckets = NULL;
    memcpy(saved.fold, block->header->fold, sizeof saved.fold);
    saved.sum = file_sum(&saved, parts);
    bool done = write_all(file, &saved, sizeof saved);
    for (size_t i = 0; i < PARTS && done; i++)
        done = write_all(file, parts[i].memory, parts[i].size);
    return done;
}

// Into a file beside, which then takes the other's place.
bool saved_write(const struct contents *contents, uint64_t mark, const char *path) {
    static const char ENDING[PARTIAL + 1] = ".part";
    size_t length = strlen(path);
    char *partial = malloc(length + sizeof ENDING);
    if (!partial)
        return false;
    memcpy(partial, path, length);
    memcpy(partial + length, ENDING, sizeof ENDING);
    int file = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool done = file >= 0 && write_parts(file, contents, mark);
    done = (file < 0 || close(file) == 0) && done && rename(partial, path) == 0;
    if (!done && file >= 0) {
        int error = errno;
        unlink(partial);
        errno = error;
    }
    free(partial);
    return done;
}

// Whether the first page can be of a file of so many bytes.
static bool sound(const struct saved *saved, uint64_t mark, size_t size) {
    struct block block;
    struct part parts[PARTS];
    const struct contents *contents = &saved->contents;
    if (saved->mark != mark || saved->room < 1 || saved->room > INDEX_ROWS || saved->size != size ||
        saved->alphabet != alphabet_sum())
        return false;
    block_view(&block, NULL, saved->room);
    return contents->side < 2 && contents->table_side < 2 && contents->rows_n <= saved->room &&
           contents->most_wild <= saved->room && contents->table.n >= 1 && contents->table.n <= block.most_buckets &&
           contents->wild_begin[LENGTHS] <= contents->most_wild && parts_of(&block, contents, parts) == size;
}

int saved_read(struct saved *saved, uint64_t mark, const uint8_t fold[256], const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    struct stat status;
    if (fstat(file, &status) == 0 && pread(file, saved, sizeof *saved, 0) == (ssize_t)sizeof *saved &&
        sound(saved, mark, (size_t)status.st_size) && memcmp(saved->fold, fold, sizeof saved->fold) == 0)
        return file;
    close(file);
    errno = EINVAL;
    return -1;
}

void saved_close(int file) {
    close(file);
}

// Puts a part of the file in a part's place.
static bool map_part(const struct part *part, int file, off_t from) {
    if (part->size == 0)
        return true;
    void *here = mmap(part->memory, part->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file, from);
    return here != MAP_FAILED;
}

bool saved_map(const struct saved *saved, int file, struct block *block, struct contents *contents) {
    struct part parts[PARTS];
    off_t from = PAGE;
    *contents = saved->contents;
    contents->block = block;
    contents->table.buckets = block->table[contents->table_side];
    parts_of(block, contents, parts);
    for (size_t i = 0; i < PARTS; from += (off_t)parts[i++].size)
        if (!map_part(&parts[i], file, from))
            return false;
    if (file_sum(saved, parts) != saved->sum) {
        errno = EINVAL;
        return false;
    }
    block->header->room = saved->room;
    memcpy(block->header->fold, saved->fold, sizeof saved->fold);
    return true;
}
