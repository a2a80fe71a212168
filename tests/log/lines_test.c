/* SPDX-License-Identifier: MIT */
/* Goal: the lines of a receiver go the log's way: to where their descriptor leads now, and by a
 * queue while the program is in edo_main(), also when the receiver was there before.
 * Method: a descriptor that is led elsewhere; pipes that the test itself reads, or nobody. */
#define EDO_TARGET "shop"
#include <edo/edo.h>
#include <edo/receiver.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static edo_receiver *add_lines(int fd) {
    edo_receiver *r;
    assert_int_equal(edo_log_add_lines(&r, &(edo_log_opts){ .fd = fd, .no_time = true }), 0);
    return r;
}

static void expect_text(int fd, const char *wanted) {
    char text[1024];
    ssize_t n = read(fd, text, sizeof text - 1);
    assert_true(n >= 0);
    text[n] = '\0';
    assert_string_equal(text, wanted);
}

/* A pipe without a reader ends a program that takes it for a file. */
static void lines_go_where_the_descriptor_leads(void **state) {
    int ends[2], other[2];
    FILE *file = tmpfile();
    (void)state;
    assert_non_null(file);
    const struct sigaction usual = { .sa_handler = SIG_DFL };
    assert_int_equal(sigaction(SIGPIPE, &usual, NULL), 0);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(pipe2(other, O_CLOEXEC), 0);
    (void)close(other[0]);
    int fd = dup(fileno(file));
    edo_receiver *r = add_lines(fd);
    edo_info("to a file");
    assert_int_equal(dup2(ends[1], fd), fd);
    edo_info("to a pipe");
    expect_text(ends[0], " INFO shop: to a pipe\n");
    assert_int_equal(dup2(fileno(file), fd), fd);
    edo_info("to the file again");
    uint64_t dropped = edo_log_dropped();
    assert_int_equal(dup2(other[1], fd), fd);
    edo_info("to nobody");
    assert_int_equal(edo_log_dropped(), dropped + 1);
    edo_log_remove(r);
    assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
    expect_text(fileno(file), " INFO shop: to a file\n INFO shop: to the file again\n");
    (void)close(fd), (void)close(ends[0]), (void)close(ends[1]), (void)close(other[1]);
    (void)fclose(file);
}

static size_t fill(int fd) {
    static const char zeros[4096];
    size_t all = 0;
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    for (ssize_t n; (n = write(fd, zeros, sizeof zeros)) > 0;) all += (size_t)n;
    assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
    return all;
}

typedef struct full_pipe {
    int ends[2];
    size_t filled_n;
    uint64_t dropped;
} full_pipe;

/* A thread that writes at once would drop the second, as nobody reads meanwhile. */
static int logs_into_what_is_full(void *arg) {
    static char text[1 << 20];
    const full_pipe *p = arg;
    edo_info("one");
    edo_info("two");
    if (edo_log_dropped() != p->dropped) return -EIO;
    for (size_t n = 0; n < p->filled_n;) {
        ssize_t more = read(p->ends[0], text, p->filled_n - n);
        if (more <= 0) return -EIO;
        n += (size_t)more;
    }
    return 0;
}

static void lines_of_a_receiver_of_before_edo_main_are_queued_in_it(void **state) {
    full_pipe p;
    (void)state;
    edo_log_stop(); // edo_main() starts none
    assert_int_equal(pipe2(p.ends, O_CLOEXEC), 0);
    edo_receiver *r = add_lines(p.ends[1]);
    edo_info("before");
    p.filled_n = sizeof " INFO shop: before\n" - 1 + fill(p.ends[1]);
    p.dropped = edo_log_dropped();
    assert_int_equal(edo_main(logs_into_what_is_full, &p), 0);
    edo_info("after");
    edo_log_remove(r);
    (void)close(p.ends[1]);
    expect_text(p.ends[0], " INFO shop: one task=\"root of edo_main\"\n"
                           " INFO shop: two task=\"root of edo_main\"\n"
                           " INFO shop: after\n");
    (void)close(p.ends[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_go_where_the_descriptor_leads),
        cmocka_unit_test(lines_of_a_receiver_of_before_edo_main_are_queued_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
