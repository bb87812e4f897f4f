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

// Of a character of more than one byte.
static uint32_t next_point(const uint8_t **at, const uint8_t *end) {
    const uint8_t *p = *at;
    uint8_t first = *p++, low, high;
    *at = p;
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
        uint8_t symbol = alphabet_symbols[*text < 0x80 ? *text++ : next_point(&text, end)];
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

// What digits and Latin letters are as a letter and as a digit: one (+), or something that may be one misread (?). The
// letters are the twelve of the regular series and the five that electric vehicles and nationwide prefixes added.
//                               0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ
static const char AS_LETTER[] = "???     ? +++++  ++ + + ++   + +++++";
static const char AS_NUMBER[] = "++++++++++ ? ?  ? ?     ? ? ?      ?";

static inline char kind(const char *kinds, uint8_t symbol) {
    unsigned place = symbol - SYMBOL_DIGIT;
    return place < sizeof AS_LETTER - 1 ? kinds[place] : symbol == SYMBOL_ANY ? '?' : ' ';
}

// One position may be unread or hold a look-alike. A text that passes cannot be LL9999LL with one such position as
// well: the two shapes disagree in four positions, and here at least three of them are plainly the two-line ones.
bool text_one_line(uint8_t *codes, size_t length) {
    if (length != 8)
        return false;
    int doubtful = 0;
    for (size_t i = 0; i < 8; i++) {
        char is = kind(i < 4 ? AS_LETTER : AS_NUMBER, codes[i]);
        doubtful += is == '?';
        if (is == ' ' || doubtful > 1)
            return false;
    }
    uint8_t suffix[2] = {codes[2], codes[3]};
    memmove(codes + 2, codes + 4, 4);
    memcpy(codes + 6, suffix, 2);
    return true;
}
