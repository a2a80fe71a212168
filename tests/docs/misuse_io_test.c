/* SPDX-License-Identifier: MIT */
/* Goal: the misuse of buffered readers and writers is named.
 * Method: as misuse_test.c. */
#include <edo/edo.h>

#include "breaches.h"

#include <stdlib.h>

static edo_stream *near_end, *far_end;

static void connect_ends(void) {
    if (edo_duplex(&near_end, &far_end, 1) < 0) abort();
}

static int consumes_too_much(void *arg) {
    (void)arg;
    edo_buf_reader r;
    const char *bytes;
    connect_ends();
    if (edo_buf_reader_init(&r, near_end, NULL) < 0) abort();
    if (edo_try_write(far_end, "x", 1) != 1 || edo_fill(&r, &bytes, 1) != 1) abort();
    edo_consume(&r, 2);
    return 0;
}

static int ends_reader_that_waits(void *arg) {
    (void)arg;
    edo_buf_reader r;
    edo_read_future f;
    char byte;
    connect_ends();
    if (edo_buf_reader_init(&r, near_end, NULL) < 0) abort();
    (void)edo_poll_once(edo_read_init(&f, edo_buf_reader_stream(&r), &byte, 1));
    edo_buf_reader_deinit(&r);
    return 0;
}

static int ends_writer_that_waits(void *arg) {
    (void)arg;
    edo_buf_writer w;
    edo_flush_future f;
    connect_ends();
    if (edo_buf_writer_init(&w, near_end, NULL) < 0) abort();
    if (edo_try_write(edo_buf_writer_stream(&w), "xy", 2) != 2) abort();
    (void)edo_poll_once(edo_flush_init(&f, edo_buf_writer_stream(&w)));
    edo_buf_writer_deinit(&w);
    return 0;
}

static const breach rows[] = {
    { "edo_consume() takes more bytes than edo_fill() returned", consumes_too_much },
    { "an edo_buf_reader ends while an operation waits on it", ends_reader_that_waits },
    { "an edo_buf_writer ends while an operation waits on it", ends_writer_that_waits },
};

static void each_breach_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_io_test.c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
