/* SPDX-License-Identifier: MIT */
/* floor-uring-copies WAY [options] FOLDER: copies of many files of 4 KiB, whose pages are in the
 * kernel's cache, within a new folder of FOLDER, which is removed again.
 *
 * WAY is `plain`, the calls openat, statx, read, write and close; or `ring`, the same as operations
 * of a ring with the options of ring.h: the opens and the statx of a file at once, then its read,
 * its write, its closes. Further options: -n files (1000), -k files at once (64).
 *
 * One line of JSON: CPU time of the process, its threads in the kernel included, wall time, and
 * calls of io_uring_enter, each for a file. */
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES = 4096, AT_ONCE_MAX = 256, NAME_MAX_BYTES = 32 };

/* What a copy waits for. */
typedef enum copy_step { STEP_OPEN, STEP_READ, STEP_WRITE, STEP_CLOSE } copy_step;

/* The operations of STEP_OPEN; those of STEP_CLOSE are of OPEN_FROM and OPEN_TO. */
typedef enum copy_part { OPEN_FROM, OPEN_TO, OPEN_STATX } copy_part;

typedef struct copy {
    copy_step step;
    unsigned awaited; /* operations that are under way */
    int fds[2];       /* by copy_part; with --direct, slots of the ring's table */
    struct statx st;
    char from[NAME_MAX_BYTES], to[NAME_MAX_BYTES];
    char bytes[FILE_BYTES];
} copy;

static struct {
    struct io_uring ring;
    ring_opts opts;
    unsigned files_n, at_once, begun, done;
    uint64_t calls;
    int folder;
    copy copies[AT_ONCE_MAX];
} job = { .files_n = 1000, .at_once = 64 };

static void name_files(copy *c, unsigned file) {
    snprintf(c->from, sizeof c->from, "from-%u", file);
    snprintf(c->to, sizeof c->to, "to-%u", file);
}

/* ---- By plain calls -------------------------------------------------------------------------- */

