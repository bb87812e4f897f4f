// The alphabet: which symbol a code point is. The rules are in make_alphabet.py, the only place to change them.
//
// Rules of this folder: the module files alone include Python.h and do nothing but parse arguments and build answers;
// every other file is plain C11 and knows no Python. No allocation goes unchecked: a function that can run out of
// memory says so by returning false, and leaves what it was working on as it found it.
#ifndef PLATEMATCH_ALPHABET_H
#define PLATEMATCH_ALPHABET_H

#include <stdint.h>

enum { SYMBOL_END = 0, SYMBOL_DIGIT = 1, SYMBOL_LATIN = 11, SYMBOL_RUN = 253, SYMBOL_OTHER = 254, SYMBOL_ANY = 255 };
enum { POINTS = 0x110000 };

// The symbol of each code point, 0 for separators. Filled by alphabet_fill, which must run before any text is packed.
extern uint8_t alphabet_symbols[POINTS];

void alphabet_fill(void);

// The letters by symbol code, beginning with code 1; count receives how many.
const uint32_t *alphabet_points(int *count);

#endif
