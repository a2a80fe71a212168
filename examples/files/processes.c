/* SPDX-License-Identifier: MIT */
/* processes.c: printf | (a task that numbers the lines) | sort -r: a pipeline whose middle is a
 * task of this program, and then an answer in one call. */
#include <edo/edo.h>
#include <edo/process.h>

#include <stdio.h>
#include <string.h>

/* Numbers the lines of `from`, and ends the input of `to`. */
static int number(edo_stream *from, edo_stream *to) {
    edo_buf_reader in;
    char *line, numbered[64];
    int n = edo_buf_reader_init(&in, from, NULL);
    for (int i = 1; n >= 0 && (n = edo_read_line(&in, &line)) >= 0; i++) {
        (void)snprintf(numbered, sizeof numbered, "%d %s\n", i, line);
        n = edo_write_all(to, numbered, strlen(numbered));
    }
    edo_buf_reader_deinit(&in);
    edo_close(from);
    edo_close(to);
    return n == -EDO_EEOF ? 0 : n;
}

static int pipeline(void) {
    const char *const printf_argv[] = { "printf", "apple\\nbanana\\ncherry\\n", NULL };
    const char *const sort_argv[] = { "sort", "-r", NULL };
    edo_process *first, *last; // the last one prints to our standard output
    int err = edo_process_spawn(
        &first, printf_argv, &(edo_process_opts){ .out = EDO_STDIO_PIPE, .kill_on_unref = true });
    if (err < 0) return edo_fail(err, "starting printf");
    err = edo_process_spawn(&last, sort_argv,
                            &(edo_process_opts){ .in = EDO_STDIO_PIPE, .kill_on_unref = true });
    if (err == 0) {
        err = number(edo_process_stdout(first), edo_process_stdin(last));
        if (err == 0) err = edo_process_wait(last);
        edo_process_unref(last); // kills it if we were cut short; it never stays a zombie
    }
    edo_process_unref(first);
    return err;
}

static int question(void) {
    const char *const argv[] = { "tr", "a-z", "A-Z", NULL };
    edo_process_result r;
    int status = edo_process_output(&r, argv, NULL, (edo_str){ "loud\n", 5 }, 100);
    if (status >= 0) printf("status %d: %.*s", status, (int)r.out.str.len, r.out.str.ptr);
    edo_bytes_unref(&r.out); // also of a failure: what had come
    edo_bytes_unref(&r.err);
    return edo_fail(status, "asking tr");
}

static int root(void *arg) {
    (void)arg;
    int err = pipeline();
    return err == 0 ? question() : err;
}

int main(void) {
    return edo_main(root, NULL);
}
