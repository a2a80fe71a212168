/* SPDX-License-Identifier: MIT */
/* Goal: whoever asks a program what is wrong gets an answer, also of several that ask at once, and
 * a look that takes long holds up no dump.
 * Method: programs of edo_main() in a child process, which is asked as edo look asks. */
#include "runtime/control/ask.h"

#include <edo/edo.h>

#include "leftovers.h"
#include "main_child.h"
#include "patience.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS UINT64_C(100)
#define LONG_MS UINT64_C(600000)

static int sleep_long(void *arg) {
    (void)arg;
    next_signal();
    return edo_sleep(edo_s(600)) == -ECANCELED ? 7 : 1;
}

static main_child begin(void) {
    struct sigaction before, deflt = { .sa_handler = SIG_DFL };
    assert_int_equal(sigaction(SIGQUIT, &deflt, &before), 0);
    main_child c =
        main_child_begin(sleep_long, NULL, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
    assert_int_equal(sigaction(SIGQUIT, &before, NULL), 0);
    return c;
}

static void end(const main_child *c) {
    assert_int_equal(kill(c->pid, SIGTERM), 0);
    int status = main_child_end(c, NULL, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

static void ask(const main_child *c, uint64_t value) {
    assert_int_equal(sigqueue(c->pid, SIGQUIT, (union sigval){ .sival_ptr = (void *)value }), 0);
}

/* The answer of that number; -1: it is not there. `*is_whole`: it is sealed. */
static int answer_open(const main_child *c, uint64_t value, bool *is_whole) {
    char path[300], target[300], wanted[64], name[EDOI_ASK_NAME_MAX];
    int fd = -1;
    edoi_ask_name(name, value);
    (void)snprintf(wanted, sizeof wanted, "/memfd:%s", name);
    (void)snprintf(path, sizeof path, "/proc/%ld/fd", (long)c->pid);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *e; fd < 0 && (e = readdir(dir));) {
        (void)snprintf(path, sizeof path, "/proc/%ld/fd/%s", (long)c->pid, e->d_name);
        ssize_t n = readlink(path, target, sizeof target - 1);
        if (n < 0) continue;
        target[n] = '\0';
        if (strncmp(target, wanted, strlen(wanted)) == 0) fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    (void)closedir(dir);
    *is_whole = fd >= 0 && fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE;
    return fd;
}

static bool is_there(const main_child *c, uint64_t value) {
    bool is_whole;
    int fd = answer_open(c, value, &is_whole);
    if (fd >= 0) (void)close(fd);
    return fd >= 0;
}

static bool is_answered(const main_child *c, uint64_t value) {
    bool is_whole;
    int fd = answer_open(c, value, &is_whole);
    if (fd >= 0) (void)close(fd);
    return is_whole;
}

/* The first asker reads late. */
static void each_of_several_that_ask_at_once_is_answered(void **state) {
    (void)state;
    const uint64_t values[] = { edoi_ask_make(LOOK_MS, 1), edoi_ask_make(LOOK_MS, 2),
                                edoi_ask_make(LOOK_MS, 3) };
    main_child c = begin();
    char asked;
    assert_int_equal(read(c.ready, &asked, 1), 1);
    ask(&c, values[0]);
    assert_int_equal(write(c.sent[1], "x", 1), 1);
    for (size_t i = 0; i < EDO_COUNT(values); i++) // the kernel has one signal for two
        WAIT_FOR((ask(&c, values[i]), is_there(&c, values[i])));
    WAIT_FOR(is_answered(&c, values[1]) && is_answered(&c, values[2]));
    assert_true(is_answered(&c, values[0]));
    ask(&c, edoi_ask_make(0, 2)); // has read
    WAIT_FOR(!is_there(&c, values[1]));
    assert_true(is_answered(&c, values[0]) && is_answered(&c, values[2]));
    end(&c);
}

/* Reads the child's standard error until `text` is there. */
static void want(const main_child *c, const char *text) {
    static char said[64 * 1024];
    size_t n = 0;
    struct pollfd in = { .fd = c->errors, .events = POLLIN };
    for (said[0] = '\0'; !strstr(said, text); said[n] = '\0') {
        ssize_t got = -1;
        if (poll(&in, 1, MAIN_CHILD_MS) > 0) got = read(c->errors, said + n, sizeof said - 1 - n);
        if (got <= 0) (void)kill(c->pid, SIGKILL);
        if (got <= 0) fail_msg("'%s' is missing in:\n%s", text, said);
        n += (size_t)got;
    }
}

static void a_look_that_takes_long_holds_up_no_dump_and_no_end(void **state) {
    (void)state;
    const uint64_t longer = edoi_ask_make(LONG_MS, 1), next = edoi_ask_make(LOOK_MS, 2);
    main_child c = begin();
    char asked;
    assert_int_equal(read(c.ready, &asked, 1), 1);
    ask(&c, longer);
    assert_int_equal(write(c.sent[1], "x", 1), 1);
    WAIT_FOR(is_there(&c, longer));
    assert_int_equal(kill(c.pid, SIGQUIT), 0);
    want(&c, "  1 task\n");
    ask(&c, next); // is taken, and has its turn after the first one
    WAIT_FOR(is_there(&c, next));
    assert_false(is_answered(&c, next));
    end(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_of_several_that_ask_at_once_is_answered),
        cmocka_unit_test(a_look_that_takes_long_holds_up_no_dump_and_no_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
