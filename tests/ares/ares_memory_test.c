/* SPDX-License-Identifier: MIT */
/* Goal: where c-ares gets no memory, lookups and resolvers fail with a code, and leave nothing
 * open.
 * Method: each request of c-ares for memory fails in turn. */
#include "ares_support.h"

#include <ares.h>

static _Atomic int fail_in; /* the request that makes it 0 fails; 0: none is planned */

static bool fails_now(void) {
    return fail_in > 0 && --fail_in == 0;
}

static void *get(size_t bytes) {
    return fails_now() ? NULL : malloc(bytes);
}

static void *resize(void *old, size_t bytes) {
    return fails_now() ? NULL : realloc(old, bytes);
}

/* Calls `go` until none of its requests fails any more; returns how many did. */
static int fail_each(int (*go)(void *arg), void *arg) {
    int before = open_fds(), k = 0;
    for (bool fired = true; fired; k++) {
        const int64_t since_s = patience_now_s();
        int n;
        do { // again if nothing has failed, and yet the server was late
            fail_in = k + 1;
            n = go(arg);
            fired = fail_in == 0;
            fail_in = 0;
        } while (!fired && n == -EAGAIN && !patience_is_over(since_s));
        if (!fired) CHECK_EQ(n, 3);
        CHECK_EQ(open_fds(), before);
    }
    return k - 1;
}

static int ask(void *arg) {
    int n = look_up(arg, "two.example");
    CHECK(n == 1 || n == 2 || n == 3 || n == -ENOMEM || n == -EAGAIN || n == -EIO || n == -ENOENT);
    return n;
}

static int make(void *arg) {
    edo_ares *names;
    edo_ares_opts opts = { .servers = arg, .search = "a.test,b.test" };
    int err = edo_ares_new(&names, &opts);
    CHECK(err == 0 || err == -ENOMEM);
    if (err < 0) return err;
    edo_ares_free(names);
    return 3;
}

static int short_of_memory(void *arg) {
    name_server s;
    (void)arg;
    name_server_begin(&s);
    edo_ares *names = resolver_for(&s, (edo_ares_opts){ .timeout = edo_ms(20), .tries = 1 });
    CHECK(fail_each(ask, names) >= 10);
    edo_ares_free(names);
    CHECK(fail_each(make, s.addr) >= 5);
    name_server_end(&s);
    return 0;
}

static void shortage_of_memory_is_an_error_and_no_leak(void **state) {
    (void)state;
    assert_int_equal(ares_library_init_mem(ARES_LIB_INIT_ALL, get, free, resize), ARES_SUCCESS);
    assert_int_equal(inside_real(short_of_memory, NULL), 0);
    ares_library_cleanup();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shortage_of_memory_is_an_error_and_no_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
