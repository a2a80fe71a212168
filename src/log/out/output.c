/* SPDX-License-Identifier: MIT */
/* log/out/output.c: see output.h. */
#include "log/out/output.h"

#include "base/fork.h"
#include "base/held.h"
#include "base/lock.h"
#include "base/memory/alloc.h"
#include "log/out/file.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#define PAST_MAX 8

/* What is remembered of an output that has ended: a report's ends with the report, and the next one
 * is not to wait for that reader anew. */
typedef struct output_past {
    dev_t device;
    ino_t file;
    int64_t spent_ns, calm_ns; /* as in the writer; spent_ns is 0: nothing */
    bool is_torn;
    uint64_t lost_n;
} output_past;

static struct outputs {
    edoi_lock lock;
    edoi_log_output *first;     /* lock: lock; all of them */
    output_past past[PAST_MAX]; /* lock: lock */
    uint32_t past_n;            /* lock: lock; how many were put there: the oldest goes */
    edo_atomic_u64 dropped_n;
} outputs;

/* fork() does not wait for a line being written: a pipe may be full. */
static void outputs_begin_child(void) {
    for (edoi_log_output *o = outputs.first; o; o = o->next) {
        o->mu = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
        edoi_store_rlx_u32(&o->writer.is_stuck, 0); // relaxed, as is the next: the only thread
        edoi_store_rlx_u64(&o->writer.writes_ns, 0);
    }
}

EDOI_ON_FORK(.lock = &outputs.lock, .child = outputs_begin_child);

/* ---- Which there are ------------------------------------------------------------------------- */

/* Called with the lock held, by the last that uses `out`. */
static void output_remember(const edoi_log_output *out) {
    if (out->writer.spent_ns == 0) return;
    outputs.past[outputs.past_n++ % PAST_MAX] =
        (output_past){ .device = out->device,
                       .file = out->file,
                       .spent_ns = out->writer.spent_ns,
                       .calm_ns = out->writer.calm_ns,
                       .is_torn = out->writer.is_torn,
                       .lost_n = edoi_load_rlx_u64(&out->lost_n) }; // relaxed: a number
}

/* Called with the lock held; no other thread uses `made` yet. */
static void output_recall(edoi_log_output *made) {
    for (uint32_t i = 0; i < PAST_MAX; i++) {
        output_past *p = &outputs.past[i];
        if (p->spent_ns == 0 || p->device != made->device || p->file != made->file) continue;
        made->writer.spent_ns = p->spent_ns;
        made->writer.calm_ns = p->calm_ns;
        made->writer.is_torn = p->is_torn;
        edoi_store_rlx_u64(&made->lost_n, p->lost_n); // relaxed: a number
        p->spent_ns = 0;
    }
}

/* Returns the output of the list that leads to the file `st`, or else `made`, which is then in the
 * list, with a reference; or NULL. */
static edoi_log_output *outputs_join(const struct stat *st, edoi_log_output *made) {
    edoi_lock_acquire(&outputs.lock);
    edoi_log_output *o = outputs.first;
    while (o && !(o->device == st->st_dev && o->file == st->st_ino)) o = o->next;
    if (!o && made) {
        o = made;
        output_recall(o);
        o->next = outputs.first;
        outputs.first = o;
    }
    if (o) edoi_log_output_ref(o);
    edoi_lock_release(&outputs.lock);
    return o;
}

static void output_free(edoi_log_output *out) {
    edoi_writer_deinit(&out->writer);
    edoi_free(out);
}

static void output_init(edoi_log_output *made, int fd, const struct stat *st) {
    made->mu = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    made->device = st->st_dev;
    made->file = st->st_ino;
    edoi_writer_init(&made->writer, fd);
}

edoi_log_output *edoi_log_output_of(int fd) {
    struct stat st = { .st_dev = 0 }; // what is no descriptor has an output, too: it drops all
    (void)fstat(fd, &st);
    edoi_log_output *o = outputs_join(&st, NULL);
    if (o) return o;
    edoi_log_output *made = edoi_calloc(1, sizeof *made);
    if (!made) return NULL;
    output_init(made, fd, &st);
    o = outputs_join(&st, made);
    if (o != made) output_free(made);
    return o;
}

bool edoi_log_output_leads(const edoi_log_output *out, int fd) {
    struct stat st = { .st_dev = 0 };
    (void)fstat(fd, &st);
    return st.st_dev == out->device && st.st_ino == out->file;
}

