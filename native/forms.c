#include "forms.h"

#include <string.h>

#include "alphabet.h"

static const uint64_t FACTOR = 0x9E3779B97F4A7C15u; // odd, so that powers of it lose nothing

// The finalizer of splitmix64 (Steele, Lea & Flood 2014).
static inline uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static inline uint64_t term(uint8_t symbol) {
    return mix((uint64_t)symbol + FACTOR);
}

uint64_t form_key(const uint8_t *text, size_t length) {
    uint64_t hash = 0;
    for (size_t i = 0; i < length; i++)
        hash = hash * FACTOR + term(text[i]);
    return mix(hash);
}

// A text's hash is a polynomial in FACTOR, so that of a text without one symbol is put together from the part before
// it and the part behind it.
size_t form_keys(const uint8_t *text, size_t length, uint64_t keys[FORM_KEYS]) {
    uint64_t before[PLATE_SYMBOLS + 1] = {0};
    for (size_t i = 0; i < length; i++)
        before[i + 1] = before[i] * FACTOR + term(text[i]);
    size_t count = 0;
    keys[count++] = mix(before[length]);
    uint64_t behind = 0, power = 1;
    for (size_t i = length; i-- > 0;) {
        // A run of one symbol gives the same text whichever of it is left out.
        if (i == 0 || text[i - 1] != text[i])
            keys[count++] = mix(before[i] * power + behind);
        behind += term(text[i]) * power;
        power *= FACTOR;
    }
    return count;
}

uint64_t row_key(const uint8_t *codes, uint32_t id) {
    uint64_t halves[2];
    memcpy(halves, codes, sizeof halves);
    return mix(mix(mix(halves[0]) + halves[1]) + id * FACTOR);
}

static inline bool same(uint8_t form_symbol, uint8_t read_symbol) {
    return form_symbol == read_symbol || form_symbol == SYMBOL_ANY;
}

// Greedy from both ends: a single error lies where what agrees at the front and what agrees at the back meet.
bool form_within_one(const uint8_t *form, size_t form_length, const uint8_t *read, size_t read_length) {
    size_t shorter = form_length < read_length ? form_length : read_length;
    size_t longer = form_length < read_length ? read_length : form_length;
    if (longer - shorter > 1)
        return false;
    size_t front = 0, back = 0;
    while (front < shorter && same(form[front], read[front]))
        front++;
    while (back < shorter && same(form[form_length - 1 - back], read[read_length - 1 - back]))
        back++;
    return front + back + 1 >= longer;
}
