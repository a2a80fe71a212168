/* SPDX-License-Identifier: MIT */
/* Goal: the exact lines of each form; fields for exporters are in none of them; only a terminal
 * gets colour, or who asks for it.
 * Method: pipes and a terminal of the test's own; jq reads the JSON where there is one. */
#define EDO_TARGET "shop"
#include <edo/edo.h>
#include <edo/receiver.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char said[8192];

/* Reads whole lines: of a terminal a line may come in parts. */
static const char *read_said(int fd) {
    size_t has = 0;
    ssize_t n;
    do {
        n = read(fd, said + has, sizeof said - 1 - has);
        has += n > 0 ? (size_t)n : 0;
    } while (n > 0 && said[has - 1] != '\n');
    said[has] = '\0';
    return said;
}

/* ---- Golden ---------------------------------------------------------------------------------- */

static void place(void) {
    EDO_SPAN(outer, edo_info_span("request", EDO_KV("http.route", "/orders"),
                                  EDO_KV("otel.kind", "server"), EDO_KV("n", 7)));
    EDO_SPAN(inner, edo_info_span("place", EDO_KV("otel.name", "place an order")));
    edo_span_record(edo_span_current(), EDO_KV("otel.x", 1));
    edo_info_kv("placed", EDO_KV("customer", EDO_STR("b\"o")), EDO_KV("price", 1.5));
    edo_span_record(edo_span_current(), EDO_KV("rows", 2));
    edo_error("no %s", "courier");
    (void)edo_span_end(&inner, -ENOENT);
}

static const char *lines_of(edo_log_format format) {
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const edo_log_opts opts = {
        .format = format, .fd = ends[1], .ignore_env = true, .no_time = true, .spans = true
    };
    assert_int_equal(edo_log_start(&opts), 0);
    place();
    edo_log_stop();
    (void)read_said(ends[0]);
    (void)close(ends[0]), (void)close(ends[1]);
    return said;
}

/* Takes what differs from run to run out of the value behind each `key`: to the next of `ends`. */
static void mask(char *text, const char *key, const char *ends) {
    for (char *at = text; (at = strstr(at, key)) != NULL;) {
        at += strlen(key);
        memmove(at, at + strcspn(at, ends), strlen(at + strcspn(at, ends)) + 1);
    }
}

static void text_names_spans_with_their_fields(void **state) {
    (void)state;
    char *text = (char *)(uintptr_t)lines_of(EDO_LOG_TEXT);
    mask(text, "took_us=", " ");
#define REQUEST "request{http.route=\"/orders\" n=7}"
    assert_string_equal(
        text, " INFO shop: placed customer=\"b\\\"o\" price=1.5 span=" REQUEST ":place\n"
              "ERROR shop: no courier span=" REQUEST ":place{rows=2}\n"
              " INFO shop: ended took_us= error=\"ENOENT\" span=" REQUEST ":place{rows=2}\n"
              " INFO shop: ended took_us= span=" REQUEST "\n");
}

static void compact_names_spans_alone(void **state) {
    (void)state;
    char *text = (char *)(uintptr_t)lines_of(EDO_LOG_COMPACT);
    mask(text, "took_us=", " ");
    assert_string_equal(text, "I shop: placed customer=\"b\\\"o\" price=1.5 span=request:place\n"
                              "E shop: no courier span=request:place\n"
                              "I shop: ended took_us= error=\"ENOENT\" span=request:place\n"
                              "I shop: ended took_us= span=request\n");
}

static int command_result(const char *command) {
    return system(command); // NOLINT(cert-env33-c,concurrency-mt-unsafe): a test's own
}

