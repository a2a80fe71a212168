/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/map.h: a map has what was added and not removed; a walk visits each key
 * once, whatever is removed meanwhile; memory that lacks changes nothing; keys that are owned are
 * given back.
 * Method: random operations beside a plain list of what is there, with few hashes and many; each
 * allocation fails in turn; the leak checker sees keys that were not given back. */
#include "base/memory/alloc.h"
#include "memory/map.h"

#include "last_words.h"
#include "numbered_keys.h"
#include "seed.h"

#include <errno.h>
#include <string.h>

#define KEYS 600u

typedef struct wanted {
    bool is_there;
    uint32_t value;
} wanted;

static uint64_t seed;

static uint32_t below(uint32_t n) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 11) % n;
}

static void check_all(const edo_map *m, const wanted *all) {
    char text[NUMBERED_KEY_MAX];
    size_t n = 0;
    if (m->marks) edoi_map_check(m);
    for (uint32_t i = 0; i < KEYS; i++) {
        const uint32_t *value = edo_map_get(m, numbered_key(text, i));
        assert_int_equal(value != NULL, all[i].is_there);
        if (value) assert_int_equal(*value, all[i].value);
        n += all[i].is_there;
    }
    assert_int_equal(m->len, n);
}

/* Adds, replaces and removes as many as `n` times. */
static void change(edo_map *m, wanted *all, uint32_t n, uint32_t adds_of_8) {
    char text[NUMBERED_KEY_MAX];
    for (; n > 0; n--) {
        uint32_t i = below(KEYS), value = below(1000);
        edo_str key = numbered_key(text, i);
        bool is_new = !all[i].is_there;
        if (below(8) < adds_of_8) {
            if (below(2)) {
                assert_int_equal(edo_map_put(m, key, &value), is_new);
            } else {
                uint32_t *at = edo_map_add(m, key);
                assert_int_equal(*at, is_new ? 0 : all[i].value);
                *at = value;
            }
            all[i] = (wanted){ true, value };
        } else {
            uint32_t was = 0;
            assert_int_equal(edo_map_remove(m, key, &was), !is_new);
            if (!is_new) assert_int_equal(was, all[i].value);
            all[i].is_there = false;
        }
    }
}

/* Keys are removed at random during the walk: those that were visited, and those that were not. */
static void walk_and_remove(edo_map *m, wanted *all) {
    bool visited[KEYS] = { false }, removed[KEYS] = { false };
    char text[NUMBERED_KEY_MAX];
    for (edo_map_at at = { 0 }; edo_map_next(m, &at);) {
        uint32_t i = number_of_key(at.key), other = below(KEYS);
        assert_true(all[i].is_there && !visited[i]);
        assert_int_equal(*(uint32_t *)at.value, all[i].value);
        visited[i] = true;
        if (below(4) == 0) {
            edo_map_remove_at(m, &at);
            all[i].is_there = false;
            removed[i] = true;
        }
        if (below(4) == 0) {
            assert_int_equal(edo_map_remove(m, numbered_key(text, other), NULL),
                             all[other].is_there);
            if (all[other].is_there) removed[other] = true;
            all[other].is_there = false;
        }
    }
    for (uint32_t i = 0; i < KEYS; i++)
        if (all[i].is_there) assert_true(visited[i] && !removed[i]);
}

/* A map of `n` keys is emptied when `visited` of them were visited: at once, or key by key. */
static void walk_and_empty(uint32_t n, uint32_t visited, bool clears) {
    edo_map m = { .value_size = sizeof(uint32_t), .owns_keys = true };
    char text[NUMBERED_KEY_MAX];
    uint32_t met = 0;
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(edo_map_put(&m, numbered_key(text, i), &i), 1);
    for (edo_map_at at = { 0 }; edo_map_next(&m, &at);) {
        if (++met < visited) continue;
        if (clears) edo_map_clear(&m);
        for (uint32_t i = 0; i < n && !clears; i++)
            assert_true(edo_map_remove(&m, numbered_key(text, i), NULL));
    }
    assert_int_equal(met, visited);
    assert_int_equal(m.len, 0);
    edo_map_deinit(&m);
}

