/* SPDX-License-Identifier: MIT */
/* The log as a program uses it: the events that are written, those that are not, and the cost of
 * being off. */
#define EDO_TARGET "chat.room"
#include <edo/log.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static FILE *file;

static int open_log(void **state) {
    (void)state;
    unsetenv("EDO_LOG");
    file = tmpfile();
    return file ? 0 : -1;
}

static int close_log(void **state) {
    (void)state;
    edo_log_stop();
    return fclose(file);
}

static void start(edo_log_format format, const char *filter) {
    const edo_log_opts opts = {
        .filter = filter, .format = format, .fd = fileno(file), .no_time = true
    };
    assert_int_equal(edo_log_start(&opts), 0);
}

/* The text written since the last call. */
static const char *written(void) {
    static char text[64 * 1024];
    ssize_t n = pread(fileno(file), text, sizeof text - 1, 0);
    assert_true(n >= 0);
    text[n] = '\0';
    assert_int_equal(ftruncate(fileno(file), 0), 0);
    assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
    return text;
}

static int asked;

static int ask(void) {
    return ++asked;
}

static void nothing_is_written_or_evaluated_before_the_start_and_after_the_stop(void **state) {
    (void)state;
    asked = 0;
    edo_error("%d", ask());
    edo_error_kv("no", EDO_KV("n", ask()));
    assert_false(edo_log_enabled(EDO_LEVEL_ERROR, NULL));
    start(EDO_LOG_TEXT, "trace");
    edo_log_stop();
    edo_error("%d", ask());
    assert_int_equal(edo_log_set_filter(EDO_STR("trace")), 0);
    edo_error("%d", ask());
    assert_int_equal(asked, 0);
    assert_string_equal(written(), "");
}

static void text_has_level_target_message_and_fields(void **state) {
    (void)state;
    start(EDO_LOG_TEXT, "trace");
    edo_error("lost %s", "it");
    edo_warn("100%%");
    edo_info_kv("joined", EDO_KV("nick", "bo"), EDO_KV("n", 3));
    edo_info_kv("100%", EDO_KV("x", 0.5));
    edo_debug("plain");
    edo_trace("all");
    edo_log_event(EDO_LEVEL_WARN, "chat", (EDO_KV("room", "#a")), "%u are slow", 3u);
    edo_log_event(EDO_LEVEL_INFO, NULL, (), "from the file");
    assert_string_equal(written(), "ERROR chat.room: lost it\n"
                                   " WARN chat.room: 100%\n"
                                   " INFO chat.room: joined nick=\"bo\" n=3\n"
                                   " INFO chat.room: 100% x=0.5\n"
                                   "DEBUG chat.room: plain\n"
                                   "TRACE chat.room: all\n"
                                   " WARN chat: 3 are slow room=\"#a\"\n"
                                   " INFO log_test: from the file\n");
}

static void json_is_an_object_a_line(void **state) {
    (void)state;
    start(EDO_LOG_JSON, "info");
    edo_info_kv("say \"hi\"", EDO_KV("nick", "b\x01o"));
    const char *text = written();
    const char *tail = strstr(text, ",\"message\"");
    const char head[] = "{\"level\":\"info\",\"target\":\"chat.room\",\"file\":\"";
    assert_memory_equal(text, head, sizeof head - 1);
    assert_non_null(tail);
    assert_string_equal(tail,
                        ",\"message\":\"say \\\"hi\\\"\",\"fields\":{\"nick\":\"b\\u0001o\"}}\n");
}

static void lines_begin_with_the_time_unless_it_is_not_wanted(void **state) {
    (void)state;
    const edo_log_opts opts = { .fd = fileno(file) };
    assert_int_equal(edo_log_start(&opts), 0);
    edo_info("now");
    int year = 0, micros = 0, end = 0;
    assert_int_equal(sscanf(written(), "%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%6dZ  INFO chat.room: now%n",
                            &year, &micros, &end),
                     2);
    assert_true(year >= 2000 && micros >= 0 && end > 0);
}

