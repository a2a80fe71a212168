/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/streams.h: ends and errors of pipes in memory, and streams over other
 * streams, which give back what they were given.
 * Method: pipes in memory, on every kind of runtime; the handles of debug builds tell what is left
 * behind. */
#include <edo/pipe.h>
#include <edo/streams.h>
#include <edo/test.h>

#include "io_support.h"

static int ends_of_pipes(void *arg) {
    (void)arg;
    edo_stream *a, *b, *reader, *writer;
    char buf[8], digits[] = "5678";
    const struct iovec parts[] = { { digits, 2 }, { digits, 0 }, { digits + 2, 2 } };
    CHECK_EQ(edo_duplex(&a, &b, 0), -EINVAL);
    CHECK_EQ(edo_duplex(&a, &b, (size_t)INT32_MAX + 1), -EINVAL);
    CHECK_EQ(edo_duplex(&a, &b, 4), 0);
    CHECK_EQ(edo_stream_fd(a), -1);
    CHECK_EQ(edo_write(a, "12345", 5), 4);
    CHECK_EQ(edo_try_write(a, "5", 1), -EAGAIN);
    CHECK_EQ(edo_read(b, buf, 3), 3);
    CHECK_EQ(edo_writev(a, parts, 3), 3);
    CHECK_EQ(edo_peek(b, buf, 8), 4); // across the end of the ring
    CHECK_EQ(edo_shutdown(a), 0);
    CHECK_EQ(edo_write(a, "x", 1), -EPIPE);
    CHECK_EQ(edo_read(b, buf, 8), 4);
    CHECK_EQ(memcmp(buf, "4567", 4), 0);
    CHECK_EQ(edo_read(b, buf, 8), 0);
    CHECK_EQ(edo_write(b, "back", 4), 4); // the other direction is open
    edo_stream *keep = edo_stream_ref(b);
    edo_close(b);
    CHECK_EQ(edo_read(keep, buf, 1), -EDO_ECLOSED);
    CHECK_EQ(edo_write(keep, "x", 1), -EDO_ECLOSED);
    CHECK_EQ(edo_shutdown(keep), -EDO_ECLOSED);
    CHECK_EQ(edo_io_ready(keep, EDO_IO_READ), -EDO_ECLOSED);
    CHECK_EQ(edo_read(a, buf, 8), 4); // what was written before still arrives
    CHECK_EQ(edo_read(a, buf, 8), 0);
    edo_stream_unref(keep);
    edo_close(a);
    CHECK_EQ(edo_simplex(&reader, &writer, 4), 0);
    CHECK_EQ(edo_write(reader, "x", 1), -ENOTSUP);
    CHECK_EQ(edo_read(writer, buf, 1), -ENOTSUP);
    CHECK_EQ(edo_shutdown(reader), -ENOTSUP);
    CHECK_EQ(edo_io_ready(writer, EDO_IO_READ), -ENOTSUP);
    CHECK_EQ(edo_write(writer, "x", 1), 1);
    edo_close(reader);
    CHECK_EQ(edo_write(writer, "x", 1), -EPIPE);
    edo_close(writer);
    return 0;
}

static int reads_one(void *arg) {
    char byte;
    return edo_read(arg, &byte, 1);
}

static int breaks_off(void *arg) {
    (void)arg;
    edo_stream *a, *b, *reader, *writer, *mem;
    char buf[8];
    CHECK_EQ(edo_duplex(&a, &b, 8), 0);
    CHECK_EQ(edo_write(a, "left", 4), 4);
    CHECK_EQ(edo_write(b, "lost", 4), 4);
    CHECK_EQ(edo_duplex_reset(a), 0);
    CHECK_EQ(edo_read(a, buf, 1), -EDO_ECLOSED);
    CHECK_EQ(edo_write(a, "x", 1), -EDO_ECLOSED);
    CHECK_EQ(edo_write(b, "x", 1), -EPIPE);
    CHECK_EQ(edo_read(b, buf, 8), 4);
    CHECK_EQ(edo_read(b, buf, 8), -ECONNRESET);
    CHECK_EQ(edo_read(b, buf, 8), -ECONNRESET);
    edo_close(a);
    CHECK_EQ(edo_read(b, buf, 8), -ECONNRESET);
    edo_close(b);
    CHECK_EQ(edo_simplex(&reader, &writer, 4), 0);
    edo_task *t = edo_spawn(reads_one, reader);
    CHECK(t != NULL);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_duplex_reset(writer), 0);
    CHECK_EQ(edo_task_join(t), -ECONNRESET); // also one that waits
    CHECK_EQ(edo_duplex_reset(reader), 0);
    edo_close(reader);
    edo_close(writer);
    CHECK_EQ(edo_stream_mem(&mem, "x", 1), 0);
    CHECK_EQ(edo_duplex_reset(mem), -ENOTSUP);
    edo_close(mem);
    return 0;
}

static void pipe_that_is_broken_off_has_no_end_of_its_input(void **state) {
    (void)state;
    CHECK_EQ(inside_each(breaks_off, NULL), 0);
}

