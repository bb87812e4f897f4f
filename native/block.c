#define _GNU_SOURCE // madvise
#include "block.h"

#include <sys/mman.h>

#include "forms.h"
#include "table.h"

enum {
    PAGE = 4096,
    WIPED_BY_HAND = 16 * PAGE,
    LARGE_PAGE = 1 << 21,
    LARGE = 4 * LARGE_PAGE, // below it, what large pages waste is too much of the whole
    KEYS_A_ROW = 40,        // of a plate of eight symbols that reaches as far as two errors 37; more take others' room
    KEYS_BESIDE = 64 * PLATE_KEYS,
};

// The place of the next array; *size moves behind it, to the next page.
static void *place(void *memory, size_t *size, size_t bytes) {
    void *here = memory ? (char *)memory + *size : NULL;
    *size += (bytes + PAGE - 1) / PAGE * PAGE;
    return here;
}

size_t block_view(struct block *block, void *memory, size_t room) {
    block->room = room;
    block->most_buckets = table_buckets(room * KEYS_A_ROW + KEYS_BESIDE);
    size_t size = 0;
    block->header = place(memory, &size, sizeof *block->header);
    block->rows = place(memory, &size, room * sizeof *block->rows);
    for (int side = 0; side < 2; side++) {
        block->wild[side] = place(memory, &size, room * sizeof *block->wild[side]);
        block->table[side] = place(memory, &size, block->most_buckets * sizeof *block->table[side]);
    }
    return size;
}

// Shared memory loses its pages by MADV_REMOVE, private memory, where that fails, by MADV_DONTNEED. Memory of one's own
// may be a file's, of which only a new mapping makes zeros.
static bool give_back(const struct block *block, void *memory, size_t size) {
    if (!block->own)
        return madvise(memory, size, MADV_REMOVE) == 0 || madvise(memory, size, MADV_DONTNEED) == 0;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
    void *anew = mmap(memory, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    return anew != MAP_FAILED;
}

void block_wipe(const struct block *block, void *memory, size_t size) {
    size = (size + PAGE - 1) / PAGE * PAGE;
    if (size > WIPED_BY_HAND && give_back(block, memory, size))
        return;
    _Atomic uint64_t *numbers = memory;
    for (size_t i = 0; i < size / sizeof *numbers; i++)
        SET(numbers[i], 0);
}

void block_enlarge(void *memory, size_t size) {
    if (size >= LARGE)
        madvise(memory, size / PAGE * PAGE, MADV_HUGEPAGE); // where there are none, small ones do
}

void block_enlarge_rows(const struct block *block) {
    size_t begin = LARGE / sizeof *block->rows;
    if (block->room > begin)
        block_enlarge(block->rows + begin, (block->room - begin) * sizeof *block->rows);
}
