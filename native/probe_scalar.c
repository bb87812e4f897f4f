#include "probe.h"

size_t probe_scalar(const struct lookup *lookup, struct probe *probes, size_t n, struct candidate *candidates,
                    size_t *found) {
    size_t kept = 0, at = *found;
    for (size_t i = 0; i < n; i++) {
        struct probe probe = probes[i];
        const struct bucket *bucket = &lookup->table[probe.at];
        uint32_t slots = 0;
        for (unsigned slot = 0; slot < BUCKET_SLOTS; slot++)
            slots |= (uint32_t)((GET(bucket->tags[slot]) & TAG_HASH) == probe.tag) << slot;
        at = probe_take(lookup, &probe, slots, 1, candidates, at);
        kept = probe_go_on(lookup, probe, probes, kept);
    }
    *found = at;
    return kept;
}
