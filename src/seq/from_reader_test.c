/* SPDX-License-Identifier: MIT */
/* Goal: lines and pieces of a reader, and the bytes of a stream, come as a sequence, within the
 * limit, also when the reader of the sequence is cancelled, and without memory.
 * Method: bytes in memory and a pipe in memory; allocations that fail. */
#include "base/memory/alloc.h"

#include <edo/edo.h>
#include <edo/streams.h>
#include <edo/test.h>

#include "inside.h"

#include <errno.h>
#include <string.h>

static void expect(edo_seq *s, const char *text) {
    edo_str item;
    EDO_TEST_EQ(edo_seq_next(s, &item), 1);
    EDO_TEST_EQ(item.len, strlen(text));
    EDO_TEST_EQ(memcmp(item.ptr, text, item.len), 0);
}

static int reads_pieces(void *arg) {
    (void)arg;
    edo_stream *in;
    edo_buf_reader r;
    EDO_TEST_OK(edo_stream_mem(&in, "one\r\ntwo\nmuch too long\nfour;five;", 33));
    EDO_TEST_OK(edo_buf_reader_init(&r, in, &(edo_buf_reader_opts){ .line_max = 9 }));
    edo_str item;
    edo_seq *s = edo_seq_from_lines(&r);
    expect(s, "one");
    expect(s, "two");
    EDO_TEST_EQ(edo_seq_next(s, &item), -EDO_ETOOLONG); // the sequence goes on
    edo_seq_free(s);
    s = edo_seq_from_delim(&r, ';'); // the rest of the long line is dropped up to its end
    expect(s, "four");
    expect(s, "five");
    EDO_TEST_EQ(edo_seq_next(s, &item), 0);
    EDO_TEST_EQ(edo_seq_next(s, &item), 0);
    edo_seq_free(s);
    edo_buf_reader_deinit(&r);
    edo_close(in);
    return 0;
}

static void pieces_come_within_the_limit(void **state) {
    (void)state;
    assert_int_equal(inside_each(reads_pieces, NULL), 0);
}

static int is_cancelled(void *arg) {
    (void)arg;
    edo_stream *in, *peer;
    edo_buf_reader r;
    EDO_TEST_OK(edo_duplex(&in, &peer, 16));
    EDO_TEST_OK(edo_buf_reader_init(&r, in, NULL));
    edo_seq *s = edo_seq_take(edo_seq_from_lines(&r), 1);
    edo_str item;
    for (int i = 0; i < 2; i++) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(1));
        EDO_TEST_EQ(edo_deadline_end(&d, edo_seq_next(s, &item)), -ETIMEDOUT);
        EDO_TEST_EQ(edo_write(peer, "ab", 2), 2);
    }
    EDO_TEST_EQ(edo_write(peer, "\n", 1), 1);
    expect(s, "abab");
    EDO_TEST_EQ(edo_seq_next(s, &item), 0);
    edo_seq_free(s);
    edo_buf_reader_deinit(&r);
    edo_close(in);
    edo_close(peer);
    return 0;
}

static void cancelled_read_loses_nothing(void **state) {
    (void)state;
    assert_int_equal(inside_each(is_cancelled, NULL), 0);
}

static void expect_bytes(edo_seq *s, const char *text) {
    edo_bytes item;
    EDO_TEST_EQ(edo_seq_next(s, &item), 1);
    EDO_TEST_TRUE(edo_str_equal(item.str, edo_str_of(text)));
    edo_bytes_unref(&item);
}

static int reads_bytes(void *arg) {
    (void)arg;
    edo_stream *in, *peer;
    edo_bytes item;
    EDO_TEST_OK(edo_duplex(&in, &peer, 16));
    edo_seq *s = edo_seq_from_stream(in, 4);
    EDO_TEST_EQ(edo_write(peer, "seven b", 7), 7);
    expect_bytes(s, "seve");
    expect_bytes(s, "n b");
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    EDO_TEST_EQ(edo_deadline_end(&d, edo_seq_next(s, &item)), -ETIMEDOUT);
    EDO_TEST_EQ(edo_write(peer, "x", 1), 1);
    expect_bytes(s, "x");
    edo_close(peer);
    EDO_TEST_EQ(edo_seq_next(s, &item), 0);
    EDO_TEST_EQ(edo_seq_next(s, &item), 0);
    edo_seq_free(s);
    s = edo_seq_from_stream(in, 0);
    edo_close(edo_stream_ref(in));
    EDO_TEST_EQ(edo_seq_next(s, &item), -EDO_ECLOSED);
    edo_seq_free(s);
    edo_stream_unref(in);
    return 0;
}

static void bytes_come_as_they_are_read(void **state) {
    (void)state;
    assert_int_equal(inside_each(reads_bytes, NULL), 0);
}

static void sequence_that_could_not_be_made_is_null(void **state) {
    (void)state;
    edo_buf_reader r = { 0 };
    edoi_alloc_fail_at(1);
    assert_null(edo_seq_from_stream(NULL, 0));
    edoi_alloc_fail_at(1);
    assert_null(edo_seq_from_lines(&r));
    edoi_alloc_fail_at(1);
    assert_null(edo_seq_from_delim(&r, ';'));
    edoi_alloc_fail_at(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_come_within_the_limit),
        cmocka_unit_test(cancelled_read_loses_nothing),
        cmocka_unit_test(bytes_come_as_they_are_read),
        cmocka_unit_test(sequence_that_could_not_be_made_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
