/* SPDX-License-Identifier: MIT */
/* Goal: a stream made of a sequence gives the bytes of its items in order however they are cut,
 * waits and ends as the sequence does, can be closed under its reader, and frees what was not read.
 * Method: sequences of items in memory, of a channel and of a function that fails, on each kind of
 * runtime; allocations that fail. The address sanitizer finds what was not freed. */
#include "base/memory/alloc.h"

#include <edo/edo.h>
#include <edo/streams.h>
#include <edo/test_seq.h>

#include "inside.h"

#include <errno.h>
#include <string.h>

static edo_bytes copied(const char *text) {
    edo_bytes out = { 0 };
    EDO_TEST_OK(edo_bytes_copy(&out, text, strlen(text)));
    return out;
}

static void expect(edo_stream *s, size_t room, const char *text) {
    char found[16];
    EDO_TEST_EQ(edo_read(s, found, room), (int)strlen(text));
    EDO_TEST_EQ(memcmp(found, text, strlen(text)), 0);
}

static void add_text(edo_test_seq *script, const char *text) {
    edo_bytes item = copied(text);
    edo_test_seq_item(script, &item);
}

/* One item after the other, and an error before the fourth. */
static edo_seq *texts(bool fails) {
    edo_test_seq *script;
    edo_seq *s;
    EDO_TEST_OK(edo_test_seq_new(&script, &s, sizeof(edo_bytes), "texts"));
    add_text(script, "hello ");
    add_text(script, "");
    add_text(script, "wor");
    if (fails) edo_test_seq_error(script, -EIO);
    add_text(script, "ld");
    edo_test_seq_close(script);
    return s;
}

static int reads(void *arg) {
    (void)arg;
    char buf[4], peeked[4];
    edo_stream *s;
    EDO_TEST_OK(edo_stream_from_seq(&s, texts(true)));
    EDO_TEST_EQ(edo_try_read(s, buf, sizeof buf), -EAGAIN);
    EDO_TEST_EQ(edo_io_ready(s, EDO_IO_WRITE), -ENOTSUP);
    EDO_TEST_EQ(edo_io_ready(s, EDO_IO_READ), 0);
    EDO_TEST_EQ(edo_try_read(s, buf, 2), 2);
    EDO_TEST_EQ(edo_peek(s, peeked, 1), 1);
    EDO_TEST_EQ(peeked[0], 'l');
    expect(s, 3, "llo");
    expect(s, 8, " ");
    struct iovec two[2] = { { .iov_base = buf, .iov_len = 1 },
                            { .iov_base = buf + 1, .iov_len = 3 } };
    EDO_TEST_EQ(edo_readv(s, two, 2), 3); // the item without bytes is passed over
    EDO_TEST_EQ(memcmp(buf, "wor", 3), 0);
    EDO_TEST_EQ(edo_read(s, buf, sizeof buf), -EIO); // one read only
    EDO_TEST_EQ(edo_write(s, "x", 1), -ENOTSUP);
    EDO_TEST_EQ(edo_shutdown(s), -ENOTSUP);
    EDO_TEST_EQ(edo_stream_fd(s), -1);
    expect(s, 16, "ld");
    EDO_TEST_EQ(edo_read(s, buf, sizeof buf), 0);
    EDO_TEST_EQ(edo_read(s, buf, sizeof buf), 0);
    EDO_TEST_EQ(edo_io_ready(s, EDO_IO_READ), 0);
    edo_close(s);
    return 0;
}

static void bytes_come_in_order_however_they_are_cut(void **state) {
    (void)state;
    assert_int_equal(inside_each(reads, NULL), 0);
}

static void send_text(edo_mpsc_tx *tx, const char *text) {
    edo_bytes item = copied(text);
    EDO_TEST_OK(edo_mpsc_send(tx, &item));
}

static int reads_one(void *arg) {
    char byte;
    return edo_read((edo_stream *)arg, &byte, 1);
}

