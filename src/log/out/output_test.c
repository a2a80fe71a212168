/* SPDX-License-Identifier: MIT */
/* Goal: a log that nobody reads, or that is read slowly, holds up one thread, once, and says later
 * how many lines were dropped.
 * Method: pipes that the test itself reads between its lines. */
#include "base/memory/alloc.h"
#include "log/out/output.h"
#include "log/tell.h"
#include "patience.h"

#include <edo/log.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOM 8192

static int reader, to; /* the ends of a pipe */
static edoi_log_output *out;
static char got[2 * ROOM];

static int open_log(void **state) {
    int ends[2];
    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    reader = ends[0];
    to = ends[1];
    assert_int_equal(fcntl(to, F_SETPIPE_SZ, ROOM), ROOM);
    out = edoi_log_output_of(to);
    assert_non_null(out);
    out->writer.wait_ms = 1;
    return 0;
}

static int close_log(void **state) {
    (void)state;
    edo_log_stop();
    edoi_log_output_unref(out);
    close(reader);
    close(to);
    return 0;
}

static const char *drain(void) {
    ssize_t n = read(reader, got, sizeof got - 1);
    assert_true(n > 0);
    got[n] = '\0';
    return got;
}

static void fill(void) {
    static char full[ROOM];
    memset(full, 'x', sizeof full);
    assert_int_equal(write(to, full, sizeof full), ROOM);
}

static void descriptors_of_one_pipe_have_one_output(void **state) {
    (void)state;
    int ends[2], same = dup(to);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    edoi_log_output *twin = edoi_log_output_of(same), *other = edoi_log_output_of(ends[1]);
    assert_ptr_equal(twin, out);
    assert_ptr_not_equal(other, out);
    edoi_log_output_unref(twin);
    edoi_log_output_unref(other);
    assert_true(edoi_log_output_write(out, to, EDO_STR("still\n")));
    assert_string_equal(drain(), "still\n");
    close(ends[0]);
    close(ends[1]);
    close(same);
}

static void *write_one(void *arg) {
    *(bool *)arg = edoi_log_output_write(out, to, EDO_STR("late\n"));
    return NULL;
}

static void others_do_not_wait_for_the_one_that_waits_for_the_reader(void **state) {
    (void)state;
    pthread_t thread;
    bool is_written = false;
    uint64_t dropped = edoi_log_outputs_dropped();
    fill();
    out->writer.wait_ms = 30000;
    assert_int_equal(pthread_create(&thread, NULL, write_one, &is_written), 0);
    WAIT_FOR(edoi_load_rlx_u32(&out->writer.is_stuck));
    for (int i = 0; i < 8; i++) assert_false(edoi_log_output_write(out, to, EDO_STR("dropped\n")));
    assert_int_equal(edoi_log_outputs_dropped(), dropped + 8);
    (void)drain();
    pthread_join(thread, NULL);
    assert_true(is_written);
    assert_string_equal(drain(), "late\n");
    assert_int_equal(edoi_log_output_take_lost(out), 8);
    assert_false(edoi_log_output_has_lost(out));
}

static void a_log_that_was_not_read_says_how_many_lines_it_has_dropped(void **state) {
    (void)state;
    const edo_log_opts opts = { .fd = to, .ignore_env = true, .no_time = true };
    assert_int_equal(edo_log_start(&opts), 0);
    uint64_t dropped = edo_log_dropped();
    fill();
    for (int i = 0; i < 3; i++) edo_info("dropped");
    assert_int_equal(edo_log_dropped(), dropped + 3);
    (void)drain();
    edo_info("read");
    edo_info("again");
    assert_string_equal(drain(), " WARN edo.log: lines were dropped: they were not read lines=3\n"
                                 " INFO output_test: read\n INFO output_test: again\n");
}

static void each_line_to_a_reader_that_is_gone_counts_once(void **state) {
    (void)state;
    const edo_log_opts opts = { .fd = to, .ignore_env = true };
    assert_int_equal(edo_log_start(&opts), 0);
    uint64_t dropped = edo_log_dropped();
    assert_int_equal(dup2(to, reader), reader); // so closed
    for (int i = 0; i < 3; i++) edo_info("lost");
    assert_int_equal(edo_log_dropped(), dropped + 3);
    assert_int_equal(edoi_log_output_take_lost(out), 3);
}

