/* SPDX-License-Identifier: MIT */
/* copy_file.c: copies a file, with a bar that shows bytes, rate and time left. Without a terminal
 * it prints nothing.
 *
 *     copy_file FROM TO
 *
 * The files are streams, so the copy is edo_copy(), which keeps count. The bar is a task of its own
 * that wakes ten times a second; on one thread it needs no lock to look at the bytes. */
#include <edo/edo.h>
#include <edo/file.h>

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define WIDTH 30
#define MIB   (1024.0 * 1024.0)

typedef struct copying {
    const char *from, *to;
    edo_stream *in, *out;
    uint64_t done; // bytes, counted by edo_copy()
    double total;
    edo_instant start;
} copying;

/* ---- The bar --------------------------------------------------------------------------------- */

static void print_bar(const copying *c) {
    double done = (double)c->done;
    double share = done < c->total ? done / c->total : 1;
    double seconds = (double)edo_instant_since(edo_now(), c->start).ns / 1e9;
    double rate = seconds > 0 ? done / seconds : 0;
    char bar[WIDTH + 1];
    for (int i = 0; i < WIDTH; i++) bar[i] = i < share * WIDTH ? '#' : '.';
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %3.0f %%  %.1f MiB  %.1f MiB/s", bar, share * 100, done / MIB,
            rate / MIB);
    if (rate > 0) fprintf(stderr, "  %.0f s left ", (c->total - done) / rate);
    fflush(stderr);
}

static int show(void *arg) {
    edo_interval every;
    int err = edo_interval_init(&every, edo_ms(100), EDO_TICK_SKIP);
    while (err == 0 && (err = edo_interval_tick(&every, NULL)) == 0) print_bar(arg);
    return err;
}

/* ---- The copy -------------------------------------------------------------------------------- */

static int open_both(copying *c) {
    struct stat st = { 0 };
    int err = edo_fs_open(&c->in, c->from, NULL);
    if (err == 0) err = edo_file_stat(&st, c->in);
    if (err < 0) return err;
    c->total = (double)st.st_size;
    return edo_fs_open(&c->out, c->to,
                       &(edo_fs_open_opts){ .write = true,
                                            .create_new = true,
                                            .mode = (st.st_mode & 0777) | S_IWUSR });
}

static int copy(copying *c) {
    int err = open_both(c);
    if (err < 0) return edo_fail(err, "opening %s and %s", c->from, c->to);
    c->start = edo_now();
    err = edo_copy(c->out, c->in, &c->done);
    if (err == 0) err = edo_file_sync(c->out); // a close would hide a failure of the disk
    return err < 0 ? edo_fail(err, "after %" PRIu64 " bytes", c->done) : 0;
}

static int copy_and_show(copying *c) {
    bool is_seen = isatty(STDERR_FILENO);
    EDO_SCOPE(s, NULL);
    if (is_seen) edo_scope_spawn(&s, show, c);
    int err = copy(c);
    edo_scope_cancel(&s);
    (void)edo_scope_end(&s, 0); // also if this task was cancelled: the bar has gone
    if (is_seen && err == 0) print_bar(c);
    if (is_seen) fputs("\n", stderr);
    return err;
}

static int root(void *arg) {
    char **argv = arg;
    copying c = { .from = argv[1], .to = argv[2], .start = edo_now() };
    int err = copy_and_show(&c);
    if (err < 0 && c.out) (void)unlink(c.to); // a half copy is worse than none
    edo_close(c.in);
    edo_close(c.out);
    return err;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    return edo_main_with(root, argv, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
