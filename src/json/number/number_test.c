/* SPDX-License-Identifier: MIT */
/* Goal: a number is read as the nearest double, float or exact integer, and a double or float is
 * printed as the shortest text that reads back as the same. Method: the vectors; random bits and
 * random texts beside strtod() and strtof(), which glibc rounds exactly; each of the three ways
 * beside the others. */
#include "seed.h"
#include "json/number/number.h"

#include <edo/test.h>

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t random_state;

static uint64_t random_bits(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * 0x2545f4914f6cdd1du;
}

static uint64_t bits_of(double d) {
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits) {
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

static bool reads(const char *text, edoi_json_number *out) {
    const char *fault = NULL, *end = text + strlen(text);
    const char *stop = edoi_json_number_read(text, end, out, &fault);
    if (!stop) assert_true(fault >= text && fault <= end);
    return stop == end;
}

/* The double of any number; texts are of the grammar. */
static double nearest(const char *text) {
    edoi_json_number n = { EDOI_JSON_INT, { 0 } };
    assert_true(reads(text, &n));
    return n.kind == EDOI_JSON_INT ? (double)n.i : n.kind == EDOI_JSON_UINT ? (double)n.u : n.d;
}

static void integers_are_exact_to_64_bits(void **state) {
    (void)state;
    static const struct {
        const char *text;
        edoi_json_number_kind kind;
        uint64_t value;
    } rows[] = {
        { "0", EDOI_JSON_INT, 0 },
        { "-1", EDOI_JSON_INT, UINT64_MAX },
        { "9223372036854775807", EDOI_JSON_INT, INT64_MAX },
        { "-9223372036854775808", EDOI_JSON_INT, (uint64_t)INT64_MAX + 1 },
        { "9223372036854775808", EDOI_JSON_UINT, (uint64_t)INT64_MAX + 1 },
        { "9999999999999999999", EDOI_JSON_UINT, 9999999999999999999u },
        { "10000000000000000000", EDOI_JSON_UINT, 10000000000000000000u },
        { "18446744073709551615", EDOI_JSON_UINT, UINT64_MAX },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edoi_json_number n;
        assert_true(reads(rows[i].text, &n));
        assert_int_equal(n.kind, rows[i].kind);
        assert_true(n.u == rows[i].value);
    }
}

static void integers_outside_64_bits_are_big_with_the_nearest_double(void **state) {
    (void)state;
    static const char *const rows[] = {
        "18446744073709551616",  "-9223372036854775809",  "20000000000000000000",
        "-18446744073709551615", "100000000000000000000", "36893488147419103232",
        "99999999999999999999",  "-10000000000000000000", "123456789012345678901234567890",
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edoi_json_number n;
        assert_true(reads(rows[i], &n));
        assert_int_equal(n.kind, EDOI_JSON_BIG);
        assert_true(bits_of(n.d) == bits_of(strtod(rows[i], NULL)));
    }
}

static void minus_zero_and_what_has_a_fraction_are_doubles(void **state) {
    (void)state;
    static const char *const rows[] = { "-0", "1.0", "1e2", "-0.0e1", "1E+2", "1e-9999", "0e9999" };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edoi_json_number n;
        assert_true(reads(rows[i], &n));
        assert_int_equal(n.kind, EDOI_JSON_DOUBLE);
        assert_true(bits_of(n.d) == bits_of(strtod(rows[i], NULL)));
    }
}

static void a_number_above_all_doubles_is_big(void **state) {
    (void)state;
    static const char *const rows[] = { "1e309", "-1e309", "1.7976931348623159e308",
                                        "1e99999999999999999999999", "0.1e310" };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edoi_json_number n;
        assert_true(reads(rows[i], &n));
        assert_int_equal(n.kind, EDOI_JSON_BIG);
        assert_true(isinf(n.d));
    }
}