/* One site, asked again and again. */
static void say(void) {
    edo_debug("%d", ask());
}

static void a_site_follows_the_filter_of_the_moment(void **state) {
    (void)state;
    const struct {
        const char *filter;
        bool want;
    } rows[] = { { "debug", true },      { "info", false },
                 { "chat=debug", true }, { "debug,chat.room=off", false },
                 { "chat.r=5", false },  { "chat.room", true } };
    start(EDO_LOG_TEXT, NULL); // info
    asked = 0;
    say();
    assert_int_equal(asked, 0);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        int before = asked;
        assert_int_equal(edo_log_set_filter(edo_str_of(rows[i].filter)), 0);
        say();
        say();
        assert_int_equal(asked - before, rows[i].want ? 2 : 0);
        assert_int_equal(edo_log_enabled(EDO_LEVEL_DEBUG, EDO_TARGET), rows[i].want);
    }
    assert_int_equal(edo_log_set_filter((edo_str){ "info,a b", 4 }), 0); // a part of a text
    edo_log_set_level(EDO_LEVEL_OFF);
    edo_error("%d", ask());
    assert_false(edo_log_enabled(EDO_LEVEL_ERROR, NULL));
    edo_log_set_level(EDO_LEVEL_DEBUG);
    assert_true(edo_log_enabled(EDO_LEVEL_DEBUG, NULL));
    assert_false(edo_log_enabled(EDO_LEVEL_TRACE, NULL));
}

static void bad_options_are_refused_and_change_nothing(void **state) {
    (void)state;
    start(EDO_LOG_TEXT, "warn");
    edo_log_opts opts = { .filter = "chat=loud", .ignore_env = true };
    assert_int_equal(edo_log_start(&opts), -EINVAL);
    opts = (edo_log_opts){ .level = (edo_level)6 };
    assert_int_equal(edo_log_start(&opts), -EINVAL);
    opts = (edo_log_opts){ .format = (edo_log_format)3 };
    assert_int_equal(edo_log_start(&opts), -EINVAL);
    opts = (edo_log_opts){ .colour = (edo_log_colour)3 };
    assert_int_equal(edo_log_start(&opts), -EINVAL);
    opts = (edo_log_opts){ .fd = -1 };
    assert_int_equal(edo_log_start(&opts), -EINVAL);
    opts = (edo_log_opts){ .reserved = { 0, 1 } };
    assert_int_equal(edo_log_start(&opts), -EINVAL);
    assert_int_equal(edo_log_set_filter(EDO_STR("info,a b")), -EINVAL);
    edo_level level = EDO_LEVEL_OFF;
    assert_int_equal(edo_log_parse_level(&level, "loud"), -EINVAL);
    assert_int_equal(edo_log_parse_level(&level, ""), -EINVAL);
    assert_int_equal(edo_log_parse_level(&level, "Debug"), 0);
    assert_int_equal(level, EDO_LEVEL_DEBUG);
    edo_info("not this");
    edo_warn("this");
    assert_string_equal(written(), " WARN chat.room: this\n");
}

static void the_environment_comes_before_the_options(void **state) {
    (void)state;
    setenv("EDO_LOG", "chat=debug,net=loud", 1);
    start(EDO_LOG_TEXT, "warn");
    edo_debug("on");
    assert_string_equal(written(), "DEBUG chat.room: on\n"); // the warning is off
    setenv("EDO_LOG", "info,net=loud", 1);
    start(EDO_LOG_TEXT, NULL);
    assert_string_equal(written(),
                        " WARN edo.log: a part of EDO_LOG is ignored part=\"net=loud\"\n");
    setenv("EDO_LOG", "", 1);
    start(EDO_LOG_TEXT, "debug");
    edo_debug("as the options say");
    assert_string_equal(written(), "DEBUG chat.room: as the options say\n");
    setenv("EDO_LOG", "off", 1);
    const edo_log_opts opts = { .fd = fileno(file), .ignore_env = true, .no_time = true };
    assert_int_equal(edo_log_start(&opts), 0);
    edo_info("in spite of it");
    assert_string_equal(written(), " INFO chat.room: in spite of it\n");
    unsetenv("EDO_LOG");
}

