/* SPDX-License-Identifier: MIT */
/* Goal: what was written to the stream below is read coded, before a wait for more; the end comes
 * once; a failure below is not the end, and neither is a read that is cut short.
 * Method: each coding, through a pipe in memory, decoded by our own decoder; pieces that are read
 * one by one; a room of one byte. */
#include "coding/expand.h"
#include "coding/shrink.h"

#include "inside.h"

#include <edo/streams.h>
#include <edo/task.h>

#include <errno.h>

#define PIECES 20

static char text[50000];

static void fill_text(void) {
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + i * i % 23);
}

/* A pipe whose input is coded, and decoded again. */
typedef struct way {
    edo_stream *in, *coded, *plain;
    edoi_coders coders;
    edoi_expand_all back;
    edoi_share share;
} way;

static bool way_begin(way *w, edoi_coding coding) {
    static const edoi_expand_limits limits = { sizeof text, 10000 };
    edo_stream *from;
    if (!edoi_encoder_of(coding)) return false;
    *w = (way){ .share = { .of = NULL } };
    edoi_coders_init(&w->coders, true, 0, 1);
    CHECK_EQ(edo_simplex(&from, &w->in, 4096), 0);
    CHECK_EQ(edoi_shrink_new(&w->coded, from, coding), 0);
    edo_stream_unref(from);
    w->plain = edoi_expand_all_init(&w->back, w->coded, &w->coders, &coding, 1, &limits, &w->share);
    return true;
}

static void way_end(way *w) {
    edoi_expand_all_deinit(&w->back);
    edoi_coders_deinit(&w->coders);
    edo_close(w->coded);
}

/* If a piece were kept back nobody would ever read it, as the next one is written after it. */
static int passes_pieces(void *arg) {
    (void)arg;
    for (edoi_coding c = 0; c < EDOI_CODINGS_N; c++) {
        way w;
        char got[100];
        if (!way_begin(&w, c)) continue;
        for (size_t i = 0; i < PIECES; i++) {
            CHECK_EQ(edo_write_all(w.in, text + i * sizeof got, sizeof got), 0);
            CHECK_EQ(edo_read_exact(w.plain, got, sizeof got), 0);
            CHECK_EQ(memcmp(got, text + i * sizeof got, sizeof got), 0);
        }
        edo_close(w.in);
        CHECK_EQ(edo_read(w.plain, got, 1), 0);
        CHECK_EQ(edo_read(w.coded, got, 1), 0); // again
        way_end(&w);
    }
    return 0;
}

static int writes_all(void *arg) {
    int err = edo_write_all(arg, text, sizeof text);
    edo_close(arg);
    return err;
}

/* A room of one byte, and reads that are cut short between. */
static int passes_bytes(void *arg) {
    (void)arg;
    for (edoi_coding c = 0; c < EDOI_CODINGS_N; c++) {
        way w;
        edo_buf coded = { 0 };
        char byte;
        int n;
        if (!way_begin(&w, c)) continue;
        edo_task *t = edo_spawn(writes_all, w.in);
        for (;;) {
            while ((n = edo_try_read(w.coded, &byte, 1)) > 0)
                CHECK_EQ(edo_buf_append(&coded, &byte, 1), 0);
            if (n != -EAGAIN) break;
            n = edo_read(w.coded, &byte, 1);
            if (n <= 0) break;
            CHECK_EQ(edo_buf_append(&coded, &byte, 1), 0);
        }
        CHECK_EQ(n, 0);
        CHECK_EQ(edo_task_join(t), 0);
        edo_stream *again;
        CHECK_EQ(edo_stream_mem(&again, coded.ptr, coded.len), 0);
        static char got[sizeof text + 1];
        const edoi_expand_limits limits = { sizeof text, 10000 };
        edoi_expand_all back;
        edo_stream *plain = edoi_expand_all_init(&back, again, &w.coders, &c, 1, &limits, &w.share);
        CHECK_EQ(edo_read_exact(plain, got, sizeof text), 0);
        CHECK_EQ(memcmp(got, text, sizeof text), 0);
        CHECK_EQ(edo_read(plain, got, 1), 0);
        edoi_expand_all_deinit(&back);
        edo_close(again);
        edo_buf_deinit(&coded);
        way_end(&w);
    }
    return 0;
}

static int fails_below(void *arg) {
    way w;
    char got[64];
    (void)arg;
    if (!way_begin(&w, EDOI_CODING_GZIP)) return 0;
    CHECK_EQ(edo_write_all(w.in, text, 10), 0);
    CHECK_EQ(edo_read_exact(w.plain, got, 10), 0);
    CHECK_EQ(edo_duplex_reset(w.in), 0);
    CHECK_EQ(edo_read(w.coded, got, sizeof got), -ECONNRESET); // and no end
    edo_close(w.in);
    way_end(&w);
    return 0;
}

static void what_was_written_is_read_before_a_wait(void **state) {
    (void)state;
    fill_text();
    assert_int_equal(inside(passes_pieces, NULL), 0);
}

static void rooms_of_one_byte_lose_nothing(void **state) {
    (void)state;
    fill_text();
    assert_int_equal(inside(passes_bytes, NULL), 0);
}

static void a_failure_below_is_no_end(void **state) {
    (void)state;
    assert_int_equal(inside(fails_below, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_before_a_wait),
        cmocka_unit_test(rooms_of_one_byte_lose_nothing),
        cmocka_unit_test(a_failure_below_is_no_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
