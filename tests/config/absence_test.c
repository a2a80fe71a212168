/* SPDX-License-Identifier: MIT */
/* Goal: a field of which nothing is given is missing in all formats, or in none: EDO_HAS() is
 * .optional everywhere, and what is not named is a false bool or an empty list wherever a source
 * names only what it gives.
 * Method: each row of support/absence.h in each format that libedo reads, with nothing in it, on
 * the heap and in an arena, which are two ways through the code. */
#include "absence.h"

#include <edo/config.h>
#include <edo/error.h>
#include <edo/json.h>
#include <edo/protobuf.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

typedef int read_fn(void *value, const edo_desc *desc, edo_arena *arena);

static char file_name[64];

static int reads_json(void *value, const edo_desc *desc, edo_arena *arena) {
    return edo_json_decode_with(value, desc, EDO_STR("{}"), &(edo_json_opts){ .arena = arena });
}

/* In its mapping a member that is not there is zero, whatever it is. */
static int reads_protobuf_json(void *value, const edo_desc *desc, edo_arena *arena) {
    edo_field f = desc->fields[0];
    const edo_desc numbered = { .name = "m", .fields = &f, .fields_n = 1, .size = desc->size };
    f.number = 1;
    return edo_protobuf_json_decode(value, &numbered, EDO_STR("{}"), arena, NULL);
}

static int reads_query(void *value, const edo_desc *desc, edo_arena *arena) {
    return edo_query_decode(value, desc, EDO_STR("m=1"), &(edo_config_opts){ .arena = arena });
}

/* An input that was left empty. */
static int reads_form(void *value, const edo_desc *desc, edo_arena *arena) {
    const bool is_text = desc->fields[0].kind == EDO_VALUE_STR;
    return edo_form_decode(value, desc, is_text ? EDO_STR("") : EDO_STR("n="),
                           &(edo_config_opts){ .arena = arena });
}

static int reads_path(void *value, const edo_desc *desc, edo_arena *arena) {
    return edo_params_decode(value, desc, NULL, 0, &(edo_config_opts){ .arena = arena });
}

static edo_str has_none(void *arg, edo_value_in in, edo_str name, size_t i) {
    (void)arg, (void)in, (void)name, (void)i;
    return (edo_str){ 0 };
}

static int reads_part(void *value, const edo_desc *desc, edo_arena *arena, edo_value_in in) {
    edo_field f = desc->fields[0];
    const edo_desc moved = { .name = "m", .fields = &f, .fields_n = 1, .size = desc->size };
    f.in = (uint8_t)in;
    return edo_inputs_decode(value, &moved, &(edo_inputs){ .get = has_none },
                             &(edo_config_opts){ .arena = arena });
}

static int reads_header(void *value, const edo_desc *desc, edo_arena *arena) {
    return reads_part(value, desc, arena, EDO_IN_HEADER);
}

static int reads_cookie(void *value, const edo_desc *desc, edo_arena *arena) {
    return reads_part(value, desc, arena, EDO_IN_COOKIE);
}

static int reads_form_part(void *value, const edo_desc *desc, edo_arena *arena) {
    return reads_part(value, desc, arena, EDO_IN_FORM);
}

static char *const no_argument[] = { (char[]){ "prog" }, NULL };

static int reads_args(void *value, const edo_desc *desc, edo_arena *arena) {
    return edo_args_decode(value, desc, 1, no_argument, &(edo_config_opts){ .arena = arena });
}

static int reads_env(void *value, const edo_desc *desc, edo_arena *arena) {
    return edo_env_decode(value, desc, "EDO_ABSENT", &(edo_config_opts){ .arena = arena });
}

static int reads_text_of_file(void *value, const edo_desc *desc, edo_arena *arena,
                              const char *text) {
    FILE *out = fopen(file_name, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0 && fclose(out) == 0);
    return edo_config_load(value, desc, 0, NULL,
                           &(edo_config_opts){ .arena = arena, .file = file_name });
}

static int reads_file(void *value, const edo_desc *desc, edo_arena *arena) {
    return reads_text_of_file(value, desc, arena, "{}");
}

