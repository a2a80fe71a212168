/* SPDX-License-Identifier: MIT */
/* Goal: the lines are the same however the input is split and however often the read is cancelled,
 * and stay within the limit.
 * Method: a stream in memory that delivers pieces of chosen sizes, with a pending poll before each;
 * all splits of short inputs, and random ones, compared with a naive reference. */
#include "base/atomic.h"
#include "base/memory/alloc.h"

#include <edo/buf_io.h>

#include "poll_by_hand.h"
#include "seed.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <edo/task.h>

/* ---- A stream in memory ---------------------------------------------------------------------- */

typedef struct script {
    edo_stream base;
    const char *bytes;
    size_t n, at;
    uint64_t cuts; /* bit i: a piece ends after byte i */
    bool dry;      /* the last poll was pending */
    bool flood;    /* no poll is pending */
    int polls;
} script;

static edo_polled script_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                              size_t n, uint32_t flags, int *result) {
    script *self = (script *)(void *)s;
    (void)wait;
    (void)flags;
    assert_int_equal(n, 1);
    self->polls++;
    self->dry = !self->dry;
    if (!self->dry && !self->flood) {
        if (cx) (void)edo_cx_waker(cx);
        *result = -EAGAIN;
        return cx ? EDO_PENDING : EDO_READY;
    }
    size_t piece = 0;
    while (self->at + piece < self->n && piece < to->iov_len) {
        piece++;
        if (self->cuts >> ((self->at + piece - 1) % 64) & 1) break;
    }
    memcpy(to->iov_base, self->bytes + self->at, piece);
    self->at += piece;
    *result = (int)piece;
    return EDO_READY;
}

static void script_unwait(edo_stream *s, edo_io_wait *wait) {
    (void)s;
    (void)wait;
}

static void script_nothing(edo_stream *s) {
    (void)s;
}

static const edo_stream_ops script_ops = { .name = "script",
                                           .poll_read = script_read,
                                           .unwait = script_unwait,
                                           .close = script_nothing,
                                           .free = script_nothing };

static script script_of(const char *bytes, size_t n, uint64_t cuts) {
    script s = { .base = { .ops = &script_ops, .refs = { 1 } },
                 .bytes = bytes,
                 .n = n,
                 .cuts = cuts,
                 .dry = true };
    return s;
}

/* ---- What is expected ------------------------------------------------------------------------ */

/* The results as text: each line in brackets, "!" before the begin of one that is too long, "." for
 * the end. */
typedef struct answers {
    char text[4096];
    size_t n;
} answers;

static void note(answers *a, const char *bytes, size_t n) {
    assert_true(a->n + n < sizeof a->text);
    memcpy(a->text + a->n, bytes, n);
    a->n += n;
}

static void note_line(answers *a, const char *line, size_t n) {
    note(a, "[", 1);
    note(a, line, n);
    note(a, "]", 1);
}

static answers expected(const char *bytes, size_t n, size_t line_max) {
    answers a = { .n = 0 };
    size_t begin = 0;
    while (begin < n) {
        size_t end = begin;
        while (end < n && bytes[end] != '\n') end++;
        size_t length = end - begin;
        if (end < n && length > 0 && bytes[end - 1] == '\r') length--;
        if (length > line_max) note(&a, "!", 1);
        note_line(&a, bytes + begin, length > line_max ? line_max : length);
        begin = end + 1;
    }
    note(&a, ".", 1);
    return a;
}

/* Reads everything; `drops`: each pending future is dropped, and another one made. */
static answers got(script *s, const edo_buf_reader_opts *opts, bool drops) {
    answers a = { .n = 0 };
    edo_buf_reader r;
    assert_int_equal(edo_buf_reader_init(&r, &s->base, opts), 0);
    for (;;) {
        hand_waker w = HAND_WAKER;
        edo_read_line_future f;
        char *line = NULL;
        (void)edo_read_line_init(&f, &r, &line);
        while (hand_poll(&f.base, &w) == EDO_PENDING) {
            if (!opts->buf && r.begin == r.end) assert_null(r.buf); // holds no buffer while idle
            if (!drops) continue;
            edo_drop(&f.base);
            (void)edo_read_line_init(&f, &r, &line);
        }
        int n = edo_result(&f);
        if (n == -EDO_ETOOLONG) {
            assert_int_equal(line[opts->line_max], '\0');
            note(&a, "!", 1);
            note_line(&a, line, opts->line_max);
        } else if (n == -EDO_EEOF) {
            note(&a, ".", 1);
            break;
        } else {
            assert_true(n >= 0);
            assert_int_equal(line[n], '\0');
            note_line(&a, line, (size_t)n);
        }
    }
    edo_buf_reader_deinit(&r);
    assert_int_equal(edoi_load_rlx_u32(&s->base.refs), 1);
    return a;
}