static void a_walk_over_a_map_that_is_emptied_ends(void **state) {
    (void)state;
    for (uint32_t n = 1; n < 40; n++)
        for (uint32_t visited = 1; visited <= n; visited++) {
            walk_and_empty(n, visited, true);
            walk_and_empty(n, visited, false);
        }
}

static void run_at_random(edo_map *m) {
    wanted all[KEYS] = { { false, 0 } };
    for (int round = 0; round < 6; round++) {
        change(m, all, 1000, round % 2 ? 2 : 6); // it grows, and gets empty again
        check_all(m, all);
        walk_and_remove(m, all);
        check_all(m, all);
    }
    edo_map_clear(m);
    memset(all, 0, sizeof all);
    check_all(m, all);
    change(m, all, 300, 5);
    check_all(m, all);
    edo_map_deinit(m);
    memset(all, 0, sizeof all);
    check_all(m, all);
    change(m, all, 300, 5); // used again
    check_all(m, all);
    edo_map_deinit(m);
}

static void has_what_was_added_and_not_removed(void **state) {
    (void)state;
    seed = test_seed(1);
    edo_map m = { .value_size = sizeof(uint32_t), .owns_keys = true };
    run_at_random(&m);
}

static void lies_in_an_arena(void **state) {
    (void)state;
    seed = test_seed(2);
    edo_arena arena = { 0 };
    edo_map m = { .value_size = sizeof(uint32_t), .owns_keys = true, .arena = &arena };
    run_at_random(&m);
    edo_arena_deinit(&arena);
}

/* A key goes for each that comes; there is room for more than twice as many, so the map does not
 * grow, but frees the slots of those that went. */
static void slots_of_removed_keys_are_used_again(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    edo_map m = { .arena = &arena };
    static char texts[64][8];
    edo_str keys[64];
    assert_int_equal(edo_map_reserve(&m, 41), 0);
    for (size_t i = 0; i < 64; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%zu", i);
        keys[i] = edo_str_of(texts[i]);
        if (i < 20) assert_int_equal(edo_map_put(&m, keys[i], NULL), 1);
    }
    size_t bytes = arena.bytes;
    for (size_t i = 20; i < 10000; i++) {
        assert_true(edo_map_remove(&m, keys[(i - 20) % 64], NULL));
        assert_int_equal(edo_map_put(&m, keys[i % 64], NULL), 1);
        assert_int_equal(m.len, 20);
    }
    assert_int_equal(arena.bytes, bytes); // placed anew where they are
    edoi_map_check(&m);
    edo_arena_deinit(&arena);
}

static void values_have_any_size(void **state) {
    (void)state;
    for (size_t size = 0; size < 40; size++) {
        edo_map m = { .value_size = size, .owns_keys = true };
        unsigned char value[40], was[40];
        for (unsigned i = 0; i < 100; i++) {
            char text[NUMBERED_KEY_MAX];
            memset(value, (int)i, sizeof value);
            assert_int_equal(edo_map_put(&m, numbered_key(text, i), value), 1);
        }
        for (unsigned i = 0; i < 100; i++) {
            char text[NUMBERED_KEY_MAX];
            memset(value, (int)i, sizeof value);
            assert_memory_equal(edo_map_get(&m, numbered_key(text, i)), value, size);
            assert_int_equal((uintptr_t)edo_map_get(&m, numbered_key(text, i)) % sizeof(void *), 0);
            assert_true(edo_map_remove(&m, numbered_key(text, i), was));
            assert_memory_equal(was, value, size);
        }
        edo_map_deinit(&m);
    }
}

static void keys_are_any_bytes(void **state) {
    (void)state;
    edo_map m = { .value_size = sizeof(int) };
    const edo_str keys[] = {
        { NULL, 0 }, EDO_STR("\0"), EDO_STR("\0\0"), EDO_STR("a"), EDO_STR("a\0")
    };
    for (int i = 0; i < (int)EDO_COUNT(keys); i++)
        assert_int_equal(edo_map_put(&m, keys[i], &i), 1);
    for (int i = 0; i < (int)EDO_COUNT(keys); i++)
        assert_int_equal(*(int *)edo_map_get(&m, keys[i]), i);
    assert_int_equal(edo_map_put(&m, EDO_STR(""), NULL), 0); // as that of NULL
    assert_int_equal(*(int *)edo_map_get(&m, keys[0]), 0);
    edo_map_deinit(&m);
}

