/* SPDX-License-Identifier: MIT */
/* Goal: the walker of a cache of files names what is broken. Method: cache.c is included; a cache
 * with two files, and one thing wrong with it. */
#include "broken.h"

#include "fs/cache.c"

typedef struct harm {
    const char *name;
    void (*fn)(edo_file_cache *c);
} harm;

static void add(edo_file_cache *c, const char *path, uint64_t hash) {
    size_t n = strlen(path);
    cached *e = edoi_alloc(sizeof *e + n + 1);
    assert_non_null(e);
    *e = (cached){ .path_len = n };
    memcpy(e->path, path, n + 1);
    file_cache_enter(c, e, hash);
}

static int walk_after(void *arg) {
    edo_file_cache *c;
    assert_int_equal(edo_file_cache_new(&c, &(edo_file_cache_opts){ .files_max = 4 }), 0);
    add(c, "a", 1);
    add(c, "b", 2);
    file_cache_check(c);
    ((harm *)arg)->fn(c);
    file_cache_check(c);
    return 0;
}

static void move_to_another_chain(edo_file_cache *c) {
    c->newest->link.hash = 3;
}

static void lose_the_oldest(edo_file_cache *c) {
    c->oldest = c->newest;
}

static void count_a_byte_twice(edo_file_cache *c) {
    c->bytes_n++;
}

static void keep_too_many(edo_file_cache *c) {
    c->opts.files_max = 1;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "cache inv. 1: ", move_to_another_chain },
        { "cache inv. 1: ", lose_the_oldest },
        { "cache inv. 2: ", count_a_byte_twice },
        { "cache inv. 3: ", keep_too_many },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, walk_after, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
