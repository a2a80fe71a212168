/* SPDX-License-Identifier: MIT */
/* storage.c: see storage.h. The task and the server share the storage by counting, so that a store
 * that never responds can be left behind at the end. */
#include "store/storage.h"

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
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const edo_duration read_max = EDO_S(2);
static const edo_duration write_max = EDO_MS(500); /* that a message is not shown for */
static const edo_duration end_max = EDO_MS(900);
static const edo_duration slow_after = EDO_S(5);  /* a write that takes longer: it is not well */
static const edo_duration again_after = EDO_S(5); /* without a failure, before the log says so */
static const edo_duration retry_after = EDO_S(1); /* a failure */
static const edo_duration check_every = EDO_S(1);

struct storage {
    store *kept;
    store_room *rooms; /* const */
    size_t rooms_n;
    edo_mpsc_tx *queue;
    edo_mpsc_rx *work;      /* the task's */
    edo_task *task, *watch; /* the server's */
    messages waiting;       /* the task's; that the store has not taken yet, by arrival */
    messages unsynced;      /* the task's; that the store has, and perhaps not the disk */
    size_t unsynced_n, unsynced_bytes; /* the task's */
    bool was_unsynced;                 /* the task's; the disk has refused something */
    atomic_uint_fast64_t appended_n;   /* written by the task; that the store has taken */
    atomic_uint_fast64_t synced_n;     /* written by the watch; the first of these, on the disk */
    atomic_int sync_err;               /* written by the watch; of the last sync */
    atomic_bool is_heeded;             /* the task knows of the failure, and has nothing appended
                                          since */
    atomic_uint_fast64_t relapses_n;   /* written by the task */
    saying *rows;                      /* the task's; STORAGE_BATCH of them */
    atomic_size_t waiting_n;           /* written by the task */
    size_t waiting_bytes;              /* the task's */
    edo_instant retry_at;              /* the task's; before that the store is let alone */
    atomic_uint_fast64_t stored_n, lost_n;
    atomic_int_fast64_t writing_since_ns; /* 0: it is not */
    atomic_bool has_failed;               /* the last write */
    atomic_bool is_failure_logged;        /* and not yet that it is over */
    atomic_int_fast64_t failed_at_ns;     /* last */
    atomic_bool is_damaged;               /* something in the file cannot be what was written */
    atomic_bool is_gone;                  /* the file was deleted or replaced */
    atomic_int read_err;                  /* of the last read; 0: it was well */
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

/* Told once, by whichever task is first. */
static void note_damage(storage *self) {
    char where[STORE_DAMAGE_BYTES];
    store_damage(self->kept, where, sizeof where);
    if (!atomic_exchange(&self->is_damaged, true))
        edo_error_kv("the store's file is damaged: some of what was kept may be lost",
                     EDO_KV("where", where));
}

/* Looks what a call of the store has returned: what is wrong for good is told once. */
static void storage_note_fault(storage *self, int err) {
    if (err == -EILSEQ && !atomic_load(&self->is_damaged)) note_damage(self);
    if (err != -ESTALE || atomic_load(&self->is_gone)) return;
    edo_error("the store's file was deleted or replaced: nothing is kept any more");
    atomic_store(&self->is_gone, true); // last: the health tells what the log has
}

/* Logs what has failed, with what the store says of it: the text of the code adds nothing, and is
 * wrong where the file is damaged. */
static void warn_of(const char *what, int err) {
    const edo_trail_entry *last = edo_trail_find(err);
    const char *why = last ? last->text : edo_strerror(err);
    edo_warn_kv(what, EDO_KV("why", why));
}

/* A store may fail and not fail again and again: the log is told of the first failure, and of the
 * end of all. */
static void storage_note_failure(storage *self, int err) {
    storage_note_fault(self, err);
    atomic_store(&self->has_failed, true);
    atomic_store(&self->failed_at_ns, edo_now().ns);
    if (!atomic_exchange(&self->is_failure_logged, true)) warn_of("messages are not stored", err);
}

static void note_end_of_failures(storage *self) {
    bool is_over = atomic_load(&self->is_failure_logged) && !atomic_load(&self->has_failed) &&
                   edo_now().ns - atomic_load(&self->failed_at_ns) >= again_after.ns;
    if (!is_over) return;
    atomic_store(&self->is_failure_logged, false);
    edo_warn_kv("messages are stored again", EDO_KV("lost", atomic_load(&self->lost_n)));
}

static void storage_lose(storage *self, message *m) {
    atomic_store(&m->kept, KEPT_NEVER);
    atomic_fetch_add(&self->lost_n, 1);
}

/* The texts stand at its end. The frame is not looked at: it grows with a mark. */
static size_t message_bytes_of(const message *m) {
    return (size_t)(m->what.text.ptr - (const char *)m) + m->what.text.len + m->what.ref.len;
}

/* Takes the first of those that wait out of their line, which is not empty. */
static message *take_waiting(storage *self) {
    message *m = STAILQ_FIRST(&self->waiting);
    STAILQ_REMOVE_HEAD(&self->waiting, waiting);
    atomic_fetch_sub(&self->waiting_n, 1);
    self->waiting_bytes -= message_bytes_of(m);
    return m;
}

/* Owns: takes the message. */
static void put_waiting(storage *self, message *m) {
    bool is_full = atomic_load(&self->waiting_n) >= STORAGE_WAITING ||
                   self->waiting_bytes + message_bytes_of(m) > STORAGE_WAITING_BYTES;
    if (is_full) {
        storage_lose(self, m);
        edo_rc_unref(m);
        return;
    }
    STAILQ_INSERT_TAIL(&self->waiting, m, waiting);
    atomic_fetch_add(&self->waiting_n, 1);
    self->waiting_bytes += message_bytes_of(m);
}

/* Forgets the first of those that the disk has, or may have. */
static void forget_unsynced(storage *self) {
    message *m = STAILQ_FIRST(&self->unsynced);
    STAILQ_REMOVE_HEAD(&self->unsynced, waiting);
    self->unsynced_n--;
    self->unsynced_bytes -= message_bytes_of(m);
    edo_rc_unref(m);
}

/* The first of those that wait, which are some, is in the store. It is kept until it is on the
 * disk, too; if there are too many of these the oldest one is trusted to the disk. */
static void keep_first(storage *self) {
    message *m = take_waiting(self);
    if (atomic_exchange(&m->kept, KEPT) != KEPT_UNSURE) atomic_fetch_add(&self->stored_n, 1);
    atomic_fetch_add(&self->appended_n, 1);
    STAILQ_INSERT_TAIL(&self->unsynced, m, waiting);
    self->unsynced_n++;
    self->unsynced_bytes += message_bytes_of(m);
    while (self->unsynced_n > STORAGE_WAITING || self->unsynced_bytes > STORAGE_WAITING_BYTES)
        forget_unsynced(self);
}

/* The disk has refused some of what the store had: all that may be is given to it again, before
 * what waits already. */
static void relapse(storage *self) {
    message *m;
    STAILQ_FOREACH(m, &self->unsynced, waiting) atomic_store(&m->kept, KEPT_UNSURE);
    STAILQ_CONCAT(&self->unsynced, &self->waiting);
    STAILQ_CONCAT(&self->waiting, &self->unsynced);
    atomic_fetch_add(&self->waiting_n, self->unsynced_n);
    self->waiting_bytes += self->unsynced_bytes;
    self->unsynced_n = self->unsynced_bytes = 0;
    atomic_fetch_add(&self->relapses_n, 1);
}

/* Does what the last sync has made due. Returns whether the disk takes what is written. */
static bool heed_sync(storage *self) {
    bool is_synced = atomic_load(&self->sync_err) == 0;
    uint64_t n = atomic_load(&self->synced_n);
    while (self->unsynced_n > 0 && atomic_load(&self->appended_n) - self->unsynced_n < n)
        forget_unsynced(self);
    if (!is_synced && self->unsynced_n > 0) relapse(self);
    if (!is_synced) atomic_store(&self->is_heeded, true);
    if (is_synced && self->was_unsynced && atomic_load(&self->waiting_n) == 0)
        atomic_store(&self->has_failed, false); // else a write will tell
    self->was_unsynced = !is_synced;
    return is_synced;
}

/* Gives the store the first `n` that wait, which wait on if it fails. */
static int write_first(storage *self, size_t n) {
    size_t i = 0;
    message *m;
    STAILQ_FOREACH(m, &self->waiting, waiting) {
        if (i == n) break;
        self->rows[i++] = m->what;
    }
    int err = store_append(self->kept, self->rows, n);
    for (i = 0; i < n && err == 0; i++) keep_first(self);
    return err;
}

static bool is_same_message(const saying *a, const saying *b) {
    return strcmp(a->nick.text, b->nick.text) == 0 && a->time_ms == b->time_ms &&
           a->is_action == b->is_action && edo_str_equal(a->text, b->text) &&
           edo_str_equal(a->ref, b->ref);
}

/* Is what the store has by the number of that message the message itself? An append may fail when
 * all of it is written. Returns 1 or 0, or why that is not known. */
static int is_stored(storage *self, const message *m) {
    store_found *found;
    int err =
        store_page(self->kept, &m->what.room, m->what.number - 1, m->what.number + 1, 1, &found);
    if (err < 0) return err;
    bool is_there = found->n == 1 && is_same_message(&found->messages[0], &m->what);
    free(found);
    return is_there;
}

/* The store has refused the first of those that wait, as it has its number. Where it cannot be
 * known whose number that is, the message waits on. */
static int settle_refused(storage *self) {
    int err = is_stored(self, STAILQ_FIRST(&self->waiting));
    if (err < 0) return err;
    if (err > 0) return keep_first(self), 0;
    storage_note_failure(self, -EEXIST);
    message *m = take_waiting(self);
    storage_lose(self, m);
    edo_rc_unref(m);
    return 0;
}

/* As write_first(), one by one, so that one that the store refuses does not take others with it. */
static int write_singly(storage *self, size_t n) {
    int err = 0;
    for (; n > 0 && err == 0; n--) {
        err = write_first(self, 1);
        if (err == -EEXIST) err = settle_refused(self);
    }
    return err;
}

/* Gives the store all that wait, in order, until it fails; then it is let alone for a moment. */
static void write_waiting(storage *self) {
    int err = 0;
    size_t n;
    atomic_store(&self->writing_since_ns, edo_now().ns);
    while (err == 0 && (n = atomic_load(&self->waiting_n)) > 0) {
        if (n > STORAGE_BATCH) n = STORAGE_BATCH;
        err = write_first(self, n);
        if (err < 0 && (n > 1 || err == -EEXIST)) err = write_singly(self, n);
        if (err == 0) atomic_store(&self->has_failed, false);
    }
    atomic_store(&self->writing_since_ns, 0);
    if (err == 0) return;
    storage_note_failure(self, err);
    self->retry_at = edo_instant_add(edo_now(), retry_after);
}

static void do_jobs(storage *self, job *jobs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (jobs[i].message) put_waiting(self, jobs[i].message);
    }
    if (heed_sync(self) && edo_now().ns >= self->retry_at.ns) write_waiting(self);
    note_end_of_failures(self);
    atomic_store(&self->is_stuck, false);
    atomic_store(&self->is_late, false);
    for (size_t i = 0; i < n; i++) {
        if (jobs[i].done) (void)edo_oneshot_send(jobs[i].done, NULL); // nobody waits any more
    }
}

