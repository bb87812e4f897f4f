#include "text.h"

#include <string.h>

#include "alphabet.h"

static const uint32_t REPLACEMENT = 0xFFFD;

// How many bytes a character takes by its first byte (0: none begins so), and the range of its second byte, which is
// narrower for some (Unicode Standard, table 3-7; surrogates are let through here).
static size_t sequence_size(uint8_t first, uint8_t *low, uint8_t *high) {
    *low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    *high = first == 0xF4 ? 0x8F : 0xBF;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

static uint32_t next_point(const uint8_t **at, const uint8_t *end) {
    const uint8_t *p = *at;
    uint8_t first = *p++, low, high;
    *at = p;
    if (first < 0x80)
        return first;
    size_t size = sequence_size(first, &low, &high);
    if (size == 0)
        return REPLACEMENT;
    uint32_t point = first & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++, p++) {
        if (p == end || *p < low || *p > high) {
            *at = p;
            return REPLACEMENT;
        }
        point = point << 6 | (*p & 0x3Fu);
        low = 0x80;
        high = 0xBF;
    }
    *at = p;
    return point;
}

size_t text_pack(const uint8_t *text, size_t size, bool run, uint8_t *codes, size_t room) {
    const uint8_t *end = text + size;
    size_t count = 0;
    while (text < end) {
        uint8_t symbol = alphabet_symbols[next_point(&text, end)];
        if (symbol == SYMBOL_END)
            continue;
        if (symbol == SYMBOL_RUN && !run)
            symbol = SYMBOL_ANY;
        if (count < room)
            codes[count] = symbol;
        count++;
    }
    return count;
}

static bool is_digit(uint8_t symbol) {
    return symbol >= SYMBOL_DIGIT && symbol < SYMBOL_LATIN;
}

// The twelve letters of the regular series and the five that electric vehicles and nationwide prefixes added.
static bool is_letter(uint8_t symbol) {
    return symbol >= SYMBOL_LATIN && symbol < SYMBOL_LATIN + 26 &&
           strchr("ABCDEHIKMOPTVWXYZ", symbol - SYMBOL_LATIN + 'A');
}

static bool could_be_letter(uint8_t symbol) {
    return symbol == SYMBOL_ANY || (is_digit(symbol) && strchr("0128", symbol - SYMBOL_DIGIT + '0'));
}

static bool could_be_digit(uint8_t symbol) {
    return symbol == SYMBOL_ANY ||
           (symbol >= SYMBOL_LATIN && symbol < SYMBOL_LATIN + 26 && strchr("BDGIOQSZ", symbol - SYMBOL_LATIN + 'A'));
}

// One position may be unread or hold a look-alike. A text that passes cannot be LL9999LL with one such position as
// well: the two shapes disagree in four positions, and here at least three of them are plainly the two-line ones.
bool text_one_line(uint8_t *codes, size_t length) {
    if (length != 8)
        return false;
    int doubtful = 0;
    for (size_t i = 0; i < 8; i++) {
        if (i < 4 ? is_letter(codes[i]) : is_digit(codes[i]))
            continue;
        if (!(i < 4 ? could_be_letter(codes[i]) : could_be_digit(codes[i])))
            return false;
        doubtful++;
    }
    if (doubtful > 1)
        return false;
    uint8_t suffix[2] = {codes[2], codes[3]};
    memmove(codes + 2, codes + 4, 4);
    memcpy(codes + 6, suffix, 2);
    return true;
}
