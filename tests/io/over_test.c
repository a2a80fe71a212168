/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/streams.h about streams over two others, halves and limits of time.
 * Method: pipes in memory on every kind of runtime; for the limits a paused clock. */
#include "io_support.h"

#include <edo/streams.h>

static int reads_one(void *arg) {
    char byte;
    return edo_read(arg, &byte, 1);
}

static int writes_one(void *arg) {
    return edo_write(arg, "x", 1);
}

/* ---- Two inputs, two outputs ----------------------------------------------------------------- */

static int chains(void *arg) {
    (void)arg;
    edo_stream *first, *first_peer, *second, *both;
    char buf[8];
    CHECK_EQ(edo_duplex(&first, &first_peer, 8), 0);
    CHECK_EQ(edo_stream_mem(&second, "second", 6), 0);
    CHECK_EQ(edo_stream_chain(&both, first, second), 0);
    CHECK_EQ(edo_write(first_peer, "1st", 3), 3);
    CHECK_EQ(edo_read(both, buf, 8), 3);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    CHECK_EQ(edo_deadline_end(&d, edo_read(both, buf, 8)), -ETIMEDOUT); // the first goes on
    edo_task *t = edo_spawn(reads_one, both);
    CHECK_EQ(edo_yield(), 0);
    edo_close(first_peer); // the reader goes on with the second
    CHECK_EQ(edo_task_join(t), 1);
    CHECK_EQ(edo_peek(both, buf, 8), 5);
    CHECK_EQ(edo_read(both, buf, 8), 5);
    CHECK_EQ(memcmp(buf, "econd", 5), 0);
    CHECK_EQ(edo_read(both, buf, 8), 0);
    CHECK_EQ(edo_write(both, "x", 1), -ENOTSUP);
    CHECK_EQ(edo_shutdown(both), -ENOTSUP);
    CHECK_EQ(edo_io_ready(both, EDO_IO_WRITE), -ENOTSUP);
    CHECK_EQ(edo_rewind(both), -ESPIPE);
    edo_close(both);
    return 0;
}

static int tees(void *arg) {
    (void)arg;
    edo_stream *in, *in_peer, *copy, *copy_peer, *out;
    char buf[8];
    CHECK_EQ(edo_duplex(&in, &in_peer, 8), 0);
    CHECK_EQ(edo_duplex(&copy, &copy_peer, 4), 0);
    CHECK_EQ(edo_stream_tee(&out, in, copy), 0);
    CHECK_EQ(edo_try_read(out, buf, 8), -EAGAIN);
    CHECK_EQ(edo_write(in_peer, "123456", 6), 6);
    CHECK_EQ(edo_try_read(out, buf, 8), -EAGAIN); // the copy has no room for all
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    CHECK_EQ(edo_deadline_end(&d, edo_io_ready(out, EDO_IO_READ)), -ETIMEDOUT);
    edo_task *t = edo_spawn(reads_one, out);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_write(out, "up", 2), 2); // while the read waits at the copy
    CHECK_EQ(edo_read(in_peer, buf, 8), 2);
    CHECK_EQ(edo_read(copy_peer, buf, 8), 4);
    CHECK_EQ(edo_task_join(t), 1);
    CHECK_EQ(edo_read(out, buf, 8), 5);
    CHECK_EQ(memcmp(buf, "23456", 5), 0);
    CHECK_EQ(edo_read(copy_peer, buf, 8), 2);
    edo_close(copy_peer);
    CHECK_EQ(edo_write(in_peer, "7", 1), 1);
    CHECK_EQ(edo_read(out, buf, 8), -EPIPE);
    CHECK_EQ(edo_read(out, buf, 8), -EPIPE); // the byte is still there
    edo_close(in_peer);
    edo_close(out);
    return 0;
}

static int waits_for_input(void *arg) {
    return edo_io_ready(arg, EDO_IO_READ);
}

