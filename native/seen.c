// The idea of the structure.
//
// A digest belongs to one line of 16 slots, and the slots of a line are filled in a circle, so that a new digest takes
// the place of the line's oldest. Where the circle stands needs no number of its own: each slot carries the lap, 1 to
// 7 and then 1 again, in which it was filled, and the next slot is the first one that is not of the first slot's lap.
//
//   slot   60 bits of the mixed digest, 1 bit that says it is there (a digest that was taken out leaves the rest
//          behind), 3 bits of lap. All zero: never filled. The 4 bits of the digest that are missing choose the line
//          within its group, so digests are told apart by all their 64 bits.
//
// Processes: each change is one compare-and-swap, so whoever dies at any instant leaves the set whole, and a failed
// one means that somebody else got on. An add reads the line from its first slot to its last, in that order, and then
// swaps the next slot's value for its own. Slots are filled in one order only, so if the swap succeeds, nobody
// filled a slot since the next one was read: what the add read before is of this lap and what it read behind is of
// the former, both as they are now. Hence of several that add one digest exactly one is told that it was not there.
// The argument fails only if, between an add's reading and its swap, 112 others come and the last of them is the very
// digest that the slot held before.
//
// Ordering: the digests are the whole message, so nothing else has to be visible with them. The reads of a line are
// acquiring, which keeps them in their order; the swaps are acquiring and releasing, which makes what an earlier one
// filled visible to whoever reads what a later one did.
#include "seen.h"

#include <stdatomic.h>

enum { LAPS = 7, LAP_BITS = 7, HELD = 8 };

// The finalizer of splitmix64 (Steele, Lea & Flood 2014), which is reversible.
static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

uint64_t seen_groups(uint64_t entries) {
    return entries / (SEEN_LINE * SEEN_GROUP / 2) + 1;
}

static _Atomic uint64_t *line_of(const struct seen *seen, uint64_t mixed) {
    uint64_t group = (mixed >> 32) * seen->groups >> 32;
    return seen->slots + (group * SEEN_GROUP + mixed % SEEN_GROUP) * SEEN_LINE;
}

// What a slot holds for the digest, but for its lap.
static uint64_t mark_of(uint64_t mixed) {
    return (mixed & ~(uint64_t)(SEEN_GROUP - 1)) | HELD;
}

static bool is(uint64_t slot, uint64_t mark) {
    return (slot & ~(uint64_t)LAP_BITS) == mark;
}

// A line as it was read, from the first slot to the last.
struct line {
    uint64_t slots[SEEN_LINE];
    int at; // where the digest is, or SEEN_LINE
};

static void read_line(_Atomic uint64_t *slots, uint64_t mark, struct line *line) {
    line->at = SEEN_LINE;
    for (int i = 0; i < SEEN_LINE; i++) {
        line->slots[i] = atomic_load_explicit(&slots[i], memory_order_acquire);
        if (is(line->slots[i], mark))
            line->at = i;
    }
}

static uint64_t lap_after(uint64_t lap) {
    return lap % LAPS + 1;
}

// The slot to fill next, and the lap in which it is; -1 if the line was filled further while it was read.
static int next_slot(const struct line *line, uint64_t *lap) {
    *lap = line->slots[0] & LAP_BITS;
    for (int i = 1; i < SEEN_LINE; i++)
        if ((line->slots[i] & LAP_BITS) != *lap)
            return lap_after(line->slots[i] & LAP_BITS) == *lap ? i : -1;
    *lap = lap_after(*lap);
    return 0;
}

static bool swap(_Atomic uint64_t *slot, uint64_t from, uint64_t to) {
    return atomic_compare_exchange_strong_explicit(slot, &from, to, memory_order_acq_rel, memory_order_relaxed);
}

bool seen_add(const struct seen *seen, uint64_t digest) {
    uint64_t mixed = mix(digest), mark = mark_of(mixed);
    _Atomic uint64_t *slots = line_of(seen, mixed);
    for (;;) {
        struct line line;
        read_line(slots, mark, &line);
        if (line.at < SEEN_LINE)
            return false;
        uint64_t lap;
        int next = next_slot(&line, &lap);
        if (next >= 0 && swap(&slots[next], line.slots[next], mark | lap))
            return true;
    }
}

bool seen_discard(const struct seen *seen, uint64_t digest) {
    uint64_t mixed = mix(digest), mark = mark_of(mixed);
    _Atomic uint64_t *slots = line_of(seen, mixed);
    struct line line;
    read_line(slots, mark, &line);
    if (line.at == SEEN_LINE)
        return false;
    return swap(&slots[line.at], line.slots[line.at], line.slots[line.at] & ~(uint64_t)HELD);
}

bool seen_holds(const struct seen *seen, uint64_t digest) {
    uint64_t mixed = mix(digest);
    struct line line;
    read_line(line_of(seen, mixed), mark_of(mixed), &line);
    return line.at < SEEN_LINE;
}
