/* SPDX-License-Identifier: MIT */
/* files_as_job.c: files in a state machine: a function that works with them is one job of the
 * blocking pool, and the machine awaits the job. Inside it each edo_fs_*() runs on its thread. */
#include <edo/edo.h>
#include <edo/fs.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Adds one to the number in a file. */
static int count_up(void *arg) {
    const char *path = arg;
    edo_bytes text;
    int err = edo_fs_read_all(&text, path);
    if (err < 0) return err;
    char digits[24];
    int64_t count;
    err = edo_str_int(&count, text.str);
    edo_bytes_unref(&text);
    if (err < 0) return err;
    int n = snprintf(digits, sizeof digits, "%" PRId64, ++count);
    err = edo_fs_replace(path, digits, (size_t)n);
    return err < 0 ? err : (int)count;
}

EDO_ASYNC(counter, const char *path; int rounds; edo_blocking_future job;) {
    EDO_BEGIN;
    while (self->rounds-- > 0) {
        EDO_TRY_AWAIT(edo_blocking_init(&self->job, count_up, (void *)(uintptr_t)self->path, NULL));
        printf("counted %d\n", edo_result(&self->job));
    }
    EDO_RETURN(0);
    EDO_END;
}

static int root(void *arg) {
    (void)arg;
    char path[] = "/tmp/edo-counter-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0) return 1;
    (void)!write(fd, "41", 2);
    (void)close(fd);
    counter c = { .path = path, .rounds = 3 };
    int err = edo_await(counter_init(&c));
    (void)edo_fs_remove_file(path);
    return err;
}

int main(void) {
    return edo_main(root, NULL);
}
