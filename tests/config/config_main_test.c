/* SPDX-License-Identifier: MIT */
/* Goal: the root of a program gets its settings, and what is wrong with them ends it before, told
 * in a line.
 * Method: each program in a child process, its standard output and error in a pipe. */
#include <edo/config.h>
#include <edo/edo.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct settings {
    char *name;
    uint16_t port;
} settings;
EDO_DESCRIBE(settings, EDO_FIELD(settings, name, .positional = true),
             EDO_FIELD(settings, port, .preset = "80"))

static int tell(void *arg) {
    const settings *s = arg;
    printf("%s %d\n", s->name, s->port);
    return s->port == 1 ? edo_fail(-EIO, "telling it") : 0;
}

/* What a program of these words says, and its status. */
typedef struct ending {
    int status;
    char said[500];
} ending;

static void run(ending *e, int argc, const char *const *argv, const edo_config_opts *opts) {
    int said[2];
    size_t n = 0;
    assert_int_equal(pipe(said), 0);
    (void)fflush(stdout); // the child has no copy of it
    pid_t child = fork();
    if (child == 0) {
        settings s;
        if (dup2(said[1], 1) < 0 || dup2(said[1], 2) < 0) _exit(99);
        int status = edo_config_main(tell, &s, &settings_desc, argc, (char *const *)(uintptr_t)argv,
                                     opts, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
        bool is_left = s.name && !(opts && opts->arena); // it is not given back
        (void)fflush(stdout);
        _exit(is_left ? 98 : status);
    }
    (void)close(said[1]);
    for (ssize_t got = 1; got > 0; n += got > 0 ? (size_t)got : 0)
        got = read(said[0], e->said + n, sizeof e->said - 1 - n);
    e->said[n] = '\0';
    (void)close(said[0]);
    assert_int_equal(waitpid(child, &e->status, 0), child);
    assert_true(WIFEXITED(e->status));
    e->status = WEXITSTATUS(e->status);
}

static void root_gets_the_settings(void **state) {
    const char *const argv[] = { "program", "ann", "--port", "8080", NULL };
    edo_arena arena = { 0 };
    ending e;
    (void)state;
    run(&e, 4, argv, NULL);
    assert_string_equal(e.said, "ann 8080\n");
    assert_int_equal(e.status, 0);
    run(&e, 2, argv, &(edo_config_opts){ .arena = &arena });
    assert_string_equal(e.said, "ann 80\n");
    assert_int_equal(e.status, 0);
    edo_arena_deinit(&arena);
}

static void failure_of_the_root_is_its_status(void **state) {
    const char *const argv[] = { "program", "ann", "--port=1", NULL };
    ending e;
    (void)state;
    run(&e, 3, argv, NULL);
    assert_non_null(strstr(e.said, "telling it"));
    assert_int_equal(e.status, 1);
}

static void wrong_settings_are_told_and_nothing_runs(void **state) {
    const char *const wrong[] = { "program", "ann", "--port=x", NULL }, *const none[] = { "program",
                                                                                          NULL };
    ending e;
    (void)state;
    run(&e, 3, wrong, NULL);
    assert_non_null(strstr(e.said, "--port must be"));
    assert_null(strstr(e.said, "ann"));
    assert_int_equal(e.status, 2);
    run(&e, 1, none, NULL);
    assert_int_equal(e.status, 2);
}

static void help_and_version_end_well(void **state) {
    const char *const help[] = { "program", "--help", NULL }, *const version[] = { "program",
                                                                                   "--version",
                                                                                   NULL };
    ending e;
    (void)state;
    run(&e, 2, help, NULL);
    assert_non_null(strstr(e.said, "--port"));
    assert_int_equal(e.status, 0);
    run(&e, 2, version, &(edo_config_opts){ .version = "1.2" });
    assert_non_null(strstr(e.said, "1.2"));
    assert_int_equal(e.status, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_gets_the_settings),
        cmocka_unit_test(failure_of_the_root_is_its_status),
        cmocka_unit_test(wrong_settings_are_told_and_nothing_runs),
        cmocka_unit_test(help_and_version_end_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
