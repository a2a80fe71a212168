/* SPDX-License-Identifier: MIT */
/* bench.h: what the benches of hash maps in C share: keys, times, and their order. The file that
 * includes it has defined `table` and the functions table_new(), table_free(), table_add(),
 * table_get(), table_remove() and table_walk(). main.rs does the same.
 *
 *     PROGRAM BENCH [-n N]     BENCH: add_X, hit_X, miss_X, churn_X, walk_X of
 *                              small: 1,000 keys of 6 to 15 bytes; large: 1,000,000 such;
 *                              url: 100,000 keys of about 45 bytes
 *
 * Maps borrow the keys; a value is a word. What is looked up lies in other memory, in a random
 * order. add: into an empty map, which grows. churn: one key goes and another comes. The time is
 * that of one key. */
#ifndef EDO_BENCH_MAP_H
#define EDO_BENCH_MAP_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Texts, each with a NUL behind it. */
typedef struct texts {
    char *bytes;
    const char **ptr;
    size_t *len;
    size_t n;
} texts;

static void *checked(void *memory) {
    if (!memory) abort();
    return memory;
}

/* The texts of the numbers first[order[i]]; NULL: of first to first + n. */
static void texts_make(texts *t, const char *kind, uint32_t first, const uint32_t *order,
                       size_t n) {
    *t = (texts){ checked(malloc(n * 64)), checked(malloc(n * sizeof *t->ptr)),
                  checked(malloc(n * sizeof *t->len)), n };
    char *at = t->bytes;
    for (size_t i = 0; i < n; i++) {
        uint32_t mixed = (first + (order ? order[i] : (uint32_t)i)) * UINT32_C(2654435761);
        int len = snprintf(
            at, 64, *kind == 'u' ? "https://example.org/articles/%u/index.html" : "user:%u", mixed);
        t->ptr[i] = at;
        t->len[i] = (size_t)len;
        at += len + 1;
    }
}

static void texts_free(texts *t) {
    free(t->bytes);
    free(t->ptr);
    free(t->len);
}

static double now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint32_t *shuffled(size_t n) {
    uint32_t *order = checked(malloc(n * sizeof *order));
    uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
    for (size_t i = n; i-- > 1;) {
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        size_t j = seed % (i + 1);
        uint32_t was = order[i];
        order[i] = order[j], order[j] = was;
    }
    return order;
}

static void fill(table *t, const texts *keys) {
    for (size_t i = 0; i < keys->n; i++) table_add(t, keys->ptr[i], keys->len[i], i);
}

/* One round over all keys; the result depends on all that was found. */
static uint64_t run_round(table *t, char bench, const texts *keys, const texts *asked) {
    uint64_t sum = 0;
    switch (bench) {
    case 'a':
        table_free(t);
        table_new(t);
        fill(t, keys);
        return 1;
    case 'h':
    case 'm':
        for (size_t i = 0; i < asked->n; i++) sum += table_get(t, asked->ptr[i], asked->len[i]);
        return sum;
    case 'c': // `asked` are as many others: they come, and go in the next loop
        for (size_t i = 0; i < asked->n; i++) {
            table_remove(t, keys->ptr[i], keys->len[i]);
            table_add(t, asked->ptr[i], asked->len[i], i);
        }
        for (size_t i = 0; i < asked->n; i++) {
            table_remove(t, asked->ptr[i], asked->len[i]);
            table_add(t, keys->ptr[i], keys->len[i], i);
        }
        return 1;
    default: return table_walk(t);
    }
}

static int bench_main(const char *peer, int argc, char **argv) {
    char way[8] = "", kind[8] = "";
    if (argc < 2 || sscanf(argv[1], "%7[a-z]_%7[a-z]", way, kind) != 2) return 3;
    const size_t n = *kind == 's' ? 1000 : *kind == 'l' ? 1000000 : 100000;
    uint64_t rounds = argc > 3 ? strtoull(argv[3], NULL, 10) / n : 4000000 / n, sum = 0;
    texts keys, asked;
    uint32_t *order = shuffled(n);
    table t;
    texts_make(&keys, kind, 0, NULL, n);
    texts_make(&asked, kind, *way == 'm' || *way == 'c' ? (uint32_t)n : 0, order, n);
    table_new(&t);
    fill(&t, &keys);
    sum += run_round(&t, *way, &keys, &asked);
    double start = now_ns();
    for (uint64_t i = 0; i < rounds; i++) sum += run_round(&t, *way, &keys, &asked);
    double ns = now_ns() - start;
    uint64_t done = rounds * n * (*way == 'c' ? 2 : 1);
    printf("{\"peer\":\"%s\",\"bench\":\"%s\",\"threads\":1,\"n\":%llu,\"ns_per_op\":%.2f,"
           "\"sum\":%llu}\n",
           peer, argv[1], (unsigned long long)done, ns / (double)done, (unsigned long long)sum);
    table_free(&t);
    texts_free(&keys);
    texts_free(&asked);
    free(order);
    return 0;
}

#endif