static void check(const char *bytes, size_t n, uint32_t line_max, uint64_t cuts) {
    answers want = expected(bytes, n, line_max);
    char *own = malloc(line_max + 2u);
    assert_non_null(own);
    for (int variant = 0; variant < 4; variant++) {
        edo_buf_reader_opts opts = { .line_max = line_max };
        if (variant & 1) {
            opts.buf = own;
            opts.buf_bytes = line_max + 2u;
        }
        script s = script_of(bytes, n, cuts);
        answers have = got(&s, &opts, (variant & 2) != 0);
        if (have.n != want.n || memcmp(have.text, want.text, want.n) != 0)
            fail_msg("cuts %llx, max %u, variant %d: %.*s instead of %.*s",
                     (unsigned long long)cuts, line_max, variant, (int)have.n, have.text,
                     (int)want.n, want.text);
    }
    free(own);
}

static const char *const inputs[] = {
    "",
    "\n",
    "\r\n",
    "a",
    "a\r",
    "a\n",
    "ab\r\nc",
    "abc\n",
    "abc\r\n",
    "abcd\nx\n",
    "abc\rd\n",
    "abcd",
    "abc\r",
    "abcdefgh\r\nab\n",
    "\n\n\r\n",
    "ab\r\r\n",
    "abcdefghi",
    "a\nb\nc\nd",
    "abc\r\nabc\r\nabcd\r\n",
};

static void lines_are_the_same_at_every_split(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(inputs); i++) {
        size_t n = strlen(inputs[i]);
        uint64_t splits = n > 11 ? 1u << 11 : (uint64_t)1 << n;
        for (uint64_t cuts = 0; cuts < splits; cuts++) check(inputs[i], n, 3, cuts);
    }
}

static void a_carriage_return_at_the_end_of_the_input_is_kept(void **state) {
    (void)state;
    static const struct {
        const char *bytes, *answers;
    } rows[] = {
        { "x\r", "[x\r]." },     { "\r", "[\r]." },      { "a\r\nx\r", "[a][x\r]." },
        { "x\r\r", "[x\r\r]." }, { "xyz\r", "![xyz]." }, // it counts
    };
    const edo_buf_reader_opts opts = { .line_max = 3 };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        for (uint64_t cuts = 0; cuts < 16; cuts++) {
            script s = script_of(rows[i].bytes, strlen(rows[i].bytes), cuts);
            answers have = got(&s, &opts, false);
            assert_int_equal(have.n, strlen(rows[i].answers));
            assert_memory_equal(have.text, rows[i].answers, have.n);
        }
    }
}

static void a_byte_at_a_time_is_enough(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(inputs); i++)
        for (uint32_t line_max = 1; line_max < 12; line_max++)
            check(inputs[i], strlen(inputs[i]), line_max, UINT64_MAX);
}

/* The reader's last input, which was not before `than`; the clock has moved on when it returns. */
static edo_instant input_after(const edo_buf_reader *r, edo_instant than) {
    edo_instant at = edo_buf_reader_input_at(r);
    assert_true(at.ns >= than.ns);
    while (edo_now().ns <= at.ns) continue;
    return at;
}

static void the_time_of_the_last_input_is_kept_also_of_half_a_line(void **state) {
    (void)state;
    script s = script_of("a\nbc", 4, 1 << 1); // each poll finds nothing first
    edo_buf_reader r;
    edo_read_line_future f;
    char *line;
    edo_instant begin = edo_now();
    assert_int_equal(edo_buf_reader_init(&r, &s.base, NULL), 0);
    edo_instant made = input_after(&r, begin);
    assert_int_equal(edo_poll_once(edo_read_line_init(&f, &r, &line)), EDO_PENDING);
    assert_true(input_after(&r, made).ns == made.ns);
    assert_int_equal(edo_poll_once(&f.base), EDO_READY);
    edo_instant first = input_after(&r, made);
    assert_true(first.ns > made.ns);
    (void)edo_read_line_init(&f, &r, &line);
    assert_int_equal(edo_poll_once(&f.base), EDO_PENDING);
    assert_true(input_after(&r, first).ns == first.ns);
    assert_int_equal(edo_poll_once(&f.base), EDO_PENDING);
    assert_true(input_after(&r, first).ns > first.ns);
    edo_drop(&f.base);
    edo_buf_reader_deinit(&r);
}