static void empty_map_has_nothing_and_no_memory(void **state) {
    (void)state;
    edo_map m = { .value_size = sizeof(void *) };
    edo_map_at at = { 0 };
    assert_false(edo_map_has(&m, EDO_STR("a")));
    assert_null(edo_map_get_ptr(&m, EDO_STR("a")));
    assert_false(edo_map_remove(&m, EDO_STR("a"), NULL));
    assert_false(edo_map_next(&m, &at));
    edo_map_clear(&m);
    assert_null(m.marks);
    edo_map_deinit(&m);
}

static void pointers_are_values(void **state) {
    (void)state;
    int one;
    void *value = &one;
    edo_map m = { .value_size = sizeof value };
    assert_int_equal(edo_map_put(&m, EDO_STR("a"), &value), 1);
    assert_ptr_equal(edo_map_get_ptr(&m, EDO_STR("a")), &one);
    assert_null(edo_map_get_ptr(&m, EDO_STR("b")));
    edo_map_deinit(&m);
}

static void shared_keys_outlive_their_giver(void **state) {
    (void)state;
    edo_map m = { .value_size = sizeof(int), .owns_keys = true };
    edo_bytes key;
    assert_int_equal(edo_bytes_copy(&key, "a key that is shared", 20), 0);
    int *value = edo_map_add_bytes(&m, &key);
    assert_non_null(value);
    *value = 7;
    edo_map_at at = { 0 };
    assert_true(edo_map_next(&m, &at));
    assert_ptr_equal(at.key.ptr, key.str.ptr); // no copy
    assert_ptr_equal(edo_map_add_bytes(&m, &key), value);
    edo_bytes_unref(&key);
    assert_int_equal(*(int *)edo_map_get(&m, EDO_STR("a key that is shared")), 7);
    assert_true(edo_map_remove(&m, EDO_STR("a key that is shared"), NULL));
    edo_map_deinit(&m);
}

/* While a map has at most as many keys as there is room for, it needs no memory. */
static void room_that_was_made_is_enough(void **state) {
    (void)state;
    static char texts[1000][NUMBERED_KEY_MAX];
    for (size_t n = 0; n < 1000; n = n * 2 + 1) {
        edo_map m = { 0 };
        assert_int_equal(edo_map_reserve(&m, n), 0);
        edoi_alloc_fail_from(1);
        for (uint32_t i = 0; i < n; i++)
            assert_int_equal(edo_map_put(&m, numbered_key(texts[i], i), NULL), 1);
        for (uint32_t i = 0; i < 3 * n; i++) { // also when keys come and go
            uint32_t k = i % (uint32_t)n;
            assert_true(edo_map_remove(&m, numbered_key(texts[k], k), NULL));
            assert_int_equal(edo_map_put(&m, numbered_key(texts[k], k), NULL), 1);
        }
        edoi_alloc_fail_at(0);
        edo_map_deinit(&m);
    }
    edo_map m = { .value_size = 8 };
    assert_int_equal(edo_map_reserve(&m, SIZE_MAX), -ENOMEM);
    assert_int_equal(edo_map_reserve(&m, SIZE_MAX / 32), -ENOMEM);
    edo_map huge = { .value_size = SIZE_MAX };
    assert_int_equal(edo_map_put(&huge, EDO_STR("a"), NULL), -ENOMEM);
    edo_map_deinit(&m);
}

/* The k-th allocation fails: what is there stays, and the next try succeeds. */
static void memory_that_lacks_changes_nothing(void **state) {
    (void)state;
    bool has_failed = true;
    for (uint64_t k = 1; has_failed; k++) {
        edo_map m = { .value_size = sizeof(uint32_t), .owns_keys = true };
        wanted all[KEYS] = { { false, 0 } };
        edoi_alloc_fail_at(k);
        for (uint32_t i = 0; i < 60; i++) {
            char text[NUMBERED_KEY_MAX];
            int err = edo_map_put(&m, numbered_key(text, i), &i);
            if (err == -ENOMEM) {
                check_all(&m, all);
                err = edo_map_put(&m, numbered_key(text, i), &i);
            }
            assert_int_equal(err, 1);
            all[i] = (wanted){ true, i };
        }
        has_failed = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        check_all(&m, all);
        edo_map_deinit(&m);
    }
}

