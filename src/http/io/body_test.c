/* SPDX-License-Identifier: MIT */
/* Goal: a body that comes as fast as it is read leaves other tasks their turns.
 * Method: all of it is there; a task beside the reader counts how often it runs. */
#include "http/io/body.h"

#include "inside.h"

#include <edo/streams.h>
#include <edo/task.h>

#define BODY_BYTES ((size_t)2 << 20)
#define READ_BYTES ((size_t)64 << 10)

static bool is_over;
static int turns_n;

static int take_turns(void *arg) {
    (void)arg;
    for (; !is_over; turns_n++) CHECK_EQ(edo_yield(), 0);
    return 0;
}

static edo_polled nothing_is_due(edoi_body *b, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)b, (void)cx, (void)wait;
    *result = 0;
    return EDO_READY;
}

static void undue(edoi_body *b) {
    (void)b;
}

static int read_all(void *arg) {
    static char bytes[BODY_BYTES], to[READ_BYTES];
    static edoi_http_input in;
    edoi_body b;
    edo_stream *from;
    size_t all = 0;
    int n;
    (void)arg;
    CHECK_EQ(edo_stream_mem(&from, bytes, sizeof bytes), 0);
    edoi_input_init(&in, from);
    edoi_body_init(&b, &in, EDOI_BODY_LENGTH, sizeof bytes);
    b.due = nothing_is_due;
    b.undue = undue;
    edo_task *t = edo_spawn(take_turns, NULL);
    CHECK(t != NULL);
    while ((n = edo_read(&b.stream, to, sizeof to)) > 0) all += (size_t)n;
    is_over = true;
    CHECK_EQ(n, 0);
    CHECK_EQ(all, sizeof bytes);
    CHECK_EQ(edo_task_join(t), 0);
    edoi_body_deinit(&b);
    edoi_input_deinit(&in);
    edo_close(from);
    return 0;
}

static void large_reads_leave_others_their_turns(void **state) {
    (void)state;
    assert_int_equal(inside(read_all, NULL), 0);
    assert_true(turns_n >= 3); // 512 KiB at once
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_reads_leave_others_their_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