static void pipes_end_as_sockets_do(void **state) {
    (void)state;
    CHECK_EQ(inside_each(ends_of_pipes, NULL), 0);
}

static int made_up_input(void *arg) {
    (void)arg;
    edo_stream *mem, *repeat, *empty;
    char buf[4];
    CHECK_EQ(edo_stream_mem(&mem, "abcdef", 6), 0);
    CHECK_EQ(edo_peek(mem, buf, 4), 4);
    CHECK_EQ(edo_read(mem, buf, 4), 4);
    CHECK_EQ(edo_read(mem, buf, 4), 2);
    CHECK_EQ(memcmp(buf, "ef", 2), 0);
    CHECK_EQ(edo_read(mem, buf, 4), 0);
    CHECK_EQ(edo_write(mem, "x", 1), -ENOTSUP);
    CHECK_EQ(edo_stream_repeat(&repeat, 'r'), 0);
    CHECK_EQ(edo_read(repeat, buf, 4), 4);
    CHECK_EQ(memcmp(buf, "rrrr", 4), 0);
    CHECK_EQ(edo_stream_empty(&empty), 0);
    CHECK_EQ(edo_read(empty, buf, 4), 0);
    CHECK_EQ(edo_write_all(empty, buf, 4), 0);
    CHECK_EQ(edo_shutdown(empty), 0);
    edo_stream *keep = edo_stream_ref(empty);
    edo_close(empty);
    CHECK_EQ(edo_write(keep, buf, 4), -EDO_ECLOSED);
    edo_close(keep);
    edo_close(mem);
    edo_close(repeat);
    return 0;
}

static void made_up_input_comes_as_it_was_made(void **state) {
    (void)state;
    CHECK_EQ(inside_each(made_up_input, NULL), 0);
}

static int limits(void *arg) {
    (void)arg;
    edo_stream *s, *limited;
    char buf[8];
    CHECK_EQ(edo_stream_repeat(&s, 'x'), 0);
    CHECK_EQ(edo_stream_take_set(s, 1), -ENOTSUP);
    CHECK_EQ(edo_stream_take_left(s), 0);
    CHECK_EQ(edo_stream_take(&limited, s, 5), 0);
    CHECK_EQ(edo_peek(limited, buf, 8), 5);
    CHECK_EQ(edo_read(limited, buf, 3), 3);
    CHECK_EQ(edo_stream_take_left(limited), 2);
    CHECK_EQ(edo_read(limited, buf, 8), 2);
    CHECK_EQ(edo_read(limited, buf, 8), 0);
    CHECK_EQ(edo_io_ready(limited, EDO_IO_READ), 0);
    CHECK_EQ(edo_stream_take_set(limited, 1), 0);
    CHECK_EQ(edo_read(limited, buf, 8), 1);
    edo_close(limited);
    return 0;
}

typedef struct seen {
    char read[16], written[16];
    size_t read_n, written_n;
} seen;

static void sees(void *arg, uint32_t what, const void *bytes, size_t n) {
    seen *s = arg;
    char *to = what == EDO_IO_READ ? s->read + s->read_n : s->written + s->written_n;
    memcpy(to, bytes, n);
    if (what == EDO_IO_READ) s->read_n += n;
    if (what == EDO_IO_WRITE) s->written_n += n;
}

static int inspects(void *arg) {
    (void)arg;
    edo_stream *s, *peer, *out;
    seen shown = { 0 };
    char buf[8];
    CHECK_EQ(edo_duplex(&s, &peer, 4), 0);
    CHECK_EQ(edo_stream_inspect(&out, s, sees, &shown), 0);
    CHECK_EQ(edo_write(out, "12345", 5), 4); // the fifth was not written, and is not shown
    CHECK_EQ(edo_write(peer, "abc", 3), 3);
    CHECK_EQ(edo_peek(out, buf, 8), 3);
    CHECK_EQ(edo_read(out, buf, 1), 1);
    CHECK_EQ(edo_read(out, buf, 8), 2);
    CHECK_EQ(shown.written_n, 4);
    CHECK_EQ(shown.read_n, 3);
    CHECK_EQ(memcmp(shown.read, "abc", 3), 0);
    CHECK_EQ(memcmp(shown.written, "1234", 4), 0);
    edo_close(out);
    edo_close(peer);
    return 0;
}

/* A reference that was kept is closed with the adapter, but outlives an unref of it. */
static int closes_below(void *arg) {
    (void)arg;
    edo_stream *s, *peer, *over;
    char byte;
    CHECK_EQ(edo_duplex(&s, &peer, 4), 0);
    CHECK_EQ(edo_stream_take(&over, edo_stream_ref(s), 9), 0);
    edo_stream_unref(over);
    CHECK_EQ(edo_write(s, "x", 1), 1);
    CHECK_EQ(edo_read(peer, &byte, 1), 1);
    CHECK_EQ(edo_stream_take(&over, edo_stream_ref(s), 9), 0);
    edo_close(over);
    CHECK_EQ(edo_write(s, "x", 1), -EDO_ECLOSED);
    CHECK_EQ(edo_read(peer, &byte, 1), 0);
    edo_stream_unref(s);
    edo_close(peer);
    return 0;
}

