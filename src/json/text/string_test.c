/* SPDX-License-Identifier: MIT */
/* Goal: SIMD finds the same byte as a loop over bytes, UTF-8 is what RFC 3629 says, a string comes
 * back from being written, and one pass does what the single steps do. Method: every byte at every
 * place of runs of all short lengths; all pairs of bytes where blocks meet; random strings. */
#include "base/memory/alloc.h"
#include "base/text/utf8.h"
#include "seed.h"
#include "json/text/scan.h"
#include "json/text/string_passes.h"

#include <edo/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t state_of_random = 88172645463325252u;

static uint64_t below(uint64_t n) {
    state_of_random ^= state_of_random << 13;
    state_of_random ^= state_of_random >> 7;
    state_of_random ^= state_of_random << 17;
    return (state_of_random >> 11) % n;
}

static void check_run(const char *at, const char *end) {
    static edoi_json_plain_fn *const ways[] = { edoi_json_plain_word, edoi_json_plain_simd,
                                                edoi_json_plain_long };
    const char *want = at;
    unsigned want_high = 0;
    while (want < end && edoi_json_is_plain(*want)) want_high |= (unsigned char)*want++ & 0x80u;
    for (size_t i = 0; i < EDO_COUNT(ways) + 1; i++) {
        unsigned high = 0;
        const char *have =
            i < EDO_COUNT(ways) ? ways[i](at, end, &high) : edoi_json_plain(at, end, &high);
        assert_ptr_equal(have, want);
        assert_true(!want_high || (high & 0x80)); // it may be set by a byte behind the run
        if (want == end) assert_int_equal(high & 0x80, want_high);
    }
}

static void every_way_finds_the_same_byte(void **state) {
    (void)state;
    for (size_t n = 0; n < 100; n++) {
        char *run = malloc(n ? n : 1); // the address sanitizer knows its end
        assert_non_null(run);
        for (unsigned c = 0; c < 256; c++) {
            for (size_t at = 0; at < n; at += n < 40 ? 1 : 7) {
                memset(run, c % 3 ? 'a' : 0xc3, n);
                run[at] = (char)c;
                check_run(run, run + n);
            }
        }
        check_run(run, run + n);
        free(run);
    }
}

static void utf8_is_that_of_one_character_after_the_other(void **state) {
    (void)state;
    static const char *const parts[] = { "a",
                                         "abcdefghij",
                                         "\xc3\xa9",
                                         "\xe2\x82\xac",
                                         "\xed\x9f\xbf",
                                         "\xef\xbf\xbf",
                                         "\xf0\x9f\x98\x80",
                                         "\xf4\x8f\xbf\xbf" };
    for (int i = 0; i < 20000; i++) {
        char text[64];
        size_t n = 0;
        while (n < 40) {
            const char *part = parts[below(EDO_COUNT(parts))];
            memcpy(text + n, part, strlen(part));
            n += strlen(part);
        }
        if (i % 2) text[below(n)] = (char)below(256);
        n -= below(4);
        const char *want = text;
        uint32_t point;
        while (want < text + n) {
            size_t length =
                edoi_utf8_decode((const unsigned char *)want, (size_t)(text + n - want), &point);
            if (length == 0) break;
            want += length;
        }
        assert_ptr_equal(edoi_json_not_utf8(text, text + n), want);
    }
}

