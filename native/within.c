#include "forms.h"

#include <string.h>

#include "near.h"

enum { DIAGONALS = 2 * MOST_ERRORS + 1 };

// The place behind `place` where the diagonal first stops.
static inline int slide(uint32_t stops, int place) {
    return place + __builtin_ctz(stops >> place);
}

// The furthest that so many errors lead on each diagonal, that is with the plate's place so far ahead of the read's
// (Ukkonen 1985). Places are the plate's; what is the same leads on freely, up to where either text ends.
static inline __attribute__((always_inline)) bool within(struct symbols form, int form_length, struct symbols read,
                                                         int read_length, int errors) {
    int last = form_length - read_length, ends[DIAGONALS], reached[DIAGONALS], before[DIAGONALS];
    uint32_t stops[DIAGONALS];
    if (last > errors || last < -errors)
        return false;
    for (int d = -errors, i = 0; d <= errors; d++, i++) {
        ends[i] = form_length < read_length + d ? form_length : read_length + d;
        stops[i] = d < 0 ? differing(form, 0, read, (size_t)-d) : differing(form, (size_t)d, read, 0) << d;
        stops[i] |= ends[i] < 0 ? 0 : 1u << ends[i];
        before[i] = -DIAGONALS;
    }
    before[errors] = slide(stops[errors], 0);
    for (int e = 1; e <= errors; e++) {
        for (int i = 0; i <= 2 * errors; i++) {
            int place = before[i] + 1;              // one substituted
            if (i > 0 && before[i - 1] + 1 > place) // the plate's next one missing in the read
                place = before[i - 1] + 1;
            if (i < 2 * errors && before[i + 1] > place) // one too many in the read
                place = before[i + 1];
            place = place < ends[i] ? place : ends[i];
            reached[i] = place < 0 ? place : slide(stops[i], place);
        }
        memcpy(before, reached, sizeof before);
    }
    return before[last + errors] == form_length;
}

static bool within_two(struct symbols form, size_t form_length, struct symbols read, size_t read_length) {
    return within(form, (int)form_length, read, (int)read_length, 2);
}

static bool part_within(const uint8_t *form, size_t length, size_t front, size_t back, unsigned errors,
                        struct symbols read, size_t read_length) {
    uint8_t part[PLATE_SYMBOLS] = {0};
    memcpy(part, form + front, PLATE_SYMBOLS - front);
    return (errors > 1 ? within_two : within_one)(symbols_of(part), length - front - back, read, read_length);
}

bool text_within(const uint8_t *form, size_t form_length, struct reach reach, const uint8_t *read, size_t read_length) {
    struct symbols sought = symbols_of(read);
    size_t ends = reach.ends < form_length ? reach.ends : form_length;
    for (size_t front = 0; front <= ends; front++)
        for (size_t back = 0; front + back <= ends; back++)
            if (part_within(form, form_length, front, back, reach.errors, sought, read_length))
                return true;
    return false;
}
