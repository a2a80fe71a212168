/* SPDX-License-Identifier: MIT */
/* storage.c: see storage.h. The task and the server share the storage by counting, so that a store
 * that never responds can be left behind at the end. */
#include "storage.h"

#include <edo/base.h>
#include <edo/error.h>
#include <edo/mpsc.h>
#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/sem.h>
#include <edo/task.h>
#include <edo/trace.h>
#include <edo/tracker.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const edo_duration read_max = EDO_S(2);
static const edo_duration write_max = EDO_MS(500); /* that a message is not shown for */
static const edo_duration end_max = EDO_MS(900);
static const edo_duration slow_after = EDO_S(5);  /* a write that takes longer: it is not well */
static const edo_duration again_after = EDO_S(1); /* without a failure, before the log says so */

struct storage {
    store *kept;
    store_room *rooms; /* const */
    size_t rooms_n;
    edo_mpsc_tx *queue;
    edo_mpsc_rx *work; /* the task's */
    edo_task *task;    /* the server's */
    atomic_uint_fast64_t stored_n, unstored_n;
    atomic_int_fast64_t writing_since_ns; /* 0: it is not */
    atomic_bool has_failed;               /* the last write */
    atomic_bool is_failure_logged;        /* and not yet that it is over */
    atomic_int_fast64_t failed_at_ns;     /* last */
    atomic_bool is_stuck; /* a read was waited for in vain, and the store has done nothing since */
    atomic_bool is_late;  /* likewise for a write, and the store has written nothing since */
    edo_tracker reads;    /* that are under way */
    edo_sem past;         /* a permit for the one that reads the past */
};

/* An element of the queue. */
typedef struct job {
    message *message;     /* NULL: none */
    edo_oneshot_tx *done; /* told when all before it is written; NULL: nobody waits */
} job;

static void job_drop(void *elem) {
    const job *j = elem;
    edo_rc_unref(j->message);
    edo_oneshot_tx_free(j->done);
}

/* ---- Writing --------------------------------------------------------------------------------- */

static store_message as_stored(const message *m) {
    return (store_message){ .room = m->what.room,
                            .from = m->what.nick,
                            .number = m->what.number,
                            .time_ms = m->what.time_ms,
                            .kind = m->what.is_action,
                            .text = m->what.text.ptr,
                            .text_bytes = m->what.text.len,
                            .ref = m->what.ref.ptr,
                            .ref_bytes = m->what.ref.len };
}

message *storage_message(const store_message *stored) {
    const saying what = { .room = stored->room,
                          .nick = stored->from,
                          .text = { stored->text, stored->text_bytes },
                          .is_action = stored->kind != 0,
                          .ref = { stored->ref, stored->ref_bytes },
                          .time_ms = stored->time_ms,
                          .number = stored->number };
    return message_said(&what);
}

/* A full queue lets one message in when one is written, so it may fail and not fail a thousand
 * times a second: the log is told of the first failure, and of the end of all. */
static void count(storage *self, int err, size_t n) {
    int64_t now_ns = edo_now().ns;
    atomic_fetch_add(err < 0 ? &self->unstored_n : &self->stored_n, n);
    atomic_store(&self->has_failed, err < 0);
    if (err < 0) {
        atomic_store(&self->failed_at_ns, now_ns);
        if (!atomic_exchange(&self->is_failure_logged, true))
            edo_warn_kv("messages are not stored", EDO_KV("why", edo_strerror(err)));
    } else if (atomic_load(&self->is_failure_logged) &&
               now_ns - atomic_load(&self->failed_at_ns) >= again_after.ns) {
        atomic_store(&self->is_failure_logged, false);
        edo_warn("messages are stored again");
    }
}

/* A batch that is refused is tried message by message, so that one does not take others with it. */
static void write_all(storage *self, const store_message *rows, size_t n) {
    if (n == 0) return;
    atomic_store(&self->writing_since_ns, edo_now().ns);
    int err = store_append(self->kept, rows, n);
    if (err == 0 || n == 1) {
        count(self, err, n);
    } else {
        for (size_t i = 0; i < n; i++) count(self, store_append(self->kept, &rows[i], 1), 1);
    }
    atomic_store(&self->writing_since_ns, 0);
}