static void escapes_become_characters(void **state) {
    (void)state;
    static const struct {
        const char *raw, *becomes;
    } rows[] = {
        { "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t" },
        { "\\u0041\\u00e9\\u20AC\\ud83d\\uDE00", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
        { "a long run before it, and one \\u007f after it, and then the end",
          "a long run before it, and one \x7f after it, and then the end" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        size_t n = strlen(rows[i].raw);
        char *to = malloc(n);
        assert_non_null(to);
        char *end = edoi_json_unescape(to, (edo_str){ rows[i].raw, n });
        assert_true(
            edo_str_equal((edo_str){ to, (size_t)(end - to) }, edo_str_of(rows[i].becomes)));
        free(to);
    }
}

static void what_is_written_reads_back(void **state) {
    (void)state;
    state_of_random = test_seed(5);
    for (int i = 0; i < 5000; i++) {
        char text[200], back[1300];
        size_t n = below(sizeof text);
        for (size_t k = 0; k < n; k++)
            text[k] = (char)(below(4) ? 'a' + (int)below(26) : (int)below(128));
        edo_buf out = { 0 };
        EDO_TEST_OK(edo_buf_append(&out, "x", (size_t)(i % 2)));
        EDO_TEST_OK(edoi_json_put_string(&out, (edo_str){ text, n }));
        edo_str raw = { out.ptr + 1 + i % 2, out.len - 2 - (size_t)(i % 2) };
        for (size_t k = 0; k < raw.len; k++) assert_true((unsigned char)raw.ptr[k] >= 0x20);
        char *end = edoi_json_unescape(back, raw);
        assert_true(edo_str_equal((edo_str){ text, n }, (edo_str){ back, (size_t)(end - back) }));
        edo_buf_deinit(&out);
    }
}

static void a_text_without_a_pointer_is_empty(void **state) {
    (void)state;
    edo_buf out = { 0 };
    assert_int_equal(edoi_json_put_string(&out, (edo_str){ 0 }), 0);
    assert_true(edo_str_equal((edo_str){ out.ptr, out.len }, EDO_STR("\"\"")));
    edo_buf_deinit(&out);
}

/* ---- One pass -------------------------------------------------------------------------------- */

static size_t passes_or_skip(pass out[2]) {
    size_t n = passes_of_machine(out);
    if (n == 0) {
        print_message("skipped: the machine has no instructions that a pass is made of\n");
        skip();
    }
    return n;
}

/* Random parts of strings, good ones most often; returns their length. */
static size_t put_parts(char *to, size_t most, bool with_escapes) {
    static const char *const parts[] = { "a",
                                         "plain words",
                                         "\xc3\xa9",
                                         "\xe2\x82\xac",
                                         "\xef\xbf\xbf",
                                         "\xf0\x9f\x98\x80",
                                         "a longer run of plain text, of more than 32 bytes",
                                         "\\n",
                                         "\\\"",
                                         "\\u00e9",
                                         "\\u20ac",
                                         "\\ud83d\\ude00",
                                         "\\u0041",
                                         "\\x",
                                         "\\ud83d",
                                         "\\ude00",
                                         "\\u12g4",
                                         "\\ud83d\\u0041" };
    const size_t n_plain = 7, n_good = 13;
    size_t n = 0, wanted = below(most);
    while (n < wanted) {
        bool is_wrong = below(100) == 0;
        size_t i = !with_escapes ? below(n_plain)
                   : is_wrong    ? n_good + below(EDO_COUNT(parts) - n_good)
                                 : below(n_good);
        memcpy(to + n, parts[i], strlen(parts[i]));
        n += strlen(parts[i]);
    }
    if (n > 0 && below(10) == 0) to[below(n)] = (char)below(256);
    return n;
}

/* Both ways of reading the string that begins at text[0]; the copy has `room` bytes. */
static void check_copy(const pass *p, const char *text, size_t n, size_t room, bool must_do) {
    char *to = malloc(room ? room : 1), *steps = malloc(n), *to_end = NULL;
    assert_non_null(to);
    assert_non_null(steps);
    edoi_json_scan s = edoi_json_scan_of((edo_str){ text - 1, n + 1 });
    edo_str raw;
    bool has_escapes;
    bool is_good = edoi_json_string_slow(&s, &raw, &has_escapes);
    const char *quote = p->copy(&to_end, to, room, text, text + n);
    if (must_do) assert_int_equal(quote != NULL, is_good);
    if (quote) {
        assert_true(is_good);
        assert_ptr_equal(quote + 1, s.at);
        char *end = edoi_json_unescape(steps, raw);
        assert_true(edo_str_equal((edo_str){ to, (size_t)(to_end - to) },
                                  (edo_str){ steps, (size_t)(end - steps) }));
        assert_int_equal(to_end - to != quote - text, has_escapes);
    }
    free(steps);
    free(to);
}

static void one_pass_reads_what_the_steps_read(void **state) {
    (void)state;
    pass passes[2];
    const size_t passes_n = passes_or_skip(passes);
    state_of_random = test_seed(6);
    for (int i = 0; i < 20000; i++) {
        char parts[300];
        size_t n = put_parts(parts, 200, true), behind = i % 4 ? 80 : below(80);
        char *text = malloc(1 + n + 1 + behind);
        assert_non_null(text);
        *text = '"';
        memcpy(text + 1, parts, n);
        memset(text + 1 + n, '"', 1 + behind);
        for (size_t k = 0; k < passes_n; k++) {
            check_copy(&passes[k], text + 1, n + 1 + behind, n + 80, behind == 80);
            check_copy(&passes[k], text + 1, n + 1 + behind, below(n + 80), false);
        }
        free(text);
    }
}

static void one_pass_writes_what_the_steps_write(void **state) {
    (void)state;
    pass passes[2];
    const size_t passes_n = passes_or_skip(passes);
    state_of_random = test_seed(7);
    for (int i = 0; i < 20000; i++) {
        char parts[300];
        size_t n = put_parts(parts, 200, false);
        for (size_t k = 0; k < n && i % 2; k++)
            if (below(20) == 0) parts[k] = (char)below(128);
        if (n > 0 && i % 8 == 1) memset(parts, 1, n);
        char *text = malloc(n ? n : 1);
        assert_non_null(text);
        memcpy(text, parts, n);
        for (size_t k = 0; k < passes_n; k++) {
            edo_buf one = { 0 }, steps = { 0 };
            EDO_TEST_OK(edo_buf_append(&one, "x", 1));
            EDO_TEST_OK(edo_buf_append(&steps, "x", 1));
            int err = passes[k].put(&one, (edo_str){ text, n });
            assert_int_equal(err, edoi_json_put_string_word(&steps, (edo_str){ text, n }));
            assert_true(
                edo_str_equal((edo_str){ one.ptr, one.len }, (edo_str){ steps.ptr, steps.len }));
            edo_buf_deinit(&one);
            edo_buf_deinit(&steps);
        }
        free(text);
    }
}

static void one_pass_knows_utf8_where_blocks_meet(void **state) {
    (void)state;
    static const char tails[][3] = { "aa", "\x80\x80", { '\xbf', 'a' }, "\x80\xc3" };
    pass passes[2];
    const size_t passes_n = passes_or_skip(passes);
    char text[128], to[128], *to_end;
    for (size_t at = 12; at < 34; at += at == 17 ? 11 : 1) { // at the ends of 16 and 32 bytes
        for (unsigned pair = 0x7f00; pair < 0x10000; pair++) {
            memset(text, 'a', sizeof text);
            text[at] = (char)(pair >> 8);
            text[at + 1] = (char)(pair & 0xff);
            memcpy(text + at + 2, tails[(pair + at) % EDO_COUNT(tails)], 2);
            text[45] = '"';
            bool is_good = edoi_json_not_utf8(text, text + 45) == text + 45;
            bool ends_early =
                memchr(text + at, '"', 2) || memchr(text + at, '\\', 2) || (pair & 0xff) < 0x20;
            if (ends_early) continue; // the test before this one has them
            for (size_t k = 0; k < passes_n; k++) {
                const char *quote =
                    passes[k].copy(&to_end, to, sizeof to, text, text + sizeof text);
                assert_ptr_equal(quote, is_good ? text + 45 : NULL);
            }
        }
    }
}

static void without_memory_nothing_is_written(void **state) {
    (void)state;
    char text[3000];
    memset(text, 1, sizeof text);
    bool failed = true;
    for (uint64_t k = 1; failed; k++) {
        edo_buf out = { 0 };
        EDO_TEST_OK(edo_buf_append(&out, "before", 6));
        edoi_alloc_fail_at(k);
        int err = edoi_json_put_string(&out, (edo_str){ text, sizeof text });
        failed = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(err, failed ? -ENOMEM : 0);
        assert_int_equal(out.len, failed ? 6 : 6 + 2 + 6 * sizeof text);
        edo_buf_deinit(&out);
        assert_true(k < 100);
    }
}

static void a_long_plain_string_is_written_with_one_allocation(void **state) {
    (void)state;
    enum { N = 100000 };
    static char text[N];
    pass passes[2];
    memset(text, 'a', sizeof text);
    for (size_t k = 0, n = passes_of_machine(passes); k < n; k++) {
        edo_buf out = { 0 };
        assert_int_equal(passes[k].put(&out, (edo_str){ text, N }), 0);
        assert_true(out.len == N + 2 && out.cap < N + 1000);
        edo_buf_deinit(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_finds_the_same_byte),
        cmocka_unit_test(utf8_is_that_of_one_character_after_the_other),
        cmocka_unit_test(escapes_become_characters),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(one_pass_reads_what_the_steps_read),
        cmocka_unit_test(one_pass_writes_what_the_steps_write),
        cmocka_unit_test(one_pass_knows_utf8_where_blocks_meet),
        cmocka_unit_test(a_text_without_a_pointer_is_empty),
        cmocka_unit_test(without_memory_nothing_is_written),
        cmocka_unit_test(a_long_plain_string_is_written_with_one_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