/* What waits at the end of the program has had its last chance. */
static void end_waiting(storage *self) {
    write_waiting(self);
    size_t n = atomic_load(&self->waiting_n);
    if (n > 0) edo_error_kv("messages that were said are lost", EDO_KV("n", n));
    while (atomic_load(&self->waiting_n) > 0) edo_rc_unref(take_waiting(self));
    while (self->unsynced_n > 0) forget_unsynced(self);
}

/* Asks the disk a last time: to close the store takes as long as that does. */
static void end_appended(storage *self) {
    uint64_t n = atomic_load(&self->appended_n) - atomic_load(&self->synced_n);
    int err = n > 0 ? store_sync(self->kept) : 0;
    if (err < 0 && err != -ECANCELED)
        edo_error_kv("messages that were stored may be lost, as the disk has refused some",
                     EDO_KV("n", n));
}

static void storage_drop(void *arg) {
    storage *self = arg;
    end_appended(self);
    edo_mpsc_tx_unref(self->queue);
    edo_mpsc_rx_free(self->work);
    store_free(self->kept);
    free(self->rooms);
}

/* The next jobs; 0: after a failure there is something to be tried or told. */
static int next_jobs(storage *self, job *jobs) {
    bool has_failed = atomic_load(&self->is_failure_logged) || atomic_load(&self->waiting_n) > 0;
    edo_deadline d = edo_deadline_begin(has_failed ? retry_after : edo_ns(EDO_FOREVER_NS));
    int n = edo_deadline_end(&d, edo_mpsc_recv_many(self->work, jobs, STORAGE_BATCH));
    return n == -ETIMEDOUT ? 0 : n;
}

