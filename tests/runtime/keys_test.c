/* SPDX-License-Identifier: MIT */
/* Goal: a process that has used up all keys for thread-specific data can run tasks and await them all the
 * same, and what it keeps under its own keys stays as it was.
 * Method: a child that takes every key before edo can. */
#include <edo/edo.h>

#include "last_words.h"

#include <pthread.h>

static int sleep_a_little(void *arg) {
    (void)arg;
    int err = edo_sleep(edo_ms(1));
    return err < 0 ? err : 7;
}

static int await_without_keys(void *arg) {
    static char mine;
    pthread_key_t first = 0, key;
    uint32_t keys_n = 0;
    (void)arg;
    while (pthread_key_create(&key, NULL) == 0) {
        if (keys_n++ == 0) first = key;
        if (pthread_setspecific(key, &mine) != 0) return 1;
    }
    if (keys_n < 2) return 2;
    if (edo_sleep(edo_ms(1)) != -EDO_ENORUNTIME) return 3; // it would leak a driver
    edo_runtime *rt;
    if (edo_runtime_new(&rt, NULL) != 0) return 4;
    if (edo_run(rt, sleep_a_little, NULL) != 7) return 5;
    edo_runtime_free(rt);
    for (key = first; keys_n > 0; key++, keys_n--)
        if (pthread_getspecific(key) != &mine) return 6;
    return 0;
}

static void a_thread_awaits_where_no_key_is_left(void **state) {
    (void)state;
    char said[1000];
    int status = last_words(await_without_keys, NULL, said, sizeof said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_string_equal(said, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_awaits_where_no_key_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
