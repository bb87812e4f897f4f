#define _GNU_SOURCE // madvise
#include "block.h"

#include <sys/mman.h>

#include "forms.h"
#include "table.h"

enum { PAGE = 4096, WIPED_BY_HAND = 16 * PAGE };

// The place of the next array; *size moves behind it, to the next page.
static void *place(void *memory, size_t *size, size_t bytes) {
    void *here = memory ? (char *)memory + *size : NULL;
    *size += (bytes + PAGE - 1) / PAGE * PAGE;
    return here;
}

size_t block_view(struct block *block, void *memory, size_t room) {
    block->room = room;
    block->keys_slots = table_slots(table_grown(room * FORM_KEYS, FORM_KEYS));
    block->pairs_slots = table_slots(table_grown(room, 1));
    size_t size = 0;
    block->header = place(memory, &size, sizeof *block->header);
    for (int side = 0; side < 2; side++) {
        block->forms[side] = place(memory, &size, room * sizeof *block->forms[side]);
        block->rows[side] = place(memory, &size, room * sizeof *block->rows[side]);
        block->wild[side] = place(memory, &size, room * sizeof *block->wild[side]);
        block->keys[side] = place(memory, &size, block->keys_slots * sizeof *block->keys[side]);
        block->pairs[side] = place(memory, &size, block->pairs_slots * sizeof *block->pairs[side]);
    }
    return size;
}

void block_wipe(void *memory, size_t size) {
    size = (size + PAGE - 1) / PAGE * PAGE;
    // Shared memory loses its pages by MADV_REMOVE, private memory, where that fails, by MADV_DONTNEED.
    if (size > WIPED_BY_HAND && (madvise(memory, size, MADV_REMOVE) == 0 || madvise(memory, size, MADV_DONTNEED) == 0))
        return;
    _Atomic uint64_t *numbers = memory;
    for (size_t i = 0; i < size / sizeof *numbers; i++)
        SET(numbers[i], 0);
}
