/* SPDX-License-Identifier: MIT */
/* Question: what CPU time does a read of 4 KiB at a random place of a file take, one at a time and
 * 64 at once, in cache and from the device; and a line of 80 bytes of a file in cache?
 * Guards: what is in the cache is read at once, on the thread of the caller; a read that has to
 * wait is one job of the blocking pool. */
#include "cases/bench.h"

#include <edo/buf_io.h>
#include <edo/file.h>
#include <edo/notify.h>

#include <errno.h>

#define BLOCK_BYTES 4096
#define AT_ONCE     64

/* One of the tasks that read. */
typedef struct file_reader {
    edo_stream *file;
    uint64_t left, random;
    char block[BLOCK_BYTES];
} file_reader;

static struct {
    bench *b;
    int64_t cpu_began;
    uint64_t blocks; /* of the file */
    unsigned left_n; /* readers that have not ended; all are on one thread */
    edo_notify done;
    file_reader readers[AT_ONCE];
} run;

static edo_stream *opened(void) {
    const char *path = getenv("BENCH_FILE"); // bench/run makes it and says whether it is in cache
    edo_stream *file = NULL;
    bench_must(path ? edo_fs_open(&file, path, NULL) : -ENOENT);
    return file;
}

static void stop(uint64_t done) {
    bench_stop(run.b, done);
    run.b->ns = (double)(bench_cpu_ns() - run.cpu_began);
}

/* ---- Blocks at random ------------------------------------------------------------------------ */

/* Opens the file for each, as a state machine moves the place. */
static void prepare(bench *b, unsigned readers_n) {
    struct stat about;
    run.b = b;
    run.left_n = readers_n;
    run.done = (edo_notify)EDO_NOTIFY_INIT;
    for (unsigned i = 0; i < readers_n; i++) {
        run.readers[i].file = opened();
        run.readers[i].left = bench_each(b->n, readers_n);
        run.readers[i].random = BENCH_SEED * (i + 1);
    }
    bench_must(edo_file_stat(&about, run.readers[0].file));
    run.blocks = (uint64_t)about.st_size / BLOCK_BYTES;
    run.cpu_began = bench_cpu_ns();
}

static int64_t next_place(file_reader *r) {
    return (int64_t)(bench_random(&r->random, 0, run.blocks - 1) * BLOCK_BYTES);
}

static void has_read(file_reader *r, int n) {
    bench_must(n == BLOCK_BYTES ? 0 : -EDO_EEOF);
    r->left--;
}

/* Of the last one: all is over. */
static void end_reader(file_reader *r) {
    edo_close(r->file);
    if (--run.left_n > 0) return;
    stop(run.b->n);
    edo_notify_one(&run.done);
}

EDO_ASYNC(reading, file_reader *r; EDO_ONE_OF(edo_seek_future seek; edo_read_future read;);) {
    EDO_BEGIN;
    while (self->r->left > 0) {
        EDO_TRY_AWAIT(
            edo_seek_init(&self->seek, self->r->file, next_place(self->r), SEEK_SET, NULL));
        EDO_TRY_AWAIT(
            edo_read_init(&self->read, self->r->file, self->r->block, sizeof self->r->block));
        has_read(self->r, edo_result(&self->read));
    }
    end_reader(self->r);
    EDO_END;
}

EDO_ASYNC(files_body, unsigned readers_n; edo_notify_wait_future wait;) {
    EDO_BEGIN;
    for (unsigned i = 0; i < self->readers_n; i++) {
        reading one;
        one.r = &run.readers[i];
        bench_must(edo_spawn_future_detached(reading_init(&one)));
    }
    EDO_AWAIT(edo_notify_wait_init(&self->wait, &run.done));
    EDO_END;
}

static edo_future *files_state(bench *b, unsigned readers_n) {
    static files_body first; // the spawn copies it
    prepare(b, readers_n);
    first.readers_n = readers_n;
    return files_body_init(&first);
}

static int read_fiber(void *arg) {
    file_reader *r = arg;
    while (r->left > 0)
        has_read(r, edo_file_read_at(r->file, r->block, sizeof r->block, (uint64_t)next_place(r)));
    end_reader(r);
    return 0;
}

static int files_fiber(bench *b, unsigned readers_n) {
    prepare(b, readers_n);
    for (unsigned i = 0; i < readers_n; i++)
        bench_must(edo_spawn_detached(read_fiber, &run.readers[i]));
    return edo_notify_wait(&run.done);
}

#define FILE_CASE(name, readers_n)                                                                 \
    edo_future *name##_state(bench *b) {                                                           \
        return files_state(b, readers_n);                                                          \
    }                                                                                              \
    int name##_fiber(void *b) {                                                                    \
        return files_fiber(b, readers_n);                                                          \
    }

FILE_CASE(file_cached_1, 1)
FILE_CASE(file_cached_64, AT_ONCE)
FILE_CASE(file_device_1, 1)
FILE_CASE(file_device_64, AT_ONCE)

/* ---- Lines ----------------------------------------------------------------------------------- */

EDO_ASYNC(file_liner, edo_stream *file; uint64_t left; edo_buf_reader in; char *line;
          edo_read_line_future read;) {
    EDO_BEGIN;
    bench_must(edo_buf_reader_init(&self->in, self->file, NULL));
    for (; self->left > 0; self->left--)
        EDO_TRY_AWAIT(edo_read_line_init(&self->read, &self->in, &self->line));
    stop(run.b->n);
    edo_buf_reader_deinit(&self->in);
    edo_close(self->file);
    EDO_END;
}

edo_future *file_lines_state(bench *b) {
    static file_liner first; // the spawn copies it
    run.b = b;
    first.file = opened();
    first.left = b->n;
    run.cpu_began = bench_cpu_ns();
    return file_liner_init(&first);
}

int file_lines_fiber(void *b) {
    edo_buf_reader in;
    char *line;
    run.b = b;
    edo_stream *file = opened();
    run.cpu_began = bench_cpu_ns();
    bench_must(edo_buf_reader_init(&in, file, NULL));
    for (uint64_t i = 0; i < run.b->n; i++) bench_must(edo_read_line(&in, &line));
    stop(run.b->n);
    edo_buf_reader_deinit(&in);
    edo_close(file);
    return 0;
}
