// Plate text to symbol codes.
#ifndef PLATEMATCH_TEXT_H
#define PLATEMATCH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Packs UTF-8 text, drops separators, and returns how many symbols it holds; the first `room` of them are written.
// Bytes that are no UTF-8 become OTHER, one for each part that a decoder would replace by U+FFFD; halves of surrogate
// pairs, as Python's "surrogatepass" writes them, become OTHER too. '*' becomes RUN if `run`, else ANY.
size_t text_pack(const uint8_t *text, size_t size, bool run, uint8_t *codes, size_t room);

// Turns a Ukrainian two-line plate of eight symbols that was read row by row (LLLL9999) into one line (LL9999LL), in
// place, and says whether it did.
bool text_one_line(uint8_t *codes, size_t length);

#endif