static void nul_bytes_are_bytes(void **state) {
    (void)state;
    static const char bytes[] = "a\0b\n\0\r\n";
    check(bytes, sizeof bytes - 1, 8, 0);
    check(bytes, sizeof bytes - 1, 8, UINT64_MAX);
}

static void bulk_and_long_lines_grow_the_buffer(void **state) {
    (void)state;
    static char bytes[3000];
    uint64_t seed = test_seed(1);
    for (size_t i = 0; i < sizeof bytes; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (seed >> 33) % 50 == 0 ? '\n' : (seed >> 40) % 9 == 0 ? '\r' : 'x';
        if (i > 1000 && i < 2300) bytes[i] = 'y';
    }
    static const uint32_t limits[] = { 20, 600, 1300, 5000 };
    for (size_t i = 0; i < EDO_COUNT(limits); i++) {
        check(bytes, sizeof bytes, limits[i], 0);
        check(bytes, sizeof bytes, limits[i], seed);
        check(bytes, sizeof bytes, limits[i], (uint64_t)1 << 63);
    }
}

static void without_memory_nothing_is_lost(void **state) {
    (void)state;
    for (uint64_t k = 1;; k++) {
        script s = script_of("hello\n", 6, 4);
        edo_buf_reader r;
        assert_int_equal(edo_buf_reader_init(&r, &s.base, NULL), 0);
        hand_waker w = HAND_WAKER;
        edo_read_line_future f;
        char *line;
        int n = -ENOMEM;
        edoi_alloc_fail_at(k);
        for (int tries = 0; tries < 2 && n == -ENOMEM; tries++) {
            (void)edo_read_line_init(&f, &r, &line);
            while (hand_poll(&f.base, &w) == EDO_PENDING) {
            }
            n = edo_result(&f);
        }
        bool fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(n, 5);
        assert_string_equal(line, "hello");
        edo_buf_reader_deinit(&r);
        if (!fired) break;
    }
}

static void flood_of_one_line_does_not_starve_others(void **state) {
    (void)state;
    static char bytes[500000];
    memset(bytes, 'x', sizeof bytes);
    script s = script_of(bytes, sizeof bytes, 0);
    edo_buf_reader r;
    assert_int_equal(edo_buf_reader_init(&r, &s.base, &(edo_buf_reader_opts){ .line_max = 10 }), 0);
    s.flood = true;
    hand_waker w = HAND_WAKER;
    edo_read_line_future f;
    char *line;
    edo_cx cx = hand_cx(&w, EDO_BUDGET);
    assert_int_equal(edo_poll(edo_read_line_init(&f, &r, &line), &cx), EDO_READY);
    assert_int_equal(edo_result(&f), -EDO_ETOOLONG);
    s.polls = 0;
    cx = hand_cx(&w, 10);
    assert_int_equal(edo_poll(edo_read_line_init(&f, &r, &line), &cx), EDO_PENDING);
    assert_int_equal(s.polls, 10);
    assert_int_equal(hand_woken(&w), 1);
    edo_drop(&f.base);
    edo_buf_reader_deinit(&r);
}

static void bad_options_are_refused(void **state) {
    (void)state;
    script s = script_of("", 0, 0);
    edo_buf_reader r;
    char buf[10];
    edo_buf_reader_opts small = { .line_max = 9, .buf = buf, .buf_bytes = sizeof buf };
    assert_int_equal(edo_buf_reader_init(&r, &s.base, &small), -EINVAL);
    edo_buf_reader_opts fits = { .buf = buf, .buf_bytes = sizeof buf };
    assert_int_equal(edo_buf_reader_init(&r, &s.base, &fits), 0);
    assert_int_equal(r.line_max, 8);
    edo_buf_reader_opts huge = { .line_max = UINT32_MAX };
    assert_int_equal(edo_buf_reader_init(&r, &s.base, &huge), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_the_same_at_every_split),
        cmocka_unit_test(a_carriage_return_at_the_end_of_the_input_is_kept),
        cmocka_unit_test(a_byte_at_a_time_is_enough),
        cmocka_unit_test(the_time_of_the_last_input_is_kept_also_of_half_a_line),
        cmocka_unit_test(nul_bytes_are_bytes),
        cmocka_unit_test(bulk_and_long_lines_grow_the_buffer),
        cmocka_unit_test(without_memory_nothing_is_lost),
        cmocka_unit_test(flood_of_one_line_does_not_starve_others),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