static int is_aborted_in_each(void *arg) {
    (void)arg;
    edo_stream *s, *peer, *out[2];
    CHECK_EQ(edo_duplex(&s, &peer, 4), 0);
    CHECK_EQ(edo_stream_take(&out[0], edo_stream_ref(s), 9), 0);
    CHECK_EQ(edo_stream_inspect(&out[1], edo_stream_ref(s), sees, NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(out); i++) {
        edo_task *t = edo_spawn(reads_one, out[i]);
        CHECK_EQ(edo_yield(), 0);
        edo_task_cancel(t);
        CHECK_EQ(edo_task_join(t), -ECANCELED);
    }
    CHECK_EQ(edo_write(peer, "x", 1), 1); // wakes none of them
    for (size_t i = 0; i < EDO_COUNT(out); i++) edo_stream_unref(out[i]);
    char byte;
    CHECK_EQ(edo_read(s, &byte, 1), 1);
    edo_close(s);
    edo_close(peer);
    return 0;
}

static int takes_what_is_below(void *arg) {
    (void)arg;
    edo_stream *s, *peer, *all, *limit, *first_only;
    edo_buf_reader r;
    CHECK_EQ(edo_duplex(&s, &peer, 4), 0);
    CHECK_EQ(edo_stream_take(&all, edo_stream_ref(s), 9), 0);
    CHECK_EQ(edo_stream_inspect(&all, all, sees, NULL), 0);
    CHECK_EQ(edo_buf_reader_init(&r, all, NULL), 0);
    CHECK_EQ(edo_stream_is_vectored(edo_buf_reader_stream(&r)), true);
    CHECK_EQ(edo_test_limit_new(&limit, s, 3), 0);
    CHECK_EQ(edo_stream_inspect(&first_only, limit, sees, NULL), 0);
    CHECK_EQ(edo_stream_is_vectored(first_only), false);
    edo_buf_reader_deinit(&r);
    edo_close(all);
    edo_close(first_only);
    edo_close(peer);
    return 0;
}

static void streams_over_streams_do_what_they_say(void **state) {
    (void)state;
    edo_task_fn *const all[] = { limits, inspects, closes_below, is_aborted_in_each,
                                 takes_what_is_below };
    for (size_t i = 0; i < EDO_COUNT(all); i++) CHECK_EQ(inside_each(all[i], NULL), 0);
}

/* ---- The budget ------------------------------------------------------------------------------ */

typedef int idle_op(edo_stream *s);

static int flushes(edo_stream *s) {
    return edo_flush(s);
}

static int writes_nothing(edo_stream *s) {
    return edo_write(s, "", 0);
}

static int writes_all_of_nothing(edo_stream *s) {
    return edo_write_all(s, "", 0);
}

static int writes_no_buffer(edo_stream *s) {
    return edo_writev(s, &(struct iovec){ .iov_len = 0 }, 1);
}

static int writes_no_bytes(edo_stream *s) {
    edo_bytes none;
    int err = edo_bytes_copy(&none, "", 0);
    return err < 0 ? err : edo_write_bytes(s, &none);
}

static int reads_nothing(edo_stream *s) {
    char byte;
    return edo_read(s, &byte, 0);
}

static int reads_exactly_nothing(edo_stream *s) {
    char byte;
    return edo_read_exact(s, &byte, 0);
}

/* Each operation, of which none has anything to do, takes one from the budget, so that a loop of
 * it leaves other tasks their turns. */
static int idle_operations(void *arg) {
    (void)arg;
    idle_op *const all[] = {
        flushes,         writes_nothing, writes_all_of_nothing, writes_no_buffer,
        writes_no_bytes, reads_nothing,  reads_exactly_nothing
    };
    edo_stream *s[6];
    CHECK_EQ(edo_duplex(&s[0], &s[1], 4), 0);
    CHECK_EQ(edo_stream_sink(&s[2]), 0);
    CHECK_EQ(edo_pipe(&s[3], &s[4], NULL), 0);
    CHECK_EQ(edo_stream_empty(&s[5]), 0);
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        for (size_t k = 0; k < EDO_COUNT(s); k++) {
            CHECK_EQ(edo_yield(), 0);
            uint32_t before = edo_budget_left();
            CHECK_EQ(all[i](s[k]), 0);
            CHECK_EQ(edo_budget_left(), before - 1);
        }
    }
    for (size_t k = 0; k < EDO_COUNT(s); k++) edo_close(s[k]);
    return 0;
}

static void operation_with_nothing_to_do_takes_its_turn(void **state) {
    (void)state;
    CHECK_EQ(inside_each(idle_operations, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operation_with_nothing_to_do_takes_its_turn),
        cmocka_unit_test(pipes_end_as_sockets_do),
        cmocka_unit_test(pipe_that_is_broken_off_has_no_end_of_its_input),
        cmocka_unit_test(made_up_input_comes_as_it_was_made),
        cmocka_unit_test(streams_over_streams_do_what_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