/* Writes until the queue is closed and empty. `arg` is a share of the storage; a task's
 * function. */
static int storage_run(void *arg) {
    storage *self = arg;
    job *jobs = malloc(STORAGE_BATCH * sizeof *jobs);
    self->rows = malloc(STORAGE_BATCH * sizeof *self->rows);
    edo_shield sh = edo_shield_begin(edo_ns(-1)); // it ends when its queue does
    int n = jobs && self->rows ? 0 : -ENOMEM;
    while (n >= 0 && (n = next_jobs(self, jobs)) >= 0) do_jobs(self, jobs, (size_t)n);
    if (self->rows) end_waiting(self);
    edo_shield_end(&sh);
    free(jobs);
    free(self->rows);
    edo_rc_unref(self);
    return n == -EDO_ECLOSED ? 0 : n;
}

/* Asks the disk whether it has what the store has taken. */
static void sync_appended(storage *self) {
    uint64_t n = atomic_load(&self->appended_n);
    int err = store_sync(self->kept);
    if (err == -ECANCELED) return;
    if (err == 0) atomic_store(&self->synced_n, n);
    if (err < 0) atomic_store(&self->is_heeded, false);
    atomic_store(&self->sync_err, err);
    if (err < 0) storage_note_failure(self, err);
}

/* As sync_appended(), if there is something to ask, and tells the task that it has asked. After a
 * failure the disk is not asked again before the task has heeded that: else its next "yes" would
 * seem to be about what was refused. */