static int tee_tells_of_input(void *arg) {
    (void)arg;
    edo_stream *in, *in_peer, *copy, *copy_peer, *out;
    char buf[8];
    CHECK_EQ(edo_duplex(&in, &in_peer, 8), 0);
    CHECK_EQ(edo_duplex(&copy, &copy_peer, 4), 0);
    CHECK_EQ(edo_stream_tee(&out, in, copy), 0);
    CHECK_EQ(edo_write(in_peer, "123456", 6), 6);
    CHECK_EQ(edo_io_ready(out, EDO_IO_READ), 0);
    CHECK_EQ(edo_try_read(out, buf, 8), -EAGAIN); // the copy has no room for all
    edo_task *t = edo_spawn(waits_for_input, out);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_read(copy_peer, buf, 8), 4);
    CHECK_EQ(edo_task_join(t), 0); // not what the copy waited for
    CHECK_EQ(edo_try_read(out, buf, 1), 1);
    CHECK_EQ(edo_io_ready(out, EDO_IO_READ), 0);
    CHECK_EQ(edo_io_ready(out, EDO_IO_WRITE), 0);
    edo_close(out);
    edo_close(in_peer);
    edo_close(copy_peer);
    return 0;
}

static int sinks(void *arg) {
    (void)arg;
    edo_stream *s;
    char byte;
    CHECK_EQ(edo_stream_sink(&s), 0);
    CHECK_EQ(edo_write_all(s, "bytes", 5), 0);
    CHECK_EQ(edo_read(s, &byte, 1), -ENOTSUP);
    CHECK_EQ(edo_shutdown(s), 0);
    CHECK_EQ(edo_write(s, "x", 1), -EPIPE);
    edo_stream *keep = edo_stream_ref(s);
    edo_close(s);
    CHECK_EQ(edo_write(keep, "x", 1), -EDO_ECLOSED);
    edo_close(keep);
    return 0;
}

static int joins(void *arg) {
    (void)arg;
    edo_stream *in_reader, *in_writer, *out_reader, *out_writer, *s;
    char buf[8];
    CHECK_EQ(edo_simplex(&in_reader, &in_writer, 8), 0);
    CHECK_EQ(edo_simplex(&out_reader, &out_writer, 1), 0);
    CHECK_EQ(edo_stream_join(&s, in_reader, out_writer), 0);
    CHECK_EQ(edo_stream_fd(s), -1);
    CHECK_EQ(edo_stream_is_vectored(s), true);
    CHECK_EQ(edo_write(s, "o", 1), 1);
    edo_task *reads[2], *writes[2]; // several operations wait at both
    for (int i = 0; i < 2; i++) {
        reads[i] = edo_spawn(reads_one, s);
        writes[i] = edo_spawn(writes_one, s);
    }
    CHECK_EQ(edo_yield(), 0);
    edo_task_cancel(reads[0]);
    edo_task_cancel(writes[0]);
    CHECK_EQ(edo_task_join(reads[0]), -ECANCELED);
    CHECK_EQ(edo_task_join(writes[0]), -ECANCELED);
    CHECK_EQ(edo_write(in_writer, "i", 1), 1);
    CHECK_EQ(edo_task_join(reads[1]), 1);
    CHECK_EQ(edo_read(out_reader, buf, 1), 1);
    CHECK_EQ(edo_task_join(writes[1]), 1);
    CHECK_EQ(edo_read(out_reader, buf, 1), 1);
    CHECK_EQ(edo_shutdown(s), 0);
    CHECK_EQ(edo_read(out_reader, buf, 1), 0);
    edo_close(s);
    CHECK_EQ(edo_write(in_writer, "i", 1), -EPIPE);
    edo_close(in_writer);
    edo_close(out_reader);
    return 0;
}

static void streams_over_two_do_what_they_say(void **state) {
    (void)state;
    edo_task_fn *const all[] = { chains, tees, tee_tells_of_input, sinks, joins };
    for (size_t i = 0; i < EDO_COUNT(all); i++) CHECK_EQ(inside_each(all[i], NULL), 0);
}

/* ---- Halves ---------------------------------------------------------------------------------- */

static int halves_end_alone(void *arg) {
    (void)arg;
    edo_stream *s, *peer, *reader, *writer;
    char buf[8];
    CHECK_EQ(edo_duplex(&s, &peer, 8), 0);
    CHECK_EQ(edo_stream_split(&reader, &writer, s), 0);
    CHECK_EQ(edo_write(reader, "x", 1), -ENOTSUP);
    CHECK_EQ(edo_shutdown(reader), -ENOTSUP);
    CHECK_EQ(edo_read(writer, buf, 1), -ENOTSUP);
    CHECK_EQ(edo_io_ready(writer, EDO_IO_READ), -ENOTSUP);
    CHECK_EQ(edo_io_ready(writer, EDO_IO_WRITE), 0);
    edo_stream *keep = edo_stream_ref(reader);
    edo_task *t = edo_spawn(reads_one, reader);
    CHECK_EQ(edo_yield(), 0);
    edo_close(keep); // the other reference is the task's
    CHECK_EQ(edo_task_join(t), -EDO_ECLOSED);
    CHECK_EQ(edo_read(reader, buf, 1), -EDO_ECLOSED);
    edo_stream_unref(reader);
    CHECK_EQ(edo_write(writer, "still", 5), 5);
    CHECK_EQ(edo_read(peer, buf, 8), 5);
    edo_close(writer);
    CHECK_EQ(edo_read(peer, buf, 8), 0);
    CHECK_EQ(edo_write(peer, "x", 1), -EPIPE); // the stream ended with its last half
    edo_close(peer);
    return 0;
}