void edoi_log_output_keep(edoi_log_output *memory, int fd) {
    struct stat st = { .st_dev = 0 };
    (void)fstat(fd, &st);
    output_init(memory, fd, &st);
    if (outputs_join(&st, memory) != memory) edoi_writer_deinit(&memory->writer);
}

void edoi_log_output_unref(edoi_log_output *out) {
    if (!out) return;
    edoi_lock_acquire(&outputs.lock);
    bool is_last = edoi_sub_rlx_u64(&out->refs, 1) == 1; // relaxed: under the lock
    if (is_last) {
        edoi_log_output **at = &outputs.first;
        while (*at != out) at = &(*at)->next;
        *at = out->next;
        output_remember(out);
    }
    edoi_lock_release(&outputs.lock);
    if (is_last) output_free(out);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

void edoi_log_output_lose(edoi_log_output *out, uint64_t n) {
    edoi_add_rlx_u64(&out->lost_n, n); // relaxed, as all of it: a number
}

void edoi_log_output_drop(edoi_log_output *out) {
    edoi_add_rlx_u64(&outputs.dropped_n, 1);
    edoi_log_output_lose(out, 1);
}

/* Waits for the mutex for as long as a thread waits for the reader that does not say so. */
static bool output_wait(edoi_log_output *out) {
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until); // this cannot fail
    until.tv_nsec += EDOI_WRITER_SHORT_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return pthread_mutex_timedlock(&out->mu, &until) == 0;
}

/* That the mutex is busy says nothing of the reader: its holder may just not be scheduled. */
static bool output_take(edoi_log_output *out, bool until_written) {
    const edoi_writer *writer = &out->writer;
    bool is_mine = pthread_mutex_trylock(&out->mu) == 0;
    while (!is_mine && !edoi_writer_is_blocked(writer) &&
           (until_written || !edoi_load_rlx_u32(&writer->is_stuck)))
        is_mine = output_wait(out);
    if (is_mine) edoi_held_add(1);
    return is_mine;
}

bool edoi_log_output_begin(edoi_log_output *out) {
    bool is_mine = output_take(out, false);
    if (!is_mine) edoi_log_output_drop(out);
    return is_mine;
}

void edoi_log_output_end(edoi_log_output *out) {
    edoi_mutex_release(&out->mu);
}

void edoi_log_output_settle(edoi_log_output *out) {
    if (output_take(out, true)) edoi_log_output_end(out);
}

/* Before a line is begun: a new file has no line that was torn. */
static void output_make_room(edoi_log_output *out, int fd, size_t n) {
    if (edoi_log_file_make_room(fd, n)) out->writer.is_torn = false;
}

bool edoi_log_output_put(edoi_log_output *out, int fd, edo_str line) {
    out->writer.fd = fd;
    output_make_room(out, fd, line.len);
    return edoi_writer_line(&out->writer, line.ptr, line.len);
}

bool edoi_log_output_write(edoi_log_output *out, int fd, edo_str line) {
    if (!edoi_log_output_begin(out)) return false;
    bool is_written = edoi_log_output_put(out, fd, line);
    if (!is_written) edoi_log_output_drop(out);
    edoi_log_output_end(out);
    return is_written;
}

int edoi_log_output_write_behind(edoi_log_output *out, FILE *file, edo_str line) {
    if (!edoi_log_output_begin(out)) return 0;
    int fd = fileno(file);
    out->writer.fd = fd;
    bool is_written = edoi_writer_flush(&out->writer, file) && edoi_log_output_put(out, fd, line);
    int err = is_written || out->writer.failure == EPIPE ? 0 : -out->writer.failure;
    if (!is_written) edoi_log_output_drop(out);
    edoi_log_output_end(out);
    return err;
}

ssize_t edoi_log_output_some(edoi_log_output *out, int fd, edo_str bytes, bool begins) {
    if (!output_take(out, true)) return 0;
    out->writer.fd = fd;
    if (begins) output_make_room(out, fd, bytes.len);
    ssize_t wrote = edoi_writer_some(&out->writer, bytes.ptr, bytes.len, begins);
    edoi_log_output_end(out);
    return wrote;
}

uint64_t edoi_log_output_take_lost(edoi_log_output *out) {
    return edoi_swap_rlx_u64(&out->lost_n, 0);
}

uint64_t edoi_log_outputs_dropped(void) {
    return edoi_load_rlx_u64(&outputs.dropped_n);
}

void edoi_log_outputs_count(uint64_t n) {
    edoi_add_rlx_u64(&outputs.dropped_n, n); // relaxed: a number
}