static void arena_that_is_full_is_no_memory(void **state) {
    (void)state;
    edo_arena arena = { .bytes_max = 8192 };
    edo_map m = { .value_size = 8, .owns_keys = true, .arena = &arena };
    char text[NUMBERED_KEY_MAX];
    uint32_t n = 0;
    while (edo_map_put(&m, numbered_key(text, n), NULL) == 1) n++;
    assert_in_range(n, 20, 500);
    assert_int_equal(m.len, n);
    for (uint32_t i = 0; i < n; i++) assert_true(edo_map_has(&m, numbered_key(text, i)));
    edoi_map_check(&m);
    edo_arena_deinit(&arena);
}

/* A walk over one map fills another: were the hashes the same, its groups would be filled in order,
 * and each key looked for in all that are full. */
static void each_map_has_a_secret_of_its_own(void **state) {
    (void)state;
    edo_map a = { 0 }, b = { 0 };
    assert_int_equal(edo_map_reserve(&a, 1), 0);
    assert_int_equal(edo_map_reserve(&b, 1), 0);
    assert_true(a.secret[0] != b.secret[0] || a.secret[1] != b.secret[1]);
    edo_map_deinit(&a);
    edo_map_deinit(&b);
}

/* ---- By number ------------------------------------------------------------------------------- */

/* Numbers that differ in few bits, at both ends, and such as addresses are. */
static uint64_t wide_key(uint32_t i) {
    const uint64_t n = i / 3;
    return i % 3 == 0 ? n : i % 3 == 1 ? ~n : n << 40 | 0x1000;
}

static void check_numbers(const edo_map *m, const wanted *all) {
    size_t n = 0;
    if (m->marks) edoi_map_check(m);
    for (uint32_t i = 0; i < KEYS; i++) {
        const uint32_t *value = edo_map_get_by_number(m, wide_key(i));
        assert_int_equal(value != NULL, all[i].is_there);
        assert_int_equal(edo_map_has_by_number(m, wide_key(i)), all[i].is_there);
        if (value) assert_int_equal(*value, all[i].value);
        n += all[i].is_there;
    }
    assert_int_equal(m->len, n);
}

static void put_number(edo_map *m, wanted *all, uint32_t i, uint32_t value) {
    const bool is_new = !all[i].is_there;
    if (below(2)) {
        assert_int_equal(edo_map_put_by_number(m, wide_key(i), &value), is_new);
    } else {
        uint32_t *at = edo_map_add_by_number(m, wide_key(i));
        assert_int_equal(*at, is_new ? 0 : all[i].value);
        *at = value;
    }
    all[i] = (wanted){ true, value };
}

static void remove_number(edo_map *m, wanted *all, uint32_t i) {
    uint32_t was = 0;
    assert_int_equal(edo_map_remove_by_number(m, wide_key(i), &was), all[i].is_there);
    if (all[i].is_there) assert_int_equal(was, all[i].value);
    all[i].is_there = false;
}

/* Each number is met once, with its value; some are removed as they are met. */
static void walk_over_numbers(edo_map *m, wanted *all) {
    bool visited[KEYS] = { false };
    for (edo_map_at at = { 0 }; edo_map_next(m, &at);) {
        uint32_t i = 0;
        while (i < KEYS && wide_key(i) != at.number) i++;
        assert_true(i < KEYS && all[i].is_there && !visited[i]);
        assert_int_equal(*(uint32_t *)at.value, all[i].value);
        visited[i] = true;
        if (below(4) > 0) continue;
        edo_map_remove_at(m, &at);
        all[i].is_there = false;
    }
    for (uint32_t i = 0; i < KEYS; i++)
        if (all[i].is_there) assert_true(visited[i]);
}

static void run_numbers_at_random(edo_map *m) {
    wanted all[KEYS] = { { false, 0 } };
    for (uint32_t round = 0; round < 6; round++) {
        for (uint32_t n = 0; n < 1000; n++) {
            const uint32_t i = below(KEYS);
            if (below(8) < (round % 2 ? 2 : 6))
                put_number(m, all, i, below(1000));
            else
                remove_number(m, all, i);
        }
        check_numbers(m, all);
        walk_over_numbers(m, all);
        check_numbers(m, all);
    }
    edo_map_clear(m);
    memset(all, 0, sizeof all);
    check_numbers(m, all);
    edo_map_deinit(m);
    check_numbers(m, all);
    for (uint32_t i = 0; i < KEYS; i++) put_number(m, all, i, i); // used again
    check_numbers(m, all);
    edo_map_deinit(m);
}