static void texts_outside_the_grammar_are_refused(void **state) {
    (void)state;
    static const char *const rows[] = { "",   "-",   "+1",  ".5",   "5.",  "1.e1", "1e",   "1e+",
                                        "01", "-01", "00",  "0x1",  "1_0", "1e1.", "--1",  "inf",
                                        "1 ", "NaN", "-.5", "1.5e", "1E-", "0.e",  "1.2.3" };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edoi_json_number n;
        assert_false(reads(rows[i], &n));
    }
}

/* ---- Vectors --------------------------------------------------------------------------------- */

/* Is it of the grammar of JSON? Written anew, so that it may differ. */
static bool in_grammar(const char *p) {
    p += *p == '-';
    if (*p < '0' || *p > '9') return false;
    size_t n = strspn(p, "0123456789");
    if (*p == '0' && n > 1) return false;
    p += n;
    if (*p == '.') {
        n = strspn(++p, "0123456789");
        if (n == 0) return false;
        p += n;
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '-' || *p == '+';
        n = strspn(p, "0123456789");
        if (n == 0) return false;
        p += n;
    }
    return *p == '\0';
}

static size_t check_file(const char *name) {
    char path[512], line[8192], text[8192];
    (void)snprintf(path, sizeof path, "%s/tests/json/vectors/numbers/%s", EDO_TEST_SOURCE_DIR,
                   name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t n = 0;
    while (fgets(line, sizeof line, file)) {
        uint64_t half, single, bits;
        if (sscanf(line, "%" SCNx64 " %" SCNx64 " %" SCNx64 " %8191s", &half, &single, &bits,
                   text) != 4)
            continue;
        n++;
        edoi_json_number number;
        assert_int_equal(reads(text, &number), in_grammar(text));
        if (in_grammar(text) && !(*text == '-' && bits == 0)) {
            if (bits_of(nearest(text)) != bits) print_error("%s\n", text);
            assert_true(bits_of(nearest(text)) == bits);
        }
    }
    (void)fclose(file);
    return n;
}

static void vectors_have_the_exact_bits(void **state) {
    (void)state;
    size_t n = check_file("google-wuffs.txt") + check_file("more-test-cases.txt") +
               check_file("tencent-rapidjson.txt");
    assert_int_equal(n, 14367);
}

/* ---- Beside strtod() ------------------------------------------------------------------------- */

static void check_text(const char *text) {
    double want = strtod(text, NULL), have = nearest(text);
    if (bits_of(want) != bits_of(have)) print_error("%s: %a, not %a\n", text, have, want);
    assert_true(bits_of(want) == bits_of(have));
}

static void random_texts_read_as_strtod_reads_them(void **state) {
    (void)state;
    char text[1200];
    random_state = test_seed(0x9e3779b97f4a7c15u);
    for (int i = 0; i < 30000; i++) {
        size_t digits = 1 + random_bits() % (i % 50 == 0 ? 900 : 25), n = 0;
        if (random_bits() & 1) text[n++] = '-';
        text[n++] = (char)('1' + random_bits() % 9);
        text[n++] = '.';
        for (size_t k = 0; k < digits; k++)
            text[n++] = (char)('0' + (i % 3 == 0 ? 9 * (random_bits() & 1) : random_bits() % 10));
        (void)snprintf(text + n, 16, "e%d", (int)(random_bits() % 680) - 350);
        check_text(text);
    }
}

/* The decimal exactly in the middle of two doubles, and those just beside it. */
/* A number of `n` digits, and behind it `behind` in memory that ends there. */
static void check_end(size_t n, const char *between, int behind) {
    char text[64], *copy;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) text[at++] = (char)('1' + (i * 7 + n) % 9);
    memcpy(text + at, between, strlen(between));
    at += strlen(between);
    for (size_t i = 0; *between && i < n; i++) text[at++] = (char)('0' + (i * 3 + n) % 10);
    text[at] = '\0';
    copy = malloc(at + 1);
    assert_non_null(copy);
    memcpy(copy, text, at);
    if (behind >= 0) copy[at] = (char)behind;
    edoi_json_number number;
    const char *fault = NULL;
    const char *end = edoi_json_number_read(copy, copy + at + (behind >= 0), &number, &fault);
    assert_ptr_equal(end, copy + at);
    double have = number.kind == EDOI_JSON_INT    ? (double)number.i
                  : number.kind == EDOI_JSON_UINT ? (double)number.u
                                                  : number.d;
    assert_true(bits_of(have) == bits_of(strtod(text, NULL)));
    free(copy);
}

