/* SPDX-License-Identifier: MIT */
/* log/filter_test.c: the grammar of EDO_LOG and the events it passes, case by case. */
#include "log/filter.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct row {
    const char *list, *target;
    edo_level want;
} rows[] = {
    { "info", "chat", EDO_LEVEL_INFO },
    { "INFO", "chat", EDO_LEVEL_INFO },
    { "5", "chat", EDO_LEVEL_TRACE },
    { "0", "chat", EDO_LEVEL_OFF },
    { "off", "chat", EDO_LEVEL_OFF },
    { "", "chat", EDO_LEVEL_ERROR },
    { " , ,", "chat", EDO_LEVEL_ERROR },
    { "warn,info", "chat", EDO_LEVEL_INFO },
    { "chat=debug", "chat", EDO_LEVEL_DEBUG },
    { "chat=debug", "other", EDO_LEVEL_OFF },
    { "chat=debug", "chatty", EDO_LEVEL_OFF },
    { "chat=debug", "cha", EDO_LEVEL_OFF },
    { "chat=debug", "chat.room", EDO_LEVEL_DEBUG },
    { "chat=debug", "chat/room", EDO_LEVEL_DEBUG },
    { "chat=debug", "chat::room", EDO_LEVEL_DEBUG },
    { "chat=debug", "chat:room", EDO_LEVEL_OFF },
    { "chat=debug", "chat:", EDO_LEVEL_OFF },
    { "chat", "chat", EDO_LEVEL_TRACE },
    { "chat=off,info", "chat", EDO_LEVEL_OFF },
    { " warn , chat = debug ", "chat", EDO_LEVEL_DEBUG },
    { " warn , chat = debug ", "rest", EDO_LEVEL_WARN },
    { "chat.room=trace,chat=warn", "chat.room", EDO_LEVEL_TRACE },
    { "chat=warn,chat.room=trace", "chat.room", EDO_LEVEL_TRACE },
    { "chat=warn,chat.room=trace", "chat.line", EDO_LEVEL_WARN },
    { "chat=warn,chat=debug", "chat", EDO_LEVEL_DEBUG },
};

static void every_filter_list_passes_the_events_of_its_row(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edoi_filter filter;
        const char *bad = NULL;
        size_t bad_n = 0;
        assert_int_equal(edoi_filter_parse(&filter, edo_str_of(rows[i].list), &bad, &bad_n), 0);
        edo_level got = edoi_filter_level(&filter, rows[i].target, strlen(rows[i].target));
        if (got != rows[i].want) print_error("%s for %s\n", rows[i].list, rows[i].target);
        assert_int_equal(got, rows[i].want);
    }
}

static void a_part_that_is_no_directive_is_named_and_left_out(void **state) {
    (void)state;
    const char *const lists[] = { "info,chat=loud",   "info,=debug", "info,a b",
                                  "info,x[span=warn", "info,chat=",  "info,a=b=warn" };
    for (size_t i = 0; i < EDO_COUNT(lists); i++) {
        edoi_filter filter;
        const char *bad = NULL;
        size_t bad_n = 0;
        assert_int_equal(edoi_filter_parse(&filter, edo_str_of(lists[i]), &bad, &bad_n), -EINVAL);
        assert_ptr_equal(bad, lists[i] + strlen("info,"));
        assert_int_equal(bad_n, strlen(lists[i]) - strlen("info,"));
        assert_int_equal(filter.rest, EDO_LEVEL_INFO);
        assert_int_equal(filter.targets_n, 0);
    }
}

static void targets_are_bounded_in_length_and_number(void **state) {
    (void)state;
    edoi_filter filter;
    const char *bad = NULL;
    size_t bad_n = 0;
    char name[EDOI_FILTER_TARGET_MAX + 2];
    memset(name, 'x', sizeof name);
    name[EDOI_FILTER_TARGET_MAX] = '\0';
    assert_int_equal(edoi_filter_parse(&filter, edo_str_of(name), &bad, &bad_n), 0);
    name[EDOI_FILTER_TARGET_MAX] = 'x';
    name[EDOI_FILTER_TARGET_MAX + 1] = '\0';
    assert_int_equal(edoi_filter_parse(&filter, edo_str_of(name), &bad, &bad_n), -EINVAL);
    assert_int_equal(
        edoi_filter_parse(&filter, EDO_STR("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,a=warn"), &bad, &bad_n),
        0);
    assert_int_equal(
        edoi_filter_parse(&filter, EDO_STR("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"), &bad, &bad_n),
        -EINVAL);
    assert_int_equal(bad_n, 1);
    assert_int_equal(bad[0], 'q');
}

static void the_highest_level_of_any_target_is_known(void **state) {
    (void)state;
    edoi_filter filter;
    const char *bad = NULL;
    size_t bad_n = 0;
    edoi_filter_init(&filter, EDO_LEVEL_WARN);
    assert_int_equal(edoi_filter_level_max(&filter), EDO_LEVEL_WARN);
    assert_int_equal(edoi_filter_parse(&filter, EDO_STR("info,a=debug,b=off"), &bad, &bad_n), 0);
    assert_int_equal(edoi_filter_level_max(&filter), EDO_LEVEL_DEBUG);
}

static void what_is_printed_is_the_same_filter(void **state) {
    static const char *const lists[] = {
        "info",
        "",
        "off,chat=debug,chat.room=trace,b=0",
        "[place]",
        "warn,shop[place{customer=\"bo\"}]=debug,a[b{c}]=error,[{x=1}]=info",
        "[s{k=\"\"quoted\"\"}]=warn,[s{=v}]=info",
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(lists); i++) {
        edoi_filter filter, again;
        const char *bad = NULL;
        size_t bad_n = 0;
        char text[EDOI_FILTER_TEXT_MAX];
        assert_int_equal(edoi_filter_parse(&filter, edo_str_of(lists[i]), &bad, &bad_n), 0);
        size_t n = edoi_filter_print(&filter, text);
        assert_int_equal(edoi_filter_parse(&again, (edo_str){ text, n }, &bad, &bad_n), 0);
        assert_memory_equal(&filter, &again, sizeof filter); // it is zeroed before it is filled in
    }
}

static void the_longest_filter_has_room(void **state) {
    (void)state;
    edoi_filter filter;
    char text[EDOI_FILTER_TEXT_MAX];
    memset(&filter, 'x', sizeof filter);
    filter.rest = EDO_LEVEL_ERROR;
    filter.targets_n = EDOI_FILTER_TARGETS_MAX;
    filter.spans_n = EDOI_FILTER_SPANS_MAX;
    for (size_t i = 0; i < EDOI_FILTER_TARGETS_MAX; i++) {
        filter.targets[i].name_n = EDOI_FILTER_TARGET_MAX;
        filter.targets[i].level = EDO_LEVEL_DEBUG;
    }
    for (size_t i = 0; i < EDOI_FILTER_SPANS_MAX; i++) {
        edoi_filter_span *part = &filter.spans[i];
        part->target.n = part->span.n = part->key.n = part->value.n = EDOI_FILTER_WORD_MAX;
        part->level = EDO_LEVEL_TRACE;
    }
    assert_true(edoi_filter_print(&filter, text) <= sizeof text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_filter_list_passes_the_events_of_its_row),
        cmocka_unit_test(a_part_that_is_no_directive_is_named_and_left_out),
        cmocka_unit_test(targets_are_bounded_in_length_and_number),
        cmocka_unit_test(what_is_printed_is_the_same_filter),
        cmocka_unit_test(the_longest_filter_has_room),
        cmocka_unit_test(the_highest_level_of_any_target_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
