/* SPDX-License-Identifier: MIT */
/* support/test_runner.h: a program of many tests runs the one that its argument names. The list is
 * made by cmake/EdoTests.cmake. */
#ifndef EDO_TESTS_TEST_RUNNER_H
#define EDO_TESTS_TEST_RUNNER_H

#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef struct test_row {
    const char *name; /* "task_set" of src/sync/task_set_test.c, "h1/head" of src/http/h1/ */
    int (*run)(void);
} test_row;

static inline int run_row(const test_row *rows, size_t n, int argc, char **argv) {
    for (size_t i = 0; argc == 2 && i < n; i++)
        if (strcmp(argv[1], rows[i].name) == 0) return rows[i].run();
    (void)fprintf(stderr, "usage: %s NAME, one of:", argv[0]);
    for (size_t i = 0; i < n; i++) (void)fprintf(stderr, " %s", rows[i].name);
    (void)fputc('\n', stderr);
    return 2;
}

#endif
