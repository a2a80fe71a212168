/* SPDX-License-Identifier: MIT */
/* Goal: what a write has taken and the other end has not read yet arrives before a runtime ends if
 * the program waits for that; if not, the other end can tell, and the runtime waits for nothing.
 * Method: a client whose runtime ends after its last write, with edo_shutdown() or without, and a
 * server in a runtime of its own that does not read before that. */
#include "tls_support.h"

#include <edo/net.h>

#include <pthread.h>
#include <semaphore.h>

typedef struct talk {
    ends ends;
    char address[32];
    sem_t listens, may_read;
    bool waits; /* the client, before it goes */
    size_t written, heard;
    int end; /* what the server's last read returned */
} talk;

static int hears(void *arg) {
    talk *t = arg;
    static char buf[65536];
    edo_listener *l;
    edo_stream *below, *s;
    CHECK_EQ(edo_tcp_listen(&l, "127.0.0.1:0", NULL), 0);
    (void)snprintf(t->address, sizeof t->address, "127.0.0.1:%u", (unsigned)edo_listener_port(l));
    CHECK_EQ(sem_post(&t->listens), 0);
    CHECK_EQ(edo_accept(l, &below), 0);
    CHECK_EQ(edo_tls_accept(&s, below, t->ends.server), 0);
    CHECK_EQ(edo_write_all(s, "go", 2), 0);
    while (sem_wait(&t->may_read) != 0) { // this runtime has nothing else to do
    }
    while ((t->end = edo_read(s, buf, sizeof buf)) > 0) t->heard += (size_t)t->end;
    edo_close(s);
    edo_listener_close(l);
    return 0;
}

static void *server_runs(void *arg) {
    assert_int_equal(inside_with(hears, arg, &kinds[0]), 0);
    return NULL;
}

/* Writes until nothing has room any more, and goes away. */
static int writes_and_goes(void *arg) {
    talk *t = arg;
    static char bulk[60000];
    edo_stream *s;
    int n;
    CHECK_EQ(
        edo_tls_connect(&s, t->address, t->ends.client, &(edo_tls_connect_opts){ .name = HOST }),
        0);
    CHECK_EQ(edo_read_exact(s, bulk, 2), 0);
    while ((n = edo_try_write(s, bulk, sizeof bulk)) > 0) t->written += (size_t)n;
    CHECK_EQ(n, -EAGAIN);
    if (t->waits) {
        CHECK_EQ(sem_post(&t->may_read), 0);
        CHECK_EQ(edo_shutdown(s), 0);
    }
    edo_close(s);
    return 0;
}

static void talk_begin(talk *t, pthread_t *thread) {
    t->ends =
        ends_make((edo_tls_server_opts){ .cert = NULL }, (edo_tls_client_opts){ .roots = NULL });
    assert_int_equal(sem_init(&t->listens, 0, 0), 0);
    assert_int_equal(sem_init(&t->may_read, 0, 0), 0);
    assert_int_equal(pthread_create(thread, NULL, server_runs, t), 0);
    while (sem_wait(&t->listens) != 0) {
    }
}

static void talk_end(talk *t, pthread_t thread) {
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)sem_destroy(&t->listens);
    (void)sem_destroy(&t->may_read);
    ends_free(&t->ends);
}

static void go_with_the_runtime(talk *t, const edo_runtime_opts *kind) {
    pthread_t thread;
    edo_runtime *rt;
    talk_begin(t, &thread);
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_run(rt, writes_and_goes, t), 0);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(60)), 0);
    edo_runtime_free(rt);
    if (!t->waits) assert_int_equal(sem_post(&t->may_read), 0);
    talk_end(t, thread);
}

static void shutdown_of_a_stream_waits_for_what_is_on_its_way(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS_N; k++) {
        talk t = { .end = -1, .waits = true };
        go_with_the_runtime(&t, &kinds[k]);
        assert_int_equal(t.end, 0); // the end is orderly
        assert_int_equal(t.heard, t.written);
    }
}

static void end_of_a_runtime_cuts_off_what_is_on_its_way(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS_N; k++) {
        talk t = { .end = -1 };
        go_with_the_runtime(&t, &kinds[k]); // at once, though nobody reads
        if (t.end == 0) {                   // the kernel had room for all in the end
            assert_int_equal(t.heard, t.written);
        } else {
            assert_int_equal(t.end, -EDO_ETRUNCATED);
            assert_true(t.heard <= t.written);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shutdown_of_a_stream_waits_for_what_is_on_its_way),
        cmocka_unit_test(end_of_a_runtime_cuts_off_what_is_on_its_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