static void numbers_are_keys(void **state) {
    (void)state;
    seed = test_seed(3);
    edo_map m = { .value_size = sizeof(uint32_t), .by_number = true };
    run_numbers_at_random(&m);
    edo_arena arena = { 0 };
    edo_map in_arena = { .value_size = sizeof(uint32_t), .by_number = true, .arena = &arena };
    run_numbers_at_random(&in_arena);
    edo_arena_deinit(&arena);
    // it has no use for the bytes of keys
    edo_map owning = { .value_size = sizeof(uint32_t), .owns_keys = true, .by_number = true };
    run_numbers_at_random(&owning);
}

static void pointers_are_keys_and_values(void **state) {
    (void)state;
    int things[20], other;
    edo_map m = { .value_size = sizeof(int *), .by_number = true };
    for (size_t i = 0; i < EDO_COUNT(things); i++) {
        int *value = &things[EDO_COUNT(things) - 1 - i];
        assert_int_equal(edo_map_put_by_number(&m, (uintptr_t)&things[i], &value), 1);
    }
    for (size_t i = 0; i < EDO_COUNT(things); i++)
        assert_ptr_equal(edo_map_get_ptr_by_number(&m, (uintptr_t)&things[i]),
                         &things[EDO_COUNT(things) - 1 - i]);
    assert_null(edo_map_get_ptr_by_number(&m, (uintptr_t)&other));
    edo_map_deinit(&m);
}

/* A text whose bytes are those of a number is another key: it is not looked for at an address that
 * is a number. */
static void no_text_is_a_number(void **state) {
    (void)state;
    edo_map m = { .by_number = true };
    for (uint64_t n = 0; n < 1000; n++) assert_int_equal(edo_map_put_by_number(&m, n, NULL), 1);
    for (uint64_t n = 0; n < 1000; n++) {
        assert_false(edo_map_has(&m, (edo_str){ (const char *)&n, sizeof n }));
        assert_false(edo_map_remove(&m, (edo_str){ (const char *)&n, sizeof n }, NULL));
    }
    assert_int_equal(m.len, 1000);
    edo_map_deinit(&m);
}

static void room_for_numbers_is_enough(void **state) {
    (void)state;
    edo_map m = { .by_number = true };
    assert_int_equal(edo_map_reserve(&m, 100), 0);
    edoi_alloc_fail_from(1);
    for (uint64_t n = 0; n < 100; n++) assert_int_equal(edo_map_put_by_number(&m, n, NULL), 1);
    edoi_alloc_fail_at(0);
    edo_map_deinit(&m);
    edoi_alloc_fail_from(1);
    assert_int_equal(edo_map_put_by_number(&m, 1, NULL), -ENOMEM);
    assert_null(edo_map_add_by_number(&m, 1));
    edoi_alloc_fail_at(0);
    assert_int_equal(m.len, 0);
    edo_map_deinit(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_what_was_added_and_not_removed),
        cmocka_unit_test(lies_in_an_arena),
        cmocka_unit_test(a_walk_over_a_map_that_is_emptied_ends),
        cmocka_unit_test(slots_of_removed_keys_are_used_again),
        cmocka_unit_test(values_have_any_size),
        cmocka_unit_test(keys_are_any_bytes),
        cmocka_unit_test(empty_map_has_nothing_and_no_memory),
        cmocka_unit_test(pointers_are_values),
        cmocka_unit_test(shared_keys_outlive_their_giver),
        cmocka_unit_test(room_that_was_made_is_enough),
        cmocka_unit_test(memory_that_lacks_changes_nothing),
        cmocka_unit_test(arena_that_is_full_is_no_memory),
        cmocka_unit_test(each_map_has_a_secret_of_its_own),
        cmocka_unit_test(numbers_are_keys),
        cmocka_unit_test(pointers_are_keys_and_values),
        cmocka_unit_test(no_text_is_a_number),
        cmocka_unit_test(room_for_numbers_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
