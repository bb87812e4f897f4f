// The heads whose plates hold ANY, one behind the other by length. A hash cannot find them, so they are scanned.
#ifndef PLATEMATCH_WILD_H
#define PLATEMATCH_WILD_H

#include "contents.h"

// Whether an entry is among them.
bool wild_is(const uint8_t *text);

// Add the head of an entry; remove one of a length from its place; or let another row be the head there.
void wild_add(struct contents *contents, const struct entry *entry, uint32_t state);
void wild_remove(struct contents *contents, size_t length, uint32_t place);
void wild_pass(const struct contents *contents, uint32_t place, uint32_t row);

#endif
