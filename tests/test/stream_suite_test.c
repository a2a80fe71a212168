/* SPDX-License-Identifier: MIT */
/* Goal: every kind of stream keeps the rules of edo_test_stream_suite(), and each rule that a
 * stream breaks is named.
 * Method: edo's own kinds and streams over them, on every kind of runtime; streams that break one
 * rule each, in a child whose last words are read. */
#include <edo/edo.h>
#include <edo/pipe.h>
#include <edo/streams.h>
#include <edo/test.h>
#include <edo/unix.h>

#include "inside.h"
#include "last_words.h"

#include <errno.h>
#include <string.h>

/* ---- Kinds of streams ------------------------------------------------------------------------ */

static int make_tcp(edo_stream **a, edo_stream **b, void *arg) {
    edo_listener *l;
    edo_addr at;
    int err = edo_tcp_listen(&l, arg, NULL);
    if (err < 0) return err;
    err = edo_listener_addr(l, &at);
    if (err == 0) err = edo_tcp_connect_addr(a, &at, NULL);
    if (err == 0) err = edo_accept(l, b);
    edo_listener_close(l);
    return err;
}

static int make_unix(edo_stream **a, edo_stream **b, void *arg) {
    (void)arg;
    return edo_unix_pair(a, b);
}

static int make_duplex(edo_stream **a, edo_stream **b, void *arg) {
    return edo_duplex(a, b, *(size_t *)arg);
}

static int make_simplex(edo_stream **a, edo_stream **b, void *arg) {
    return edo_simplex(b, a, *(size_t *)arg);
}

static void look(void *arg, uint32_t what, const void *bytes, size_t n) {
    (void)bytes;
    ((size_t *)arg)[what == EDO_IO_READ] += n; // the two directions may come at once
}

/* Adapters that change nothing, over each other. */
static int make_adapted(edo_stream **a, edo_stream **b, void *arg) {
    static size_t seen[2];
    edo_stream *near_end, *far_end;
    int err = edo_duplex(&near_end, &far_end, *(size_t *)arg);
    if (err == 0) err = edo_stream_take(&near_end, near_end, UINT64_MAX);
    if (err == 0) err = edo_stream_inspect(a, near_end, look, seen);
    if (err == 0) err = edo_stream_take(b, far_end, UINT64_MAX);
    return err;
}

/* Halves of both ends, joined again. */
static int make_split(edo_stream **a, edo_stream **b, void *arg) {
    edo_stream *ends[2], *reader, *writer;
    int err = edo_duplex(&ends[0], &ends[1], *(size_t *)arg);
    for (int i = 0; err == 0 && i < 2; i++) {
        err = edo_stream_split(&reader, &writer, ends[i]);
        if (err == 0) err = edo_stream_join(i ? b : a, reader, writer);
    }
    return err;
}

/* The input comes in two parts, of which the first is empty. */
static int make_chained(edo_stream **a, edo_stream **b, void *arg) {
    edo_stream *empty = NULL;
    int err = edo_simplex(b, a, *(size_t *)arg);
    if (err == 0) err = edo_stream_empty(&empty);
    if (err == 0) err = edo_stream_chain(b, empty, *b);
    return err;
}

static int make_teed(edo_stream **a, edo_stream **b, void *arg) {
    edo_stream *sink = NULL;
    int err = edo_duplex(a, b, *(size_t *)arg);
    if (err == 0) err = edo_stream_sink(&sink);
    if (err == 0) err = edo_stream_tee(b, *b, sink);
    return err;
}

static int make_timed(edo_stream **a, edo_stream **b, void *arg) {
    const edo_stream_timeouts_opts opts = { .read = edo_hours(1),
                                            .write = edo_hours(1),
                                            .idle = edo_hours(1) };
    int err = edo_duplex(a, b, *(size_t *)arg);
    if (err == 0) err = edo_stream_timeouts(a, *a, &opts);
    if (err == 0) err = edo_stream_timeouts(b, *b, &opts);
    return err;
}