/* In a struct of a list, which a file alone can have. */
static int reads_list_of_file(void *value, const edo_desc *desc, edo_arena *arena) {
    typedef struct all {
        void *list;
        size_t n;
    } all;
    const edo_field list = { .key = ",\"list\":",
                             .name_len = 4,
                             .kind = EDO_VALUE_DESCRIBED,
                             .shape = EDO_SHAPE_LIST,
                             .size = desc->size,
                             .count_at = offsetof(all, n),
                             .desc = desc };
    const edo_desc whole = { .name = "all", .fields = &list, .fields_n = 1, .size = sizeof(all) };
    all a;
    int err = reads_text_of_file(&a, &whole, arena, "{ \"list\": [{}] }");
    memset(value, 0, desc->size);
    if (err < 0) return err;
    assert_int_equal(a.n, 1);
    memcpy(value, a.list, desc->size);
    if (!arena) edo_value_deinit(&a, &whole); // of what is kept nothing is elsewhere
    return 0;
}

typedef struct format {
    const char *name;
    read_fn *read;
    absence_when when; /* which absences it takes */
} format;

static const format formats[] = {
    { "JSON", reads_json, ABSENCE_ANY },
    { "query", reads_query, ABSENCE_GIVEN },
    { "form", reads_form, ABSENCE_GIVEN },
    { "path", reads_path, ABSENCE_GIVEN },
    { "header", reads_header, ABSENCE_GIVEN },
    { "cookie", reads_cookie, ABSENCE_GIVEN },
    { "form of a request", reads_form_part, ABSENCE_GIVEN },
    { "arguments", reads_args, ABSENCE_GIVEN },
    { "environment", reads_env, ABSENCE_GIVEN },
    { "file", reads_file, ABSENCE_GIVEN },
    { "list in a file", reads_list_of_file, ABSENCE_GIVEN },
    { "JSON of protobuf", reads_protobuf_json, ABSENCE_NEVER },
};

static bool says_has(const edo_desc *desc, const absent_any *value) {
    return ((const bool *)value)[desc->fields[0].has_at - 1];
}

static void check_row(const format *by, const absence *row, edo_arena *arena) {
    absent_any value;
    memset(&value, 0x55, sizeof value);
    const bool is_taken = row->when >= by->when;
    const int err = by->read(&value, row->desc, arena);
    if (err == -ENOTSUP) return; // protobuf has no lists of a fixed length
    if ((err == 0) != is_taken)
        fail_msg("%s in %s, %s: %s", row->desc->name, by->name, arena ? "arena" : "heap",
                 edo_error_name(err));
    edo_trail_clear();
    if (row->desc->fields[0].has_at) assert_false(says_has(row->desc, &value));
    if (err == 0 && row->desc == &absent_preset_desc) assert_int_equal(value.has.n, 7);
    if (!arena) edo_value_deinit(&value, row->desc);
}

static void absent_is_one_thing_in_all_formats(void **state) {
    (void)state;
    (void)snprintf(file_name, sizeof file_name, "/tmp/edo-absence-%d.json", (int)getpid());
    for (size_t i = 0; i < EDO_COUNT(formats); i++) {
        for (size_t k = 0; k < EDO_COUNT(absences); k++) {
            edo_arena arena = { 0 };
            check_row(&formats[i], &absences[k], &arena);
            edo_arena_deinit(&arena);
            if (formats[i].read != reads_protobuf_json) check_row(&formats[i], &absences[k], NULL);
        }
    }
    (void)unlink(file_name);
}

/* The help says of each whether a command line needs it. */
static void help_says_what_is_required(void **state) {
    (void)state;
    for (size_t k = 0; k < EDO_COUNT(absences); k++) {
        char text[1024] = "";
        absent_any value;
        edo_arena arena = { 0 };
        char *const args[] = { (char[]){ "prog" }, (char[]){ "--help" }, NULL };
        FILE *out = fmemopen(text, sizeof text, "w");
        assert_non_null(out);
        const edo_config_opts opts = { .arena = &arena, .out = out };
        assert_int_equal(edo_args_decode(&value, absences[k].desc, 2, args, &opts),
                         EDO_CONFIG_DONE);
        (void)fclose(out);
        edo_arena_deinit(&arena);
        if ((strstr(text, "(required)") != NULL) != (absences[k].when == ABSENCE_NEVER))
            fail_msg("%s: %s", absences[k].desc->name, text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_is_one_thing_in_all_formats),
        cmocka_unit_test(help_says_what_is_required),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
