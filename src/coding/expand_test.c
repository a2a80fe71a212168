/* SPDX-License-Identifier: MIT */
/* Goal: a bomb costs 80 KiB, text that repeats passes, and whoever decodes for long lets others in
 * between.
 * Method: bodies that our own encoders have made, all of which has arrived. */
#include "coding/expand.h"

#include "inside.h"

#include <edo/streams.h>
#include <edo/task.h>

#include <errno.h>

#define BODY_BYTES (1u << 20)

static char text[BODY_BYTES];

/* Rows of JSON that differ in little. */
static void fill_rows(void) {
    size_t n = 0;
    for (int i = 0; n < sizeof text; i++) {
        char row[128];
        int len = snprintf(
            row, sizeof row,
            "{\"id\":%d,\"name\":\"\",\"tags\":[],\"is_active\":true,\"parent\":null},", i);
        for (int at = 0; at < len && n < sizeof text; at++) text[n++] = row[at];
    }
}

static void encode(edoi_coding coding, edo_buf *out) {
    edoi_coders coders;
    edoi_coder *c;
    int got;
    edoi_coders_init(&coders, false, 0, 1);
    assert_int_equal(edoi_coders_get(&coders, &c, coding), 0);
    edoi_spans s = { text, sizeof text, NULL, 0 };
    do {
        s.out = c->buffer;
        s.out_n = EDOI_CODER_BYTES;
        got = c->ops->code(c->state, &s, EDOI_CODE_END);
        assert_true(got >= 0);
        assert_int_equal(edo_buf_append(out, c->buffer, EDOI_CODER_BYTES - s.out_n), 0);
    } while (got == 0);
    edoi_coders_put(&coders, c);
    edoi_coders_deinit(&coders);
}

typedef struct body {
    edoi_coding coding;
    edo_buf packed;
    uint64_t given, read;
    int end; /* the last result of a read */
    bool is_over;
    int turns_n; /* of others meanwhile */
} body;

/* Reads to the end, with as much room as anybody may have. */
static int read_with(edoi_coders *coders, body *b) {
    static char room[BODY_BYTES];
    const edoi_expand_limits limits = { 2 * BODY_BYTES, 100 };
    edoi_share share = { .of = NULL };
    edoi_expand e;
    edo_stream *from;
    CHECK_EQ(edo_stream_mem(&from, b->packed.ptr, b->packed.len), 0);
    edoi_expand_init(&e, from, coders, b->coding, &limits, &share);
    while ((b->end = edo_read(&e.stream, room, sizeof room)) > 0) b->read += (uint64_t)b->end;
    b->given = e.given;
    b->is_over = true;
    CHECK_EQ(coders->bodies_n, 0);
    edo_close(from);
    return 0;
}

static int read_all(void *arg) {
    edoi_coders coders;
    edoi_coders_init(&coders, true, 0, 1);
    int err = read_with(&coders, arg);
    edoi_coders_deinit(&coders);
    return err;
}

static int take_turns(void *arg) {
    body *b = arg;
    for (; !b->is_over; b->turns_n++) CHECK_EQ(edo_yield(), 0);
    return 0;
}

static int read_beside_others(void *arg) {
    edo_task *t = edo_spawn(take_turns, arg);
    CHECK(t != NULL);
    CHECK_EQ(read_all(arg), 0);
    return edo_task_join(t);
}

static body read_encoded(edoi_coding coding) {
    body b = { .coding = coding };
    encode(coding, &b.packed);
    assert_int_equal(inside(read_beside_others, &b), 0);
    edo_buf_deinit(&b.packed);
    return b;
}

static void need_codings(void) {
    for (edoi_coding c = 0; c < EDOI_CODINGS_N; c++)
        if (edoi_encoder_of(c)) return;
    print_message("skipped: this build has no codings\n");
    skip();
}

static void bomb_is_refused_after_80_kib(void **state) {
    (void)state;
    need_codings();
    for (size_t i = 0; i < sizeof text; i++) text[i] = 0;
    for (edoi_coding c = 0; c < EDOI_CODINGS_N; c++) {
        if (!edoi_encoder_of(c)) continue; // not in this build
        body b = read_encoded(c);
        assert_int_equal(b.end, -EMSGSIZE);
        assert_true(b.given <= 80u << 10);
        assert_true(b.read <= 64u << 10);
    }
}

static void rows_that_repeat_pass_and_let_others_in_between(void **state) {
    (void)state;
    need_codings();
    fill_rows();
    for (edoi_coding c = 0; c < EDOI_CODINGS_N; c++) {
        if (!edoi_encoder_of(c)) continue;
        body b = read_encoded(c);
        assert_int_equal(b.end, 0);
        assert_int_equal(b.read, sizeof text);
        assert_true(b.turns_n >= 15);
    }
}

/* One decoder is used for all bodies, one after the other. */
static int read_both_forms(void *arg) {
    const edo_buf *packed = arg;
    edoi_coders coders;
    edoi_coders_init(&coders, true, 0, 1);
    for (int i = 0; i < 4; i++) {
        bool is_bare = i % 2 == 0; // without the 2 bytes of the head, and the 4 of the sum
        body b = { .coding = EDOI_CODING_DEFLATE };
        b.packed.ptr = packed->ptr + (is_bare ? 2 : 0);
        b.packed.len = packed->len - (is_bare ? 6 : 0);
        CHECK_EQ(read_with(&coders, &b), 0);
        CHECK_EQ(b.end, 0);
        CHECK_EQ(b.read, sizeof text);
    }
    edoi_coders_deinit(&coders);
    return 0;
}

static void deflate_is_read_with_and_without_its_frame(void **state) {
    edo_buf packed = { 0 };
    (void)state;
    if (!edoi_encoder_of(EDOI_CODING_DEFLATE)) {
        print_message("skipped: this build has no deflate\n");
        skip();
    }
    fill_rows();
    encode(EDOI_CODING_DEFLATE, &packed);
    assert_int_equal(inside(read_both_forms, &packed), 0);
    edo_buf_deinit(&packed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bomb_is_refused_after_80_kib),
        cmocka_unit_test(rows_that_repeat_pass_and_let_others_in_between),
        cmocka_unit_test(deflate_is_read_with_and_without_its_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
