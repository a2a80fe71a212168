/* SPDX-License-Identifier: MIT */
/* Goal: a use of a closed stream is named, of each kind that is no socket, and when a new one was
 * made since. Method: as misuse_test.c. */
#include <edo/edo.h>
#include <edo/file.h>
#include <edo/pipe.h>
#include <edo/streams.h>

#include <fcntl.h>
#include <stdlib.h>

#include "breaches.h"

#define GIVEN_UP "a handle is used that was given up: closed, joined, detached or freed"

static int uses_closed_beside_a_new_one(edo_stream *(*make)(void)) {
    edo_stream *s = make();
    edo_close(s);
    (void)make();
    return edo_stream_fd(s);
}

static edo_stream *made_up(void) {
    edo_stream *s;
    if (edo_stream_mem(&s, "text", 4) < 0) abort();
    return s;
}

static int uses_closed_mem(void *arg) {
    (void)arg;
    return uses_closed_beside_a_new_one(made_up);
}

static edo_stream *adapter(void) {
    edo_stream *s;
    if (edo_stream_take(&s, made_up(), 2) < 0) abort();
    return s;
}

static int uses_closed_adapter(void *arg) {
    (void)arg;
    return uses_closed_beside_a_new_one(adapter);
}

/* Its other end stays open. */
static edo_stream *end_of_duplex(void) {
    edo_stream *s, *other;
    if (edo_duplex(&s, &other, 16) < 0) abort();
    return s;
}

static int uses_closed_end_of_duplex(void *arg) {
    (void)arg;
    return uses_closed_beside_a_new_one(end_of_duplex);
}

static edo_stream *whole_duplex(void) {
    edo_stream *s, *other;
    if (edo_duplex(&other, &s, 16) < 0) abort();
    edo_close(other);
    return s;
}

static int uses_closed_duplex(void *arg) {
    (void)arg;
    return uses_closed_beside_a_new_one(whole_duplex);
}

static edo_stream *from_seq(void) {
    edo_stream *s;
    if (edo_stream_from_seq(&s, edo_seq_empty(sizeof(edo_bytes))) < 0) abort();
    return s;
}

static int uses_closed_stream_from_seq(void *arg) {
    (void)arg;
    return uses_closed_beside_a_new_one(from_seq);
}

static edo_stream *file(void) {
    edo_stream *s;
    if (edo_fs_open(&s, "/dev/null", NULL) < 0) abort();
    return s;
}

static int uses_closed_file(void *arg) {
    (void)arg;
    return uses_closed_beside_a_new_one(file);
}

static edo_stream *standard_input(void) {
    edo_stream *s;
    if (edo_stdin(&s) < 0) abort();
    return s;
}

static int uses_closed_stdin(void *arg) {
    (void)arg;
    int fd = open("/dev/null", O_RDONLY); // no pipe or terminal: a stream of blocking calls
    if (fd < 0 || dup2(fd, STDIN_FILENO) < 0) abort();
    return uses_closed_beside_a_new_one(standard_input);
}

static const breach rows[] = {
    { GIVEN_UP, uses_closed_mem },
    { GIVEN_UP, uses_closed_adapter },
    { GIVEN_UP, uses_closed_end_of_duplex },
    { GIVEN_UP, uses_closed_duplex },
    { GIVEN_UP, uses_closed_stream_from_seq },
    { GIVEN_UP, uses_closed_file },
    { GIVEN_UP, uses_closed_stdin },
};

static void each_breach_is_named(void **state) {
    (void)state;
#if !defined(EDO_DEBUG) || defined(EDOI_TSAN)
    print_message("skipped: a release build does not remember, nor one for the thread sanitizer\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_streams_test.c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