static struct views {
    edo_buf_reader readers[2];
    edo_buf_writer writers[2];
    edo_stream *below[2];
} views;

/* The rules close the views; what lies in and below them ends here. */
static void end_views(void) {
    for (int i = 0; i < 2; i++) {
        edo_buf_writer_deinit(&views.writers[i]);
        edo_buf_reader_deinit(&views.readers[i]);
        edo_close(views.below[i]);
    }
    views = (struct views){ 0 };
}

static int make_views(edo_stream **a, edo_stream **b, void *arg) {
    end_views();
    int err = edo_duplex(&views.below[0], &views.below[1], *(size_t *)arg);
    if (err < 0) return err;
    for (int i = 0; err == 0 && i < 2; i++) {
        edo_stream *reads = edo_buf_reader_stream(&views.readers[i]);
        err = edo_buf_reader_init(&views.readers[i], views.below[i], NULL);
        if (err == 0)
            err = edo_buf_writer_init(&views.writers[i], reads,
                                      &(edo_buf_writer_opts){ .buf_bytes = 64 });
        *(i ? b : a) = edo_buf_writer_stream(&views.writers[i]);
    }
    return err;
}

static int make_limited(edo_stream **a, edo_stream **b, void *arg) {
    edo_stream *near_end, *far_end;
    int err = edo_duplex(&near_end, &far_end, *(size_t *)arg);
    if (err == 0) err = edo_test_limit_new(a, near_end, 3);
    if (err == 0) err = edo_test_limit_new(b, far_end, 5);
    return err;
}

static int make_pipe(edo_stream **a, edo_stream **b, void *arg) {
    (void)arg;
    return edo_pipe(b, a, NULL);
}

typedef struct kind {
    const char *name;
    edo_test_pair_fn *make;
    void *arg;
    edo_test_suite_opts opts;
} kind;

static size_t one = 1, some = 100, many = 100000;
static char v4[] = "127.0.0.1:0", v6[] = "[::1]:0";

static kind kinds_of_streams[] = {
    { "TCP", make_tcp, v4, { 0 } },
    { "TCP over IPv6", make_tcp, v6, { 0 } },
    { "Unix", make_unix, NULL, { 0 } },
    { "pipe", make_pipe, NULL, { .one_way = true, .no_peek = true } },
    { "duplex of one byte", make_duplex, &one, { 0 } },
    { "duplex", make_duplex, &some, { 0 } },
    { "large duplex", make_duplex, &many, { 0 } },
    { "simplex", make_simplex, &some, { .one_way = true } },
    { "adapted", make_adapted, &some, { 0 } },
    { "adapted, of one byte", make_adapted, &one, { 0 } },
    { "split and joined", make_split, &some, { 0 } },
    { "split and joined, of one byte", make_split, &one, { 0 } },
    { "chained", make_chained, &some, { .one_way = true } },
    { "teed", make_teed, &some, { 0 } },
    { "teed, of one byte", make_teed, &one, { 0 } },
    { "timed", make_timed, &some, { 0 } },
    { "views", make_views, &some, { .is_lent = true } },
    { "views, of one byte", make_views, &one, { .is_lent = true } },
    { "limited", make_limited, &some, { 0 } },
};

static int runs_suite(void *arg) {
    const kind *k = arg;
    int err = edo_test_stream_suite(k->make, k->arg, &k->opts);
    end_views();
    return err;
}

static void every_kind_keeps_the_rules(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(kinds_of_streams); i++) {
        kind *k = &kinds_of_streams[i];
        int err = inside_each(runs_suite, k);
        if (err < 0) fail_msg("%s: %s", k->name, edo_strerror(err));
    }
}

#define EACH 2 /* bytes of a buffer */

typedef struct vectors {
    edo_stream *s;
    char bytes[EDO_IO_VECS_MAX + 1][EACH];
    struct iovec vecs[EDO_IO_VECS_MAX + 1];
} vectors;

