/* SPDX-License-Identifier: MIT */
/* tail_f.c FILE: prints what is appended to FILE, until Ctrl-C. The kernel tells of changes by
 * inotify, whose descriptor is awaited as any other. */
#include <edo/edo.h>
#include <edo/fd.h>
#include <edo/pipe.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

typedef struct tail {
    int file;
    edo_stream *out;
} tail;

typedef struct piece {
    int file;
    ssize_t n;
    char bytes[4096];
} piece;

static int read_piece(void *arg) { // a disk may be slow: on a thread of the blocking pool
    piece *p = arg;
    p->n = read(p->file, p->bytes, sizeof p->bytes);
    return p->n < 0 ? -errno : (int)p->n;
}

static int print_rest(tail *t) {
    piece p = { .file = t->file };
    int n;
    while ((n = edo_blocking(read_piece, &p)) > 0)
        if ((n = edo_write_all(t->out, p.bytes, (size_t)n)) < 0) break;
    return n < 0 ? n : edo_flush(t->out);
}

static int take_events(int fd, void *arg) {
    char events[4096]; // which file, and what happened: here it does not matter
    (void)arg;
    ssize_t n = read(fd, events, sizeof events);
    return n < 0 ? -errno : (int)n;
}

static int follow(tail *t, const char *path) {
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch < 0) return -errno;
    edo_fd *changes;
    int err = edo_fd_open(&changes, watch, &(edo_fd_opts){ .take = true });
    if (err < 0) {
        (void)close(watch);
        return err;
    }
    err = inotify_add_watch(watch, path, IN_MODIFY) < 0 ? -errno : 0;
    while (err >= 0 && (err = print_rest(t)) >= 0)
        err = edo_fd_io(changes, EDO_IO_READ, take_events, NULL); // waits for the next change
    edo_fd_close(changes);
    return err;
}

static int root(void *arg) {
    tail t = { .file = open(arg, O_RDONLY | O_CLOEXEC) };
    if (t.file < 0) return edo_fail(-errno, "opening %s", (const char *)arg);
    int err = edo_stdout(&t.out);
    if (err == 0) {
        err = follow(&t, arg);
        edo_close(t.out);
    }
    (void)close(t.file);
    return err;
}

int main(int argc, char **argv) {
    return argc == 2 ? edo_main(root, argv[1]) : 2;
}
