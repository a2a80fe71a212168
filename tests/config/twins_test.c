/* SPDX-License-Identifier: MIT */
/* Goal: what a description says in vain is refused: a second field of one name, which nothing could
 * set, and a field that can name no file.
 * Method: descriptions with such fields; the trail says which. */
#include <edo/config.h>
#include <edo/error.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char *const nothing[] = { (char[]){ "prog" }, NULL };

static void check_trail(int err, int code, const char *wanted) {
    const edo_trail_entry *told = edo_trail_find(err);
    assert_int_equal(err, code);
    assert_non_null(told);
    assert_string_equal(told->text, wanted);
    edo_trail_clear();
}

typedef struct inner {
    const char *level;
} inner;
EDO_DESCRIBE(inner, EDO_FIELD(inner, level, .optional = true))

typedef struct twins {
    const char *log_level;
    inner log;
} twins;
EDO_DESCRIBE(twins, EDO_FIELD(twins, log_level, .optional = true),
             EDO_FIELD_OF(twins, log, inner_desc))

typedef struct letters {
    bool verbose, version;
} letters;
EDO_DESCRIBE(letters, EDO_FIELD(letters, verbose, .letter = 'v'),
             EDO_FIELD(letters, version, .letter = 'v'))

typedef struct cases {
    const char *port, *Port;
} cases;
EDO_DESCRIBE(cases, EDO_FIELD(cases, port, .optional = true),
             EDO_FIELD(cases, Port, .optional = true))

/* The second of them could not be set. */
static void two_fields_of_one_name_are_refused(void **state) {
    (void)state;
    twins t;
    letters l;
    cases c;
    check_trail(edo_args_decode(&t, &twins_desc, 1, nothing, NULL), -EDO_EVALUE,
                "two options are --log-level");
    check_trail(edo_env_decode(&t, &twins_desc, "T", NULL), -EDO_EVALUE,
                "two fields are T_LOG_LEVEL");
    check_trail(edo_args_decode(&l, &letters_desc, 1, nothing, NULL), -EDO_EVALUE,
                "two options are -v");
    check_trail(edo_env_decode(&c, &cases_desc, "T", NULL), -EDO_EVALUE, "two fields are T_PORT");
    assert_int_equal(edo_args_decode(&c, &cases_desc, 1, nothing, NULL), 0);
    assert_int_equal(edo_query_decode(&t, &twins_desc, EDO_STR("log.level=a"), NULL), 0);
    assert_true(t.log.level && !t.log_level);
    edo_value_deinit(&t, &twins_desc);
}

typedef struct sources {
    const char *from;
    edo_str file;
    uint16_t port;
} sources;
EDO_DESCRIBE(sources, EDO_FIELD(sources, from, .optional = true),
             EDO_FIELD(sources, file, .optional = true), EDO_FIELD(sources, port, .optional = true))

/* Else the file that somebody names would not be read. */
static void field_that_can_name_no_file_is_refused(void **state) {
    (void)state;
    static const char *const names[] = { "form", "file", "port" };
    sources s;
    for (size_t i = 0; i < EDO_COUNT(names); i++) {
        const edo_config_opts opts = { .file = "/none/such", .file_field = names[i] };
        char says[80];
        (void)snprintf(says, sizeof says, "file_field: \"%s\" is no field that is a char *",
                       names[i]);
        check_trail(edo_config_load(&s, &sources_desc, 1, nothing, &opts), -EINVAL, says);
    }
    const edo_config_opts good = { .file = "/none/such", .file_field = "from" };
    assert_int_equal(edo_config_load(&s, &sources_desc, 1, nothing, &good), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_fields_of_one_name_are_refused),
        cmocka_unit_test(field_that_can_name_no_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
