/* SPDX-License-Identifier: MIT */
/* Goal: of fields that share a place (EDO_ONEOF) the one in the text comes back, and those that are
 * not there leave it alone; nothing leaks.
 * Method: tables of texts; on the heap, which the sanitizer watches, and in an arena. */
#include <edo/error.h>
#include <edo/json.h>
#include <edo/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct server {
    edo_str host;
    uint16_t port;
} server;
EDO_DESCRIBE(server, EDO_FIELD(server, host), EDO_FIELD(server, port))

typedef struct shared {
    uint32_t choice;
    union {
        edo_str word;
        int32_t number;
        server *one;
        server *other;
    } of;
} shared;
#define SHARES(n) .number = (n), .optional = true, EDO_ONEOF(shared, choice)
EDO_DESCRIBE(shared, EDO_FIELD(shared, of.word, EDO_AS("word"), SHARES(1)),
             EDO_FIELD(shared, of.number, EDO_AS("number"), SHARES(2), .preset = "5"),
             EDO_FIELD_PTR_OF(shared, of.one, server_desc, EDO_AS("one"), SHARES(3)),
             EDO_FIELD_PTR_OF(shared, of.other, server_desc, EDO_AS("other"), SHARES(4)))

#define SERVER "{\"host\":\"h\",\"port\":1}"

static void of_fields_that_share_a_place_those_not_there_change_nothing(void **state) {
    (void)state;
    static const struct {
        const char *text, *wanted; /* NULL: as `text` */
        uint32_t choice;
    } rows[] = {
        { "{}", NULL, 0 },
        { "{\"word\":\"w\"}", NULL, 1 },
        { "{\"number\":1}", NULL, 2 },
        { "{\"one\":" SERVER "}", NULL, 3 },
        { "{\"other\":" SERVER "}", NULL, 4 },
        { "{\"one\":null,\"word\":\"w\",\"one\":null}", "{\"word\":\"w\"}", 1 },
        { "{\"one\":" SERVER ",\"one\":null,\"other\":" SERVER "}", "{\"other\":" SERVER "}", 4 },
    };
    edo_arena arena = { 0 };
    for (size_t i = 0; i < 2 * EDO_COUNT(rows); i++) {
        shared v;
        edo_buf out = { 0 };
        const char *text = rows[i / 2].text;
        const char *wanted = rows[i / 2].wanted ? rows[i / 2].wanted : text;
        const edo_json_opts opts = { .arena = i % 2 ? &arena : NULL };
        EDO_TEST_OK(edo_json_decode_with(&v, &shared_desc, edo_str_of(text), &opts));
        EDO_TEST_EQ(v.choice, rows[i / 2].choice);
        EDO_TEST_OK(edo_json_encode(&out, &v, &shared_desc));
        assert_true(edo_str_equal((edo_str){ out.ptr, out.len }, edo_str_of(wanted)));
        edo_buf_deinit(&out);
        if (i % 2 == 0) edo_value_deinit(&v, &shared_desc);
    }
    edo_arena_deinit(&arena);
}

static void of_fields_that_share_a_place_two_are_refused_without_a_leak(void **state) {
    (void)state;
    static const char *const rows[] = {
        "{\"word\":\"w\",\"number\":1}",
        "{\"word\":\"w\",\"one\":" SERVER "}",
        "{\"one\":" SERVER ",\"other\":" SERVER "}",
        "{\"one\":" SERVER ",\"number\":1}",
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        shared v;
        EDO_TEST_EQ(edo_json_decode(&v, &shared_desc, edo_str_of(rows[i])), -EDO_EJSON);
        edo_trail_clear();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_fields_that_share_a_place_those_not_there_change_nothing),
        cmocka_unit_test(of_fields_that_share_a_place_two_are_refused_without_a_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