static int writer_ends_first(void *arg) {
    const bool *by_close = arg;
    edo_stream *s, *peer, *reader, *writer;
    char buf[8];
    CHECK_EQ(edo_duplex(&s, &peer, 1), 0);
    CHECK_EQ(edo_stream_split(&reader, &writer, s), 0);
    CHECK_EQ(edo_write(writer, "x", 1), 1);
    edo_stream *used = edo_stream_ref(writer);
    edo_task *t = edo_spawn(writes_one, used);
    CHECK_EQ(edo_yield(), 0);
    if (*by_close) {
        edo_close(writer);
        CHECK_EQ(edo_task_join(t), -EDO_ECLOSED);
        CHECK_EQ(edo_write(used, "x", 1), -EDO_ECLOSED);
    } else {
        edo_stream_unref(writer);
        CHECK_EQ(edo_read(peer, buf, 1), 1);
        CHECK_EQ(edo_task_join(t), 1);
    }
    edo_stream_unref(used);
    CHECK_EQ(edo_read(peer, buf, 8), 1);
    CHECK_EQ(edo_read(peer, buf, 8), 0); // writing is shut down
    CHECK_EQ(edo_write(peer, "y", 1), 1);
    CHECK_EQ(edo_read(reader, buf, 8), 1);
    edo_close(reader);
    edo_close(peer);
    return 0;
}

static int stream_is_kept(void *arg) {
    (void)arg;
    edo_stream *s, *peer, *reader, *writer;
    char byte;
    CHECK_EQ(edo_duplex(&s, &peer, 8), 0);
    CHECK_EQ(edo_stream_split(&reader, &writer, edo_stream_ref(s)), 0);
    edo_close(reader);
    CHECK_EQ(edo_write(peer, "x", 1), 1);
    CHECK_EQ(edo_read(s, &byte, 1), 1); // in one piece again
    edo_close(s);
    CHECK_EQ(edo_write(writer, "x", 1), -EDO_ECLOSED);
    edo_close(writer);
    edo_close(peer);
    return 0;
}

static int stream_is_kept_for_reading(void *arg) {
    (void)arg;
    edo_stream *s, *peer, *reader, *writer;
    char byte;
    CHECK_EQ(edo_duplex(&s, &peer, 8), 0);
    CHECK_EQ(edo_stream_split(&reader, &writer, edo_stream_ref(s)), 0);
    edo_close(writer);
    edo_close(reader);
    CHECK_EQ(edo_write(s, "x", 1), -EPIPE);
    CHECK_EQ(edo_read(peer, &byte, 1), 0);
    CHECK_EQ(edo_write(peer, "x", 1), 1);
    CHECK_EQ(edo_read(s, &byte, 1), 1);
    edo_close(s);
    edo_close(peer);
    return 0;
}

static void halves_have_lives_of_their_own(void **state) {
    (void)state;
    CHECK_EQ(inside_each(halves_end_alone, NULL), 0);
    for (int i = 0; i < 2; i++) {
        bool by_close = i;
        CHECK_EQ(inside_each(writer_ends_first, &by_close), 0);
    }
    CHECK_EQ(inside_each(stream_is_kept, NULL), 0);
    CHECK_EQ(inside_each(stream_is_kept_for_reading, NULL), 0);
}