static void vectors_init(vectors *v, edo_stream *s) {
    v->s = s;
    for (size_t i = 0; i < EDO_COUNT(v->vecs); i++) {
        for (size_t k = 0; k < EACH; k++) v->bytes[i][k] = (char)(i * EACH + k);
        v->vecs[i] = (struct iovec){ .iov_base = v->bytes[i], .iov_len = EACH };
    }
}

static int writes_all(void *arg) {
    vectors *v = arg;
    return edo_writev_all(v->s, v->vecs, EDO_IO_VECS_MAX);
}

static int keeps_bounds(void *arg) {
    const kind *k = arg;
    vectors from, to;
    edo_stream *a, *b;
    char byte = 'x';
    CHECK_EQ(k->make(&a, &b, k->arg), 0);
    vectors_init(&from, a);
    vectors_init(&to, b);
    CHECK_EQ(edo_write(a, &byte, 0), 0);
    CHECK_EQ(edo_read(b, &byte, 0), 0);
    CHECK_EQ(edo_writev(a, from.vecs, EDO_IO_VECS_MAX + 1), -EINVAL);
    CHECK_EQ(edo_readv(b, to.vecs, EDO_IO_VECS_MAX + 1), -EINVAL);
    edo_task *t = edo_spawn(writes_all, &from);
    for (int got = 0, n; got < EDO_IO_VECS_MAX * EACH; got += n) {
        n = edo_readv(b, to.vecs, EDO_IO_VECS_MAX);
        CHECK(n > 0);
        for (int i = 0; i < n; i++) CHECK_EQ(to.bytes[i / EACH][i % EACH], (char)(got + i));
    }
    CHECK_EQ(edo_task_join(t), 0);
    edo_close(a);
    edo_close(b);
    return 0;
}

static void every_kind_takes_no_bytes_and_as_many_buffers_as_allowed(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(kinds_of_streams); i++) {
        kind *k = &kinds_of_streams[i];
        if (!k->opts.is_lent) assert_int_equal(inside_each(keeps_bounds, k), 0);
    }
}

static int refuses_options(void *arg) {
    (void)arg;
    const edo_test_suite_opts bad = { .reserved = { 0, 1 } };
    EDO_TEST_EQ(edo_test_stream_suite(make_duplex, &some, &bad), -EINVAL);
    static size_t none = 0;
    EDO_TEST_EQ(edo_test_stream_suite(make_duplex, &none, NULL), -EINVAL); // what `make` returns
    return 0;
}

static void bad_options_and_failures_to_make_a_pair_are_returned(void **state) {
    (void)state;
    assert_int_equal(inside(refuses_options, NULL), 0);
}

/* ---- Streams that break a rule --------------------------------------------------------------- */

/* Which of the operations of a duplex does something else. */
typedef struct fault {
    const char *rule; /* that is to be named */
    void (*plant)(edo_stream_ops *ops);
} fault;

static const edo_stream_ops *sound;

static edo_polled reads_all_but_one(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                    const struct iovec *to, size_t n, uint32_t flags, int *result) {
    edo_polled polled = sound->poll_read(s, cx, wait, to, n, flags, result);
    if (polled == EDO_READY && *result > 90) *result -= 1;
    return polled;
}
static void loses_bytes(edo_stream_ops *ops) {
    ops->poll_read = reads_all_but_one;
}

static edo_polled peeks_and_takes(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                  const struct iovec *to, size_t n, uint32_t flags, int *result) {
    (void)flags;
    return sound->poll_read(s, cx, wait, to, n, 0, result);
}
static void takes_what_it_peeks(edo_stream_ops *ops) {
    ops->poll_read = peeks_and_takes;
}

static edo_polled pretends_to_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                    const struct iovec *from, size_t n, int *result) {
    edo_polled polled = sound->poll_write(s, NULL, wait, from, n, result);
    if (polled == EDO_READY && *result == -EAGAIN && cx) *result = (int)from->iov_len;
    return polled;
}
static void forgets_what_has_no_room(edo_stream_ops *ops) {
    ops->poll_write = pretends_to_write;
}

