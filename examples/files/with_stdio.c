/* SPDX-License-Identifier: MIT */
/* with_stdio.c: a stream as a FILE *, for code that knows only stdio. Such code blocks its thread,
 * so it runs as a job of the blocking pool; there each edo_read() waits without a fiber. */
#include <edo/edo.h>
#include <edo/streams.h>

#include <errno.h>
#include <stdio.h>

/* ---- The bridge ------------------------------------------------------------------------------ */

static ssize_t file_read(void *cookie, char *buf, size_t n) {
    int got = edo_read(cookie, buf, n);
    if (got < 0) errno = EIO; // edo's own codes are no errno
    return got < 0 ? -1 : got;
}

static ssize_t file_write(void *cookie, const char *buf, size_t n) {
    int err = edo_write_all(cookie, buf, n);
    if (err < 0) errno = EIO;
    return err < 0 ? 0 : (ssize_t)n; // stdio wants 0 for a failure
}

static int file_close(void *cookie) {
    edo_close(cookie);
    return 0;
}

/* Takes `s`, unless it fails: fclose() closes it. */
static FILE *file_of(edo_stream *s, const char *mode) {
    const cookie_io_functions_t calls = { .read = file_read,
                                          .write = file_write,
                                          .close = file_close };
    return fopencookie(s, mode, calls);
}

/* ---- Code that knows only stdio -------------------------------------------------------------- */

static int print_sum(FILE *in, FILE *out) {
    int n, sum = 0, lines = 0;
    for (; fscanf(in, "%d", &n) == 1; sum += n) lines++;
    if (ferror(in)) return -EIO; // not the end
    fprintf(out, "%d numbers, sum %d\n", lines, sum);
    return 0;
}

static int sums_up(void *arg) {
    edo_stream *peer = arg;
    edo_stream *reader, *writer;
    int err = edo_stream_split(&reader, &writer, peer);
    if (err < 0) {
        edo_close(peer);
        return err;
    }
    FILE *in = file_of(reader, "r"), *out = file_of(writer, "w");
    if (in && out) err = print_sum(in, out);
    if (out) {
        if (fclose(out) != 0) err = -EIO; // here what stdio has gathered is written
    } else {
        edo_close(writer);
    }
    if (in) {
        (void)fclose(in);
    } else {
        edo_close(reader);
    }
    return in && out ? err : -ENOMEM;
}

/* ---- The task at the other end --------------------------------------------------------------- */

static int talk(void *arg) {
    edo_stream *peer = arg;
    char reply[64];
    for (int i = 1; i <= 100; i++) {
        char line[16];
        int n = snprintf(line, sizeof line, "%d\n", i);
        n = edo_write_all(peer, line, (size_t)n);
        if (n < 0) return n;
        if (i == 50 && edo_sleep(edo_ms(1)) < 0) return -ECANCELED; // the job waits
    }
    int n = edo_shutdown(peer);
    if (n == 0) n = edo_read(peer, reply, sizeof reply);
    if (n > 0) printf("%.*s", n, reply);
    return n < 0 ? n : 0;
}

static int root(void *arg) {
    (void)arg;
    edo_stream *ours, *theirs;
    int err = edo_duplex(&ours, &theirs, 64);
    if (err < 0) return err;
    edo_task *t = edo_spawn(talk, ours);
    int job = edo_blocking(sums_up, theirs);
    err = edo_task_join(t);
    edo_close(ours);
    return job < 0 ? job : err;
}

int main(void) {
    return edo_main(root, NULL);
}
