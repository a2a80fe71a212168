/* SPDX-License-Identifier: MIT */
/* Goal: readers of one thread may share a buffer, if they use up the bytes they read before they
 * wait again.
 * Method: fibers read from connections that all get input at once, each its own letter; so do state
 * machines, where they stay on one thread. */
#include "net_support.h"

#include <edo/async.h>

enum { READERS = 20, ROUNDS = 30, BYTES = 64 };

static _Thread_local char shared[BYTES]; /* valid between a read and the next await */

typedef struct reader {
    edo_stream *stream;
    char letter;
} reader;

static bool are_all(char letter, int n) {
    for (int i = 0; i < n; i++)
        if (shared[i] != letter) return false;
    return true;
}

static int read_by_fiber(void *arg) {
    const reader *r = (const reader *)arg;
    int n, sum = 0;
    while ((n = edo_read(r->stream, shared, BYTES)) > 0) {
        CHECK(are_all(r->letter, n));
        sum += n;
    }
    CHECK_INT(n, 0);
    return sum;
}

EDO_ASYNC(read_by_machine, const reader *r; int sum; edo_read_future read;) {
    EDO_BEGIN;
    for (;;) {
        EDO_AWAIT(edo_read_init(&self->read, self->r->stream, shared, BYTES));
        if (edo_result(&self->read) <= 0) break;
        CHECK(are_all(self->r->letter, edo_result(&self->read)));
        self->sum += edo_result(&self->read);
    }
    CHECK_INT(edo_result(&self->read), 0);
    EDO_RETURN(self->sum);
    EDO_END;
}

static edo_task *spawn_reader(reader *r, bool machine) {
    if (!machine) return edo_spawn(read_by_fiber, r);
    read_by_machine f;
    f.r = r;
    f.sum = 0;
    return edo_spawn_future(read_by_machine_init(&f));
}

static int readers_body(void *arg) {
    const bool *machine = (const bool *)arg;
    pair pairs[READERS];
    reader readers[READERS];
    edo_task *tasks[READERS];
    for (int i = 0; i < READERS; i++) {
        pairs[i] = open_pair(NULL);
        readers[i] = (reader){ pairs[i].b, (char)('a' + i) };
        tasks[i] = spawn_reader(&readers[i], *machine);
    }
    for (int round = 0; round < ROUNDS; round++) {
        char text[BYTES];
        for (int i = 0; i < READERS; i++) {
            memset(text, 'a' + i, sizeof text);
            CHECK_INT(edo_write_all(pairs[i].a, text, sizeof text), 0);
        }
        CHECK_INT(edo_yield(), 0);
    }
    for (int i = 0; i < READERS; i++) {
        edo_close(pairs[i].a);
        CHECK_INT(edo_task_join(tasks[i]), ROUNDS * BYTES);
        edo_close(pairs[i].b);
    }
    return 0;
}

static void fibers_of_a_thread_may_share_a_buffer(void **state) {
    (void)state;
    bool machine = false;
    in_fiber(readers_body, &machine);
}

static void machines_of_a_thread_may_share_a_buffer(void **state) {
    (void)state;
    bool machine = true;
    in_fiber_of(&(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }, readers_body, &machine);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fibers_of_a_thread_may_share_a_buffer),
        cmocka_unit_test(machines_of_a_thread_may_share_a_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
