/* SPDX-License-Identifier: MIT */
/* test_script.c: a test of a small protocol, against a peer that is played by a script. */
#include <edo/edo.h>
#include <edo/test.h>

#include <stdio.h>
#include <string.h>

/* The tested function: asks for the length of a list. Each number ends with a dot. */
static int list_length(edo_stream *s, const char *name) {
    char byte = 0;
    int err = edo_write_all(s, "LLEN ", 5);
    if (err >= 0) err = edo_write_all(s, name, strlen(name));
    if (err >= 0) err = edo_write_all(s, ".", 1);
    for (int n = 0; err >= 0; n = 10 * n + (byte - '0')) {
        err = edo_read_exact(s, &byte, 1);
        if (err >= 0 && byte == '.') return n;
    }
    return err;
}

static int test(void *arg) {
    edo_test_script *server;
    edo_stream *s;
    (void)arg;
    EDO_TEST_OK(edo_test_script_new(&server, &s, "server"));
    edo_test_script_write(server, EDO_TEST_TEXT("LLEN jobs."));
    edo_test_script_wait(server, edo_s(30)); // no time passes: the clock is paused
    edo_test_script_read(server, EDO_TEST_TEXT("1"));
    edo_test_script_read(server, EDO_TEST_TEXT("2."));
    edo_test_script_write(server, EDO_TEST_TEXT("LLEN jobs."));
    edo_test_script_read(server, EDO_TEST_TEXT("1"));
    edo_test_script_error(server, EDO_IO_READ, -ECONNRESET);
    edo_test_script_close(server);

    EDO_TEST_EQ(list_length(s, "jobs"), 12);
    EDO_TEST_OK(edo_test_limit_new(&s, s, 1)); // from here on byte by byte
    EDO_TEST_EQ(list_length(s, "jobs"), -ECONNRESET);
    edo_close(s); // fails if a step is left
    printf("passed\n");
    return 0;
}

int main(void) {
    return edo_main_with(test, NULL, &(edo_runtime_opts){ .start_paused = true });
}