/* Closes the half while it is read by tasks on all workers. */
static int closes_under_readers(void *arg) {
    (void)arg;
    edo_stream *s, *peer, *reader, *writer, *used[8];
    edo_task *tasks[EDO_COUNT(used)];
    CHECK_EQ(edo_duplex(&s, &peer, 8), 0);
    CHECK_EQ(edo_stream_split(&reader, &writer, s), 0);
    for (size_t i = 0; i < EDO_COUNT(used); i++) {
        used[i] = edo_stream_ref(reader);
        tasks[i] = edo_spawn(reads_one, used[i]);
    }
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_write(peer, "xy", 2), 2); // wakes two of them at the stream
    edo_close(reader);
    int read_n = 0;
    for (size_t i = 0; i < EDO_COUNT(used); i++) {
        int n = edo_task_join(tasks[i]);
        CHECK(n == 1 || n == -EDO_ECLOSED);
        read_n += n == 1;
        edo_stream_unref(used[i]);
    }
    CHECK(read_n <= 2);
    edo_close(writer);
    edo_close(peer);
    return 0;
}

static void close_of_a_half_wakes_all_its_readers(void **state) {
    (void)state;
    for (int i = 0; i < 50; i++) CHECK_EQ(inside_each(closes_under_readers, NULL), 0);
}

static int writes_on(void *arg) {
    int n;
    do n = edo_write(arg, "abc", 3);
    while (n > 0);
    return n;
}

/* An edo_buf_writer takes one operation at a time: the close must not begin another beside the
 * write that is inside it. */
static int closes_under_a_writer(void *arg) {
    (void)arg;
    edo_stream *s, *peer, *reader, *writer;
    edo_buf_writer w;
    char buf[100];
    CHECK_EQ(edo_duplex(&s, &peer, 8), 0);
    CHECK_EQ(edo_buf_writer_init(&w, s, NULL), 0);
    edo_stream *view = edo_stream_ref(edo_buf_writer_stream(&w));
    CHECK_EQ(edo_stream_split(&reader, &writer, view), 0);
    edo_stream *used = edo_stream_ref(writer);
    edo_task *t = edo_spawn(writes_on, used);
    for (int n = 0; n < 10000;) {
        int got = edo_read(peer, buf, sizeof buf);
        CHECK(got > 0);
        n += got;
    }
    edo_close(writer);
    CHECK_EQ(edo_task_join(t), -EDO_ECLOSED);
    edo_stream_unref(used);
    edo_close(reader);
    edo_buf_writer_deinit(&w);
    edo_close(s);
    edo_close(peer);
    return 0;
}

static void close_of_a_half_lets_a_write_end_first(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) CHECK_EQ(inside_each(closes_under_a_writer, NULL), 0);
}

/* ---- Limits of time -------------------------------------------------------------------------- */

static int limits_each_operation(void *arg) {
    (void)arg;
    edo_stream *s, *peer;
    char buf[4];
    const edo_stream_timeouts_opts bad = { .reserved = { 1 } };
    const edo_stream_timeouts_opts opts = { .read = edo_ms(100), .write = edo_ms(300) };
    CHECK_EQ(edo_duplex(&s, &peer, 2), 0);
    CHECK_EQ(edo_stream_timeouts(&s, s, &bad), -EINVAL);
    CHECK_EQ(edo_stream_timeouts(&s, s, &opts), 0);
    CHECK_EQ(edo_sleep(edo_ms(1000)), 0); // only a wait counts
    edo_instant from = edo_now();
    CHECK_EQ(edo_read(s, buf, 1), -ETIMEDOUT);
    CHECK_EQ(ms_since(from), 100);
    CHECK_EQ(edo_io_ready(s, EDO_IO_READ), -ETIMEDOUT);
    CHECK_EQ(ms_since(from), 200);
    CHECK_EQ(edo_write(s, "ab", 2), 2);
    CHECK_EQ(edo_write(s, "c", 1), -ETIMEDOUT);
    CHECK_EQ(ms_since(from), 500);
    CHECK_EQ(edo_read(peer, buf, 4), 2); // nothing but what was written
    CHECK_EQ(edo_write(peer, "x", 1), 1);
    CHECK_EQ(edo_read(s, buf, 1), 1); // it goes on
    CHECK_EQ(ms_since(from), 500);
    edo_close(s);
    edo_close(peer);
    return 0;
}

static int sends_slowly(void *arg) {
    for (int i = 0; i < 4; i++) {
        int err = edo_sleep(edo_ms(80));
        if (err == 0) err = edo_write(arg, "x", 1);
        if (err < 0) return err;
    }
    return 0;
}

