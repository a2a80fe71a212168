/* SPDX-License-Identifier: MIT */
/* Goal: what is open is shown by kind and by what made it, with numbers that are right, in all
 * builds, and nothing stays in the list that has ended; also where memory runs out, and in a child.
 * Method: known numbers of tasks, descriptors, channels, printed as text and as JSON. */
#include "fail_alloc.h"

#include <edo/blocking.h>
#include <edo/broadcast.h>
#include <edo/chan.h>
#include <edo/dump.h>
#include <edo/edo.h>
#include <edo/file.h>
#include <edo/json.h>
#include <edo/mpsc.h>
#include <edo/net.h>
#include <edo/unix.h>

#include "inside.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[256 * 1024];

static const char *open_dump(edo_dump_form form) {
    FILE *out = fmemopen(text, sizeof text, "w");
    CHECK(out);
    edo_dump_open(out, form);
    CHECK_EQ(fclose(out), 0);
    return text;
}

/* Is there such a line, which ends so? */
static bool has_line(const char *begin, const char *end) {
    const char *at = open_dump(EDO_DUMP_TEXT);
    for (at = strstr(at, begin); at; at = strstr(at + 1, begin)) {
        const char *stop = strchr(at, '\n');
        size_t n = strlen(end);
        if (stop && (size_t)(stop - at) >= n && memcmp(stop - n, end, n) == 0) return true;
    }
    return false;
}

static void expect_line(const char *begin, const char *end) {
    if (!has_line(begin, end)) edo_test_fail("no line \"%s…%s\" in\n%s", begin, end, text);
}

/* Waits for other threads. */
static void until_line(const char *begin, const char *end) {
    while (!has_line(begin, end)) (void)sched_yield();
}

/* Of the first line with `part`. */
static unsigned long number_of(const char *part) {
    const char *at = strstr(open_dump(EDO_DUMP_TEXT), part);
    CHECK(at);
    while (at > text && at[-1] != '\n') at--;
    return strtoul(at, NULL, 10);
}

static void expect_none(const char *part) {
    if (strstr(open_dump(EDO_DUMP_TEXT), part)) edo_test_fail("\"%s\" in\n%s", part, text);
}

/* ---- Tasks, timers and descriptors ----------------------------------------------------------- */

static edo_notify over = EDO_NOTIFY_INIT;

static int wait_for_end(void *arg) {
    (void)arg;
    return edo_notify_wait(&over);
}

static int end_at_once(void *arg) {
    (void)arg;
    return 0;
}

static int sleep_long(void *arg) {
    (void)arg;
    return edo_sleep(edo_minutes(60));
}

/* On a thread of its own: a worker that looks has not let go of the last eight that wait. */
static int waits_shown(void *arg) {
    (void)arg;
    until_line("  7 x wait of wait_for_end at ", ", edo_notify_wait");
    until_line("  3 x wait of a\"b, edo_sleep", "");
    return 0;
}

static int tasks_shown_by_where_they_were_spawned(void *arg) {
    (void)arg;
    edo_task *waiting[7], *sleeping[3], *ended[2];
    for (size_t i = 0; i < EDO_COUNT(waiting); i++)
        CHECK(waiting[i] = edo_spawn(wait_for_end, NULL));
    for (size_t i = 0; i < EDO_COUNT(ended); i++) CHECK(ended[i] = edo_spawn(end_at_once, NULL));
    for (size_t i = 0; i < EDO_COUNT(sleeping); i++)
        CHECK(sleeping[i] = edo_spawn_with(sleep_long, NULL, &(edo_spawn_opts){ .name = "a\"b" }));
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0);
    expect_line("  7 x task wait_for_end at ", "");
    expect_line("  2 x task end_at_once at ", ", ended, not joined");
    expect_line("  3 x task a\"b", "\"b");
    expect_line("  3 x timer of runtime ", "");
    CHECK_EQ(edo_blocking(waits_shown, NULL), 0);
    edo_notify_all(&over);
    for (size_t i = 0; i < EDO_COUNT(waiting); i++) CHECK_EQ(edo_task_join(waiting[i]), 0);
    for (size_t i = 0; i < EDO_COUNT(ended); i++) CHECK_EQ(edo_task_join(ended[i]), 0);
    for (size_t i = 0; i < EDO_COUNT(sleeping); i++) {
        edo_task_cancel(sleeping[i]);
        CHECK_EQ(edo_task_join(sleeping[i]), -ECANCELED);
    }
    expect_none("wait_for_end");
    expect_none("end_at_once");
    expect_none("x timer");
    expect_none("x wait");
    return 0;
}

