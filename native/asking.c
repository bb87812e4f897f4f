// Searches as they are asked for: block by block, again where a change came between. See index.c for the idea.
#define _GNU_SOURCE // nanosleep
#include <sched.h>
#include <time.h>

#include "made.h"
#include "search.h"

// Attempts at a block of reads; at each read of it, the first without a sleep between them.
enum { BLOCK_ATTEMPTS = 3, HURRIED_ATTEMPTS = 20, READ_ATTEMPTS = 500, SLEEP_NS = 100000 };

bool index_choose(const char *forced) {
    return search_choose(forced);
}

const char *index_chosen(void) {
    return search_chosen();
}

// A search, and what it needs on the way.
struct searching {
    struct index *index;
    const struct reads *reads;
    struct scratch scratch;
    struct found *found;
};

static enum outcome attempt(struct searching *s, size_t begin, size_t end) {
    return search(&s->index->block, s->reads, begin, end, &s->scratch, s->found);
}

// An attempt that no change can disturb, as far as this process makes them and makes none just now.
static enum outcome attempt_alone(struct searching *s, size_t begin, size_t end) {
    bool alone = !s->index->attached && pthread_mutex_trylock(&s->index->changing) == 0;
    enum outcome outcome = attempt(s, begin, end);
    if (alone)
        pthread_mutex_unlock(&s->index->changing);
    return outcome;
}

static enum outcome attempt_at_last(struct searching *s, size_t read) {
    if (s->index->attached)
        return UNSURE;
    pthread_mutex_lock(&s->index->changing);
    enum outcome outcome = attempt(s, read, read + 1);
    pthread_mutex_unlock(&s->index->changing);
    return outcome;
}

static enum outcome search_one(struct searching *s, size_t read) {
    enum outcome outcome = attempt_alone(s, read, read + 1);
    for (int i = 1; outcome == UNSURE && i < READ_ATTEMPTS; i++) {
        if (i < HURRIED_ATTEMPTS)
            sched_yield();
        else
            nanosleep(&(struct timespec){.tv_nsec = SLEEP_NS}, NULL);
        outcome = attempt_alone(s, read, read + 1);
    }
    return outcome == UNSURE ? attempt_at_last(s, read) : outcome;
}

static enum outcome search_block(struct searching *s, size_t begin, size_t end) {
    enum outcome outcome = UNSURE;
    for (int i = 0; outcome == UNSURE && i < BLOCK_ATTEMPTS; i++)
        outcome = i + 1 < BLOCK_ATTEMPTS ? attempt(s, begin, end) : attempt_alone(s, begin, end);
    if (outcome != UNSURE)
        return outcome;
    outcome = COMPLETE;
    for (size_t i = begin; i < end && outcome == COMPLETE; i++)
        outcome = search_one(s, i);
    return outcome;
}

enum outcome index_search(struct index *index, const struct reads *reads, struct found *found) {
    struct searching searching = {.index = index, .reads = reads, .found = found};
    enum outcome outcome = COMPLETE;
    for (size_t begin = 0; outcome == COMPLETE && begin < reads->n; begin += SEARCH_BLOCK) {
        size_t end = begin + SEARCH_BLOCK < reads->n ? begin + SEARCH_BLOCK : reads->n;
        outcome = search_block(&searching, begin, end);
    }
    search_free(&searching.scratch);
    return outcome;
}