static void digits_end_at_the_first_other_byte(void **state) {
    (void)state;
    for (size_t n = 1; n <= 26; n++) {
        for (int behind = -1; behind < 256; behind++) {
            bool goes_on = behind == '.' || behind == 'e' || behind == 'E';
            if (goes_on || (behind >= '0' && behind <= '9')) continue;
            check_end(n, "", behind);
            check_end(n, ".", behind);
            check_end(n, "e-", n > 3 ? -1 : behind);
        }
    }
}

static void middles_round_to_even(void **state) {
    (void)state;
    char text[1400];
    random_state = test_seed(77);
    for (int i = 0; i < 300; i++) {
        uint64_t bits = random_bits() >> 1;
        if (i % 3 == 0) bits &= 0x801fffffffffffffu; // a small or subnormal one
        if (i % 3 == 1) bits = (bits & 0x000fffffffffffffu) | (1000 + bits % 100) << 52;
        if (bits >> 52 >= 0x7fe) continue;
        long double middle = ((long double)double_of(bits) + (long double)double_of(bits + 1)) / 2;
        if (sizeof middle <= 8) return; // no wider type: the vectors have middles too
        int n = snprintf(text, sizeof text - 2, "%.1100Le", middle);
        assert_true(n > 0 && (size_t)n < sizeof text - 2);
        check_text(text);
        char *last = strchr(text, 'e') - 1;
        *last = '1';
        check_text(text);
    }
}

/* ---- Floats ---------------------------------------------------------------------------------- */