/* Each line is an object for a program that is not ours. */
static void jq_reads(const char *text) {
    if (command_result("jq --version >/dev/null 2>&1") != 0) {
        print_message("jq is not installed: no other program reads the lines\n");
        return;
    }
    FILE *in = tmpfile();
    assert_non_null(in);
    assert_true(fputs(text, in) >= 0);
    assert_int_equal(fflush(in), 0);
    char command[300];
    (void)snprintf(command, sizeof command,
                   "jq -es 'length == 4 and .[1].spans[1].fields.rows == 2 and"
                   " .[2].ended.parent == .[3].ended.id and .[0].trace_id == .[3].trace_id and"
                   " (.[0].fields.customer == \"b\\\"o\")' </proc/%d/fd/%d >/dev/null",
                   (int)getpid(), fileno(in));
    assert_int_equal(command_result(command), 0);
    (void)fclose(in);
}

static void json_has_spans_with_their_parents(void **state) {
    static const char *const masked[] = { "\"file\":\"",   "\"trace_id\":\"", "\"span_id\":\"",
                                          "\"id\":\"",     "\"parent\":\"",   "\"began\":\"",
                                          "\"took_us\":\"" };
    (void)state;
    char *text = (char *)(uintptr_t)lines_of(EDO_LOG_JSON);
    jq_reads(text);
    for (size_t i = 0; i < EDO_COUNT(masked); i++) mask(text, masked[i], "\"");
    mask(text, "\"line\":", ",");
    mask(text, "\"took_us\":", ",}");
#define HEAD(level) "{\"level\":\"" level "\",\"target\":\"shop\",\"file\":\"\",\"line\":,"
#define IDS         "\"trace_id\":\"\",\"span_id\":\"\","
#define OUTER       "{\"name\":\"request\",\"fields\":{\"http.route\":\"/orders\",\"n\":7}}"
#define ENDED(name) ",\"ended\":{\"name\":\"" name "\",\"id\":\"\""
#define INNER       "{\"name\":\"place\",\"fields\":{\"rows\":2}}"
    assert_string_equal(
        text,
        HEAD("info") "\"message\":\"placed\",\"fields\":{\"customer\":\"b\\\"o\","
                     "\"price\":1.5}," IDS "\"spans\":[" OUTER ",{\"name\":\"place\"}]}\n" HEAD(
                         "error") "\"message\":\"no courier\"," IDS "\"spans\":[" OUTER "," INNER
                                  "]}\n" HEAD("info") "\"message\":\"ended\"" ENDED(
                                      "place") ",\"parent\":\"\","
                                               "\"began\":\"\",\"took_us\":,\"error\":\"ENOENT\"}"
                                               "," IDS "\"spans\":[" OUTER "," INNER
                                               "]}\n" HEAD("info") "\"message\":\"ended\"" ENDED(
                                                   "request") ",\"began\":\"\","
                                                              "\"took_us\":}," IDS
                                                              "\"spans\":[" OUTER "]}\n");
}

/* ---- For exporters alone --------------------------------------------------------------------- */

static int count_field(void *arg, const edo_kv *kv) {
    *(int *)arg += strncmp(kv->key, "otel.", 5) == 0;
    return 0;
}

static void on_event(void *arg, const edo_event *e) {
    if (e->ended) (void)edo_span_each_field(e->ended, count_field, arg);
}

static void receivers_see_the_fields_for_exporters(void **state) {
    static const edo_receiver_ops ops = { .event = on_event };
    edo_receiver *r;
    int fields_n = 0;
    (void)state;
    assert_int_equal(edo_log_add(&r, &ops, &fields_n, &(edo_receiver_opts){ .spans = true }), 0);
    place();
    edo_log_remove(r);
    assert_int_equal(fields_n, 3);
}

/* ---- Colour ---------------------------------------------------------------------------------- */