static int waits(void *arg) {
    (void)arg;
    char buf[4];
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    edo_stream *s;
    EDO_TEST_OK(edo_mpsc_new(&tx, &rx, sizeof(edo_bytes), 4, NULL));
    EDO_TEST_OK(edo_stream_from_seq(&s, edo_seq_from_mpsc(rx)));
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    EDO_TEST_EQ(edo_deadline_end(&d, edo_read(s, buf, 1)), -ETIMEDOUT);
    send_text(tx, "ab");
    expect(s, 1, "a");
    expect(s, 4, "b");
    edo_task *reader = edo_spawn(reads_one, s);
    EDO_TEST_TRUE(reader != NULL);
    EDO_TEST_OK(edo_yield());
    send_text(tx, "c");
    EDO_TEST_EQ(edo_task_join(reader), 1);
    reader = edo_spawn(reads_one, s);
    EDO_TEST_TRUE(reader != NULL);
    EDO_TEST_OK(edo_yield());
    edo_close(edo_stream_ref(s)); // under the reader, if it has come that far
    EDO_TEST_EQ(edo_task_join(reader), -EDO_ECLOSED);
    EDO_TEST_EQ(edo_read(s, buf, 1), -EDO_ECLOSED);
    EDO_TEST_EQ(edo_write(s, "x", 1), -EDO_ECLOSED);
    edo_stream_unref(s);
    edo_mpsc_tx_unref(tx);
    return 0;
}

static void a_reader_waits_for_the_sequence_and_for_the_close(void **state) {
    (void)state;
    assert_int_equal(inside_each(waits, NULL), 0);
}

static int copies(void *arg) {
    (void)arg;
    edo_stream *s, *a, *b;
    edo_bytes found;
    uint64_t n = 0;
    EDO_TEST_OK(edo_simplex(&a, &b, 64));
    EDO_TEST_OK(edo_stream_from_seq(&s, texts(false)));
    EDO_TEST_OK(edo_copy(b, s, &n));
    EDO_TEST_EQ(n, 11);
    edo_close(b);
    EDO_TEST_OK(edo_read_all(&found, a, 64));
    EDO_TEST_TRUE(edo_str_equal(found.str, EDO_STR("hello world")));
    edo_bytes_unref(&found);
    edo_close(a);
    edo_close(s);
    return 0;
}

static void a_sequence_can_be_copied_to_a_stream(void **state) {
    (void)state;
    assert_int_equal(inside_each(copies, NULL), 0);
}

static int leaves(void *arg) {
    (void)arg;
    char byte;
    edo_stream *s;
    edo_bytes hello = copied("hello");
    EDO_TEST_OK(edo_stream_from_seq(&s, edo_seq_once(&hello, sizeof hello)));
    EDO_TEST_EQ(edo_read(s, &byte, 1), 1);
    edo_close(s); // with the rest of an item
    edo_seq *numbers = edo_seq_empty(sizeof(int));
    EDO_TEST_EQ(edo_stream_from_seq(&s, numbers), -EINVAL);
    EDO_TEST_EQ(edo_stream_from_seq(&s, NULL), -ENOMEM);
    edo_seq_free(numbers);
    edo_seq *texts_left = edo_seq_empty(sizeof(edo_bytes));
    edoi_alloc_fail_at(1);
    EDO_TEST_EQ(edo_stream_from_seq(&s, texts_left), -ENOMEM);
    edoi_alloc_fail_at(0);
    edo_seq_free(texts_left);
    return 0;
}

static int next_empty(void *state, void *item) {
    int *left = (int *)state;
    if ((*left)-- > 0) {
        memset(item, 0, sizeof(edo_bytes));
        return 1;
    }
    edo_bytes text = copied("x");
    memcpy(item, &text, sizeof text);
    return 1;
}

static int passes_over(void *arg) {
    (void)arg;
    int empty_n = 3 * EDO_BUDGET;
    edo_stream *s;
    EDO_TEST_OK(edo_stream_from_seq(&s, edo_seq_unfold(sizeof(edo_bytes), next_empty, &empty_n)));
    expect(s, 1, "x");
    edo_close(s);
    return 0;
}

static void more_items_without_bytes_than_the_budget_has_are_passed_over(void **state) {
    (void)state;
    assert_int_equal(inside_each(passes_over, NULL), 0);
}

static void what_was_not_taken_is_left_and_what_was_not_read_is_freed(void **state) {
    (void)state;
    assert_int_equal(inside_with(leaves, NULL, &kinds[0]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_in_order_however_they_are_cut),
        cmocka_unit_test(a_reader_waits_for_the_sequence_and_for_the_close),
        cmocka_unit_test(a_sequence_can_be_copied_to_a_stream),
        cmocka_unit_test(more_items_without_bytes_than_the_budget_has_are_passed_over),
        cmocka_unit_test(what_was_not_taken_is_left_and_what_was_not_read_is_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
