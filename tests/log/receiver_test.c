/* SPDX-License-Identifier: MIT */
/* Goal: receivers beside the log get what passes their own filters, which may speak of spans, in
 * forms of their own; they come and go while events run.
 * Method: a receiver that writes down; pipes; a socket in the place of journald's. */
#define EDO_TARGET "shop"
#include <edo/edo.h>
#include <edo/receiver.h>

#include "fail_alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* What a receiver was told: messages, each behind a line end. */
typedef struct told {
    char text[4096];
    bool is_dropped;
} told;

static void on_event(void *arg, const edo_event *e) {
    told *t = arg;
    size_t n = strlen(t->text);
    (void)snprintf(t->text + n, sizeof t->text - n, "%s%s%s\n", e->message.ptr,
                   e->span ? " in " : "", e->span ? edo_span_name(e->span) : "");
    edo_error("a receiver that says something"); // nobody is told of it
}

static void on_drop(void *arg) {
    ((told *)arg)->is_dropped = true;
}

static const edo_receiver_ops writes_down = { .event = on_event, .drop = on_drop };

static edo_receiver *add(told *t, const char *filter) {
    edo_receiver *r;
    memset(t, 0, sizeof *t);
    assert_int_equal(edo_log_add(&r, &writes_down, t, &(edo_receiver_opts){ .filter = filter }), 0);
    return r;
}

static void each_has_a_filter_of_its_own(void **state) {
    told a, b;
    (void)state;
    edo_receiver *first = add(&a, "info"), *second = add(&b, "error,shop=debug");
    edo_debug("one");
    edo_info("two");
    edo_log_event(EDO_LEVEL_INFO, "other", (), "three");
    assert_int_equal(edo_receiver_set_filter(first, EDO_STR("other")), 0);
    assert_int_equal(edo_receiver_set_filter(first, EDO_STR("a=b=c")), -EINVAL);
    edo_info("four");
    edo_log_event(EDO_LEVEL_TRACE, "other", (), "five");
    edo_log_remove(first);
    edo_info("six");
    edo_log_remove(second);
    edo_info("seven");
    assert_string_equal(a.text, "two\nthree\nfive\n");
    assert_string_equal(b.text, "one\ntwo\nfour\nsix\n");
    assert_true(a.is_dropped && b.is_dropped);
}

static void say_in(const char *name) {
    EDO_SPAN(b, edo_info_span("place", EDO_KV("customer", name), EDO_KV("n", 7)));
    edo_debug("to %s", name);
}

