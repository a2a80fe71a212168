/* SPDX-License-Identifier: MIT */
/* Question: what does a key of an edo_map cost, beside GLib's GHashTable and Rust's HashMap?
 * Guards: groups of marks compared as a word, a hash that no call makes, few misses of the cache.
 *
 *     edo-bench-map BENCH [-n N]     one line of JSON as edo-bench prints; see peers/map/bench.h */
#include <edo/map.h>

typedef edo_map table;

static void table_new(table *t) {
    *t = (edo_map){ .value_size = sizeof(uint64_t) };
}

static void table_free(table *t) {
    edo_map_deinit(t);
}

static void table_add(table *t, const char *key, size_t len, uint64_t value) {
    if (edo_map_put(t, (edo_str){ key, len }, &value) < 0) __builtin_trap();
}

static uint64_t table_get(const table *t, const char *key, size_t len) {
    const uint64_t *value = edo_map_get(t, (edo_str){ key, len });
    return value ? *value : 0;
}

static void table_remove(table *t, const char *key, size_t len) {
    (void)edo_map_remove(t, (edo_str){ key, len }, NULL);
}

static uint64_t table_walk(const table *t) {
    uint64_t sum = 0;
    for (edo_map_at at = { 0 }; edo_map_next(t, &at);) sum += *(uint64_t *)at.value;
    return sum;
}

#include "peers/map/bench.h"

int main(int argc, char **argv) {
    return bench_main("edo", argc, argv);
}
