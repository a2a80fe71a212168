/* SPDX-License-Identifier: MIT */
/* Codes, their names, and the trail as its users see it. */
#include <edo/bytes.h>
#include <edo/error.h>

#include <errno.h>
#include <limits.h>
#include <pthread.h>
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

static void check_print(int err, uint32_t form, const char *want) {
    char *got = NULL;
    size_t got_n = 0;
    FILE *out = open_memstream(&got, &got_n);
    assert_non_null(out);
    edo_trail_print(out, err, form);
    fclose(out);
    assert_string_equal(got, want);
    free(got);
}

static void codes_of_the_kernel_and_of_edo_have_names(void **state) {
    (void)state;
    assert_string_equal(edo_strerror(0), "success");
    assert_string_equal(edo_strerror(-ENOENT), "No such file or directory");
    assert_string_equal(edo_strerror(ENOENT), "No such file or directory");
    assert_string_equal(edo_error_name(-ENOENT), "ENOENT");
    assert_string_equal(edo_error_name(-EDO_ECLOSED), "EDO_ECLOSED");
    assert_string_equal(edo_strerror(-EDO_ETOOLONG), "the input is longer than the given limit");
}

static void unknown_codes_are_named_unknown(void **state) {
    (void)state;
    const int codes[] = { -3000, 4095, -5000, -70000, INT_MIN, INT_MAX };
    for (size_t i = 0; i < EDO_COUNT(codes); i++) {
        assert_string_equal(edo_strerror(codes[i]), "unknown error");
        assert_string_equal(edo_error_name(codes[i]), "unknown error");
    }
}

static void every_result_has_a_printable_name(void **state) {
    (void)state;
    assert_string_equal(edo_error_name(0), "0");
    for (int code = -20000; code <= 20000; code++) assert_non_null(edo_error_name(code));
}

static void an_application_can_register_codes_once(void **state) {
    (void)state;
    static const edo_error_code mine[] = { { 9000, "APP_EFULL", "the bucket is full" } };
    static const edo_error_code low[] = { { 8191, "APP_ELOW", "below the range" } };
    static const edo_error_code twice[] = { { 9100, "A", "a" }, { 9100, "B", "b" } };
    static edo_error_domain first = { .name = "app", .codes = mine, .codes_n = 1 };
    static edo_error_domain same = { .name = "other", .codes = mine, .codes_n = 1 };
    static edo_error_domain below = { .name = "low", .codes = low, .codes_n = 1 };
    static edo_error_domain doubled = { .name = "twice", .codes = twice, .codes_n = 2 };
    static edo_error_domain empty = { .name = "empty" };
    assert_int_equal(edo_error_domain_register(&first), 0);
    assert_int_equal(edo_error_domain_register(&first), -EEXIST);
    assert_int_equal(edo_error_domain_register(&same), -EEXIST);
    assert_int_equal(edo_error_domain_register(&below), -EINVAL);
    assert_int_equal(edo_error_domain_register(&doubled), -EEXIST);
    assert_int_equal(edo_error_domain_register(&empty), 0);
    assert_int_equal(edo_error_domain_register(&empty), -EEXIST);
    assert_string_equal(edo_strerror(-9000), "the bucket is full");
    assert_string_equal(edo_error_name(-9000), "APP_EFULL");
    assert_string_equal(edo_error_name(-9100), "unknown error");
}

#define THREADS 4

static edo_error_code race_codes[THREADS][1];
static edo_error_domain race_domains[THREADS];

static void *register_one(void *arg) {
    edo_error_domain *domain = arg;
    if (edo_error_domain_register(domain) < 0) return domain;
    return strcmp(edo_error_name(-domain->codes[0].code), "RACE") == 0 ? NULL : domain;
}