static void a_filter_may_speak_of_spans(void **state) {
    static const struct {
        const char *filter, *wanted;
    } rows[] = {
        { "error,[place]=debug", "to ann in place\nto bob in place\n" },
        { "error,[place{customer=ann}]=debug", "to ann in place\n" },
        { "error,[{customer=\"bob\"}]=debug", "to bob in place\n" },
        { "error,shop[place{n=7}]", "to ann in place\nto bob in place\n" },
        { "error,shop[place{n=8}]=trace", "" },
        { "error,other[place]=debug", "" },
        { "error,[place{customer}]=info", "" },
        { "error,[place{customer}] = debug , shop=off", "to ann in place\nto bob in place\n" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        told t;
        edo_receiver *r = add(&t, rows[i].filter);
        say_in("ann");
        edo_debug("outside");
        say_in("bob");
        edo_log_remove(r);
        if (strcmp(t.text, rows[i].wanted) != 0) fail_msg("%s: %s", rows[i].filter, t.text);
    }
    static const char *const bad[] = { "[place",           "place]=info",  "[place]debug",
                                       "[place{a=b]=info", "[place]=loud", "[a{b}c]" };
    told t;
    edo_receiver *r = add(&t, "error");
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_int_equal(edo_receiver_set_filter(r, edo_str_of(bad[i])), -EINVAL);
    edo_log_remove(r);
}

static void spans_tell_their_ends_to_those_who_want_them(void **state) {
    told t = { .is_dropped = false };
    edo_receiver *r;
    (void)state;
    assert_int_equal(
        edo_log_add(&r, &writes_down, &t, &(edo_receiver_opts){ .filter = "info", .spans = true }),
        0);
    say_in("ann");
    edo_log_remove(r);
    assert_string_equal(t.text, "ended in place\n");
}

/* ---- Forms ----------------------------------------------------------------------------------- */

static void lines_go_to_another_descriptor(void **state) {
    int ends[2], json[2];
    char text[4096];
    edo_receiver *r;
    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(pipe2(json, O_CLOEXEC | O_NONBLOCK), 0);
    const edo_log_opts log = { .fd = ends[1], .ignore_env = true, .no_time = true };
    const edo_log_opts lines = {
        .fd = json[1], .format = EDO_LOG_JSON, .level = EDO_LEVEL_DEBUG, .no_time = true
    };
    assert_int_equal(edo_log_start(&log), 0);
    assert_int_equal(edo_log_add_lines(&r, &lines), 0);
    edo_info("both");
    edo_debug_kv("one", EDO_KV("n", 1));
    edo_log_remove(r);
    edo_log_stop();
    ssize_t n = read(ends[0], text, sizeof text - 1);
    assert_true(n > 0);
    text[n] = '\0';
    assert_string_equal(text, " INFO shop: both\n");
    n = read(json[0], text, sizeof text - 1);
    assert_true(n > 0);
    text[n] = '\0';
    assert_non_null(strstr(text, "\"message\":\"both\"}\n"));
    assert_non_null(strstr(text, "\"message\":\"one\",\"fields\":{\"n\":1}}\n"));
    for (int i = 0; i < 2; i++) (void)close(ends[i]), (void)close(json[i]);
}

static int bind_journal(char path[64]) {
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    (void)snprintf(path, 64, "/tmp/edo-journal-%d", (int)getpid());
    (void)snprintf(addr.sun_path, sizeof addr.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
    return fd;
}

static void expect_field(const char *text, size_t n, const char *field, size_t field_n) {
    if (!memmem(text, n, field, field_n)) fail_msg("no %s in %s", field, text);
}

static void journald_gets_its_fields(void **state) {
    char path[64], text[8192];
    edo_receiver *r;
    (void)state;
    int fd = bind_journal(path);
    assert_int_equal(edo_log_add_journal(&r, path, NULL), 0);
    {
        EDO_SPAN(b, edo_info_span("place", EDO_KV("customer", 7)));
        edo_warn_kv("two\nlines", EDO_KV("file.name", "a"), EDO_KV("n", -1));
    }
    ssize_t n = recv(fd, text, sizeof text - 1, 0);
    assert_true(n > 0);
    text[n] = '\0';
#define EXPECT(field) expect_field(text, (size_t)n, field, sizeof(field) - 1)
    EXPECT("MESSAGE\n\x09\0\0\0\0\0\0\0two\nlines\n");
    EXPECT("\nPRIORITY=4\n");
    EXPECT("\nCODE_FILE=");
    EXPECT("receiver_test.c\n");
    EXPECT("\nCODE_FUNC=journald_gets_its_fields\n");
    EXPECT("\nEDO_TARGET=shop\n");
    EXPECT("\nEDO_SPAN=place\n");
    EXPECT("\nEDO_FILE_NAME=a\n");
    EXPECT("\nEDO_N=-1\n");
    EXPECT("\nEDO_CUSTOMER=7\n");
    uint64_t before = edo_log_dropped();
    (void)close(fd); // it is gone: lines are lost, and counted
    edo_warn("lost");
    assert_int_equal(edo_log_dropped() - before, 1);
    edo_log_remove(r);
    (void)unlink(path);
    assert_int_equal(edo_log_add_journal(&r, "/no/such/socket", NULL), -ENOENT);
}

/* ---- Bounds ---------------------------------------------------------------------------------- */

static void there_are_five(void **state) {
    told t[6];
    edo_receiver *r[6];
    (void)state;
    for (int i = 0; i < 5; i++) r[i] = add(&t[i], "info");
    assert_int_equal(edo_log_add(&r[5], &writes_down, &t[5], NULL), -ENOSPC);
    edo_info("to all");
    edo_log_remove(r[2]);
    r[2] = add(&t[2], "info");
    edo_info("again");
    for (int i = 0; i < 5; i++) edo_log_remove(r[i]);
    assert_string_equal(t[2].text, "again\n");
    assert_string_equal(t[4].text, "to all\nagain\n");
    const edo_receiver_opts bad[] = { { .level = (edo_level)9 }, { .reserved = { 1 } } };
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_int_equal(edo_log_add(&r[0], &writes_down, &t[0], &bad[i]), -EINVAL);
    fail_alloc_in = 1; // it takes none
    r[0] = add(&t[0], "info");
    assert_int_equal(fail_alloc_in, 1);
    fail_alloc_in = 0;
    edo_log_remove(r[0]);
}

static _Atomic int counted;

static void on_count(void *arg, const edo_event *e) {
    (void)arg, (void)e;
    counted++;
}

static void *log_many(void *arg) {
    for (int i = 0; i < 2000; i++) edo_info("event %d", i);
    return arg;
}

/* Under the thread sanitizer. */
static void receivers_come_and_go_while_threads_log(void **state) {
    static const edo_receiver_ops counts = { .event = on_count };
    pthread_t threads[3];
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, NULL), 0);
    for (int i = 0; i < 200; i++) {
        edo_receiver *r;
        assert_int_equal(edo_log_add(&r, &counts, NULL, NULL), 0);
        assert_int_equal(edo_receiver_set_filter(r, i % 2 ? EDO_STR("info") : EDO_STR("error")), 0);
        edo_log_remove(r);
    }
    for (size_t i = 0; i < EDO_COUNT(threads); i++) (void)pthread_join(threads[i], NULL);
    int before = counted;
    edo_info("nobody hears it");
    assert_int_equal(counted, before);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_a_filter_of_its_own),
        cmocka_unit_test(a_filter_may_speak_of_spans),
        cmocka_unit_test(spans_tell_their_ends_to_those_who_want_them),
        cmocka_unit_test(lines_go_to_another_descriptor),
        cmocka_unit_test(journald_gets_its_fields),
        cmocka_unit_test(there_are_five),
        cmocka_unit_test(receivers_come_and_go_while_threads_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
