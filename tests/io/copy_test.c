/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/copy.h: all bytes, in order, counted; back pressure; a flush when the
 * input pauses; nothing held while idle.
 * Method: pipes in memory, on every kind of runtime; waits on the paused clock. */
#include "io_support.h"

#include <edo/streams.h>

#define MANY (200u * 1024u)

typedef struct flow {
    edo_stream *to;
    const char *bytes;
    size_t n;
} flow;

static int sends(void *arg) {
    flow *f = arg;
    int n = edo_write_all(f->to, f->bytes, f->n);
    if (n >= 0) n = edo_shutdown(f->to);
    return n < 0 ? n : 0;
}

static int copies_all(void *arg) {
    (void)arg;
    static char want[MANY];
    static collected c;
    c = (collected){ 0 };
    fill_pattern(want, sizeof want);
    edo_stream *in, *in_peer, *out;
    CHECK_EQ(edo_duplex(&in, &in_peer, 777), 0);
    CHECK_EQ(edo_duplex(&out, &c.from, 333), 0);
    flow f = { in_peer, want, sizeof want };
    edo_task *sender = edo_spawn(sends, &f), *reader = edo_spawn(collects, &c);
    uint64_t bytes = 1;
    CHECK_EQ(edo_copy(out, in, &bytes), 0);
    CHECK_EQ(bytes, sizeof want);
    CHECK_EQ(edo_shutdown(out), 0); // not done by the copy
    CHECK_EQ(edo_task_join(sender), 0);
    CHECK_EQ(edo_task_join(reader), 0);
    CHECK_EQ(c.n, sizeof want);
    CHECK_EQ(memcmp(c.bytes, want, sizeof want), 0);
    edo_close(in);
    edo_close(in_peer);
    edo_close(out);
    return 0;
}

static void all_bytes_arrive_in_order(void **state) {
    (void)state;
    CHECK_EQ(inside_each(copies_all, NULL), 0);
}

static int copies_from_memory(void *arg) {
    (void)arg;
    edo_stream *in, *out, *endless;
    uint64_t bytes;
    CHECK_EQ(edo_stream_mem(&in, "hello", 5), 0);
    CHECK_EQ(edo_stream_empty(&out), 0);
    CHECK_EQ(edo_stream_repeat(&endless, 'x'), 0);
    CHECK_EQ(edo_copy(out, in, &bytes), 0);
    CHECK_EQ(bytes, 5);
    CHECK_EQ(edo_copy(out, in, NULL), 0); // at its end already
    edo_deadline d;
    do { // again if this thread did not run within the limit
        edo_deadline_begin(&d, edo_ms(5));
        CHECK_EQ(edo_deadline_end(&d, edo_copy(out, endless, &bytes)), -ETIMEDOUT);
    } while (bytes == 0);
    CHECK_EQ(edo_copy(endless, endless, &bytes), -ENOTSUP); // it takes nothing
    CHECK_EQ(bytes, 0);
    edo_close(in);
    edo_close(out);
    edo_close(endless);
    return 0;
}

static void streams_that_never_wait_let_others_run(void **state) {
    (void)state;
    CHECK_EQ(inside_each(copies_from_memory, NULL), 0);
}

static int copies_slowly(void *arg) {
    edo_stream **s = arg;
    return edo_copy(s[0], s[1], NULL);
}

/* A writer that gathers gets its flush when the input pauses, and the sender waits while the reader
 * does not read. */
static int pauses(void *arg) {
    (void)arg;
    edo_stream *in, *in_peer, *out, *out_peer;
    CHECK_EQ(edo_duplex(&in, &in_peer, 64), 0);
    CHECK_EQ(edo_duplex(&out, &out_peer, 64), 0);
    edo_buf_writer w;
    CHECK_EQ(edo_buf_writer_init(&w, out, NULL), 0);
    edo_stream *ends[] = { edo_buf_writer_stream(&w), in };
    edo_task *copier = edo_spawn(copies_slowly, ends);
    char buf[8];
    CHECK_EQ(edo_write_all(in_peer, "abc", 3), 0);
    CHECK_EQ(edo_read(out_peer, buf, sizeof buf), 3); // would wait for ever without a flush
    static char many[100000];
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1));
    CHECK_EQ(edo_deadline_end(&d, edo_write_all(in_peer, many, sizeof many)), -ETIMEDOUT);
    edo_close(in_peer);
    edo_close(out_peer);
    CHECK_EQ(edo_task_join(copier), -EPIPE);
    edo_buf_writer_deinit(&w);
    edo_close(in);
    edo_close(out);
    return 0;
}