static void domains_may_be_registered_by_many_threads_at_once(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        race_codes[i][0] = (edo_error_code){ 10000 + i, "RACE", "registered in a race" };
        race_domains[i] = (edo_error_domain){ .codes = race_codes[i], .codes_n = 1 };
        assert_int_equal(pthread_create(&threads[i], NULL, register_one, &race_domains[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
        assert_string_equal(edo_error_name(10000 + i), "RACE");
    }
}

static void fail_returns_the_code_and_leaves_success_alone(void **state) {
    (void)state;
    assert_int_equal(edo_fail(0, "not said"), 0);
    assert_int_equal(edo_fail(12, "not said"), 12);
    assert_null(edo_trail_find(12));
    errno = EINTR;
    assert_int_equal(edo_fail(-EIO, "said"), -EIO);
    assert_int_equal(errno, EINTR);
    assert_non_null(edo_trail_find(-EIO));
    assert_null(edo_trail_find(-ENOENT));
    assert_null(edo_trail_find(0));
}

static void same_code_extends_the_trail_and_another_begins_a_new_one(void **state) {
    (void)state;
    (void)edo_fail(-ENOENT, "opening %s", "app.conf");
    (void)edo_fail(-ENOENT, "loading");
    check_print(-ENOENT, EDO_TRAIL_LINE,
                "loading: opening app.conf: No such file or directory (-ENOENT)\n");
    (void)edo_fail(-EDO_ECLOSED, "reading");
    check_print(-EDO_ECLOSED, EDO_TRAIL_LINE,
                "reading: the other end, or this end, is closed (-EDO_ECLOSED)\n");
    // which may have failed in a cleanup: the first one may be returned yet
    check_print(-ENOENT, EDO_TRAIL_LINE,
                "loading: opening app.conf: No such file or directory (-ENOENT)\n");
    (void)edo_fail(-EIO, "writing");
    check_print(-ENOENT, EDO_TRAIL_LINE, "No such file or directory (-ENOENT)\n");
}

static void text_may_quote_the_trail_that_it_ends(void **state) {
    (void)state;
    (void)edo_fail(-ENOENT, "first");
    (void)edo_fail(-EIO, "was: %s", edo_trail_find(-ENOENT)->text);
    assert_string_equal(edo_trail_find(-EIO)->text, "was: first");
}

static int count_entry(void *arg, const edo_trail_entry *entry) {
    int *seen = arg;
    (*seen)++;
    return strcmp(entry->text, "step 8") == 0 ? 42 : 0;
}

static void the_first_and_the_newest_lines_are_kept(void **state) {
    (void)state;
    for (int i = 1; i <= 12; i++) (void)edo_fail(-EIO, "step %d", i);
    check_print(-EIO, EDO_TRAIL_LINE,
                "step 12: step 11: step 10: step 9: step 8: step 7: step 6: ...: step 1: "
                "Input/output error (-EIO)\n");
    int seen = 0;
    assert_int_equal(edo_trail_each(count_entry, &seen), 42);
    assert_int_equal(seen, 5);
    edo_trail_clear();
    assert_int_equal(edo_trail_each(count_entry, &seen), 0);
    assert_int_equal(seen, 5);
}

static void a_long_text_is_cut_behind_a_character_and_says_so(void **state) {
    (void)state;
    static const char *const characters[] = { "x", "\u00e9", "\u20ac", "\U0001f600" };
    char text[1000];
    for (size_t i = 0; i < EDO_COUNT(characters); i++) {
        size_t bytes = strlen(characters[i]);
        for (size_t begin = 0; begin < 4; begin++) {
            size_t n = begin;
            memset(text, '.', begin);
            for (; n + bytes < sizeof text; n += bytes) memcpy(text + n, characters[i], bytes);
            text[n] = '\0';
            (void)edo_fail(-EIO, "%s", text);
            edo_str told = edo_str_of(edo_trail_find(-EIO)->text);
            assert_true(edo_str_is_utf8(told));
            assert_true(told.len < EDO_TRAIL_TEXT_MAX && told.len + bytes >= EDO_TRAIL_TEXT_MAX);
            assert_string_equal(told.ptr + told.len - 3, "\u2026");
            assert_memory_equal(told.ptr, text, told.len - 3);
        }
    }
    memset(text, 'x', EDO_TRAIL_TEXT_MAX - 1);
    text[EDO_TRAIL_TEXT_MAX - 1] = '\0';
    (void)edo_fail(-EIO, "%s", text);
    assert_string_equal(edo_trail_find(-EIO)->text, text); // it fits
}

static void a_payload_travels_with_its_line(void **state) {
    (void)state;
    struct where {
        long double exact;
        int row, column;
    } where = { 0.5L, 3, 14 };
    (void)edo_fail_with(-EBADMSG, &where, "parsing");
    where.row = 0;
    const edo_trail_entry *entry = edo_trail_find(-EBADMSG);
    assert_non_null(entry);
    assert_int_equal(entry->payload_bytes, sizeof where);
    assert_int_equal((uintptr_t)entry->payload % _Alignof(struct where), 0);
    assert_int_equal(((const struct where *)entry->payload)->row, 3);
    (void)edo_fail(-EBADMSG, "in some.conf"); // context above does not hide it
    assert_string_equal(edo_trail_find(-EBADMSG)->text, "parsing");
    edo_trail_clear();
    char large[257] = { 0 };
    (void)edo_fail_with(-EBADMSG, &large, "too much");
    entry = edo_trail_find(-EBADMSG);
    assert_string_equal(entry->text, "too much");
    assert_null(entry->payload);
    assert_int_equal(entry->payload_bytes, 0);
}

static void the_list_names_every_place(void **state) {
    (void)state;
    (void)edo_fail_at(-ENOENT, "a.c", 7, NULL, 0, "opening \x1b[2Jx");
    (void)edo_fail_at(-ENOENT, "b.c", 9, NULL, 0, "loading");
    check_print(-ENOENT, EDO_TRAIL_LIST,
                "No such file or directory (-ENOENT)\n"
                "  loading (b.c:9)\n"
                "  opening \\x1b[2Jx (a.c:7)\n");
}

static void json_is_one_line_and_escaped(void **state) {
    (void)state;
    (void)edo_fail_at(-ENOENT, "a.c", 7, NULL, 0, "say \"hi\"\n\xff");
    check_print(-ENOENT, EDO_TRAIL_JSON,
                "[{\"code\":-2,\"name\":\"ENOENT\",\"text\":\"say \\\"hi\\\"\\n\\ufffd\","
                "\"file\":\"a.c\",\"line\":7},"
                "{\"code\":-2,\"name\":\"ENOENT\",\"text\":\"No such file or directory\"}]\n");
    check_print(-70000, EDO_TRAIL_JSON, "[{\"code\":-70000,\"text\":\"unknown error\"}]\n");
    check_print(-70000, EDO_TRAIL_LINE, "unknown error (-70000)\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_of_the_kernel_and_of_edo_have_names),
        cmocka_unit_test(unknown_codes_are_named_unknown),
        cmocka_unit_test(every_result_has_a_printable_name),
        cmocka_unit_test(an_application_can_register_codes_once),
        cmocka_unit_test(domains_may_be_registered_by_many_threads_at_once),
        cmocka_unit_test_teardown(fail_returns_the_code_and_leaves_success_alone, clear),
        cmocka_unit_test_teardown(same_code_extends_the_trail_and_another_begins_a_new_one, clear),
        cmocka_unit_test_teardown(text_may_quote_the_trail_that_it_ends, clear),
        cmocka_unit_test_teardown(the_first_and_the_newest_lines_are_kept, clear),
        cmocka_unit_test_teardown(a_long_text_is_cut_behind_a_character_and_says_so, clear),
        cmocka_unit_test_teardown(a_payload_travels_with_its_line, clear),
        cmocka_unit_test_teardown(the_list_names_every_place, clear),
        cmocka_unit_test_teardown(json_is_one_line_and_escaped, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
