/* SPDX-License-Identifier: MIT */
/* Goal: messages come out of a stream whatever the pieces are in which it comes, a length alone
 * costs no memory, and an end inside of a message is told from one behind it.
 * Method: a pipe in memory, cut at each byte. */
#include "grpc/wire/frame.h"

#include "inside.h"

#include <edo/streams.h>
#include <edo/task.h>

#include <string.h>

typedef struct pipe_ends {
    edo_stream *ours, *theirs;
} pipe_ends;

static void pipe_begin(pipe_ends *p) {
    CHECK_EQ(edo_duplex(&p->ours, &p->theirs, 65536), 0);
}

static void pipe_say(pipe_ends *p, const void *bytes, size_t n) {
    CHECK_EQ(edo_write_all(p->theirs, bytes, n), 0);
}

static void pipe_end(pipe_ends *p) {
    edo_close(p->theirs);
    edo_close(p->ours);
}

static const char two[] = "\0\0\0\0\3abc\1\0\0\0\0"; // "abc", and none with a flag
#define TWO_BYTES (sizeof two - 1)

static int split_main(void *arg) {
    pipe_ends *p = arg;
    for (size_t i = 0; i < TWO_BYTES; i++) {
        pipe_say(p, two + i, 1);
        CHECK_EQ(edo_yield(), 0);
    }
    return edo_shutdown(p->theirs);
}

static int reads_pieces(void *arg) {
    pipe_ends p;
    edo_str message;
    uint8_t flags;
    (void)arg;
    pipe_begin(&p);
    edoi_grpc_reader r = { .from = p.ours, .message_max = 3 };
    edo_task *writer = edo_spawn(split_main, &p);
    CHECK_EQ(edoi_grpc_reader_next(&r, &message, &flags), 1);
    CHECK(edo_str_equal(message, EDO_STR("abc")) && flags == 0);
    CHECK_EQ(edoi_grpc_reader_next(&r, &message, &flags), 1);
    CHECK(message.len == 0 && flags == 1);
    CHECK_EQ(edoi_grpc_reader_end(&r), 0);
    CHECK_EQ(edoi_grpc_reader_next(&r, &message, &flags), 0);
    CHECK_EQ(edo_task_join(writer), 0);
    edoi_grpc_reader_deinit(&r);
    pipe_end(&p);
    return 0;
}

static void messages_come_in_any_pieces(void **state) {
    (void)state;
    assert_int_equal(inside(reads_pieces, NULL), 0);
}

static int reads_cut(void *arg) {
    (void)arg;
    for (size_t n = 0; n <= TWO_BYTES; n++) {
        pipe_ends p;
        edo_str message;
        uint8_t flags;
        int got;
        pipe_begin(&p);
        edoi_grpc_reader r = { .from = p.ours, .message_max = 100 };
        pipe_say(&p, two, n);
        CHECK_EQ(edo_shutdown(p.theirs), 0);
        while ((got = edoi_grpc_reader_next(&r, &message, &flags)) == 1) {
        }
        CHECK_EQ(got, n == 0 || n == 8 || n == TWO_BYTES ? 0 : -EDO_EEOF);
        edoi_grpc_reader_deinit(&r);
        pipe_end(&p);
    }
    return 0;
}

static void end_inside_of_a_message_is_a_failure(void **state) {
    (void)state;
    assert_int_equal(inside(reads_cut, NULL), 0);
}

static int reads_lengths(void *arg) {
    pipe_ends p;
    edo_str message;
    uint8_t flags;
    (void)arg;
    pipe_begin(&p);
    edoi_grpc_reader r = { .from = p.ours, .message_max = UINT32_MAX - 1 };
    pipe_say(&p, "\0\xff\xff\xff\xfe", 5); // and nothing of it
    CHECK_EQ(edo_shutdown(p.theirs), 0);
    CHECK_EQ(edoi_grpc_reader_next(&r, &message, &flags), -EDO_EEOF);
    CHECK(r.buf.cap < 1u << 20);
    edoi_grpc_reader_deinit(&r);
    pipe_end(&p);
    pipe_begin(&p);
    r = (edoi_grpc_reader){ .from = p.ours, .message_max = UINT32_MAX - 1 };
    pipe_say(&p, "\0\xff\xff\xff\xff", 5);
    CHECK_EQ(edoi_grpc_reader_next(&r, &message, &flags), -EMSGSIZE);
    CHECK_EQ(r.message_bytes, UINT32_MAX);
    edoi_grpc_reader_deinit(&r);
    pipe_end(&p);
    return 0;
}

static void length_alone_takes_no_memory(void **state) {
    (void)state;
    assert_int_equal(inside(reads_lengths, NULL), 0);
}

static int waits_main(void *arg) {
    edo_str message;
    uint8_t flags;
    CHECK_EQ(edoi_grpc_reader_next(arg, &message, &flags), 1);
    CHECK_EQ(edoi_grpc_reader_next(arg, &message, &flags), 1);
    return edoi_grpc_reader_end(arg); // something follows
}

static int waits_without_memory(void *arg) {
    pipe_ends p;
    (void)arg;
    pipe_begin(&p);
    edoi_grpc_reader r = { .from = p.ours, .message_max = 100 };
    edo_task *reader = edo_spawn(waits_main, &r);
    CHECK_EQ(edo_yield(), 0);
    pipe_say(&p, two, 8);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK(r.buf.cap == 0 && r.given == 0); // the first was taken, and it waits for the second
    pipe_say(&p, two, 9);
    CHECK_EQ(edo_task_join(reader), 1);
    edoi_grpc_reader_deinit(&r);
    pipe_end(&p);
    return 0;
}

static void reader_that_waits_has_no_memory(void **state) {
    (void)state;
    assert_int_equal(inside(waits_without_memory, NULL), 0);
}

static void head_has_its_length_in_four_bytes(void **state) {
    char head[EDOI_GRPC_HEAD_BYTES];
    (void)state;
    edoi_grpc_head_print(head, EDOI_GRPC_TRAILERS, 0x01020304);
    assert_memory_equal(head, "\x80\1\2\3\4", 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_in_any_pieces),
        cmocka_unit_test(end_inside_of_a_message_is_a_failure),
        cmocka_unit_test(length_alone_takes_no_memory),
        cmocka_unit_test(reader_that_waits_has_no_memory),
        cmocka_unit_test(head_has_its_length_in_four_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