static void do_jobs(storage *self, job *jobs, size_t n, store_message *rows) {
    size_t batch_n = 0;
    for (size_t i = 0; i < n; i++) {
        if (jobs[i].message) rows[batch_n++] = as_stored(jobs[i].message);
    }
    write_all(self, rows, batch_n);
    atomic_store(&self->is_stuck, false);
    atomic_store(&self->is_late, false);
    for (size_t i = 0; i < n; i++) {
        if (jobs[i].done) (void)edo_oneshot_send(jobs[i].done, NULL); // nobody waits any more
        edo_rc_unref(jobs[i].message);
    }
}

static void storage_drop(void *arg) {
    storage *self = arg;
    edo_mpsc_tx_unref(self->queue);
    edo_mpsc_rx_free(self->work);
    store_free(self->kept);
    free(self->rooms);
}

/* Writes until the queue is closed and empty. `arg` is a share of the storage; a task's
 * function. */
static int storage_run(void *arg) {
    storage *self = arg;
    job *jobs = malloc(STORAGE_BATCH * sizeof *jobs);
    store_message *rows = malloc(STORAGE_BATCH * sizeof *rows);
    edo_shield sh = edo_shield_begin(edo_ns(-1)); // it ends when its queue does
    int n = jobs && rows ? 0 : -ENOMEM;
    while (n >= 0 && (n = edo_mpsc_recv_many(self->work, jobs, STORAGE_BATCH)) > 0)
        do_jobs(self, jobs, (size_t)n, rows);
    edo_shield_end(&sh);
    free(jobs);
    free(rows);
    edo_rc_unref(self);
    return n == -EDO_ECLOSED ? 0 : n;
}

edo_oneshot_rx *storage_put(storage *self, message *m) {
    if (!self) return NULL;
    edo_oneshot_tx *done = NULL;
    edo_oneshot_rx *written = NULL;
    if (!atomic_load(&self->is_late) && edo_oneshot_new(&done, &written, 0, NULL) < 0)
        done = NULL, written = NULL; // nobody waits then
    job j = { .message = edo_rc_ref(m), .done = done };
    if (edo_mpsc_try_send(self->queue, &j) == 0) return written;
    job_drop(&j);
    edo_oneshot_rx_free(written);
    count(self, -EAGAIN, 1);
    return NULL;
}

