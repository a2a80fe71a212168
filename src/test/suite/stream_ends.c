/* SPDX-License-Identifier: MIT */
/* test/suite/stream_ends.c: rules about ends: of the input, of one direction, of the stream. */
#include "test/suite/stream_rules.h"

#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>

/* One byte, for which every stream has room. */
static void send_byte(edoi_suite_pair *p, edo_stream *s, char byte) {
    EDOI_SUITE_EQ(p, edo_write_all(s, &byte, 1), 0);
    EDOI_SUITE_EQ(p, edo_flush(s), 0);
}

/* A write that has failed, at the latest when what it left in a buffer is passed on. */
static int write_through(edo_stream *s) {
    int n = edo_write(s, "x", 1);
    int err = n < 0 ? 0 : edo_flush(s);
    return err < 0 ? err : n;
}

static void expect_end(edoi_suite_pair *p, edo_stream *s) {
    char byte;
    for (int i = 0; i < 3; i++) EDOI_SUITE_EQ(p, edo_read(s, &byte, 1), 0);
    EDOI_SUITE_EQ(p, edo_read_exact(s, &byte, 1), -EDO_EEOF);
}

void edoi_suite_end_of_input(edoi_suite_pair *p) {
    char got = 0;
    send_byte(p, p->a, 'l');
    edo_close(p->a);
    p->a = NULL;
    EDOI_SUITE_EQ(p, edo_read_exact(p->b, &got, 1), 0);
    expect_end(p, p->b);
}

void edoi_suite_half_close(edoi_suite_pair *p) {
    char got = 0;
    if (p->opts->no_half_close) return;
    send_byte(p, p->a, 'b');
    EDOI_SUITE_EQ(p, edo_shutdown(p->a), 0);
    EDOI_SUITE_EQ(p, write_through(p->a), -EPIPE);
    EDOI_SUITE_EQ(p, edo_read_exact(p->b, &got, 1), 0);
    expect_end(p, p->b);
    if (p->opts->one_way) return;
    send_byte(p, p->b, 'r');
    EDOI_SUITE_EQ(p, edo_read_exact(p->a, &got, 1), 0);
    EDOI_SUITE_EQ(p, edo_shutdown(p->b), 0);
    expect_end(p, p->a);
}

void edoi_suite_closed_here(edoi_suite_pair *p) {
    char byte;
    edo_stream *s[] = { edo_stream_ref(p->a), edo_stream_ref(p->b) };
    edo_close(p->a);
    edo_close(p->b);
    p->a = p->b = NULL;
    EDOI_SUITE_EQ(p, write_through(s[0]), -EDO_ECLOSED);
    EDOI_SUITE_EQ(p, edo_shutdown(s[0]), -EDO_ECLOSED);
    EDOI_SUITE_EQ(p, edo_read(s[1], &byte, 1), -EDO_ECLOSED);
    EDOI_SUITE_EQ(p, edo_try_read(s[1], &byte, 1), -EDO_ECLOSED);
    if (!p->opts->no_ready) EDOI_SUITE_EQ(p, edo_io_ready(s[1], EDO_IO_READ), -EDO_ECLOSED);
    edo_close(s[0]); // a second close
    edo_stream_unref(s[1]);
}

void edoi_suite_closed_there(edoi_suite_pair *p) {
    edo_close(p->b);
    p->b = NULL;
    int n = 1;
    while (n >= 0) { // the first writes may still be taken
        n = write_through(p->a);
        if (n >= 0) EDOI_SUITE_EQ(p, edo_sleep(edo_ms(1)), 0);
    }
    EDOI_SUITE_EQ(p, n == -EPIPE || n == -ECONNRESET, true);
}

static int stream_ends_read_some(void *arg) {
    char bytes[8];
    return edo_read(arg, bytes, sizeof bytes);
}

void edoi_suite_close_wakes_reader(edoi_suite_pair *p) {
    edo_stream *keep = edo_stream_ref(p->b);
    edo_task *reader = edo_spawn(stream_ends_read_some, keep);
    EDOI_SUITE_EQ(p, edo_sleep(edo_ms(2)), 0); // it waits
    edo_close(p->b);
    p->b = NULL;
    EDOI_SUITE_EQ(p, edo_task_join(reader), -EDO_ECLOSED);
    edo_stream_unref(keep);
}

static int stream_ends_write_some(void *arg) {
    return write_through(arg);
}

void edoi_suite_close_wakes_writer(edoi_suite_pair *p) {
    if (p->opts->no_back_pressure) return;
    (void)edoi_suite_fill(p);
    edo_stream *keep = edo_stream_ref(p->a);
    edo_task *writer = edo_spawn(stream_ends_write_some, keep);
    EDOI_SUITE_EQ(p, edo_sleep(edo_ms(2)), 0); // it waits
    edo_close(p->a);
    p->a = NULL;
    EDOI_SUITE_EQ(p, edo_task_join(writer), -EDO_ECLOSED);
    edo_stream_unref(keep);
}

void edoi_suite_ready(edoi_suite_pair *p) {
    char byte;
    if (p->opts->no_ready) return;
    EDOI_SUITE_EQ(p, edo_io_ready(p->a, EDO_IO_WRITE), 0);
    EDOI_SUITE_EQ(p, edo_try_read(p->b, &byte, 1), -EAGAIN);
    EDO_DEADLINE(d, edo_ms(2));
    EDOI_SUITE_EQ(p, edo_deadline_end(&d, edo_io_ready(p->b, EDO_IO_READ)), -ETIMEDOUT);
    send_byte(p, p->a, 'x');
    int n;
    do {
        EDOI_SUITE_EQ(p, edo_io_ready(p->b, EDO_IO_READ), 0);
    } while ((n = edo_try_read(p->b, &byte, 1)) == -EAGAIN); // readiness is a hint
    EDOI_SUITE_EQ(p, n, 1);
    edo_close(p->a);
    p->a = NULL;
    do {
        EDOI_SUITE_EQ(p, edo_io_ready(p->b, EDO_IO_READ), 0); // the end is input, too
    } while ((n = edo_try_read(p->b, &byte, 1)) == -EAGAIN);
    EDOI_SUITE_EQ(p, n, 0);
}

void edoi_suite_references(edoi_suite_pair *p) {
    char byte;
    if (p->opts->is_lent) return;
    edo_stream *more = edo_stream_ref(p->a);
    edo_stream_unref(p->a);
    p->a = more;
    send_byte(p, p->a, 'x');
    EDOI_SUITE_EQ(p, edo_read(p->b, &byte, 1), 1);
    edo_stream_unref(p->a); // the last reference closes
    p->a = NULL;
    expect_end(p, p->b);
}