#undef EDO_LEVEL_MAX
#define EDO_LEVEL_MAX EDO_LEVEL_WARN

static void compiler_leaves_out_events_above_the_bound(void **state) {
    (void)state;
    start(EDO_LOG_TEXT, "trace");
    asked = 0;
    edo_info("%d", ask());
    edo_warn("%d", ask());
    assert_string_equal(written(), " WARN chat.room: 1\n");
    assert_false(edo_log_enabled(EDO_LEVEL_INFO, NULL));
}

#undef EDO_LEVEL_MAX
#define EDO_LEVEL_MAX EDO_LEVEL_TRACE

static void errno_is_left_alone(void **state) {
    (void)state;
    const edo_log_opts opts = { .fd = 1000000 }; // no descriptor
    assert_int_equal(edo_log_start(&opts), 0);
    uint64_t dropped = edo_log_dropped();
    errno = EINTR;
    edo_info("lost");
    assert_int_equal(errno, EINTR);
    assert_int_equal(edo_log_dropped(), dropped + 1);
}

#define THREADS 4
#define LINES   200

static void *write_lines(void *arg) {
    int id = *(int *)arg;
    for (int i = 0; i < LINES; i++) {
        edo_info_kv("said", EDO_KV("id", id), EDO_KV("i", i), EDO_KV("tail", "xxxxxxxxxxxxxxxx"));
    }
    return NULL;
}

static void lines_of_many_threads_are_whole_and_none_is_lost(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    int ids[THREADS], next[THREADS] = { 0 };
    start(EDO_LOG_TEXT, "info");
    for (int i = 0; i < THREADS; i++) {
        ids[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &ids[i]), 0);
    }
    for (int i = 0; i < 50; i++)
        assert_int_equal(edo_log_set_filter(edo_str_of(i % 2 ? "5" : "info")), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    const char *line = written();
    for (int n = 0; n < THREADS * LINES; n++) {
        int id = -1, i = -1, end = 0;
        assert_int_equal(sscanf(line,
                                " INFO chat.room: said id=%d i=%d tail=\"xxxxxxxxxxxxxxxx\"%n", &id,
                                &i, &end),
                         2);
        assert_true(end > 0 && line[end] == '\n' && id >= 0 && id < THREADS);
        assert_int_equal(i, next[id]++);
        line += end + 1;
    }
    assert_string_equal(line, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_log, close_log)

static void a_place_that_is_reached_often_is_told_seldom(void **state) {
    (void)state;
    unsigned by_number = 0, by_time = 0, always = 0;
    for (int i = 0; i < 10; i++) {
        if (EDO_EVERY_N(4)) by_number++;
        if (EDO_EVERY(edo_s(3600))) by_time++;
        if (EDO_EVERY(edo_s(0)) && EDO_EVERY_N(0)) always++;
    }
    assert_int_equal(by_number, 3);
    assert_int_equal(by_time, 1);
    assert_int_equal(always, 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_written_or_evaluated_before_the_start_and_after_the_stop),
        TEST(text_has_level_target_message_and_fields),
        TEST(json_is_an_object_a_line),
        TEST(lines_begin_with_the_time_unless_it_is_not_wanted),
        TEST(a_site_follows_the_filter_of_the_moment),
        TEST(bad_options_are_refused_and_change_nothing),
        TEST(the_environment_comes_before_the_options),
        TEST(compiler_leaves_out_events_above_the_bound),
        TEST(errno_is_left_alone),
        TEST(lines_of_many_threads_are_whole_and_none_is_lost),
        TEST(a_place_that_is_reached_often_is_told_seldom),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