static void input_that_pauses_is_flushed_and_a_full_output_stops_the_input(void **state) {
    (void)state;
    CHECK_EQ(inside(pauses, NULL), 0);
}

/* A flush that waits for the reader goes on where it was. */
static int flushes_slowly(void *arg) {
    (void)arg;
    edo_stream *in, *out, *out_peer;
    CHECK_EQ(edo_stream_mem(&in, "abcdefgh", 8), 0);
    CHECK_EQ(edo_duplex(&out, &out_peer, 4), 0);
    edo_buf_writer w;
    CHECK_EQ(edo_buf_writer_init(&w, out, NULL), 0);
    edo_stream *ends[] = { edo_buf_writer_stream(&w), in };
    edo_task *copier = edo_spawn(copies_slowly, ends);
    char buf[8];
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1));
    CHECK_EQ(edo_deadline_end(&d, edo_read_exact(out_peer, buf, sizeof buf)), 0);
    CHECK_EQ(memcmp(buf, "abcdefgh", 8), 0);
    CHECK_EQ(edo_task_join(copier), 0);
    edo_buf_writer_deinit(&w);
    edo_close(in);
    edo_close(out);
    edo_close(out_peer);
    return 0;
}

static void end_of_the_input_is_flushed_whole(void **state) {
    (void)state;
    CHECK_EQ(inside(flushes_slowly, NULL), 0);
}

/* What was not begun has copied nothing. */
static int begins_nothing(void *arg) {
    (void)arg;
    edo_stream *in, *out;
    edo_copy_future f;
    uint64_t bytes = 7;
    CHECK_EQ(edo_stream_mem(&in, "abc", 3), 0);
    CHECK_EQ(edo_stream_empty(&out), 0);
    edo_drop(edo_copy_init(&f, out, in, &bytes));
    CHECK_EQ(bytes, 0);
    edo_close(in);
    edo_close(out);
    return 0;
}

static void copy_that_is_dropped_at_once_has_copied_nothing(void **state) {
    (void)state;
    CHECK_EQ(inside(begins_nothing, NULL), 0);
}

/* The copy writes what a reader holds from the reader itself: what was not written stays there. */
static int copies_from_reader(void *arg) {
    (void)arg;
    edo_stream *in, *in_peer, *out, *out_peer;
    edo_buf_reader r;
    char buf[16], *line;
    uint64_t copied;
    CHECK_EQ(edo_duplex(&in, &in_peer, 100), 0);
    CHECK_EQ(edo_duplex(&out, &out_peer, 4), 0);
    CHECK_EQ(edo_buf_reader_init(&r, in, NULL), 0);
    CHECK_EQ(edo_write_all(in_peer, "head\nabcdefgh", 13), 0);
    CHECK_EQ(edo_read_line(&r, &line), 4);
    CHECK_EQ(edo_buf_reader_held(&r), 8);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    int err = edo_copy(out, edo_buf_reader_stream(&r), &copied);
    CHECK_EQ(edo_deadline_end(&d, err), -ETIMEDOUT);
    CHECK_EQ(copied, 4);
    CHECK_EQ(edo_buf_reader_held(&r), 4);
    CHECK_EQ(edo_read(out_peer, buf, 16), 4);
    CHECK_EQ(edo_write_all(in_peer, "ij", 2), 0);
    edo_close(in_peer);
    static collected c;
    c = (collected){ .from = edo_stream_ref(out_peer) };
    edo_task *t = edo_spawn(collects, &c);
    CHECK_EQ(edo_copy(out, edo_buf_reader_stream(&r), &copied), 0);
    CHECK_EQ(copied, 6);
    edo_close(out);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK_EQ(memcmp(c.bytes, "efghij", 6), 0);
    edo_close(out_peer);
    edo_buf_reader_deinit(&r);
    edo_close(in);
    return 0;
}

static void held_bytes_are_written_from_the_reader(void **state) {
    (void)state;
    CHECK_EQ(inside(copies_from_reader, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_bytes_arrive_in_order),
        cmocka_unit_test(streams_that_never_wait_let_others_run),
        cmocka_unit_test(input_that_pauses_is_flushed_and_a_full_output_stops_the_input),
        cmocka_unit_test(end_of_the_input_is_flushed_whole),
        cmocka_unit_test(copy_that_is_dropped_at_once_has_copied_nothing),
        cmocka_unit_test(held_bytes_are_written_from_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