static float float_of(uint32_t bits) {
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static uint32_t bits_of_float(float f) {
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static void check_float(const char *text) {
    double d = nearest(text);
    float f = edoi_json_narrow(d, edoi_json_side(edo_str_of(text), d));
    if (bits_of_float(f) != bits_of_float(strtof(text, NULL))) print_error("%s\n", text);
    assert_true(bits_of_float(f) == bits_of_float(strtof(text, NULL)));
}

static void floats_are_rounded_once(void **state) {
    (void)state;
    static const char *const rows[] = {
        "7.038531e-26",
        "16777217.0000000001",
        "16777217",
        "16777217.0",
        "16777218.9999999999999999999999999",
        "16777219",
        "-16777217.00000000000000000000000000000000000000000000000001",
        "1.00000005960464477539062500000000000000001",
        "1.000000059604644775390625",
        "1.0000000596046447753906249999999999",
        "1152921573326323713", // 2^60 + 2^36 + 1
        "11529215733263237130000000000000000001e-19",
        "340282356779733661637539395458142568447.9999",
        "340282356779733661637539395458142568448",
        "7.006492321624085354618647916449580656401309709382578858785341419448955413429303e-46",
        "7.0064923216240853546186479164495806564013097093825788587853414194489554134293e-46",
        "7.0064923216240853546186479164495806564013097093825788587853414194489554134294e-46",
        "1e-60",
        "1e60",
        "-0",
        "0.0",
        "1e400",
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) check_float(rows[i]);
    random_state = test_seed(41);
    for (int i = 0; i < 5000; i++) {
        char text[200];
        float f = float_of((uint32_t)random_bits() & 0x7fffffff);
        if (i % 3 == 0) f = float_of(bits_of_float(f) & 0x007fffff); // subnormal
        float above = float_of(bits_of_float(f) + 1);
        if (!isfinite(f) || !isfinite(above)) continue;
        int n = snprintf(text, sizeof text - 2, "%.170e", ((double)f + (double)above) / 2);
        assert_true(n > 0 && (size_t)n < sizeof text - 2);
        check_float(text); // the very middle
        *(strchr(text, 'e') - 1) = '1';
        check_float(text); // above it
        (void)snprintf(text, sizeof text, "%.*e", (int)(random_bits() % 20), (double)f);
        check_float(text);
    }
}

static void check_print_float(float f) {
    char text[EDOI_JSON_NUMBER_MAX + 1], shorter[64];
    char *end = edoi_json_print_float(text, f);
    assert_true((size_t)(end - text) < sizeof text);
    *end = '\0';
    assert_true(in_grammar(text));
    assert_non_null(strpbrk(text, ".e"));
    assert_true(bits_of_float(strtof(text, NULL)) == bits_of_float(f));
    int precision = 0;
    do (void)snprintf(shorter, sizeof shorter, "%.*e", precision, (double)f);
    while (strtof(shorter, NULL) != f && precision++ < 9);
    size_t digits = 0, zeros = 0;
    for (const char *p = text; *p && *p != 'e'; p++) {
        if (*p < '0' || *p > '9') continue;
        if (digits > 0 || *p != '0') digits++;
        zeros = *p == '0' ? zeros + 1 : 0;
    }
    bool is_whole = fabsf(f) < 16777216 && (float)(int32_t)f == f; // with all its digits
    if (!is_whole && digits - zeros > (size_t)precision + 1) print_error("%s: %s\n", text, shorter);
    assert_true(is_whole || digits - zeros <= (size_t)precision + 1);
}

static void printed_floats_read_back_and_are_shortest(void **state) {
    (void)state;
    static const struct {
        float f;
        const char *text;
    } rows[] = {
        { 0.1f, "0.1" },
        { -0.0f, "-0.0" },
        { 1, "1.0" },
        { 16777215, "16777215.0" },
        { 3.4028235e38f, "3.4028235e38" },
        { 1e-45f, "1e-45" },
        { 1.1754944e-38f, "1.1754944e-38" },
        { 0.3f, "0.3" },
        { 1e10f, "10000000000.0" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char text[EDOI_JSON_NUMBER_MAX + 1];
        *edoi_json_print_float(text, rows[i].f) = '\0';
        assert_string_equal(text, rows[i].text);
        check_print_float(rows[i].f);
    }
    for (uint32_t e = 0; e < 255; e++) { // the powers of two, below which floats lie denser
        check_print_float(float_of(e << 23 | (e == 0)));
        check_print_float(float_of((e << 23) + 1));
    }
    random_state = test_seed(5);
    for (int i = 0; i < 20000; i++) {
        float f = float_of((uint32_t)random_bits());
        if (isfinite(f)) check_print_float(f);
        check_print_float((float)(random_bits() % 100000) / 100);
    }
}

/* ---- Ways ------------------------------------------------------------------------------------ */

static void fast_and_exact_ways_agree(void **state) {
    (void)state;
    random_state = test_seed(4711);
    size_t told = 0;
    for (int i = 0; i < 20000; i++) {
        char text[40];
        uint64_t w = random_bits() >> (random_bits() % 64), bits;
        int64_t q = (int64_t)(random_bits() % 660) - 345;
        int n = snprintf(text, sizeof text, "%" PRIu64, w);
        edoi_json_decimal d = { text, text + n, q };
        if (!edoi_json_nearest(w, q, &bits)) continue;
        told++;
        assert_true(bits == edoi_json_nearest_exact(&d));
    }
    assert_true(told > 17000);
}

/* ---- Printing -------------------------------------------------------------------------------- */

static void check_print(double d) {
    char text[EDOI_JSON_NUMBER_MAX + 1], shorter[64];
    char *end = edoi_json_print_double(text, d);
    assert_true((size_t)(end - text) < sizeof text);
    *end = '\0';
    assert_true(in_grammar(text));
    assert_non_null(strpbrk(text, ".e"));
    assert_true(bits_of(strtod(text, NULL)) == bits_of(d));
    // as few digits as the least precision of printf() that reads back
    int precision = 0;
    do (void)snprintf(shorter, sizeof shorter, "%.*e", precision, d);
    while (strtod(shorter, NULL) != d && precision++ < 17);
    size_t digits = 0, zeros = 0;
    for (const char *p = text; *p && *p != 'e'; p++) {
        if (*p < '0' || *p > '9') continue;
        if (digits > 0 || *p != '0') digits++;
        zeros = *p == '0' ? zeros + 1 : 0;
    }
    if (d != 0 && digits - zeros > (size_t)precision + 1) print_error("%s: %s\n", text, shorter);
    assert_true(d == 0 || digits - zeros <= (size_t)precision + 1);
}

static void printed_doubles_read_back_and_are_shortest(void **state) {
    (void)state;
    static const double rows[] = { 0.0,
                                   -0.0,
                                   1.0,
                                   0.1,
                                   5e-324,
                                   1.7976931348623157e308,
                                   1e21,
                                   1e22,
                                   1e23,
                                   123456.0,
                                   9007199254740993.0,
                                   2.2250738585072014e-308,
                                   1e16,
                                   1e17,
                                   1e-5,
                                   1e-6,
                                   0.00012345,
                                   4.35,
                                   9.5e-310,
                                   3e300 };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) check_print(rows[i]);
    for (int e = 0; e < 2047; e++) { // the powers of two, below which doubles lie denser
        check_print(double_of((uint64_t)e << 52 | (e == 0)));
        check_print(double_of(((uint64_t)e << 52) + 1));
    }
    random_state = test_seed(3);
    for (int i = 0; i < 20000; i++) {
        double d = double_of(random_bits());
        if (isfinite(d)) check_print(d);
        check_print((double)(random_bits() % 100000) / 100);
    }
}

static void doubles_look_like_this(void **state) {
    (void)state;
    static const struct {
        double d;
        const char *text;
    } rows[] = {
        { 1, "1.0" },
        { -0.0, "-0.0" },
        { 0.5, "0.5" },
        { 100, "100.0" },
        { 1e16, "10000000000000000.0" },
        { 1e17, "1e17" },
        { 1.5e300, "1.5e300" },
        { 0.00001, "0.00001" },
        { 1e-6, "1e-6" },
        { -1234.5678, "-1234.5678" },
        { 1.25e-7, "1.25e-7" },
        { 5e-324, "5e-324" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char text[EDOI_JSON_NUMBER_MAX + 1];
        *edoi_json_print_double(text, rows[i].d) = '\0';
        assert_string_equal(text, rows[i].text);
    }
}

static void printed_integers_read_back(void **state) {
    (void)state;
    char text[EDOI_JSON_NUMBER_MAX + 1], want[32];
    for (int shift = 0; shift < 64; shift++) {
        for (uint64_t base = 1, i = 0; i < 20; base *= 10, i++) {
            uint64_t u = i % 2 ? UINT64_MAX >> shift : base - (uint64_t)(shift % 2);
            *edoi_json_print_uint(text, u) = '\0';
            (void)snprintf(want, sizeof want, "%" PRIu64, u);
            assert_string_equal(text, want);
            *edoi_json_print_int(text, (int64_t)(0 - u)) = '\0';
            (void)snprintf(want, sizeof want, "%" PRId64, (int64_t)(0 - u));
            assert_string_equal(text, want);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_exact_to_64_bits),
        cmocka_unit_test(integers_outside_64_bits_are_big_with_the_nearest_double),
        cmocka_unit_test(minus_zero_and_what_has_a_fraction_are_doubles),
        cmocka_unit_test(a_number_above_all_doubles_is_big),
        cmocka_unit_test(texts_outside_the_grammar_are_refused),
        cmocka_unit_test(vectors_have_the_exact_bits),
        cmocka_unit_test(random_texts_read_as_strtod_reads_them),
        cmocka_unit_test(digits_end_at_the_first_other_byte),
        cmocka_unit_test(middles_round_to_even),
        cmocka_unit_test(floats_are_rounded_once),
        cmocka_unit_test(printed_floats_read_back_and_are_shortest),
        cmocka_unit_test(fast_and_exact_ways_agree),
        cmocka_unit_test(printed_doubles_read_back_and_are_shortest),
        cmocka_unit_test(doubles_look_like_this),
        cmocka_unit_test(printed_integers_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
