// Searches while the index is changed all the time: two threads insert and delete, one builds it anew now and then, and
// three search, one of them as another process would. Every answer is checked: plates that stay are always found, and
// nothing is found that its read could not be. What threads do to each other is for the thread sanitizer to report.
//
//     stress SECONDS [race|leave]
//
// Ends with 1 where an answer was wrong. For a fault that must be noticed: `race` counts without a lock, `leave` lets a
// plate go that should stay.
#define _GNU_SOURCE // MAP_ANONYMOUS
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "alphabet.h"
#include "forms.h"
#include "index.h"

#ifndef PROBE
#define PROBE NULL // the best that the processor can do
#endif

// Plates up to STAY never leave; each of the others is one of these, or near it.
enum { STAY = 300, PLATES = 16 * STAY, READS = 40, SEARCHERS = 3, CHANGERS = 2, BUILDS_APART_NS = 100000000 };
enum { O_LIKE = 25, ZERO = 1, LETTERS = 20 };

static struct index *made, *attached;
static uint8_t fold[256];
static atomic_bool over;
static atomic_ulong searches, changes, builds, faults, unsure;
static const char *planted = "";
static unsigned long counted; // by `race` alone

static uint64_t next_number(uint64_t *state) {
    uint64_t x = (*state += 0x9E3779B97F4A7C15u);
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

// The plate of an id: eight symbols, or nearly. Those that do not stay have one of two.
static void plate_of(uint32_t id, bool other, uint8_t codes[PLATE_SYMBOLS]) {
    uint64_t base = (id + (other && id >= STAY ? 7 : 0)) % STAY, state = id;
    memset(codes, 0, PLATE_SYMBOLS);
    for (size_t i = 0; i < 8; i++)
        codes[i] = (uint8_t)(ZERO + next_number(&base) % LETTERS);
    size_t place = next_number(&state) % 8;
    switch (id / STAY % 8) {
    case 1:
        codes[place] = (uint8_t)(ZERO + next_number(&state) % LETTERS);
        break;
    case 2:
        memmove(codes + place, codes + place + 1, 8 - place);
        break;
    case 3:
        codes[place] = codes[place] == ZERO ? O_LIKE : codes[place];
        break;
    case 4:
        codes[place] = id / STAY % 16 == 4 && id % 8 == 0 ? SYMBOL_ANY : codes[place];
        break;
    }
}

static struct reach reach_of(uint32_t id) {
    return (struct reach){.errors = id < STAY || id % 5 ? 1 : 2, .ends = id < STAY ? 0 : id % 7 % 3};
}

static void folded(uint8_t codes[PLATE_SYMBOLS]) {
    for (size_t i = 0; i < PLATE_SYMBOLS; i++)
        codes[i] = fold[codes[i]];
}

static void *change(void *number) {
    uint64_t state = 100 + (uintptr_t)number;
    uint8_t codes[PLATE_SYMBOLS];
    bool filling = true;
    while (!atomic_load(&over)) {
        uint64_t drawn = next_number(&state);
        uint32_t id = STAY + (uint32_t)(drawn % (PLATES - STAY));
        if (strcmp(planted, "leave") == 0)
            id %= STAY;
        if (strcmp(planted, "race") == 0)
            counted++;
        filling = drawn >> 32 & 0xFFF ? filling : !filling;
        plate_of(id, drawn >> 52 & 1, codes);
        if ((drawn >> 48 & 7) < (filling ? 6 : 2))
            index_insert(made, codes, id, reach_of(id));
        else
            index_delete(made, codes, id);
        atomic_fetch_add(&changes, 1);
    }
    return NULL;
}

static void *build(void *unused) {
    static uint8_t codes[PLATES][PLATE_SYMBOLS];
    static uint32_t ids[PLATES];
    static struct reach reaches[PLATES];
    uint64_t state = 7;
    while (!atomic_load(&over)) {
        size_t n = 0;
        for (uint32_t id = 0; id < PLATES; id++)
            if (id < STAY || next_number(&state) % 3 == 0) {
                ids[n] = id;
                reaches[n] = reach_of(id);
                plate_of(id, next_number(&state) % 2, codes[n++]);
            }
        if (index_build(made, codes[0], ids, reaches, n) != CHANGED)
            atomic_fetch_add(&faults, 1);
        atomic_fetch_add(&builds, 1);
        nanosleep(&(struct timespec){.tv_nsec = BUILDS_APART_NS}, NULL);
    }
    return unused;
}

static bool could_be(uint32_t id, bool other, int32_t read, const struct reads *reads) {
    uint8_t plate[PLATE_SYMBOLS], sought[PLATE_SYMBOLS];
    struct reach reach = reach_of(id);
    reach.errors = reads->errors[read] > reach.errors ? reads->errors[read] : reach.errors;
    plate_of(id, other, plate);
    memcpy(sought, reads->codes + read * PLATE_SYMBOLS, sizeof sought);
    folded(plate);
    folded(sought);
    return text_within(plate, plate_length(plate), reach, sought, plate_length(sought));
}

// Whether what was found for a read holds its plate, and nothing that the read could not be.
static bool right(const struct found *found, size_t *at, int32_t read, uint32_t wanted, const struct reads *reads) {
    bool there = false, fits = true;
    for (; *at < found->n && found->reads[*at] == read; ++*at) {
        uint32_t id = found->ids[*at];
        there |= id == wanted;
        fits &= id < PLATES && (could_be(id, false, read, reads) || could_be(id, true, read, reads));
    }
    return there && fits;
}

// Draws a plate that stays, and a read of it: as it is, or with an error, or, if it is soft, with another.
static uint32_t draw(uint64_t *state, uint8_t *codes, uint8_t *errors) {
    uint64_t drawn = next_number(state);
    uint32_t wanted = (uint32_t)(drawn % STAY);
    *errors = drawn >> 60 == 0 ? 2 : 1;
    plate_of(wanted, false, codes);
    if (drawn >> 32 & 1)
        codes[drawn >> 33 & 7] = (uint8_t)(ZERO + (drawn >> 40) % LETTERS);
    if (*errors > 1)
        codes[drawn >> 36 & 7] = (uint8_t)(ZERO + (drawn >> 50) % LETTERS);
    return wanted;
}

static void *look(void *argument) {
    struct index *index = argument;
    uint64_t state = 1000 + (uint64_t)atomic_fetch_add(&searches, 1);
    struct found found = {0};
    while (!atomic_load(&over)) {
        uint8_t codes[READS][PLATE_SYMBOLS], errors[READS];
        int32_t lengths[READS];
        uint32_t wanted[READS];
        for (size_t i = 0; i < READS; i++) {
            wanted[i] = draw(&state, codes[i], &errors[i]);
            lengths[i] = 8;
        }
        struct reads reads = {.codes = codes[0], .lengths = lengths, .errors = errors, .n = READS};
        found.n = 0;
        enum outcome outcome = index_search(index, &reads, &found);
        size_t at = 0;
        atomic_fetch_add(outcome == UNSURE ? &unsure : &searches, READS);
        for (size_t i = 0; i < READS && outcome != UNSURE; i++)
            if (outcome == NO_MEMORY || !right(&found, &at, (int32_t)i, wanted[i], &reads))
                atomic_fetch_add(&faults, 1);
    }
    free(found.reads);
    free(found.ids);
    return NULL;
}

static bool make_index(void) {
    size_t size = index_memory_size(PLATES);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    for (unsigned i = 0; i < 256; i++)
        fold[i] = (uint8_t)i;
    fold[O_LIKE] = ZERO;
    bool there;
    return (made = index_create(memory, PLATES, fold)) && (attached = index_attach(memory, size, &there));
}

int main(int arguments, char **values) {
    pthread_t threads[CHANGERS + SEARCHERS + 1];
    size_t n = 0;
    double seconds = arguments > 1 ? atof(values[1]) : 1;
    planted = arguments > 2 ? values[2] : planted;
    if (!index_choose(PROBE) || !make_index())
        return 2;
    for (uint32_t id = 0; id < STAY; id++) {
        uint8_t codes[PLATE_SYMBOLS];
        plate_of(id, false, codes);
        if (index_insert(made, codes, id, reach_of(id)) != CHANGED)
            return 2;
    }
    pthread_create(&threads[n++], NULL, build, NULL);
    for (uintptr_t i = 0; i < CHANGERS; i++)
        pthread_create(&threads[n++], NULL, change, (void *)i);
    for (size_t i = 0; i < SEARCHERS; i++)
        pthread_create(&threads[n++], NULL, look, i == 0 ? attached : made);
    nanosleep(&(struct timespec){.tv_sec = (time_t)seconds, .tv_nsec = (long)(seconds * 1e9) % 1000000000}, NULL);
    atomic_store(&over, true);
    while (n > 0)
        pthread_join(threads[--n], NULL);
    printf("searches %lu, changes %lu, builds %lu, unsure %lu, faults %lu, counted %lu\n", searches, changes, builds,
           unsure, faults, counted);
    index_destroy(attached);
    index_destroy(made);
    return faults > 0 || builds == 0;
}
