/* SPDX-License-Identifier: MIT */
/* Goal: the log is set by a command line, the environment and a file, as any other setting; what is
 * invalid is named, and changes nothing.
 * Method: settings are loaded, and what is logged is read from files. */
#define EDO_TARGET "shop"
#include <edo/config.h>
#include <edo/error.h>
#include <edo/json.h>
#include <edo/log_settings.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct settings {
    char *listen;
    edo_log_settings log;
} settings;
EDO_DESCRIBE(settings, EDO_FIELD(settings, listen, .preset = "127.0.0.1:8080"),
             EDO_FIELD_OF(settings, log, edo_log_settings_desc))

static char folder[] = "/tmp/edo-settings-XXXXXX";

static int make_folder(void **state) {
    (void)state;
    unsetenv("EDO_LOG");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return rmdir(folder);
}

static const char *path_of(const char *name) {
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text) {
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void expect_file(const char *name, const char *wanted) {
    char text[1024];
    FILE *file = fopen(path_of(name), "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, wanted);
    assert_int_equal(unlink(path_of(name)), 0);
}

static void settings_come_from_all_sources(void **state) {
    char name[] = "shop", option[] = "--log-file", no_time[] = "--log-no-time", file[64],
         config[64];
    char *const args[] = { name, option, file, no_time };
    settings s;
    (void)state;
    (void)snprintf(file, sizeof file, "%s", path_of("a.log"));
    (void)snprintf(config, sizeof config, "%s", path_of("shop.json"));
    write_file("shop.json", "{\"log\":{\"filter\":\"warn,shop=debug\",\"format\":\"json\","
                            "\"keep\":14,\"roll_every\":\"24h\",\"roll_bytes\":1000000}}");
    assert_int_equal(setenv("SHOP_LOG_FORMAT", "compact", 1), 0);
    assert_int_equal(edo_config_load(&s, &settings_desc, 4, args,
                                     &(edo_config_opts){ .env_prefix = "SHOP", .file = config }),
                     0);
    assert_int_equal(s.log.format, EDO_LOG_COMPACT);
    assert_int_equal(s.log.keep, 14);
    assert_int_equal(s.log.roll_every.ns, edo_hours(24).ns);
    assert_int_equal(s.log.roll_bytes, 1000000);
    assert_int_equal(edo_log_start_as(&s.log), 0);
    edo_debug_kv("placed", EDO_KV("n", 7));
    edo_log_event(EDO_LEVEL_INFO, "pg", (), "not this");
    expect_file("a.log", "D shop: placed n=7\n");

    // Another file: the first one, whose number is the one before, is closed.
    int next = dup(0);
    (void)close(next);
    edo_log_settings second = s.log;
    second.file = path_of("b.log");
    second.format = EDO_LOG_TEXT;
    assert_int_equal(edo_log_start_as(&second), 0);
    edo_info("in the second");
    expect_file("b.log", " INFO shop: in the second\n");
    int now_next = dup(0);
    (void)close(now_next);
    assert_int_equal(now_next, next - 1);
    edo_value_deinit(&s, &settings_desc);
    assert_int_equal(unlink(config), 0);
    unsetenv("SHOP_LOG_FORMAT");
    assert_int_equal(edo_log_start_as(&(edo_log_settings){ .no_time = true }), 0);
    edo_log_stop();
}

static void presets_are_those_of_the_log(void **state) {
    edo_log_settings s;
    (void)state;
    assert_int_equal(edo_env_decode(&s, &edo_log_settings_desc, "NOTHING_LOG", NULL), 0);
    assert_string_equal(s.filter, "info");
    assert_true(s.format == EDO_LOG_TEXT && s.colour == EDO_LOG_COLOUR_AUTO && !s.file);
    assert_true(!s.spans && !s.at_once && !s.no_time && s.roll_bytes == 0 && s.keep == 0);
    edo_value_deinit(&s, &edo_log_settings_desc);
}

static void what_is_invalid_is_named_and_changes_nothing(void **state) {
    static const struct {
        const char *json, *says;
    } rows[] = {
        { "{\"filter\":\"info,pg=loud\"}", "must be parts as" },
        { "{\"format\":\"xml\"}", "text" },
        { "{\"colour\":\"blue\"}", "auto" },
        { "{\"keep\":-1}", "keep" },
    };
    edo_log_settings s;
    char text[512];
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        int err = edo_json_decode(&s, &edo_log_settings_desc, edo_str_of(rows[i].json));
        assert_true(err < 0);
        (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
        if (!strstr(text, rows[i].says)) fail_msg("%s: %s", rows[i].json, text);
        edo_trail_clear();
    }
    int fd = dup(2), ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[1], 2), 2);
    const edo_log_settings good = { .no_time = true }, bad = { .file = "/no/such/folder/log" };
    assert_int_equal(edo_log_start_as(&good), 0);
    assert_int_equal(edo_log_start_as(&bad), -ENOENT);
    const edo_log_settings none = { .filter = "a=b=c", .no_time = true };
    assert_int_equal(edo_log_start_as(&none), -EINVAL);
    edo_trail_clear();
    edo_info("as before");
    edo_log_stop();
    assert_int_equal(dup2(fd, 2), 2);
    ssize_t n = read(ends[0], text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    assert_string_equal(text, " INFO shop: as before\n");
    (void)close(fd), (void)close(ends[0]), (void)close(ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_come_from_all_sources),
        cmocka_unit_test(presets_are_those_of_the_log),
        cmocka_unit_test(what_is_invalid_is_named_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