static void what_is_dropped_before_the_end_is_told_at_the_end(void **state) {
    (void)state;
    const edo_log_opts opts = { .fd = to, .ignore_env = true, .no_time = true };
    assert_int_equal(edo_log_start(&opts), 0);
    fill();
    edo_info("dropped");
    (void)drain();
    edo_log_stop();
    assert_string_equal(drain(), " WARN edo.log: lines were dropped: they were not read lines=1\n");
}

/* The log would wait for ever: a file has always room. */
static void a_log_follows_its_descriptor(void **state) {
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    int fd = fileno(file);
    const edo_log_opts opts = { .fd = fd, .ignore_env = true, .no_time = true };
    assert_int_equal(edo_log_start(&opts), 0);
    edo_info("to a file");
    assert_true(lseek(fd, 0, SEEK_CUR) > 0);
    assert_int_equal(dup2(to, fd), fd);
    uint64_t dropped = edo_log_dropped();
    fill();
    edo_info("dropped");
    assert_int_equal(edo_log_dropped(), dropped + 1);
    assert_int_equal(edoi_load_rlx_u64(&out->refs), 2);
    edo_log_stop();
    (void)fclose(file);
}

/* A report's output ends with the report, if the log goes elsewhere or is stopped. */
static void a_reader_is_not_waited_for_anew_by_each_report(void **state) {
    (void)state;
    fill();
    assert_false(edoi_log_output_write(out, to, EDO_STR("dropped\n")));
    int64_t spent_ns = out->writer.spent_ns;
    assert_true(spent_ns > 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(edoi_load_rlx_u64(&out->refs), 1);
        edoi_log_output_unref(out);
        out = edoi_log_output_of(to);
        assert_non_null(out);
        assert_int_equal(out->writer.spent_ns, spent_ns);
    }
    assert_int_equal(edoi_log_output_take_lost(out), 1);
}

/* Also without memory for an output. */
static void reports_wait_for_no_reader_either(void **state) {
    (void)state;
    int usual = dup(STDERR_FILENO);
    assert_int_equal(dup2(to, STDERR_FILENO), STDERR_FILENO);
    fill();
    edoi_tell("dropped %d\n", 1);
    edoi_log_output_unref(out);
    edoi_alloc_fail_at(1);
    edoi_tell("dropped %d\n", 2);
    const char *text = drain();
    edoi_alloc_fail_at(1);
    edoi_tell("without %s\n", "memory");
    edoi_alloc_fail_at(0);
    assert_int_equal(dup2(usual, STDERR_FILENO), STDERR_FILENO);
    close(usual);
    assert_int_equal(text[0], 'x');
    assert_string_equal(drain(), "without memory\n");
    out = edoi_log_output_of(to);
    assert_non_null(out);
}

static void the_log_and_its_output_end_with_the_last_that_uses_them(void **state) {
    (void)state;
    const edo_log_opts opts = { .fd = to, .ignore_env = true, .no_time = true };
    assert_int_equal(edo_log_start(&opts), 0);
    assert_int_equal(edo_log_start(&opts), 0);
    edo_info("started twice");
    edo_log_stop();
    edo_info("stopped");
    assert_string_equal(drain(), " INFO output_test: started twice\n");
    assert_int_equal(edoi_load_rlx_u64(&out->refs), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_log, close_log)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(descriptors_of_one_pipe_have_one_output),
        TEST(others_do_not_wait_for_the_one_that_waits_for_the_reader),
        TEST(a_log_that_was_not_read_says_how_many_lines_it_has_dropped),
        TEST(each_line_to_a_reader_that_is_gone_counts_once),
        TEST(what_is_dropped_before_the_end_is_told_at_the_end),
        TEST(a_log_follows_its_descriptor),
        TEST(a_reader_is_not_waited_for_anew_by_each_report),
        TEST(reports_wait_for_no_reader_either),
        TEST(the_log_and_its_output_end_with_the_last_that_uses_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