static void set(const char *name, const char *value) {
    assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

static int open_terminal(int *terminal) {
    char name[64];
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    assert_int_equal(ptsname_r(master, name, sizeof name), 0);
    *terminal = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(*terminal >= 0);
    return master;
}

static void colour_is_for_terminals_or_who_asks(void **state) {
    static const struct {
        bool terminal;
        edo_log_format format;
        edo_log_colour colour;
        const char *term, *no, *force;
        bool has;
    } rows[] = {
        { true, EDO_LOG_TEXT, EDO_LOG_COLOUR_AUTO, "xterm", NULL, NULL, true },
        { true, EDO_LOG_COMPACT, EDO_LOG_COLOUR_AUTO, "xterm", "", "", true },
        { true, EDO_LOG_JSON, EDO_LOG_COLOUR_AUTO, "xterm", NULL, NULL, false },
        { true, EDO_LOG_TEXT, EDO_LOG_COLOUR_NEVER, "xterm", NULL, "1", false },
        { true, EDO_LOG_TEXT, EDO_LOG_COLOUR_AUTO, "dumb", NULL, NULL, false },
        { true, EDO_LOG_TEXT, EDO_LOG_COLOUR_AUTO, NULL, NULL, NULL, false },
        { true, EDO_LOG_TEXT, EDO_LOG_COLOUR_AUTO, "xterm", "1", "1", false },
        { true, EDO_LOG_TEXT, EDO_LOG_COLOUR_ALWAYS, "dumb", "1", NULL, true },
        { false, EDO_LOG_TEXT, EDO_LOG_COLOUR_AUTO, "xterm", NULL, NULL, false },
        { false, EDO_LOG_TEXT, EDO_LOG_COLOUR_AUTO, "dumb", NULL, "1", true },
        { false, EDO_LOG_TEXT, EDO_LOG_COLOUR_AUTO, "xterm", NULL, "0", false },
        { false, EDO_LOG_COMPACT, EDO_LOG_COLOUR_ALWAYS, "xterm", NULL, NULL, true },
        { false, EDO_LOG_JSON, EDO_LOG_COLOUR_ALWAYS, "xterm", NULL, "1", false },
    };
    int ends[2], terminal;
    (void)state;
    int master = open_terminal(&terminal);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        set("TERM", rows[i].term);
        set("NO_COLOR", rows[i].no);
        set("CLICOLOR_FORCE", rows[i].force);
        const edo_log_opts opts = { .format = rows[i].format,
                                    .colour = rows[i].colour,
                                    .fd = rows[i].terminal ? terminal : ends[1],
                                    .ignore_env = true };
        assert_int_equal(edo_log_start(&opts), 0);
        edo_info("a line");
        edo_log_stop();
        (void)read_said(rows[i].terminal ? master : ends[0]);
        assert_non_null(strstr(said, "a line"));
        if ((strchr(said, '\x1b') != NULL) != rows[i].has) fail_msg("row %zu: %s", i, said);
    }
    (void)close(master), (void)close(terminal), (void)close(ends[0]), (void)close(ends[1]);
}

static void colour_ends_where_the_descriptor_is_no_terminal_any_more(void **state) {
    int ends[2], terminal;
    (void)state;
    set("TERM", "xterm");
    set("NO_COLOR", NULL);
    set("CLICOLOR_FORCE", NULL);
    int master = open_terminal(&terminal);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(
        edo_log_start(&(edo_log_opts){ .fd = terminal, .ignore_env = true, .no_time = true }), 0);
    edo_info("in colour");
    assert_string_equal(read_said(master), "\x1b[32m INFO\x1b[0m shop: in colour\r\n");
    assert_int_equal(dup2(ends[1], terminal), terminal);
    edo_info("plain");
    assert_string_equal(read_said(ends[0]), " INFO shop: plain\n");
    edo_log_stop();
    (void)close(master), (void)close(terminal), (void)close(ends[0]), (void)close(ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_names_spans_with_their_fields),
        cmocka_unit_test(compact_names_spans_alone),
        cmocka_unit_test(json_has_spans_with_their_parents),
        cmocka_unit_test(receivers_see_the_fields_for_exporters),
        cmocka_unit_test(colour_is_for_terminals_or_who_asks),
        cmocka_unit_test(colour_ends_where_the_descriptor_is_no_terminal_any_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
