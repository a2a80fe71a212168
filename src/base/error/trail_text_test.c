/* SPDX-License-Identifier: MIT */
/* base/error/trail_text_test.c: each trail is written to its file in one write, fits any buffer,
 * and has its own words for edo's time limits. */
#include "base/error/trail.h"

#include "base/memory/alloc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int clear(void **state) {
    (void)state;
    edo_trail_clear();
    return 0;
}

/* The writes to an unbuffered file, and their number. */
typedef struct writes {
    char text[16384];
    size_t n;
    int calls;
} writes;

static ssize_t note_write(void *cookie, const char *text, size_t n) {
    writes *self = cookie;
    assert_true(self->n + n < sizeof self->text);
    memcpy(self->text + self->n, text, n);
    self->n += n;
    self->calls++;
    return (ssize_t)n;
}

static void print(writes *self, int err, uint32_t form) {
    memset(self, 0, sizeof *self);
    FILE *out = fopencookie(self, "w", (cookie_io_functions_t){ .write = note_write });
    assert_non_null(out);
    assert_int_equal(setvbuf(out, NULL, _IONBF, 0), 0);
    edo_trail_print(out, err, form);
    assert_int_equal(fclose(out), 0);
}

/* A trail of eight lines whose characters all have to be escaped: too long for the stack. */
static void tell_long(void) {
    char text[EDO_TRAIL_TEXT_MAX];
    memset(text, 1, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < 12; i++) (void)edo_fail(-EIO, "%s", text);
}

static void trail_is_one_write_in_every_form(void **state) {
    (void)state;
    static const uint32_t forms[] = { EDO_TRAIL_LINE, EDO_TRAIL_LIST, EDO_TRAIL_JSON };
    static writes w;
    for (size_t i = 0; i < EDO_COUNT(forms); i++) {
        edo_trail_clear();
        (void)edo_fail(-EIO, "reading");
        (void)edo_fail(-EIO, "loading");
        print(&w, -EIO, forms[i]);
        assert_int_equal(w.calls, 1);
        tell_long();
        print(&w, -EIO, forms[i]);
        assert_int_equal(w.calls, 1);
        assert_true(w.n > 4096);
    }
}

static void long_trail_is_whole_without_memory(void **state) {
    (void)state;
    static writes want, got;
    tell_long();
    print(&want, -EIO, EDO_TRAIL_JSON);
    edoi_alloc_fail_from(1);
    print(&got, -EIO, EDO_TRAIL_JSON);
    edoi_alloc_fail_at(0);
    assert_true(got.calls > 1);
    assert_string_equal(got.text, want.text);
}

static void format_cuts_as_snprintf_does(void **state) {
    (void)state;
    const char *want = "loading: Input/output error (-EIO)";
    char text[64];
    (void)edo_fail(-EIO, "loading");
    assert_int_equal(edo_trail_print_text(NULL, 0, -EIO, EDO_TRAIL_LINE), strlen(want));
    for (size_t room = 1; room <= sizeof text; room++) {
        memset(text, 'x', sizeof text);
        assert_int_equal(edo_trail_print_text(text, room, -EIO, EDO_TRAIL_LINE), strlen(want));
        size_t fits = room - 1 < strlen(want) ? room - 1 : strlen(want);
        assert_int_equal(strlen(text), fits);
        assert_memory_equal(text, want, fits);
        for (size_t i = room; i < sizeof text; i++) assert_int_equal(text[i], 'x');
    }
}

static void check(int err, uint32_t form, const char *want) {
    char text[512];
    assert_true(edo_trail_print_text(text, sizeof text, err, form) < sizeof text);
    assert_string_equal(text, want);
}

