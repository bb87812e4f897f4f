// Whether a plate and a read are within one error, which most that are compared are asked. Texts are handed on as two
// numbers, since what was just stored
// in parts is slow to load as a whole.
#ifndef PLATEMATCH_NEAR_H
#define PLATEMATCH_NEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alphabet.h"
#include "index.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a text's first symbol is the lowest of its number's bytes");

// A text's 16 symbols.
struct symbols {
    uint64_t halves[2];
};

static inline struct symbols symbols_of(const uint8_t *text) {
    struct symbols symbols;
    __builtin_memcpy(&symbols, text, sizeof symbols);
    return symbols;
}

// As plate_length: how many are before the first 0.
static inline size_t symbols_length(struct symbols text) {
    const uint64_t ones = UINT64_MAX / 0xFF, tops = ones << 7;
    for (size_t half = 0; half < 2; half++) {
        uint64_t zeros = (text.halves[half] - ones) & ~text.halves[half] & tops; // the lowest of these is one for sure
        if (zeros)
            return half * 8 + (size_t)__builtin_ctzll(zeros) / 8;
    }
    return PLATE_SYMBOLS;
}

// The places, a bit each, where a plate that lacks its first `skipped_form` symbols and a read that lacks its first
// `skipped_read`, both at most 2, differ; one of the two lacks none.
#ifdef __SSE2__
#include <emmintrin.h>

static inline __m128i without(struct symbols text, size_t skipped) {
    __m128i all = _mm_set_epi64x((int64_t)text.halves[1], (int64_t)text.halves[0]);
    return skipped == 0 ? all : skipped == 1 ? _mm_srli_si128(all, 1) : _mm_srli_si128(all, 2);
}

static inline uint32_t differing(struct symbols form, size_t skipped_form, struct symbols read, size_t skipped_read) {
    __m128i plate = without(form, skipped_form), any = _mm_set1_epi8((char)SYMBOL_ANY);
    __m128i same = _mm_or_si128(_mm_cmpeq_epi8(plate, without(read, skipped_read)), _mm_cmpeq_epi8(plate, any));
    return ~(uint32_t)_mm_movemask_epi8(same) & 0xFFFF;
}
#else
static inline uint32_t differing(struct symbols form, size_t skipped_form, struct symbols read, size_t skipped_read) {
    const uint8_t *plate = (const uint8_t *)form.halves, *text = (const uint8_t *)read.halves;
    uint32_t places = 0;
    for (size_t i = 0; i + skipped_form + skipped_read < PLATE_SYMBOLS; i++) {
        uint8_t symbol = plate[i + skipped_form];
        places |= (uint32_t)(symbol != text[i + skipped_read] && symbol != SYMBOL_ANY) << i;
    }
    return places;
}
#endif

// Texts of one length: one place differs at most. Else the longer one has one symbol more, best where the two first
// differ: what is behind it is the same as what is behind that place of the shorter one.
static inline bool within_one(struct symbols form, size_t form_length, struct symbols read, size_t read_length) {
    size_t shorter = form_length < read_length ? form_length : read_length;
    uint32_t end = 1u << shorter, places = differing(form, 0, read, 0) & (end - 1), moved;
    if (form_length == read_length)
        return (places & (places - 1)) == 0;
    if (form_length == read_length + 1)
        moved = differing(form, 1, read, 0);
    else if (read_length == form_length + 1)
        moved = differing(form, 0, read, 1);
    else
        return false;
    return (moved & (end - 1)) >> __builtin_ctz(places | end) == 0;
}

#endif
