#include "alphabet.h"

struct span {
    uint32_t first, count;
    uint8_t symbol, step;
};

#include "alphabet_table.h"

uint8_t alphabet_symbols[POINTS];

void alphabet_fill(void) {
    for (unsigned i = 0; i < sizeof SPANS / sizeof SPANS[0]; i++)
        for (uint32_t k = 0; k < SPANS[i].count; k++)
            alphabet_symbols[SPANS[i].first + k] = (uint8_t)(SPANS[i].symbol + SPANS[i].step * k);
}

const uint32_t *alphabet_points(int *count) {
    *count = ALPHABET_SIZE;
    return ALPHABET_POINTS;
}