static void sync_if_due(storage *self) {
    bool was_synced = atomic_load(&self->sync_err) == 0;
    if (was_synced && atomic_load(&self->appended_n) == atomic_load(&self->synced_n)) return;
    if (was_synced || atomic_load(&self->is_heeded)) sync_appended(self);
    (void)edo_mpsc_try_send(self->queue, &(job){ 0 }); // else it has jobs, and learns it from them
}

/* Looks again and again whether the file is still there and whole, and on the disk. `arg` is a
 * share of the storage; a task's function. */
static int storage_watch(void *arg) {
    storage *self = arg;
    int err;
    while ((err = edo_sleep(check_every)) == 0) {
        sync_if_due(self);
        storage_note_fault(self, store_check(self->kept));
    }
    edo_tracker_done(&self->reads);
    edo_rc_unref(self);
    return err;
}

edo_oneshot_rx *storage_put(storage *self, message *m) {
    if (!self) return NULL;
    atomic_store(&m->kept, KEPT_NOT_YET);
    edo_oneshot_tx *done = NULL;
    edo_oneshot_rx *written = NULL;
    if (!atomic_load(&self->is_late) && edo_oneshot_new(&done, &written, 0, NULL) < 0)
        done = NULL, written = NULL; // nobody waits then
    job j = { .message = edo_rc_ref(m), .done = done };
    if (edo_mpsc_try_send(self->queue, &j) == 0) return written;
    storage_lose(self, m);
    storage_note_failure(self, -EAGAIN);
    job_drop(&j);
    edo_oneshot_rx_free(written);
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
static int storage_settle(storage *self) {
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
    bool has_permit;    /* of those who read the past */
    edo_str ref;        /* empty: a page */
    char ref_text[];
} reading;

static void reading_drop(void *arg) {
    reading *r = arg;
    free(r->found);
    if (r->has_permit) edo_sem_release(&r->of->past, 1);
    edo_rc_unref(r->of);
}

/* `arg` is a share of the reading; a task's function. */
static int read_for(void *arg) {
    reading *r = arg;
    storage *self = r->of;
    int err = r->ref.len > 0
                  ? store_find(self->kept, r->ref, &r->found)
                  : store_page(self->kept, &r->room, r->after, r->before, r->limit, &r->found);
    atomic_store(&self->is_stuck, false);
    int before = atomic_exchange(&self->read_err, err);
    storage_note_fault(self, err == 0 && r->found->is_damaged ? -EILSEQ : err);
    if (err < 0 && before == 0) warn_of("the past was not read", err);
    edo_tracker_done(&self->reads);
    edo_rc_unref(r);
    return err;
}

/* NULL: the task could not be started. */
static edo_task *begin_reading(reading *r) {
    edo_tracker_add(&r->of->reads);
    edo_task *task = edo_spawn(read_for, edo_rc_ref(r));
    if (task) return task;
    edo_tracker_done(&r->of->reads);
    edo_rc_unref(r);
    return NULL;
}

/* A store that has let one wait in vain is not waited for again until it has done something: else
 * a page that comes into many rooms would wait for each. The end of work begun ends that state. A
 * reader that has spent most of its time on waiting for other readers knows nothing of the
 * store. */
static int read_within(storage *self, const reading *what, edo_str ref, store_found **out) {
    bool is_stuck = atomic_load(&self->is_stuck);
    reading *r = is_stuck ? NULL : edo_rc_new(sizeof *r + ref.len, reading_drop);
    if (!r) return is_stuck ? -ETIMEDOUT : -ENOMEM;
    *r = *what;
    r->of = edo_rc_ref(self);
    r->ref = (edo_str){ r->ref_text, ref.len };
    if (ref.len > 0) memcpy(r->ref_text, ref.ptr, ref.len);
    edo_deadline d = edo_deadline_begin(read_max);
    int err = ref.len > 0 ? 0 : edo_sem_acquire(&self->past, 1);
    bool has_asked = err == 0;
    r->has_permit = has_asked && ref.len == 0;
    edo_instant asked_at = edo_now();
    if (err == 0) err = storage_settle(self);
    if (err == 0) err = edo_task_join(begin_reading(r)); // it goes on if the time is over
    err = edo_deadline_end(&d, err);
    bool is_vain = err == -ETIMEDOUT && has_asked &&
                   edo_instant_since(edo_now(), asked_at).ns >= read_max.ns / 2;
    if (is_vain) atomic_store(&self->is_stuck, true);
    if (err == 0) {
        *out = r->found;
        r->found = NULL;
    }
    edo_rc_unref(r);
    return err == -EDO_ECLOSED ? -EIO : err;
}

/* The past is read by one at a time, so those who ask for it take one thread of the pool, however
 * many they are. What is said, and looked up to be said once, has connections of its own. */
int storage_page(storage *self, const name *of, uint64_t after, uint64_t before, size_t limit,
                 store_found **out) {
    const reading what = { .room = *of, .after = after, .before = before, .limit = limit };
    return read_within(self, &what, (edo_str){ 0 }, out);
}

int storage_find(storage *self, edo_str ref, store_found **out) {
    return read_within(self, &(reading){ .limit = 1 }, ref, out);
}

/* ---- Its life -------------------------------------------------------------------------------- */

/* Without memory the file is not watched: what cannot be written is told all the same. */
static void begin_to_watch(storage *self) {
    edo_tracker_add(&self->reads);
    self->watch = edo_spawn(storage_watch, edo_rc_ref(self));
    if (self->watch) return;
    edo_tracker_done(&self->reads);
    edo_rc_unref(self);
}

int storage_start(storage **out, store *kept) {
    static const edo_mpsc_opts opts = { .drop = job_drop };
    storage *self = edo_rc_new(sizeof *self, storage_drop);
    if (!self) {
        store_free(kept);
        return -ENOMEM;
    }
    *self = (storage){ .kept = kept };
    STAILQ_INIT(&self->waiting);
    STAILQ_INIT(&self->unsynced);
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
    if (err == 0) begin_to_watch(self);
    if (err < 0) {
        edo_rc_unref(self);
        return err;
    }
    *out = self;
    return 0;
}

int storage_end(storage *self) {
    if (!self) return 0;
    edo_shield sh = edo_shield_begin(edo_ns(-1));
    edo_deadline d = edo_deadline_begin(end_max);
    edo_mpsc_close(self->work);
    edo_tracker_close(&self->reads);
    if (self->watch) edo_task_cancel(self->watch);
    bool is_written = edo_task_join(self->task) >= 0;
    int err = is_written ? edo_tracker_wait(&self->reads) : -ETIMEDOUT;
    if (self->watch) (void)edo_task_join(self->watch);
    err = edo_deadline_end(&d, err);
    if (!is_written)
        edo_warn("the store did not respond in time: the last messages may not be in it");
    edo_rc_unref(self); // shielded, too: a thread of the pool closes the store
    edo_shield_end(&sh);
    return !is_written ? -ETIMEDOUT : err < 0;
}

const store_room *storage_rooms(const storage *self, size_t *n) {
    *n = self ? self->rooms_n : 0;
    return self ? self->rooms : NULL;
}

static bool is_slow(const storage *self) {
    int64_t since_ns = atomic_load(&self->writing_since_ns);
    return since_ns > 0 && edo_now().ns - since_ns > slow_after.ns;
}

int storage_check(const storage *self) {
    if (!self) return 0;
    uint64_t waiting = storage_unstored_n(self), lost = storage_lost_n(self);
    int read_err = atomic_load(&self->read_err);
    if (atomic_load(&self->is_gone))
        return edo_fail(-ESTALE, "the store's file was deleted or replaced");
    char where[STORE_DAMAGE_BYTES], unstored[96] = "";
    bool has_unstored = atomic_load(&self->has_failed) || waiting > 0 || lost > 0;
    if (has_unstored)
        (void)snprintf(unstored, sizeof unstored,
                       "messages are not stored: %" PRIu64 " yet, %" PRIu64 " for good", waiting,
                       lost);
    if (atomic_load(&self->is_damaged)) {
        store_damage(self->kept, where, sizeof where);
        return edo_fail(-EILSEQ, "the store's file is damaged: %s%s%s", where,
                        has_unstored ? "; " : "", unstored);
    }
    if (has_unstored) return edo_fail(-EIO, "%s", unstored);
    if (read_err < 0) return edo_fail(read_err, "the store cannot be read");
    bool is_silent = is_slow(self) || atomic_load(&self->is_stuck);
    return is_silent ? edo_fail(-ETIMEDOUT, "the store does not respond") : 0;
}

bool storage_is_failing(const storage *self) {
    return self && atomic_load(&self->has_failed);
}

bool storage_is_damaged(const storage *self) {
    return self && atomic_load(&self->is_damaged);
}

uint64_t storage_relapses_n(const storage *self) {
    return self ? atomic_load(&self->relapses_n) : 0;
}

uint64_t storage_stored_n(const storage *self) {
    return self ? atomic_load(&self->stored_n) : 0;
}

uint64_t storage_unstored_n(const storage *self) {
    return self ? atomic_load(&self->waiting_n) : 0;
}

uint64_t storage_lost_n(const storage *self) {
    return self ? atomic_load(&self->lost_n) : 0;
}