static int open_sockets(void *arg) {
    edo_stream **s = arg;
    for (int i = 0; i < 5; i++) EDO_TEST_OK(edo_unix_pair(&s[2 * i], &s[2 * i + 1]));
    return 0;
}

static int descriptors_shown_by_the_task_that_opened_them(void *arg) {
    (void)arg;
    edo_stream *s[10], *file[3];
    edo_listener *listens;
    CHECK_EQ(edo_task_join(edo_spawn(open_sockets, s)), 0);
    expect_line("  10 x descriptor opened by open_sockets at ", ", Unix");
    EDO_TEST_OK(edo_tcp_listen(&listens, "127.0.0.1:0", NULL));
    expect_line("  1 x descriptor opened by ", ", TCP, listens");
    EDO_TEST_OK(edo_fs_open(&file[0], "/proc/self/exe", NULL)); // the worker may have a ring now
    edo_close(file[0]);
    expect_line(" x other descriptor", "");
    const unsigned long others_n = number_of(" x other descriptor");
    for (int i = 0; i < 3; i++) EDO_TEST_OK(edo_fs_open(&file[i], "/proc/self/exe", NULL));
    expect_line("  3 x descriptor opened at ", ", file");
    CHECK_EQ(number_of(" x other descriptor"), others_n);
    for (size_t i = 0; i < EDO_COUNT(s); i++) edo_close(s[i]);
    for (int i = 0; i < 3; i++) edo_close(file[i]);
    edo_listener_close(listens);
    expect_none("open_sockets");
    expect_none(", listens");
    expect_none(", file");
    return 0;
}

static int open_where_none_is_left(void *arg) {
    (void)arg;
    struct rlimit as_it_was, most;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &as_it_was), 0);
    most = as_it_was;
    most.rlim_cur = 3; // below what is open: the next call fails with EMFILE
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &most), 0);
    expect_line(" x other descriptor", "");
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &as_it_was), 0);
    return 0;
}

/* ---- Channels -------------------------------------------------------------------------------- */

static int send_one(void *tx) {
    const int value = 1;
    return edo_mpsc_send(tx, &value);
}

static int channels_shown_by_where_they_were_made(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx[3];
    edo_mpsc_rx *rx[3];
    edo_chan_tx *to;
    edo_chan_rx *from;
    edo_broadcast_tx *all;
    edo_task *sender;
    int value = 1;
    for (int i = 0; i < 3; i++) EDO_TEST_OK(edo_mpsc_new(&tx[i], &rx[i], sizeof value, 4, NULL));
    EDO_TEST_OK(edo_chan_new(&to, &from, sizeof value, EDO_CHAN_UNBOUNDED, NULL));
    EDO_TEST_OK(edo_broadcast_new(&all, NULL, sizeof value, 4, NULL));
    for (int i = 0; i < 1234; i++) EDO_TEST_OK(edo_chan_try_send(to, &value));
    for (int i = 0; i < 4; i++) EDO_TEST_OK(edo_mpsc_try_send(tx[1], &value));
    EDO_TEST_OK(edo_mpsc_try_send(tx[2], &value));
    CHECK(sender = edo_spawn(send_one, tx[1]));
    CHECK_EQ(edo_yield(), 0);
    expect_line("  3 x mpsc made at ", ", 5 values, one has 4 of at most 4, 1 waits");
    expect_line("  1 x chan made at ", ", 1,234 values");
    expect_line("  1 x broadcast made at ", "");
    EDO_TEST_OK(edo_mpsc_try_recv(rx[1], &value));
    CHECK_EQ(edo_task_join(sender), 0);
    for (int i = 0; i < 3; i++) edo_mpsc_tx_unref(tx[i]);
    for (int i = 0; i < 3; i++) edo_mpsc_rx_free(rx[i]);
    edo_chan_tx_unref(to);
    edo_chan_rx_unref(from);
    edo_broadcast_tx_unref(all);
    expect_none("made at");
    return 0;
}