static void limit_is_printed_in_the_unit_that_fits(void **state) {
    (void)state;
    static const struct row {
        int64_t ns;
        const char *want;
    } rows[] = {
        { -5, "limit of 0 ms passed (-ETIMEDOUT)" },
        { 0, "limit of 0 ms passed (-ETIMEDOUT)" },
        { 999, "limit of 999 ns passed (-ETIMEDOUT)" },
        { 1500, "limit of 1.5 us passed (-ETIMEDOUT)" },
        { 700000000, "limit of 700 ms passed (-ETIMEDOUT)" },
        { 1000000000, "limit of 1 s passed (-ETIMEDOUT)" },
        { INT64_C(90000000000), "limit of 90 s passed (-ETIMEDOUT)" },
        { INT64_C(120000000000), "limit of 2 min passed (-ETIMEDOUT)" },
        { INT64_C(7200000000000), "limit of 2 h passed (-ETIMEDOUT)" },
        { INT64_C(172799000000000), "limit of 48 h passed (-ETIMEDOUT)" },
        { INT64_C(172800000000000), "limit of 2 days passed (-ETIMEDOUT)" },
        { INT64_MAX, "limit of 1.068e+05 days passed (-ETIMEDOUT)" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        assert_int_equal(edoi_trail_limit_passed(rows[i].ns, 0, ""), -ETIMEDOUT);
        check(-ETIMEDOUT, EDO_TRAIL_LINE, rows[i].want);
    }
}

static void a_limit_stands_in_place_of_the_text_of_the_code(void **state) {
    (void)state;
    (void)edo_fail(-ETIMEDOUT, "the kernel's"); // another trail
    (void)edoi_trail_limit_passed(700000000, 0, "");
    (void)edo_fail_at(-ETIMEDOUT, "a.c", 7, NULL, 0, "asking");
    check(-ETIMEDOUT, EDO_TRAIL_LINE, "asking: limit of 700 ms passed (-ETIMEDOUT)");
    check(-ETIMEDOUT, EDO_TRAIL_LIST, "limit of 700 ms passed (-ETIMEDOUT)\n  asking (a.c:7)");
    check(-ETIMEDOUT, EDO_TRAIL_JSON,
          "[{\"code\":-110,\"name\":\"ETIMEDOUT\",\"text\":\"asking\",\"file\":\"a.c\",\"line\":7},"
          "{\"code\":-110,\"name\":\"ETIMEDOUT\",\"text\":\"limit of 700 ms passed\"}]");
    for (int i = 0; i < EDO_TRAIL_LINES_MAX; i++) (void)edo_fail(-ETIMEDOUT, "up");
    check(-ETIMEDOUT, EDO_TRAIL_LINE,
          "up: up: up: up: up: up: up: ...: limit of 700 ms passed (-ETIMEDOUT)");
    assert_string_equal(edo_trail_find(-ETIMEDOUT)->text, "up");
}

static void status_stands_in_place_of_the_text_of_its_code(void **state) {
    (void)state;
    (void)edo_fail(-EAGAIN, "the kernel's"); // another trail
    assert_int_equal(edoi_trail_begin(-EAGAIN, "UNAVAILABLE"), -EAGAIN);
    (void)edo_fail(-EAGAIN, "not now");
    check(-EAGAIN, EDO_TRAIL_LINE, "not now: UNAVAILABLE (-EAGAIN)");
    assert_int_equal(edoi_trail_begin(-EAGAIN, "UNAVAILABLE"), -EAGAIN); // told again
    check(-EAGAIN, EDO_TRAIL_LINE, "UNAVAILABLE (-EAGAIN)");
    assert_int_equal(edoi_trail_begin(0, "OK"), 0);
}

static void the_kernels_time_limit_keeps_its_text(void **state) {
    (void)state;
    (void)edoi_trail_limit_passed(1, 0, "");
    (void)edo_fail(-EIO, "something else");
    edo_trail_clear(); // made up for both
    (void)edo_fail(-ETIMEDOUT, "connecting");
    check(-ETIMEDOUT, EDO_TRAIL_LINE, "connecting: Connection timed out (-ETIMEDOUT)");
}

static void limit_keeps_the_lines_of_the_trail_it_cut(void **state) {
    (void)state;
    int payload = 7;
    (void)edo_fail_at(-ECANCELED, "a.c", 7, &payload, sizeof payload, "reading the header");
    (void)edo_fail_at(-ECANCELED, "a.c", 8, NULL, 0, "loading");
    (void)edoi_trail_limit_passed(20000000, -ECANCELED, "");
    (void)edo_fail_at(-ETIMEDOUT, "a.c", 9, NULL, 0, "starting");
    check(-ETIMEDOUT, EDO_TRAIL_LINE,
          "starting: loading: reading the header: limit of 20 ms passed (-ETIMEDOUT)");
    check(-ETIMEDOUT, EDO_TRAIL_LIST,
          "limit of 20 ms passed (-ETIMEDOUT)\n  starting (a.c:9)\n  loading (a.c:8)\n"
          "  reading the header (a.c:7)");
    check(-ECANCELED, EDO_TRAIL_LINE,
          "Operation canceled (-ECANCELED)"); // not part of this code's trail any more
    const edo_trail_entry *entry = edo_trail_find(-ETIMEDOUT);
    assert_int_equal(entry->code, -ETIMEDOUT);
    assert_memory_equal(entry->payload, &payload, sizeof payload);
}

static void limit_line_fits_below_a_full_trail(void **state) {
    (void)state;
    for (int i = 1; i <= EDO_TRAIL_LINES_MAX; i++) (void)edo_fail(-ECANCELED, "%d", i);
    (void)edoi_trail_limit_passed(1000, -ECANCELED, "");
    check(-ETIMEDOUT, EDO_TRAIL_LINE,
          "8: 7: 6: 5: 4: 3: 2: ...: limit of 1 us passed (-ETIMEDOUT)");
    for (int i = 1; i <= EDO_TRAIL_LINES_MAX + 1; i++) (void)edo_fail(-ECANCELED, "%d", i);
    (void)edoi_trail_limit_passed(1000, -ECANCELED, ""); // there is a gap already
    check(-ETIMEDOUT, EDO_TRAIL_LINE,
          "9: 8: 7: 6: 5: 4: 3: ...: limit of 1 us passed (-ETIMEDOUT)");
}

static void limit_takes_no_lines_of_another_trail(void **state) {
    (void)state;
    (void)edo_fail(-EIO, "of a disk");
    (void)edoi_trail_limit_passed(1000, -ECANCELED, "");
    check(-ETIMEDOUT, EDO_TRAIL_LINE, "limit of 1 us passed (-ETIMEDOUT)");
    (void)edoi_trail_limit_passed(2000, -ECANCELED,
                                  ""); // the first limit's trail is another one too
    check(-ETIMEDOUT, EDO_TRAIL_LINE, "limit of 2 us passed (-ETIMEDOUT)");
    (void)edo_fail(-ECANCELED, "of what was dropped");
    (void)edoi_trail_limit_passed(3000, 0, "");
    check(-ETIMEDOUT, EDO_TRAIL_LINE, "limit of 3 us passed (-ETIMEDOUT)");
}

static void a_limit_without_memory_keeps_the_lines(void **state) {
    (void)state;
    (void)edo_fail(-ECANCELED, "loading");
    edoi_alloc_fail_at(1);
    assert_int_equal(edoi_trail_limit_passed(1000, -ECANCELED, ""), -ETIMEDOUT);
    assert_true(edoi_alloc_fail_fired());
    edoi_alloc_fail_at(0);
    check(-ETIMEDOUT, EDO_TRAIL_LINE, "loading: Connection timed out (-ETIMEDOUT)");
}

static void a_limit_without_memory_is_the_bare_code(void **state) {
    (void)state;
    for (uint64_t k = 1; k <= 2; k++) {
        edo_trail_clear();
        edoi_alloc_fail_at(k);
        assert_int_equal(edoi_trail_limit_passed(1000, 0, ""), -ETIMEDOUT);
        assert_true(edoi_alloc_fail_fired());
        edoi_alloc_fail_at(0);
        check(-ETIMEDOUT, EDO_TRAIL_LINE, "Connection timed out (-ETIMEDOUT)");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(trail_is_one_write_in_every_form, clear),
        cmocka_unit_test_teardown(long_trail_is_whole_without_memory, clear),
        cmocka_unit_test_teardown(format_cuts_as_snprintf_does, clear),
        cmocka_unit_test_teardown(limit_is_printed_in_the_unit_that_fits, clear),
        cmocka_unit_test_teardown(a_limit_stands_in_place_of_the_text_of_the_code, clear),
        cmocka_unit_test_teardown(status_stands_in_place_of_the_text_of_its_code, clear),
        cmocka_unit_test_teardown(the_kernels_time_limit_keeps_its_text, clear),
        cmocka_unit_test_teardown(limit_keeps_the_lines_of_the_trail_it_cut, clear),
        cmocka_unit_test_teardown(limit_line_fits_below_a_full_trail, clear),
        cmocka_unit_test_teardown(limit_takes_no_lines_of_another_trail, clear),
        cmocka_unit_test_teardown(a_limit_without_memory_keeps_the_lines, clear),
        cmocka_unit_test_teardown(a_limit_without_memory_is_the_bare_code, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
