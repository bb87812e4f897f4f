// Which symbol was left out of the text that was hashed: what keeps a search from most of those that share a hash with
// the read but are two errors from it.
//
// Two texts of one length that are within one error differ at one place, and share the hash of what is left without it.
// The hash of what is left of a plate goes with the place b of the symbol that was left out, of a run of one symbol its
// last. Let the read leave out the run from c to d, and the run behind it end at f (d, where there is none). If the
// plate and the read differ at a place p of both runs at most, then b is from c to f: b is p at least and so not before
// c; and if it is behind d, then the plate has one symbol from p to b, so has the read from behind d to b, and that is
// within the run that ends at f. What else shares the hash is not within one error, unless one of the two is whole.
#ifndef PLATEMATCH_PLACES_H
#define PLATEMATCH_PLACES_H

#include <stddef.h>
#include <stdint.h>

#include "table.h"

enum { PLACE_NONE = (1 << TAG_PLACE) - 1, PLACES_ALL = 0xFFFF }; // NONE goes with all places, and is the last one too

static inline uint64_t key_with(uint64_t key, unsigned place) {
    return (key & ~(uint64_t)PLACE_NONE) | place;
}

// A bit for the last place of each run.
static inline uint32_t run_ends(const uint8_t *text, size_t length) {
    uint32_t ends = 0;
    for (size_t i = 0; i + 1 < length; i++)
        ends |= (uint32_t)(text[i] != text[i + 1]) << i;
    return length > 0 ? ends | 1u << (length - 1) : 0;
}

// The greatest of a set of places.
static inline unsigned last_place(uint32_t places) {
    return 31 - (unsigned)__builtin_clz(places);
}

// A bit for each place that a plate's hash may go with, which is the read's without its run that ends at the last of
// `ends`; behind: those run ends that are further on.
static inline uint16_t places_for(uint32_t ends, uint32_t behind) {
    unsigned d = last_place(ends), f = behind ? (unsigned)__builtin_ctz(behind) : d;
    uint32_t before = ends & ~(1u << d), from_c = before ? ~0u << (last_place(before) + 1) : ~0u;
    return (uint16_t)((from_c & ((2u << f) - 1)) | 1u << PLACE_NONE);
}

#endif
