#include "forms.h"

#include <stdlib.h>
#include <string.h>

// A text's hash is the sum of its symbols times the weights of their places, drawn once at random (multilinear
// hashing: Lemire & Kaser 2014), and mixed at the end. So that of a text a little different costs little more.
static const uint64_t WEIGHTS[PLATE_SYMBOLS] = {
    0x91D93080F9B439FDu, 0x3CEAAF308142C8EBu, 0x627655DAA05F1119u, 0x9DFB369BAB13DFAFu,
    0x0FF9BB510944FE0Du, 0x6301BBFCA0C5154Fu, 0x047A8387CDDE8D51u, 0x6FCED11D2BD8A1E7u,
    0xB7C1DCE27F7695F5u, 0x3A124C647E02FF05u, 0x5CBD0BA3A1A6BCDFu, 0x66080F174C96D8E3u,
    0x42F2DC05873F9BD1u, 0xB120A366F0BBE9CFu, 0xCE4CDA11B43C589Bu, 0x78B7D0AC84773CE1u,
};

static inline uint64_t mixed(uint64_t sum) {
    sum = (sum ^ sum >> 32) * 0x9E3779B97F4A7C15u;
    return sum ^ sum >> 32;
}

// What the sum gains when `now` takes the place of `before`.
static inline uint64_t change(uint8_t before, uint8_t now, size_t place) {
    return (uint64_t)((int64_t)now - before) * WEIGHTS[place];
}

static inline uint64_t sum_of(const uint8_t *text, size_t length) {
    uint64_t sum = 0;
    for (size_t i = 0; i < length; i++)
        sum += text[i] * WEIGHTS[i];
    return sum;
}

uint64_t text_key(const uint8_t *text, size_t length) {
    return mixed(sum_of(text, length));
}

// Of a run of one symbol the last is left out: it gives the same text whichever it is. Stores without branching.
static size_t one_left_out(const uint8_t *text, size_t length, uint64_t whole, uint64_t *keys) {
    if (length == 0)
        return 0;
    uint64_t sum = whole - text[length - 1] * WEIGHTS[length - 1];
    size_t count = 0;
    keys[count++] = mixed(sum);
    for (size_t i = length - 1; i-- > 0;) {
        sum += change(text[i], text[i + 1], i);
        keys[count] = mixed(sum);
        count += text[i] != text[i + 1];
    }
    return count;
}

// Whether no pair of places before these two, left out, gives the same text with them: each symbol that is kept stands
// at the first place where it can.
static inline bool first_pair(const uint8_t *text, size_t length, size_t p, size_t q) {
    if (q == p + 1)
        return q + 1 == length || (text[q + 1] != text[p] && text[q + 1] != text[q]);
    return text[p] != text[p + 1] && (q + 1 == length || text[q] != text[q + 1]);
}

static size_t two_left_out(const uint8_t *text, size_t length, uint64_t *keys) {
    size_t count = 0;
    uint64_t behind = 0; // of what is behind q, two places nearer
    for (size_t q = length; q-- > 1; behind += q > 1 ? text[q] * WEIGHTS[q - 2] : 0) {
        uint64_t sum = sum_of(text, q - 1) + behind;
        for (size_t p = q; p-- > 0; sum += p > 0 ? change(text[p - 1], text[p], p - 1) : 0) {
            keys[count] = mixed(sum);
            count += first_pair(text, length, p, q);
        }
    }
    return count;
}

size_t read_keys(const uint8_t *text, size_t length, unsigned errors, uint64_t keys[READ_KEYS]) {
    uint64_t whole = sum_of(text, length);
    keys[0] = mixed(whole);
    size_t count = 1 + one_left_out(text, length, whole, keys + 1);
    if (errors > 1)
        count += two_left_out(text, length, keys + count);
    return count;
}

enum { PLACES = 2048 }; // a power of two over twice PLATE_KEYS

// Keeps the first of each hash, in a table of which the hashes' low bits are the places; returns how many are left.
static size_t each_once(uint64_t *keys, size_t count) {
    uint16_t places[PLACES]; // one more than the number of the key there, 0 for none
    size_t kept = 0, mask = 63;
    while (mask < 2 * count)
        mask = 2 * mask + 1;
    memset(places, 0, (mask + 1) * sizeof *places);
    for (size_t i = 0; i < count; i++) {
        uint64_t key = keys[i];
        size_t at = key & mask;
        while (places[at] && keys[places[at] - 1] != key)
            at = (at + 1) & mask;
        if (places[at])
            continue;
        keys[kept++] = key;
        places[at] = (uint16_t)kept;
    }
    return kept;
}

