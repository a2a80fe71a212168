/* SPDX-License-Identifier: MIT */
/* Goal: the promises of reading and writing counted bytes: all of them, in order, up to a limit;
 * what was not written stays with the caller.
 * Method: small pipes in memory, on every kind of runtime. */
#include "io_support.h"

#include <edo/streams.h>

#define MANY 100000u

static char want[MANY];

static int sends_bytes(void *arg) {
    edo_bytes b;
    int err = edo_bytes_copy(&b, want, MANY);
    if (err == 0) err = edo_write_bytes(arg, &b);
    CHECK(b.owner == NULL); // given back
    edo_close(arg);
    return err;
}

static int reads_all(void *arg) {
    (void)arg;
    edo_stream *s, *peer;
    edo_bytes all;
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQ(edo_duplex(&s, &peer, i ? 64 : 5000), 0);
        edo_task *sender = edo_spawn(sends_bytes, peer);
        CHECK_EQ(edo_read_all(&all, s, MANY), 0);
        CHECK_EQ(all.str.len, MANY);
        CHECK_EQ(memcmp(all.str.ptr, want, MANY), 0);
        edo_bytes_unref(&all);
        CHECK_EQ(edo_read_all(&all, s, 0), 0); // at its end
        CHECK_EQ(all.str.len, 0);
        edo_bytes_unref(&all);
        CHECK_EQ(edo_task_join(sender), 0);
        edo_close(s);
    }
    CHECK_EQ(edo_duplex(&s, &peer, 64), 0);
    edo_task *sender = edo_spawn(sends_bytes, peer);
    CHECK_EQ(edo_read_all(&all, s, MANY - 1), -EDO_ETOOLONG);
    edo_close(s);
    int err = edo_task_join(sender);
    CHECK(err == 0 || err == -EPIPE);
    return 0;
}

static void all_input_is_read_up_to_a_limit(void **state) {
    (void)state;
    fill_pattern(want, sizeof want);
    CHECK_EQ(inside_each(reads_all, NULL), 0);
}

static int gathers(void *arg) {
    (void)arg;
    edo_stream *s, *peer;
    edo_buf buf = { 0 };
    CHECK_EQ(edo_duplex(&s, &peer, 1000), 0);
    edo_task *sender = edo_spawn(sends_bytes, peer);
    int n;
    while ((n = edo_read_bytes(&buf, s, 300)) > 0) CHECK(n <= 300);
    CHECK_EQ(n, 0);
    edo_bytes all = edo_buf_freeze(&buf);
    CHECK_EQ(all.str.len, MANY);
    CHECK_EQ(memcmp(all.str.ptr, want, MANY), 0);
    edo_bytes_unref(&all);
    CHECK_EQ(edo_task_join(sender), 0);
    edo_close(s);
    return 0;
}

static void input_is_appended(void **state) {
    (void)state;
    CHECK_EQ(inside_each(gathers, NULL), 0);
}

static int keeps_the_rest(void *arg) {
    (void)arg;
    edo_stream *s, *peer;
    char buf[8];
    CHECK_EQ(edo_duplex(&s, &peer, 4), 0);
    edo_bytes b = edo_bytes_from_static(EDO_STR("1234567"));
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    CHECK_EQ(edo_deadline_end(&d, edo_write_bytes(s, &b)), -ETIMEDOUT);
    CHECK(edo_str_equal(b.str, EDO_STR("567")));
    CHECK_EQ(edo_read(peer, buf, 8), 4);
    CHECK_EQ(edo_write_bytes(s, &b), 0); // goes on where it stopped
    CHECK_EQ(edo_read(peer, buf, 8), 3);
    CHECK_EQ(memcmp(buf, "567", 3), 0);
    edo_close(peer);
    b = edo_bytes_from_static(EDO_STR("lost"));
    CHECK_EQ(edo_write_bytes(s, &b), -EPIPE);
    CHECK(edo_str_equal(b.str, EDO_STR("lost")));
    edo_close(s);
    return 0;
}

static void a_cut_write_can_be_continued(void **state) {
    (void)state;
    CHECK_EQ(inside(keeps_the_rest, NULL), 0);
}

/* Short texts are formed on the stack, longer ones are not. */
static int prints(void *arg) {
    (void)arg;
    edo_stream *s, *peer;
    static const int lengths[] = { 0, 1, 255, 256, 1000 };
    char got[1000];
    CHECK_EQ(edo_duplex(&s, &peer, sizeof got), 0);
    for (size_t i = 0; i < EDO_COUNT(lengths); i++) {
        CHECK_EQ(edo_printf(peer, "%.*s", lengths[i], want), 0);
        CHECK_EQ(edo_read_exact(s, got, (size_t)lengths[i]), 0);
        CHECK_EQ(memcmp(got, want, (size_t)lengths[i]), 0);
    }
    CHECK_EQ(edo_printf(peer, "%ls", L"\x3b1"), -EILSEQ); // no character of this locale
    CHECK_EQ(edo_try_read(s, got, 1), -EAGAIN);
    edo_close(peer);
    edo_close(s);
    return 0;
}

static void texts_are_written_whole(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof want; i++) want[i] = (char)('a' + i % 26);
    CHECK_EQ(inside_each(prints, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_input_is_read_up_to_a_limit),
        cmocka_unit_test(input_is_appended),
        cmocka_unit_test(a_cut_write_can_be_continued),
        cmocka_unit_test(texts_are_written_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