/* ---- JSON, memory, a child ------------------------------------------------------------------- */

static int json_the_same(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    edo_task *t = edo_spawn_with(wait_for_end, NULL, &(edo_spawn_opts){ .name = "a\"b\\\n\x1b" });
    edo_json_value *root;
    EDO_TEST_OK(edo_mpsc_new(&tx, &rx, 1, 9, &(edo_mpsc_opts){ .name = "jobs" }));
    EDO_TEST_OK(edo_mpsc_try_send(tx, "x"));
    CHECK_EQ(edo_yield(), 0);
    CHECK(strstr(open_dump(EDO_DUMP_JSON),
                 "\n{\"n\":1,\"kind\":\"task\",\"name\":\"a\\\"b\\\\??\"}"));
    CHECK(strstr(
        text,
        "\n{\"n\":1,\"kind\":\"mpsc\",\"name\":\"jobs\",\"values\":1,\"most\":1,\"limit\":9}"));
    EDO_TEST_OK(edo_json_value_parse(&root, edo_str_of(text), NULL));
    edo_json_value_free(root);
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
    edo_notify_all(&over);
    return edo_task_join(t);
}

static void make_channels(void) {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    edo_broadcast_tx *all;
    edo_broadcast_rx *one;
    if (edo_mpsc_new(&tx, &rx, 4, 4, NULL) == 0) {
        edo_mpsc_tx_unref(tx);
        edo_mpsc_rx_free(rx);
    }
    if (edo_broadcast_new(&all, &one, 4, 4, NULL) == 0) {
        edo_broadcast_tx_unref(all);
        edo_broadcast_rx_free(one);
    }
}

static void channels_without_memory_are_not_listed(void **state) {
    (void)state;
    for (int nth = 1; nth <= 20; nth++) {
        fail_alloc_in = nth;
        make_channels();
        fail_alloc_in = 0;
        expect_none("made at");
    }
}

/* A lock of the parent's things may be held in the child for ever. */
static void child_shows_what_it_has_made(void **state) {
    (void)state;
    edo_mpsc_tx *tx[2];
    edo_mpsc_rx *rx[2];
    EDO_TEST_OK(edo_mpsc_new(&tx[0], &rx[0], 4, 4, NULL));
    pid_t child = fork();
    if (child == 0) {
        expect_none("made at");
        EDO_TEST_OK(edo_mpsc_new(&tx[1], &rx[1], 4, 4, NULL));
        expect_line("  1 x mpsc made at ", "");
        for (int i = 0; i < 2; i++) edo_mpsc_tx_unref(tx[i]);
        for (int i = 0; i < 2; i++) edo_mpsc_rx_free(rx[i]);
        expect_none("made at");
        _exit(0);
    }
    int status = 0;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
    expect_line("  1 x mpsc made at ", "");
    edo_mpsc_tx_unref(tx[0]);
    edo_mpsc_rx_free(rx[0]);
    expect_none("made at");
}

/* ---- On each kind of runtime ----------------------------------------------------------------- */

static void tasks_are_shown_by_where_they_were_spawned(void **state) {
    (void)state;
    assert_int_equal(inside(tasks_shown_by_where_they_were_spawned, NULL), 0);
}

static void descriptors_are_shown_by_the_task_that_opened_them(void **state) {
    (void)state;
    assert_int_equal(inside_each(descriptors_shown_by_the_task_that_opened_them, NULL), 0);
}

static void descriptors_are_counted_where_none_is_left(void **state) {
    (void)state;
    assert_int_equal(inside(open_where_none_is_left, NULL), 0);
}

static void channels_are_shown_by_where_they_were_made(void **state) {
    (void)state;
    assert_int_equal(inside(channels_shown_by_where_they_were_made, NULL), 0);
}

static void json_has_the_same(void **state) {
    (void)state;
    assert_int_equal(inside(json_the_same, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_are_shown_by_where_they_were_spawned),
        cmocka_unit_test(descriptors_are_shown_by_the_task_that_opened_them),
        cmocka_unit_test(descriptors_are_counted_where_none_is_left),
        cmocka_unit_test(channels_are_shown_by_where_they_were_made),
        cmocka_unit_test(json_has_the_same),
        cmocka_unit_test(channels_without_memory_are_not_listed),
        cmocka_unit_test(child_shows_what_it_has_made),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