size_t plate_keys(const uint8_t *text, size_t length, struct reach reach, uint64_t keys[PLATE_KEYS]) {
    if (reach.ends == 0)
        return read_keys(text, length, reach.errors, keys);
    size_t count = 0, ends = reach.ends < length ? reach.ends : length;
    for (size_t front = 0; front <= ends; front++)
        for (size_t back = 0; front + back <= ends; back++)
            count += read_keys(text + front, length - front - back, reach.errors, keys + count);
    return each_once(keys, count);
}

// A read and the symbols that may have been where it has others.
struct soft {
    const uint8_t *text;
    size_t length, symbols_n;
    uint8_t symbols[256];
    uint64_t *keys;
    size_t n;
};

static inline void add(struct soft *soft, uint64_t sum) {
    soft->keys[soft->n++] = mixed(sum);
}

// Each other symbol in each place.
static void substituted(struct soft *soft, uint64_t whole) {
    for (size_t p = 0; p < soft->length; p++)
        for (size_t i = 0; i < soft->symbols_n; i++)
            if (soft->symbols[i] != soft->text[p])
                add(soft, whole + change(soft->text[p], soft->symbols[i], p));
}

// Each symbol in each gap; behind one like it only.
static void inserted(struct soft *soft) {
    const uint8_t *text = soft->text;
    uint64_t behind = 0; // of what is behind the gap, one place further
    for (size_t gap = soft->length + 1; gap-- > 0; behind += gap > 0 ? text[gap - 1] * WEIGHTS[gap] : 0) {
        uint64_t sum = sum_of(text, gap) + behind;
        for (size_t i = 0; i < soft->symbols_n; i++)
            if (gap == soft->length || soft->symbols[i] != text[gap])
                add(soft, sum + soft->symbols[i] * WEIGHTS[gap]);
    }
}

// Each other symbol in each place, and a later place left out: of a run its first. The place behind is not left out
// where the symbol is that of it, since what is left is the read without the place itself.
static void substituted_and_left_out(struct soft *soft) {
    const uint8_t *text = soft->text;
    uint64_t behind = 0; // of what is behind q, one place nearer
    for (size_t q = soft->length; q-- > 1; behind += text[q] * WEIGHTS[q - 1]) {
        uint64_t left = sum_of(text, q) + behind;
        for (size_t p = text[q - 1] == text[q] ? q - 1 : 0; p < q; p++)
            for (size_t i = 0; i < soft->symbols_n; i++)
                if (soft->symbols[i] != text[p] && (q > p + 1 || soft->symbols[i] != text[q]))
                    add(soft, left + change(text[p], soft->symbols[i], p));
    }
}

static bool make_room(struct keys *keys, size_t room) {
    if (keys->room >= room)
        return true;
    uint64_t *items = realloc(keys->items, room * sizeof *items);
    if (!items)
        return false;
    keys->items = items;
    keys->room = room;
    return true;
}

// Of a plate that is two errors away, one of the errors is undone by leaving out the plate's symbol where there is one:
// an inserted one, or the later of two substituted. So what is left of the plate is the read with up to two symbols
// left out; or with one symbol inserted or substituted; or with one substituted and a later one left out.
size_t soft_keys(const uint8_t *text, size_t length, const uint64_t symbols[4], struct keys *out) {
    struct soft soft = {.text = text, .length = length};
    for (unsigned symbol = 1; symbol < 256; symbol++)
        if (symbols[symbol / 64] >> symbol % 64 & 1)
            soft.symbols[soft.symbols_n++] = (uint8_t)symbol;
    if (!make_room(out, READ_KEYS + soft.symbols_n * (2 * length + 1 + length * length / 2)))
        return 0;
    soft.keys = out->items;
    soft.n = read_keys(text, length, MOST_ERRORS, soft.keys);
    substituted(&soft, sum_of(text, length));
    if (length + MOST_ERRORS <= PLATE_SYMBOLS)
        inserted(&soft);
    substituted_and_left_out(&soft);
    return out->n = soft.n;
}