static void copy_plainly(void) {
    copy *c = &job.copies[0];
    for (unsigned i = 0; i < job.files_n; i++) {
        name_files(c, i);
        int from = openat(job.folder, c->from, O_RDONLY | O_CLOEXEC);
        int to = openat(job.folder, c->to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (from < 0 || to < 0 || statx(from, "", AT_EMPTY_PATH, STATX_SIZE, &c->st) < 0 ||
            c->st.stx_size > FILE_BYTES ||
            read(from, c->bytes, c->st.stx_size) != (ssize_t)c->st.stx_size ||
            write(to, c->bytes, c->st.stx_size) != (ssize_t)c->st.stx_size)
            ring_must(-errno, "a copy");
        close(from);
        close(to);
    }
}

/* ---- By the ring ----------------------------------------------------------------------------- */

/* An operation of a copy was prepared; `part` comes back with its completion. */
static void copy_awaits(struct io_uring_sqe *sqe, unsigned which, copy_part part) {
    job.copies[which].awaited++;
    io_uring_sqe_set_data64(sqe, (uint64_t)part << 32 | which);
}

static void open_one(unsigned which, copy_part part, const char *name, int flags) {
    struct io_uring_sqe *sqe = ring_next(&job.ring);
    if (job.opts.direct)
        io_uring_prep_openat_direct(sqe, job.folder, name, flags, 0600, 2 * which + part);
    else
        io_uring_prep_openat(sqe, job.folder, name, flags | O_CLOEXEC, 0600);
    copy_awaits(sqe, which, part);
}

static void copy_begin(unsigned which) {
    copy *c = &job.copies[which];
    if (job.begun == job.files_n) return;
    name_files(c, job.begun++);
    c->step = STEP_OPEN;
    open_one(which, OPEN_FROM, c->from, O_RDONLY);
    open_one(which, OPEN_TO, c->to, O_WRONLY | O_CREAT | O_TRUNC);
    struct io_uring_sqe *sqe = ring_next(&job.ring);
    io_uring_prep_statx(sqe, job.folder, c->from, 0, STATX_SIZE, &c->st);
    copy_awaits(sqe, which, OPEN_STATX);
}

static void move_bytes(unsigned which, copy_part part) {
    copy *c = &job.copies[which];
    struct io_uring_sqe *sqe = ring_next(&job.ring);
    if (part == OPEN_FROM)
        io_uring_prep_read(sqe, c->fds[part], c->bytes, (unsigned)c->st.stx_size, 0);
    else
        io_uring_prep_write(sqe, c->fds[part], c->bytes, (unsigned)c->st.stx_size, 0);
    if (job.opts.direct) sqe->flags |= IOSQE_FIXED_FILE;
    copy_awaits(sqe, which, part);
}

static void close_one(unsigned which, copy_part part) {
    struct io_uring_sqe *sqe = ring_next(&job.ring);
    if (job.opts.direct)
        io_uring_prep_close_direct(sqe, 2 * which + part);
    else
        io_uring_prep_close(sqe, job.copies[which].fds[part]);
    copy_awaits(sqe, which, part);
}

/* All operations of the step have ended: begins those of the next one. */
static void copy_step_over(unsigned which) {
    copy *c = &job.copies[which];
    switch (c->step) {
    case STEP_OPEN:
        if (c->st.stx_size > FILE_BYTES) ring_must(-EFBIG, "a file");
        c->step = STEP_READ;
        move_bytes(which, OPEN_FROM);
        break;
    case STEP_READ:
        c->step = STEP_WRITE;
        move_bytes(which, OPEN_TO);
        break;
    case STEP_WRITE:
        c->step = STEP_CLOSE;
        close_one(which, OPEN_FROM);
        close_one(which, OPEN_TO);
        break;
    case STEP_CLOSE:
        job.done++;
        copy_begin(which);
        break;
    }
}

static void copy_completed(const struct io_uring_cqe *cqe) {
    unsigned which = (unsigned)(cqe->user_data & UINT32_MAX);
    copy_part part = (copy_part)(cqe->user_data >> 32);
    copy *c = &job.copies[which];
    ring_must(cqe->res, "a copy");
    bool moves = c->step == STEP_READ || c->step == STEP_WRITE;
    if (moves && (unsigned)cqe->res != c->st.stx_size) ring_must(-EIO, "a copy");
    if (c->step == STEP_OPEN && part != OPEN_STATX)
        c->fds[part] = job.opts.direct ? (int)(2 * which + part) : cqe->res;
    if (--c->awaited == 0) copy_step_over(which);
}

static void copy_by_ring(void) {
    ring_open(&job.ring, &job.opts, 4 * AT_ONCE_MAX, 2 * AT_ONCE_MAX);
    for (unsigned i = 0; i < job.at_once; i++) copy_begin(i);
    while (job.done < job.files_n) {
        unsigned head, n = 0;
        struct io_uring_cqe *cqe;
        job.calls++;
        int err = io_uring_submit_and_wait(&job.ring, 1);
        if (err != -EINTR) ring_must(err, "io_uring_enter");
        io_uring_for_each_cqe(&job.ring, head, cqe) {
            copy_completed(cqe);
            n++;
        }
        io_uring_cq_advance(&job.ring, n);
    }
}

/* ---- The files ------------------------------------------------------------------------------- */

static void make_files(void) {
    copy *c = &job.copies[0];
    memset(c->bytes, 'x', FILE_BYTES);
    for (unsigned i = 0; i < job.files_n; i++) {
        name_files(c, i);
        int fd = openat(job.folder, c->from, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 || write(fd, c->bytes, FILE_BYTES) != FILE_BYTES) ring_must(-errno, c->from);
        close(fd);
    }
}

/* Removes them; a copy that is not there, or not whole, ends the program. */
static void remove_files(void) {
    copy *c = &job.copies[0];
    for (unsigned i = 0; i < job.files_n; i++) {
        name_files(c, i);
        struct stat st;
        if (fstatat(job.folder, c->to, &st, 0) < 0) ring_must(-errno, c->to);
        if (st.st_size != FILE_BYTES) ring_must(-EIO, c->to);
        (void)unlinkat(job.folder, c->from, 0);
        (void)unlinkat(job.folder, c->to, 0);
    }
}

static bool copies_parse(int argc, char **argv) {
    for (int i = 2; i < argc - 1; i++) {
        unsigned *number = !strcmp(argv[i], "-n")   ? &job.files_n
                           : !strcmp(argv[i], "-k") ? &job.at_once
                                                    : NULL;
        if (number)
            *number = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (!ring_option(&job.opts, argv[i]))
            return false;
    }
    return argc > 2 && job.at_once > 0 && job.at_once <= AT_ONCE_MAX;
}

int main(int argc, char **argv) {
    bool plain = argc > 1 && !strcmp(argv[1], "plain");
    if (!copies_parse(argc, argv) || (!plain && strcmp(argv[1], "ring") != 0)) {
        fprintf(stderr, "usage: floor-uring-copies plain|ring [options] FOLDER\n");
        return 2;
    }
    static char path[4096];
    snprintf(path, sizeof path, "%s/copies-XXXXXX", argv[argc - 1]);
    if (!mkdtemp(path) || (job.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        ring_must(-errno, path);
    make_files();
    double cpu = ring_clock_s(CLOCK_PROCESS_CPUTIME_ID), wall = ring_clock_s(CLOCK_MONOTONIC);
    if (plain)
        copy_plainly();
    else
        copy_by_ring();
    cpu = ring_clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    wall = ring_clock_s(CLOCK_MONOTONIC) - wall;
    remove_files();
    (void)rmdir(path);
    printf("{\"cpu_us\":%.3f,\"wall_us\":%.3f,\"calls\":%.3f}\n", cpu * 1e6 / job.files_n,
           wall * 1e6 / job.files_n, (double)job.calls / job.files_n);
    return 0;
}
