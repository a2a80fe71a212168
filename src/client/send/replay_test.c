/* SPDX-License-Identifier: MIT */
/* Goal: a body is read again from its first byte as long as few bytes were read, in whatever
 * pieces; then no more. */
#include "client/send/replay.h"

#include <edo/streams.h>
#include <edo/test.h>

#include "inside.h"

#include <errno.h>
#include <string.h>

/* Reads exactly `text`, in pieces of at most `piece` bytes, into two buffers each. */
static void reads(edo_stream *s, const char *text, size_t piece) {
    char bytes[64];
    size_t n = strlen(text), at = 0;
    while (at < n) {
        size_t most = n - at < piece ? n - at : piece, first = most > 1 ? most / 2 : most;
        struct iovec to[] = { { bytes + at, first }, { bytes + at + first, most - first } };
        int got = edo_readv(s, to, most > first ? 2 : 1);
        CHECK(got > 0);
        at += (size_t)got;
    }
    CHECK(memcmp(bytes, text, n) == 0);
}

static int read_again(void *arg) {
    char byte;
    (void)arg;
    for (size_t piece = 1; piece < 8; piece++) {
        edo_stream *from;
        EDO_TEST_OK(edo_stream_mem(&from, "hello world", 11));
        edoi_replay *r = edoi_replay_new(from, 5);
        CHECK(r);
        reads(&r->stream, "hel", piece);
        CHECK_EQ(edo_peek(&r->stream, &byte, 1), -ENOTSUP);
        CHECK(edoi_replay_again(r));
        reads(&r->stream, "hello", piece); // some of it is kept
        CHECK(edoi_replay_again(r));
        reads(&r->stream, "hello", piece);
        reads(&r->stream, " wor", piece); // too much from now on
        CHECK(!edoi_replay_again(r));
        reads(&r->stream, "ld", piece);
        CHECK_EQ(edo_read(&r->stream, &byte, 1), 0);
        edo_close(&r->stream);
        edo_close(from);
    }
    return 0;
}

static void what_is_kept_is_read_again(void **state) {
    (void)state;
    assert_int_equal(inside(read_again, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