void storage_wait(storage *self, edo_oneshot_rx *written) {
    if (!written) return;
    edo_deadline d = edo_deadline_begin(write_max);
    int err = edo_deadline_end(&d, edo_oneshot_recv(written, NULL));
    if (err == -ETIMEDOUT) atomic_store(&self->is_late, true);
    edo_oneshot_rx_free(written);
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Waits until all that was put is written. */
static int settle(storage *self) {
    edo_oneshot_tx *done;
    edo_oneshot_rx *is_done;
    int err = edo_oneshot_new(&done, &is_done, 0, NULL);
    if (err < 0) return err;
    err = edo_mpsc_send(self->queue, &(job){ .done = done });
    if (err < 0) {
        edo_oneshot_tx_free(done);
    } else {
        err = edo_oneshot_recv(is_done, NULL);
    }
    edo_oneshot_rx_free(is_done);
    return err;
}

/* A read in a task of its own, which may outlive the caller's patience: task and caller share it by
 * counting. */
typedef struct reading {
    storage *of; /* a share */
    name room;
    uint64_t after, before;
    size_t limit;
    store_found *found; /* the task's, until it has ended */
    size_t ref_bytes;
    char ref[]; /* none: a page */
} reading;

static void reading_drop(void *arg) {
    reading *r = arg;
    free(r->found);
    edo_rc_unref(r->of);
}

/* `arg` is a share of the reading; a task's function. */
static int read_for(void *arg) {
    reading *r = arg;
    storage *self = r->of;
    int err = r->ref_bytes > 0
                  ? store_find(self->kept, r->ref, r->ref_bytes, &r->found)
                  : store_page(self->kept, &r->room, r->after, r->before, r->limit, &r->found);
    atomic_store(&self->is_stuck, false);
    if (err < 0) edo_warn_kv("the past was not read", EDO_KV("why", edo_strerror(err)));
    if (r->ref_bytes == 0) edo_sem_release(&self->past, 1);
    edo_tracker_done(&self->reads);
    edo_rc_unref(r);
    return err;
}

/* NULL: the task could not be started. A reader of the past has its permit: the task takes it. */
static edo_task *begin_reading(reading *r) {
    edo_tracker_add(&r->of->reads);
    edo_task *task = edo_spawn(read_for, edo_rc_ref(r));
    if (task) return task;
    if (r->ref_bytes == 0) edo_sem_release(&r->of->past, 1);
    edo_tracker_done(&r->of->reads);
    edo_rc_unref(r);
    return NULL;
}

/* A store that has let one wait in vain is not waited for again until it has done something: else
 * a page that comes into many rooms would wait for each. The end of work begun ends that state.
 * Owns: takes the permit of a reader of the past. */
static int read_within(storage *self, const reading *what, edo_str ref, store_found **out) {
    bool is_stuck = atomic_load(&self->is_stuck);
    reading *r = is_stuck ? NULL : edo_rc_new(sizeof *r + ref.len, reading_drop);
    if (!r && ref.len == 0) edo_sem_release(&self->past, 1);
    if (!r) return is_stuck ? -ETIMEDOUT : -ENOMEM;
    *r = *what;
    r->of = edo_rc_ref(self);
    r->ref_bytes = ref.len;
    if (ref.len > 0) memcpy(r->ref, ref.ptr, ref.len);
    edo_deadline d = edo_deadline_begin(read_max);
    int err = settle(self);
    if (err < 0 && ref.len == 0) edo_sem_release(&self->past, 1);
    if (err == 0) err = edo_task_join(begin_reading(r)); // it goes on if the time is over
    err = edo_deadline_end(&d, err);
    if (err == -ETIMEDOUT) atomic_store(&self->is_stuck, true);
    if (err == 0) {
        *out = r->found;
        r->found = NULL;
    }
    edo_rc_unref(r);
    return err == -EDO_ECLOSED ? -EIO : err;
}

/* The past is read by one at a time, so what is said, and looked up to be said once, stands behind
 * one read of it at most, however many ask for the past. */
int storage_page(storage *self, const name *of, uint64_t after, uint64_t before, size_t limit,
                 store_found **out) {
    const reading what = { .room = *of, .after = after, .before = before, .limit = limit };
    if (atomic_load(&self->is_stuck)) return -ETIMEDOUT;
    edo_deadline d = edo_deadline_begin(read_max);
    int err = edo_deadline_end(&d, edo_sem_acquire(&self->past, 1));
    return err < 0 ? err : read_within(self, &what, (edo_str){ 0 }, out);
}

int storage_find(storage *self, edo_str ref, store_found **out) {
    return read_within(self, &(reading){ .limit = 1 }, ref, out);
}

/* ---- Its life -------------------------------------------------------------------------------- */

int storage_start(storage **out, store *kept) {
    static const edo_mpsc_opts opts = { .drop = job_drop };
    storage *self = edo_rc_new(sizeof *self, storage_drop);
    if (!self) {
        store_free(kept);
        return -ENOMEM;
    }
    *self = (storage){ .kept = kept };
    edo_tracker_init(&self->reads);
    self->past = (edo_sem)EDO_SEM_INIT(1);
    int err = edo_mpsc_new(&self->queue, &self->work, sizeof(job), STORAGE_QUEUE, &opts);
    if (err == 0) err = store_rooms(kept, &self->rooms, &self->rooms_n);
    if (err == 0) {
        self->task = edo_spawn(storage_run, edo_rc_ref(self));
        if (!self->task) {
            edo_rc_unref(self); // the task's share
            err = -ENOMEM;
        }
    }
    if (err < 0) {
        edo_rc_unref(self);
        return err;
    }
    *out = self;
    return 0;
}

bool storage_end(storage *self) {
    if (!self) return true;
    edo_shield sh = edo_shield_begin(edo_ns(-1));
    edo_deadline d = edo_deadline_begin(end_max);
    edo_mpsc_close(self->work);
    edo_tracker_close(&self->reads);
    int err = edo_task_join(self->task);
    if (err >= 0) err = edo_tracker_wait(&self->reads);
    err = edo_deadline_end(&d, err);
    if (err < 0) edo_warn("the store did not respond in time: the last messages may not be in it");
    edo_shield_end(&sh);
    edo_rc_unref(self);
    return err >= 0;
}

const store_room *storage_rooms(const storage *self, size_t *n) {
    *n = self ? self->rooms_n : 0;
    return self ? self->rooms : NULL;
}

bool storage_is_well(const storage *self) {
    if (!self) return true;
    int64_t since_ns = atomic_load(&self->writing_since_ns);
    bool is_slow = since_ns > 0 && edo_now().ns - since_ns > slow_after.ns;
    return !is_slow && !atomic_load(&self->has_failed) && !atomic_load(&self->is_stuck);
}

uint64_t storage_stored_n(const storage *self) {
    return self ? atomic_load(&self->stored_n) : 0;
}

uint64_t storage_unstored_n(const storage *self) {
    return self ? atomic_load(&self->unstored_n) : 0;
}
