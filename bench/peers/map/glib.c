/* SPDX-License-Identifier: MIT */
/* The peer of edo-bench-map on GLib's GHashTable, with g_str_hash() and g_str_equal():
 * peer-map-glib BENCH [-n N] */
#include <glib.h>
#include <stdint.h>

typedef GHashTable *table;

static void table_new(table *t) {
    *t = g_hash_table_new(g_str_hash, g_str_equal);
}

static void table_free(table *t) {
    g_hash_table_destroy(*t);
}

static void table_add(table *t, const char *key, size_t len, uint64_t value) {
    (void)len;
    (void)g_hash_table_insert(*t, (gpointer)(uintptr_t)key, (gpointer)(uintptr_t)value);
}

static uint64_t table_get(const table *t, const char *key, size_t len) {
    (void)len;
    return (uintptr_t)g_hash_table_lookup(*t, key);
}

static void table_remove(table *t, const char *key, size_t len) {
    (void)len;
    (void)g_hash_table_remove(*t, key);
}

static uint64_t table_walk(const table *t) {
    GHashTableIter at;
    gpointer key, value;
    uint64_t sum = 0;
    g_hash_table_iter_init(&at, *t);
    while (g_hash_table_iter_next(&at, &key, &value)) sum += (uintptr_t)value;
    return sum;
}

#include "bench.h"

int main(int argc, char **argv) {
    return bench_main("glib", argc, argv);
}