static edo_polled shuts_and_reports_nothing(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                            int *result) {
    (void)s;
    (void)cx;
    (void)wait;
    *result = 0;
    return EDO_READY;
}
static void does_not_shut_down(edo_stream_ops *ops) {
    ops->poll_shutdown = shuts_and_reports_nothing;
}

static edo_polled is_always_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                                  int *result) {
    (void)s;
    (void)cx;
    (void)wait;
    *result = (int)what;
    return EDO_READY;
}
static const edo_io_wait *pending; /* of the read that was polled last, if it waits */

static edo_polled notes_that_it_waits(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                      const struct iovec *to, size_t n, uint32_t flags,
                                      int *result) {
    edo_polled polled = sound->poll_read(s, cx, wait, to, n, flags, result);
    pending = polled == EDO_PENDING ? wait : NULL;
    return polled;
}

static int swallowed; /* bytes that cancelled reads owe */

static void swallows_at_unwait(edo_stream *s, edo_io_wait *wait) {
    sound->unwait(s, wait);
    if (pending == wait) swallowed++;
    if (pending == wait) pending = NULL;
}

static edo_polled swallows_first(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                 const struct iovec *to, size_t n, uint32_t flags, int *result) {
    char byte;
    const struct iovec one_byte = { &byte, 1 };
    if (swallowed > 0) {
        (void)sound->poll_read(s, NULL, NULL, &one_byte, 1, 0, result);
        if (*result == 1) swallowed = 0;
    }
    return notes_that_it_waits(s, cx, wait, to, n, flags, result);
}
static void cancelled_read_swallows(edo_stream_ops *ops) {
    ops->poll_read = swallows_first;
    ops->unwait = swallows_at_unwait;
}

static void close_nothing(edo_stream *s) {
    (void)s;
}
static void wakes_nobody(edo_stream_ops *ops) {
    ops->close = close_nothing;
}

static void is_ready_without_bytes(edo_stream_ops *ops) {
    ops->poll_ready = is_always_ready;
}

static const fault faults[] = {
    { "bytes arrive in order, however they are cut", loses_bytes },
    { "a peek leaves the bytes", takes_what_it_peeks },
    { "bytes arrive in order, however they are cut", forgets_what_has_no_room },
    { "a cancelled read loses nothing", cancelled_read_swallows },
    { "a closed stream does nothing more", wakes_nobody },
    { "a shutdown ends one direction only", does_not_shut_down },
    { "a closed stream does nothing more", is_ready_without_bytes },
};

static int make_faulty(edo_stream **a, edo_stream **b, void *arg) {
    static edo_stream_ops ops;
    int err = edo_duplex(a, b, 100);
    if (err < 0) return err;
    sound = (*a)->ops;
    ops = *sound;
    ((const fault *)arg)->plant(&ops);
    (*a)->ops = (*b)->ops = &ops;
    return 0;
}

static const fault *planted;

static int runs_faulty(void *arg) {
    (void)arg;
    fault f = *planted;
    return edo_test_stream_suite(make_faulty, &f, NULL);
}

static int run_planted(void *arg) {
    (void)arg;
    return inside(runs_faulty, NULL);
}

static void broken_rules_are_named(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(faults); i++) {
        planted = &faults[i];
        char said[4096];
        int status = last_words(run_planted, NULL, said, sizeof said);
        if (!is_abort(status) || !strstr(said, faults[i].rule))
            fail_msg("%s: it said: %s", faults[i].rule, said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_rules_are_named), // first: it forks
        cmocka_unit_test(every_kind_keeps_the_rules),
        cmocka_unit_test(every_kind_takes_no_bytes_and_as_many_buffers_as_allowed),
        cmocka_unit_test(bad_options_and_failures_to_make_a_pair_are_returned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
