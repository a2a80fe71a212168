/* SPDX-License-Identifier: MIT */
/* Goal: a field is found by its name, whether there is a table of the names, is none, or is being
 * made by another thread, and nothing else is found.
 * Method: descriptions of 1 to 600 fields, whose names differ little; threads that ask at once. */
#include "value/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>
#include <pthread.h>

#define MOST 600

/* The name of field `i`: the first that have each length, and long ones that end alike. */
static edo_str name_of(char *text, size_t bytes, unsigned i) {
    int n = i % 3 == 0   ? snprintf(text, bytes, "%u", i)
            : i % 3 == 1 ? snprintf(text, bytes, "a_name_of_%u_that_is_long", i)
                         : snprintf(text, bytes, "%u_", i);
    return (edo_str){ text, (size_t)n };
}

static edo_desc *made(unsigned n) {
    edo_desc *d = NULL;
    char text[64];
    assert_int_equal(edo_desc_new(&d, "row"), 0);
    for (unsigned i = 0; i < n; i++) {
        (void)name_of(text, sizeof text, i);
        const edo_field like = { .kind = EDO_VALUE_I32, .skip = i % 7 == 6 };
        assert_int_equal(edo_desc_add(d, text, &like), 0);
    }
    return d;
}

/* Every name is found, but those of skipped fields; names that are not there are not. */
static bool all_are_found(const edo_desc *d) {
    char text[64];
    bool ok = true;
    for (unsigned i = 0; i < MOST + 50; i++) {
        edo_str name = name_of(text, sizeof text, i);
        bool is_there = i < d->fields_n && i % 7 != 6;
        const edo_field *f = edo_desc_find(d, name);
        ok = ok && f == (is_there ? &d->fields[i] : NULL);
        ok = ok && edoi_field_searched(d, d->fields + d->fields_n / 2, name) == f;
        name.len--;
        f = edo_desc_find(d, name);
        ok = ok && edoi_field_searched(d, d->fields, name) == f;
    }
    return ok && !edo_desc_find(d, (edo_str){ 0 });
}

static void every_name_is_found_and_no_other(void **state) {
    (void)state;
    static const unsigned counts[] = { 1, 2, 8, 9, 10, 100, 255, 256, 257, MOST };
    for (size_t i = 0; i < EDO_COUNT(counts); i++) {
        edo_desc *d = made(counts[i]);
        assert_true(all_are_found(d));
        edo_desc_free(d);
    }
}

static void a_field_that_is_added_later_is_found(void **state) {
    (void)state;
    edo_desc *d = made(20);
    assert_non_null(edo_desc_find(d, EDO_STR("0"))); // makes the table
    assert_int_equal(edo_desc_add(d, "later", &(edo_field){ .kind = EDO_VALUE_BOOL }), 0);
    assert_ptr_equal(edo_desc_find(d, EDO_STR("later")), &d->fields[20]);
    assert_non_null(edo_desc_find(d, EDO_STR("0")));
    edo_desc_free(d);
}

static void without_room_for_a_table_names_are_searched(void **state) {
    (void)state;
    edo_desc *d = made(100);
    d->names = NULL;
    assert_true(all_are_found(d));
    edo_desc_free(d);
}

static void a_thread_does_not_wait_for_a_table(void **state) {
    (void)state;
    edo_desc *d = made(100);
    d->names[0].edoi_value = 1; // as if another thread had been stopped while it makes it
    assert_true(all_are_found(d));
    edo_desc_free(d);
}

typedef struct shared {
    const edo_desc *desc;
    pthread_barrier_t begin;
    bool ok[4];
} shared;

typedef struct asker {
    shared *all;
    size_t i;
} asker;

static void *ask(void *arg) {
    asker *a = arg;
    (void)pthread_barrier_wait(&a->all->begin);
    a->all->ok[a->i] = all_are_found(a->all->desc);
    return NULL;
}

static void threads_that_ask_at_once_all_find(void **state) {
    (void)state;
    for (int round = 0; round < 20; round++) {
        edo_desc *d = made(64);
        shared all = { .desc = d };
        asker askers[EDO_COUNT(all.ok)];
        pthread_t threads[EDO_COUNT(all.ok)];
        assert_int_equal(pthread_barrier_init(&all.begin, NULL, EDO_COUNT(all.ok)), 0);
        for (size_t i = 0; i < EDO_COUNT(all.ok); i++) {
            askers[i] = (asker){ &all, i };
            assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
        }
        for (size_t i = 0; i < EDO_COUNT(all.ok); i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        for (size_t i = 0; i < EDO_COUNT(all.ok); i++) assert_true(all.ok[i]);
        (void)pthread_barrier_destroy(&all.begin);
        edo_desc_free(d);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_found_and_no_other),
        cmocka_unit_test(a_field_that_is_added_later_is_found),
        cmocka_unit_test(without_room_for_a_table_names_are_searched),
        cmocka_unit_test(a_thread_does_not_wait_for_a_table),
        cmocka_unit_test(threads_that_ask_at_once_all_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
