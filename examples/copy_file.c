/* SPDX-License-Identifier: MIT */
/* copy_file.c: copies a file, with a bar that shows bytes, rate and time left. Without a terminal
 * it prints nothing.
 *
 *     copy_file FROM TO
 *
 * Reads and writes of files block, so each piece is a job of the blocking pool. The bar is a task
 * of its own that wakes ten times a second; on one thread it needs no lock to look at the bytes. */
#include <edo/edo.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (1 << 20)
#define WIDTH 30
#define MIB   (1024.0 * 1024.0)

typedef struct copying {
    const char *from, *to;
    int in, out;
    char *piece; /* this and the above are the job's while one runs */
    off_t size;  /* written by a job, before the bar sees `total` */
    double done, total;
    edo_instant start;
} copying;

/* ---- The bar --------------------------------------------------------------------------------- */

static void print_bar(const copying *c) {
    double share = c->done < c->total ? c->done / c->total : 1;
    double seconds = (double)edo_instant_since(edo_now(), c->start).ns / 1e9;
    double rate = seconds > 0 ? c->done / seconds : 0;
    char bar[WIDTH + 1];
    for (int i = 0; i < WIDTH; i++) bar[i] = i < share * WIDTH ? '#' : '.';
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %3.0f %%  %.1f MiB  %.1f MiB/s", bar, share * 100, c->done / MIB,
            rate / MIB);
    if (rate > 0) fprintf(stderr, "  %.0f s left ", (c->total - c->done) / rate);
    fflush(stderr);
}

static int show(void *arg) {
    edo_interval every;
    int err = edo_interval_init(&every, edo_ms(100), EDO_TICK_SKIP);
    while (err == 0 && (err = edo_interval_tick(&every, NULL)) == 0) print_bar(arg);
    return err;
}

/* ---- The copy: jobs that block --------------------------------------------------------------- */

/* Returns the bytes of the next piece; 0 at the end. */
static int copy_piece(void *arg) {
    copying *c = arg;
    ssize_t n;
    do n = read(c->in, c->piece, PIECE);
    while (n < 0 && errno == EINTR);
    if (n < 0) return -errno;
    for (ssize_t at = 0, put; at < n; at += put) {
        do put = write(c->out, c->piece + at, (size_t)(n - at));
        while (put < 0 && errno == EINTR);
        if (put < 0) return -errno;
    }
    return (int)n;
}

static int open_both(void *arg) {
    copying *c = arg;
    struct stat st;
    c->in = open(c->from, O_RDONLY | O_CLOEXEC);
    if (c->in < 0) return -errno;
    if (fstat(c->in, &st) < 0) return -errno;
    c->size = st.st_size;
    c->out = open(c->to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st.st_mode & 0777);
    return c->out < 0 ? -errno : 0;
}

/* close() may return the error of a write that the system delayed. */
static int close_both(void *arg) {
    copying *c = arg;
    int err = 0;
    if (c->in >= 0) close(c->in);
    if (c->out >= 0 && close(c->out) < 0) err = -errno;
    return err;
}

static int copy(copying *c) {
    int n = edo_blocking(open_both, c);
    if (n < 0) return edo_fail(n, "opening %s and %s", c->from, c->to);
    c->start = edo_now();
    c->total = (double)c->size;
    while ((n = edo_blocking(copy_piece, c)) > 0) c->done += n;
    return n < 0 ? edo_fail(n, "after %.0f bytes", c->done) : 0;
}

static int copy_and_show(copying *c) {
    bool is_seen = isatty(STDERR_FILENO);
    edo_scope s;
    edo_scope_begin(&s, NULL);
    if (is_seen) edo_scope_spawn(&s, show, c);
    int err = copy(c);
    edo_scope_cancel(&s);
    (void)edo_scope_end(&s); // also if this task was cancelled: the bar has gone
    if (is_seen && err == 0) print_bar(c);
    if (is_seen) fputs("\n", stderr);
    return err;
}

static int root(void *arg) {
    char **argv = arg;
    static char piece[PIECE];
    copying c = { .from = argv[1], .to = argv[2], .in = -1, .out = -1, .piece = piece };
    c.start = edo_now();
    int err = copy_and_show(&c);
    int closed = close_both(&c);
    if (err == 0) err = closed;
    if (err < 0 && c.out >= 0) unlink(c.to); // a half copy is worse than none
    return err;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    return edo_main_with(root, argv, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
