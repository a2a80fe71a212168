/* SPDX-License-Identifier: MIT */
/* Goal: a file keeps the rules of edo_test_stream_suite(), as far as they are not about a peer.
 * Method: a pair of streams over one file: one end writes, the other reads behind it, and takes the
 * end of the file for the end of the input only after the writer has ended. Whether a peer is there
 * is known to the pair; all else is the file's. On a disk, where reads are done at once, and in
 * memory, where each is a job. */
#include "inside.h"

#include <edo/edo.h>
#include <edo/file.h>
#include <edo/fs.h>

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

typedef struct end {
    edo_stream base;
    edo_stream *file;
    atomic_bool has_ended;
    struct end *peer; // both live as long as the pair
} end;

static struct pair {
    end ends[2]; // the writer, the reader
} pairs[64];
static size_t pairs_n;

static end *end_of(edo_stream *s) {
    return (end *)(void *)s;
}

/* Reads behind the writer; turns around until there is something. */
static edo_polled end_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                           size_t n, uint32_t flags, int *result) {
    end *self = end_of(s);
    bool is_last = atomic_load(&self->peer->has_ended);
    const edo_stream_ops *ops = self->file->ops;
    if (ops->poll_read(self->file, cx, wait, to, n, flags, result) == EDO_PENDING)
        return EDO_PENDING;
    if (*result != 0 || is_last) return EDO_READY;
    *result = -EAGAIN;
    if (!cx) return EDO_READY;
    edo_waker_wake(edo_cx_waker(cx));
    return EDO_PENDING;
}

static edo_polled end_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *from,
                            size_t n, int *result) {
    end *self = end_of(s);
    *result = -EPIPE;
    if (!atomic_load(&self->has_ended) && atomic_load(&self->peer->has_ended)) return EDO_READY;
    return self->file->ops->poll_write(self->file, cx, wait, from, n, result);
}

static edo_polled end_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    end *self = end_of(s);
    edo_polled polled = self->file->ops->poll_shutdown(self->file, cx, wait, result);
    if (polled == EDO_READY && *result == 0) atomic_store(&self->has_ended, true);
    return polled;
}

static void end_unwait(edo_stream *s, edo_io_wait *wait) {
    end_of(s)->file->ops->unwait(end_of(s)->file, wait);
}

static void end_close(edo_stream *s) {
    end_of(s)->file->ops->close(end_of(s)->file);
    atomic_store(&end_of(s)->has_ended, true);
}

static void end_free(edo_stream *s) {
    atomic_store(&end_of(s)->has_ended, true);
    edo_stream_unref(end_of(s)->file);
}

static int end_fd(edo_stream *s) {
    return edo_stream_fd(end_of(s)->file);
}

static const edo_stream_ops end_ops = { .name = "end over a file",
                                        .flags = EDO_STREAM_OVER | EDO_STREAM_VECTORED,
                                        .poll_read = end_read,
                                        .poll_write = end_write,
                                        .poll_shutdown = end_shutdown,
                                        .unwait = end_unwait,
                                        .close = end_close,
                                        .free = end_free,
                                        .fd = end_fd };

static int make_pair(edo_stream **a, edo_stream **b, void *arg) {
    char path[64];
    struct pair *p = &pairs[pairs_n++];
    CHECK(pairs_n <= EDO_COUNT(pairs));
    memset(p, 0, sizeof *p);
    (void)snprintf(path, sizeof path, "%s/edo-suite-%d", (char *)arg, (int)getpid());
    const edo_fs_open_opts writes = { .write = true, .create_new = true };
    int err = edo_fs_open(&p->ends[0].file, path, &writes);
    if (err == 0) err = edo_fs_open(&p->ends[1].file, path, NULL);
    if (err == 0) err = edo_fs_remove_file(path);
    for (int i = 0; err == 0 && i < 2; i++) {
        p->ends[i].base = (edo_stream){ .ops = &end_ops, .refs = { 1 } };
        p->ends[i].peer = &p->ends[!i];
        *(i ? b : a) = &p->ends[i].base;
    }
    return err;
}

static int run_suite(void *arg) {
    const edo_test_suite_opts opts = { .no_back_pressure = true,
                                       .no_ready = true,
                                       .one_way = true };
    return edo_test_stream_suite(make_pair, arg, &opts);
}

static void a_file_keeps_the_rules(void **state) {
    (void)state;
    static char disk[] = "/tmp", memory[] = "/dev/shm";
    for (size_t i = 0; i < KINDS_N; i++) {
        pairs_n = 0;
        assert_int_equal(inside_with(run_suite, disk, &kinds[i]), 0);
        pairs_n = 0;
        assert_int_equal(inside_with(run_suite, memory, &kinds[i]), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_file_keeps_the_rules) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