static int limits_idleness(void *arg) {
    (void)arg;
    edo_stream *s, *peer;
    char byte;
    const edo_stream_timeouts_opts opts = { .idle = edo_ms(100) };
    CHECK_EQ(edo_duplex(&s, &peer, 8), 0);
    CHECK_EQ(edo_stream_timeouts(&s, s, &opts), 0);
    edo_task *reader = edo_spawn(reads_one, s); // nothing comes for it
    edo_task *sender = edo_spawn(sends_slowly, s);
    edo_instant from = edo_now();
    CHECK_EQ(edo_task_join(reader), -ETIMEDOUT);
    CHECK_EQ(ms_since(from), 420); // 100 ms after the last write
    CHECK_EQ(edo_task_join(sender), 0);
    sender = edo_spawn(sends_slowly, peer);
    for (int i = 0; i < 4; i++) CHECK_EQ(edo_read(s, &byte, 1), 1);
    CHECK_EQ(edo_task_join(sender), 0);
    edo_close(s);
    edo_close(peer);
    return 0;
}

static int peek_moves_nothing(void *arg) {
    (void)arg;
    edo_stream *s, *peer;
    char byte;
    const edo_stream_timeouts_opts opts = { .idle = edo_ms(100) };
    CHECK_EQ(edo_duplex(&s, &peer, 1), 0);
    CHECK_EQ(edo_stream_timeouts(&s, s, &opts), 0);
    CHECK_EQ(edo_write(peer, "x", 1), 1);
    CHECK_EQ(edo_write(s, "x", 1), 1);
    edo_task *writer = edo_spawn(writes_one, s); // it has no room
    edo_instant from = edo_now();
    CHECK_EQ(edo_sleep(edo_ms(80)), 0);
    CHECK_EQ(edo_peek(s, &byte, 1), 1);
    CHECK_EQ(edo_task_join(writer), -ETIMEDOUT);
    CHECK_EQ(ms_since(from), 100);
    edo_close(s);
    edo_close(peer);
    return 0;
}

static void operations_time_out(void **state) {
    (void)state;
    const edo_runtime_opts paused = { .start_paused = true };
    CHECK_EQ(edo_main_with(limits_each_operation, NULL, &paused), 0);
    CHECK_EQ(edo_main_with(limits_idleness, NULL, &paused), 0);
    CHECK_EQ(edo_main_with(peek_moves_nothing, NULL, &paused), 0);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static int is_aborted_in_each(void *arg) {
    (void)arg;
    edo_stream *s, *peer, *other, *other_peer, *out[6];
    const edo_stream_timeouts_opts opts = { .read = edo_hours(1), .idle = edo_hours(1) };
    CHECK_EQ(edo_duplex(&s, &peer, 4), 0);
    CHECK_EQ(edo_duplex(&other, &other_peer, 4), 0);
    CHECK_EQ(edo_stream_chain(&out[0], edo_stream_ref(s), edo_stream_ref(other)), 0);
    CHECK_EQ(edo_stream_tee(&out[1], edo_stream_ref(s), edo_stream_ref(other)), 0);
    CHECK_EQ(edo_stream_join(&out[2], edo_stream_ref(s), edo_stream_ref(other)), 0);
    CHECK_EQ(edo_stream_split(&out[3], &out[4], edo_stream_ref(s)), 0);
    CHECK_EQ(edo_stream_timeouts(&out[5], edo_stream_ref(s), &opts), 0);
    for (size_t i = 0; i < EDO_COUNT(out); i++) {
        if (i == 4) continue; // it does not read
        edo_task *t = edo_spawn(reads_one, out[i]);
        CHECK_EQ(edo_yield(), 0);
        edo_task_cancel(t);
        CHECK_EQ(edo_task_join(t), -ECANCELED);
    }
    CHECK_EQ(edo_write(peer, "x", 1), 1); // wakes none of them
    char byte;
    CHECK_EQ(edo_read(s, &byte, 1), 1);
    for (size_t i = 0; i < EDO_COUNT(out); i++) edo_stream_unref(out[i]);
    edo_close(s);
    edo_close(peer);
    edo_close(other);
    edo_close(other_peer);
    return 0;
}

static void cancelled_operation_leaves_nothing_linked(void **state) {
    (void)state;
    CHECK_EQ(inside_each(is_aborted_in_each, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_over_two_do_what_they_say),
        cmocka_unit_test(halves_have_lives_of_their_own),
        cmocka_unit_test(close_of_a_half_wakes_all_its_readers),
        cmocka_unit_test(close_of_a_half_lets_a_write_end_first),
        cmocka_unit_test(operations_time_out),
        cmocka_unit_test(cancelled_operation_leaves_nothing_linked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
