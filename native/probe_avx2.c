#include "probe.h"

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#include <immintrin.h>

enum { SLOT_BITS = 2, TAG_BITS = 0x55555 }; // a comparison of 16 bits gives two equal ones; the first of each of ten

bool probe_avx2_runs(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}

// Tags are loaded at once, and like every other load here, before the sequence is looked at again: see index.c.
__attribute__((target("avx2,bmi"))) size_t probe_avx2(const struct lookup *lookup, struct probe *probes, size_t n,
                                                      struct candidate *candidates, size_t *found) {
    size_t kept = 0, at = *found;
    for (size_t i = 0; i < n; i++) {
        struct probe probe = probes[i];
        __m256i tags = _mm256_load_si256((const __m256i *)(const void *)&lookup->table[probe.at]);
        __m256i hashes = _mm256_and_si256(tags, _mm256_set1_epi16((short)TAG_HASH));
        __m256i same = _mm256_cmpeq_epi16(hashes, _mm256_set1_epi16((short)probe.tag));
        uint32_t slots = (uint32_t)_mm256_movemask_epi8(same) & TAG_BITS;
        at = probe_take(lookup, &probe, slots, SLOT_BITS, candidates, at);
        kept = probe_go_on(lookup, probe, probes, kept);
    }
    *found = at;
    return kept;
}

#else

bool probe_avx2_runs(void) {
    return false;
}

size_t probe_avx2(const struct lookup *lookup, struct probe *probes, size_t n, struct candidate *candidates,
                  size_t *found) {
    return probe_scalar(lookup, probes, n, candidates, found);
}

#endif
