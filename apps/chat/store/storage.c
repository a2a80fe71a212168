/* SPDX-License-Identifier: MIT */
/* storage.c: see storage.h. One task writes, one asks the disk, one looks at the file: so a call
 * that does not return holds up what needs it, and no more. They and the server share the storage
 * by counting, so that a store that never responds can be left behind at the end. */
#include "store/storage.h"

#include "store/faults.h"
#include "store/names.h"

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
static const edo_duration end_max = EDO_MS(900);   /* for what is said to be in the store */
static const edo_duration end_sync_max = EDO_S(3); /* and then on the disk */
static const edo_duration slow_after = EDO_S(5);   /* a call that takes longer: it is not well */
static const edo_duration look_slow_after = EDO_S(60); /* it may read all of the file */
static const edo_duration again_after = EDO_S(5); /* without a failure, before the log says so */
static const edo_duration retry_after = EDO_S(1); /* a failure */
static const edo_duration check_every = EDO_S(1);

struct storage {
    store *kept;
    store_room *rooms; /* const */
    size_t rooms_n;
    name_changes names;
    edo_mpsc_tx *queue;
    edo_mpsc_rx *work;      /* of the task that writes */
    edo_task *task, *watch; /* the server's */
    edo_task *syncer;       /* the server's, and at the end of the task that finishes */

    /* Written by the task that writes; when it has ended, by the one that finishes. */
    messages waiting;  /* that the store has not taken yet, by arrival */
    messages unsynced; /* that the store has, and perhaps not the disk */
    atomic_size_t waiting_n, unsynced_n;
    size_t waiting_bytes, unsynced_bytes;
    atomic_size_t trusted_n;         /* that the store has, and perhaps not the disk, and for which
                                        `unsynced` has no room */
    atomic_uint_fast64_t appended_n; /* that the store has taken */
    atomic_uint_fast64_t relapses_n;
    saying *rows;         /* STORAGE_BATCH of them */
    edo_instant retry_at; /* before that the store is let alone */
    uint64_t told_lost_n; /* how many of the lost ones the log knows of */

    /* Written by the task that syncs. */
    atomic_uint_fast64_t synced_n; /* the first of those that were appended: they are on the disk */
    atomic_int sync_err;           /* of the last sync */
    atomic_bool is_heeded;         /* the task that writes knows of the failure, and has nothing
                                      appended since */

    atomic_uint_fast64_t said_n, stored_n, lost_n;
    /* 0: it is not */
    atomic_int_fast64_t writing_since_ns, syncing_since_ns, looking_since_ns;
    atomic_bool has_failed;             /* the last write */
    atomic_bool is_failure_logged;      /* and not yet that it is over */
    atomic_int_fast64_t failed_at_ns;   /* last */
    atomic_bool is_damaged;             /* something in the file cannot be what was written */
    atomic_bool is_damage_logged;       /* and where that is */
    atomic_bool is_gone;                /* the file was deleted or replaced */
    atomic_bool is_cut;                 /* something that was stored is not there any more */
    bool is_name_logged;                /* of the task that writes: that names are not stored */
    atomic_int read_err, look_err;      /* of the last read, of the last look; 0: it was well */
    atomic_int_fast64_t stuck_since_ns; /* 0: it is not; then a read was waited for in vain, and the
                                           store has done nothing since */
    atomic_uint_fast64_t ends_n; /* works of the store that have ended, whatever came of them */
    atomic_bool is_late;         /* likewise for a write, and the store has written nothing since */
    edo_tracker reads;           /* that are under way */
    edo_sem past;                /* a permit for the one that reads the past */
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

/* Told once, when all is known of it that can be. */
static void log_damage(storage *self) {
    char where[STORE_DAMAGE_BYTES];
    if (atomic_exchange(&self->is_damage_logged, true)) return;
    store_damage(self->kept, where, sizeof where);
    edo_error_kv("the store's file is damaged: some of what was kept may be lost",
                 EDO_KV("where", where));
}

/* Looks what a call of the store has returned: what is wrong for good is told once, of damage by
 * the next look at the file. */
static void storage_note_fault(storage *self, int err) {
    if (err == -EILSEQ) atomic_store(&self->is_damaged, true);
    if (err == -ENODATA && !atomic_exchange(&self->is_cut, true))
        edo_error("the store's log was cut off: some of what was stored is lost");
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
    atomic_store(&self->failed_at_ns, edo_now().ns);
    if (!atomic_exchange(&self->is_failure_logged, true)) warn_of("messages are not stored", err);
}

static void storage_note_failed_write(storage *self, int err) {
    atomic_store(&self->has_failed, true);
    storage_note_failure(self, err);
}

/* Some work of the store has ended, so it responds. Pairs with storage_note_vain_wait(), whose
 * thread sets the state and then looks at the count: this one counts and then ends the state, so it
 * does not stay when both come at once. */
static void storage_note_response(storage *self) {
    atomic_fetch_add(&self->ends_n, 1);
    atomic_store(&self->stuck_since_ns, 0);
}

/* One that asked at `asked_at`, when `ends_n` works had ended, has waited in vain. */
static void storage_note_vain_wait(storage *self, edo_instant asked_at, uint64_t ends_n) {
    atomic_store(&self->stuck_since_ns, asked_at.ns);
    if (atomic_load(&self->ends_n) != ends_n) atomic_store(&self->stuck_since_ns, 0);
}

static void note_end_of_failures(storage *self) {
    bool is_over = atomic_load(&self->is_failure_logged) && !storage_is_failing(self) &&
                   edo_now().ns - atomic_load(&self->failed_at_ns) >= again_after.ns;
    if (!is_over) return;
    atomic_store(&self->is_failure_logged, false);
    self->told_lost_n = atomic_load(&self->lost_n);
    edo_warn_kv("messages are stored again", EDO_KV("lost", self->told_lost_n));
}

static void storage_lose(storage *self, message *m) {
    atomic_store(&m->kept, KEPT_NEVER);
    atomic_fetch_add(&self->lost_n, 1);
}

/* Takes the first of those that wait out of their line, which is not empty. */
static message *take_waiting(storage *self) {
    message *m = STAILQ_FIRST(&self->waiting);
    STAILQ_REMOVE_HEAD(&self->waiting, waiting);
    atomic_fetch_sub(&self->waiting_n, 1);
    self->waiting_bytes -= message_stored_bytes(m);
    return m;
}

/* Owns: takes the message. */
static void put_waiting(storage *self, message *m) {
    bool is_full = atomic_load(&self->waiting_n) >= STORAGE_WAITING ||
                   self->waiting_bytes + message_stored_bytes(m) > STORAGE_WAITING_BYTES;
    if (is_full) {
        storage_lose(self, m);
        edo_rc_unref(m);
        return;
    }
    STAILQ_INSERT_TAIL(&self->waiting, m, waiting);
    atomic_fetch_add(&self->waiting_n, 1);
    self->waiting_bytes += message_stored_bytes(m);
}

/* Forgets the first of those that the disk has, or may have. */
static void forget_unsynced(storage *self) {
    message *m = STAILQ_FIRST(&self->unsynced);
    STAILQ_REMOVE_HEAD(&self->unsynced, waiting);
    atomic_fetch_sub(&self->unsynced_n, 1);
    self->unsynced_bytes -= message_stored_bytes(m);
    edo_rc_unref(m);
}

/* The first of those that wait, which are some, is in the store. It is kept until it is on the
 * disk, too; if there are too many of these the oldest one is trusted to the disk, and counted
 * until that has it. */
static void keep_first(storage *self) {
    message *m = take_waiting(self);
    if (atomic_exchange(&m->kept, KEPT) != KEPT_UNSURE) atomic_fetch_add(&self->stored_n, 1);
    atomic_fetch_add(&self->appended_n, 1);
    STAILQ_INSERT_TAIL(&self->unsynced, m, waiting);
    atomic_fetch_add(&self->unsynced_n, 1);
    self->unsynced_bytes += message_stored_bytes(m);
    while (self->unsynced_n > STORAGE_WAITING || self->unsynced_bytes > STORAGE_WAITING_BYTES) {
        forget_unsynced(self);
        atomic_fetch_add(&self->trusted_n, 1);
    }
}

/* The disk has refused some of what the store had: all that may be is given to it again, before
 * what waits already. What was trusted to the disk may be lost: nobody has it to look whether it
 * is. */
static void relapse(storage *self) {
    message *m;
    size_t trusted_n = atomic_exchange(&self->trusted_n, 0);
    atomic_fetch_add(&self->lost_n, trusted_n);
    if (trusted_n > 0)
        edo_error_kv("the disk has refused what was stored, and of some no copy is left",
                     EDO_KV("n", trusted_n));
    STAILQ_FOREACH(m, &self->unsynced, waiting) atomic_store(&m->kept, KEPT_UNSURE);
    STAILQ_CONCAT(&self->unsynced, &self->waiting);
    STAILQ_CONCAT(&self->waiting, &self->unsynced);
    atomic_fetch_add(&self->waiting_n, self->unsynced_n);
    self->waiting_bytes += self->unsynced_bytes;
    atomic_store(&self->unsynced_n, 0);
    self->unsynced_bytes = 0;
    atomic_fetch_add(&self->relapses_n, 1);
}

/* Does what the last sync has made due. Returns whether the disk takes what is written. */
static bool heed_sync(storage *self) {
    bool is_synced = atomic_load(&self->sync_err) == 0;
    uint64_t n = atomic_load(&self->synced_n), first;
    while ((first = atomic_load(&self->appended_n) - self->unsynced_n) < n && self->unsynced_n > 0)
        forget_unsynced(self);
    uint64_t trusted_n = first > n ? first - n : 0; // with those that were appended twice
    if (trusted_n < atomic_load(&self->trusted_n)) atomic_store(&self->trusted_n, trusted_n);
    if (!is_synced && self->unsynced_n + self->trusted_n > 0) relapse(self);
    if (!is_synced) atomic_store(&self->is_heeded, true);
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

/* Is what the store has by the number of that message the message itself? An append may fail when
 * all of it is written. Returns 1 or 0, or why that is not known. */
static int is_stored(storage *self, const message *m) {
    store_found *found;
    int err =
        store_page(self->kept, &m->what.room, m->what.number - 1, m->what.number + 1, 1, &found);
    if (err < 0) return err;
    bool is_there = found->n == 1 && saying_is_same(&found->messages[0], &m->what);
    bool is_unknown = found->n == 0 && found->fault == -EIO;
    free(found);
    return is_unknown ? edo_fail(-EIO, "the disk has failed to read what is stored") : is_there;
}

/* The store has refused the first of those that wait, as it has its number. Where it cannot be
 * known whose number that is, the message waits on. */
static int settle_refused(storage *self) {
    int err = is_stored(self, STAILQ_FIRST(&self->waiting));
    if (err < 0) return err;
    if (err > 0) return keep_first(self), 0;
    storage_note_failed_write(self, -EEXIST);
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

/* What is said is stored though the names are not: so that is told, and no failure of that. */
static int write_names(storage *self) {
    int err = names_write(&self->names, self->kept);
    storage_note_fault(self, err);
    if (err < 0 && !self->is_name_logged) warn_of("the names that are kept are not stored", err);
    self->is_name_logged = err < 0;
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
    if (err < 0) storage_note_failed_write(self, err);
    if (err == 0) err = write_names(self);
    atomic_store(&self->writing_since_ns, 0);
    if (err == 0) return;
    self->retry_at = edo_instant_add(edo_now(), retry_after);
}

static void do_jobs(storage *self, job *jobs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (jobs[i].message) put_waiting(self, jobs[i].message);
    }
    if (heed_sync(self) && edo_now().ns >= self->retry_at.ns) write_waiting(self);
    note_end_of_failures(self);
    storage_note_response(self);
    atomic_store(&self->is_late, false);
    for (size_t i = 0; i < n; i++) {
        if (jobs[i].done) (void)edo_oneshot_send(jobs[i].done, NULL); // nobody waits any more
    }
}

static void storage_drop(void *arg) {
    storage *self = arg;
    while (atomic_load(&self->waiting_n) > 0) edo_rc_unref(take_waiting(self));
    while (self->unsynced_n > 0) forget_unsynced(self);
    edo_mpsc_tx_unref(self->queue);
    edo_mpsc_rx_free(self->work);
    store_free(self->kept);
    free(self->rooms);
    names_deinit(&self->names);
    free(self->rows);
}

/* The next jobs; 0: after a failure there is something to be tried or told. */
static int next_jobs(storage *self, job *jobs) {
    bool has_failed = atomic_load(&self->is_failure_logged) || atomic_load(&self->waiting_n) > 0 ||
                      names_wait(&self->names);
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
    if (n == -EDO_ECLOSED && heed_sync(self)) write_waiting(self);
    edo_shield_end(&sh);
    free(jobs);
    edo_rc_unref(self);
    return n == -EDO_ECLOSED ? 0 : n;
}

/* Asks the disk whether it has what the store has taken. */
static void sync_appended(storage *self) {
    uint64_t n = atomic_load(&self->appended_n);
    if (atomic_load(&self->syncing_since_ns) == 0)
        atomic_store(&self->syncing_since_ns, edo_now().ns);
    int err = store_sync(self->kept);
    if (err == -ECANCELED) return; // it was not asked, and is waited for
    if (err == 0) atomic_store(&self->synced_n, n);
    if (err < 0) atomic_store(&self->is_heeded, false);
    atomic_store(&self->sync_err, err);
    atomic_store(&self->syncing_since_ns, 0);
    if (err < 0) storage_note_failure(self, err);
}

static bool has_unsynced(const storage *self) {
    return atomic_load(&self->sync_err) < 0 ||
           atomic_load(&self->appended_n) != atomic_load(&self->synced_n);
}

/* As sync_appended(), if there is something to ask, and tells the task that writes that it has
 * asked. After a failure the disk is not asked again before that task has heeded it: else its next
 * "yes" would seem to be about what was refused. */
static void sync_if_due(storage *self) {
    bool was_synced = atomic_load(&self->sync_err) == 0;
    if (!has_unsynced(self)) return;
    if (was_synced || atomic_load(&self->is_heeded)) sync_appended(self);
    (void)edo_mpsc_try_send(self->queue, &(job){ 0 }); // else it has jobs, and learns it from them
}

/* Asks the disk again and again. It may take its time for that: so the task does nothing else.
 * `arg` is a share of the storage; a task's function. */
static int storage_sync_again(void *arg) {
    storage *self = arg;
    int err;
    while ((err = edo_sleep(check_every)) == 0) sync_if_due(self);
    edo_rc_unref(self);
    return err;
}

/* What a look has not been able to tell may pass: it is told while it is so. A search for the place
 * of a damage was asked for before the damage was noted. */
static void look_at_file(storage *self) {
    bool was_damaged = atomic_load(&self->is_damaged);
    atomic_store(&self->looking_since_ns, edo_now().ns);
    int err = store_check(self->kept);
    atomic_store(&self->looking_since_ns, 0);
    if (err == -ECANCELED) return;
    storage_note_fault(self, err);
    if (was_damaged || err == -EILSEQ) log_damage(self);
    bool is_for_good = err == -EILSEQ || err == -ESTALE || err == -ENODATA;
    int before = atomic_exchange(&self->look_err, is_for_good ? 0 : err);
    if (err < 0 && !is_for_good && before == 0) warn_of("the store's file was not read", err);
}

/* Looks again and again whether the file is still there and whole. `arg` is a share of the storage;
 * a task's function. */
static int storage_watch(void *arg) {
    storage *self = arg;
    int err;
    while ((err = edo_sleep(check_every)) == 0) look_at_file(self);
    edo_tracker_done(&self->reads);
    edo_rc_unref(self);
    return err;
}

edo_oneshot_rx *storage_put(storage *self, message *m) {
    if (!self) return NULL;
    atomic_store(&m->kept, KEPT_NOT_YET);
    atomic_fetch_add(&self->said_n, 1);
    edo_oneshot_tx *done = NULL;
    edo_oneshot_rx *written = NULL;
    if (!atomic_load(&self->is_late) && edo_oneshot_new(&done, &written, 0, NULL) < 0)
        done = NULL, written = NULL; // nobody waits then
    job j = { .message = edo_rc_ref(m), .done = done };
    if (edo_mpsc_try_send(self->queue, &j) == 0) return written;
    storage_lose(self, m);
    storage_note_failed_write(self, -EAGAIN);
    job_drop(&j);
    edo_oneshot_rx_free(written);
    return NULL;
}

void storage_keep_name(storage *self, const store_name *what) {
    if (!self) return;
    if (!names_put(&self->names, what)) edo_debug("a name is not stored: too many wait");
    (void)edo_mpsc_try_send(self->queue, &(job){ 0 }); // else it has jobs, and comes to the names
}

store_name *storage_take_names(storage *self, size_t *n) {
    *n = 0;
    return self ? names_take(&self->names, n) : NULL;
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
    storage_note_response(self);
    int fault = err == 0 ? r->found->fault : err;
    storage_note_fault(self, fault);
    int unread = err == 0 && fault == -EILSEQ ? 0 : fault; // what is damaged the health has
    int before = atomic_exchange(&self->read_err, unread);
    if (unread < 0 && before == 0) warn_of("the past was not read", unread);
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
    bool is_stuck = atomic_load(&self->stuck_since_ns) != 0;
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
    uint64_t ends_n = atomic_load(&self->ends_n);
    if (err == 0) err = storage_settle(self);
    if (err == 0) ends_n = atomic_load(&self->ends_n);   // that was one
    if (err == 0) err = edo_task_join(begin_reading(r)); // it goes on if the time is over
    err = edo_deadline_end(&d, err);
    bool is_vain = err == -ETIMEDOUT && has_asked &&
                   edo_instant_since(edo_now(), asked_at).ns >= read_max.ns / 2;
    if (is_vain) storage_note_vain_wait(self, asked_at, ends_n);
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

/* `called` is for dumps and the log. NULL without memory. */
static edo_task *begin_task(storage *self, edo_task_fn *fn, const char *called) {
    edo_task *task = edo_spawn_with(fn, edo_rc_ref(self), &(edo_spawn_opts){ .name = called });
    if (!task) edo_rc_unref(self); // the task's share
    return task;
}

/* Without memory the file is not watched, or the disk not asked before the end: what cannot be
 * written is told all the same. */
static void begin_to_watch(storage *self) {
    edo_tracker_add(&self->reads);
    self->watch = begin_task(self, storage_watch, "storage_watch");
    if (!self->watch) edo_tracker_done(&self->reads);
    self->syncer = begin_task(self, storage_sync_again, "storage_sync");
}

/* What was said is served also if the names cannot be read. Returns 0 or -ENOMEM. */
static int storage_read_names(storage *self) {
    int err = names_read(&self->names, self->kept);
    storage_note_fault(self, err);
    if (err < 0 && err != -ENOMEM) warn_of("the names that are kept were not read", err);
    return err == -ENOMEM ? err : 0;
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
    names_init(&self->names);
    edo_tracker_init(&self->reads);
    self->past = (edo_sem)EDO_SEM_INIT(1);
    int err = edo_mpsc_new(&self->queue, &self->work, sizeof(job), STORAGE_QUEUE, &opts);
    if (err == 0) err = store_rooms(kept, &self->rooms, &self->rooms_n);
    if (err == 0) err = storage_read_names(self);
    if (err == 0) {
        self->task = begin_task(self, storage_run, "storage_write");
        if (!self->task) err = -ENOMEM;
    }
    if (err == 0) begin_to_watch(self);
    if (err < 0) {
        edo_rc_unref(self);
        return err;
    }
    *out = self;
    return 0;
}

/* What waits has had its last chance. Tells how much is lost of which the log does not know yet,
 * and returns it. What is in a file that was deleted ends with the program. */
static uint64_t tell_lost(storage *self) {
    for (size_t n = atomic_load(&self->waiting_n); n > 0; n--) {
        message *m = take_waiting(self);
        storage_lose(self, m);
        edo_rc_unref(m);
    }
    uint64_t n = atomic_load(&self->lost_n) - self->told_lost_n;
    if (atomic_load(&self->is_gone)) n += atomic_load(&self->stored_n);
    if (n > 0) edo_error_kv("messages that were said are lost", EDO_KV("n", n));
    return n;
}

/* When the task that writes has ended: asks the disk whether it has all, and gives the store what
 * it has refused, and what waits, a last time. Returns 0; -EIO: some is lost; -ETIMEDOUT: the disk
 * could not be asked. `arg` is a share of the storage; a task's function. */
static int storage_finish(void *arg) {
    storage *self = arg;
    edo_shield sh = edo_shield_begin(edo_ns(-1));
    if (self->syncer) (void)edo_task_join(self->syncer);
    sync_appended(self); // also of what is on the disk it is asked whether it still is
    if (!heed_sync(self)) sync_appended(self); // which makes the store read what is left
    if (heed_sync(self)) write_waiting(self);
    if (has_unsynced(self)) sync_appended(self);
    (void)heed_sync(self); // what was refused now waits
    uint64_t lost_n = tell_lost(self);
    bool is_asked = !has_unsynced(self);
    edo_shield_end(&sh);
    edo_rc_unref(self);
    return lost_n > 0 || self->is_cut ? -EIO : is_asked ? 0 : -ETIMEDOUT;
}

/* Returns 0; -EIO: some is lost; -ETIMEDOUT: perhaps. Either is told. */
static int finish_in_time(storage *self) {
    edo_task *task = begin_task(self, storage_finish, "storage_finish");
    edo_deadline d = edo_deadline_begin(end_sync_max);
    int err = edo_deadline_end(&d, task ? edo_task_join(task) : -ENOMEM);
    if (err == 0 || err == -EIO) return err;
    edo_error_kv("the disk did not respond in time: the last messages may not be on it",
                 EDO_KV("n", atomic_load(&self->waiting_n) + storage_unsynced_n(self)));
    return -ETIMEDOUT;
}

/* The task that writes has not ended. */
static int tell_unwritten(const storage *self) {
    uint64_t known_n = atomic_load(&self->stored_n) + atomic_load(&self->lost_n);
    uint64_t said_n = atomic_load(&self->said_n);
    edo_error_kv("the store did not respond in time: the last messages may not be in it",
                 EDO_KV("n", said_n > known_n ? said_n - known_n : 0));
    return -ETIMEDOUT;
}

int storage_end(storage *self) {
    if (!self) return 0;
    edo_shield sh = edo_shield_begin(edo_ns(-1));
    edo_deadline d = edo_deadline_begin(end_max);
    edo_mpsc_close(self->work);
    edo_tracker_close(&self->reads);
    if (self->watch) edo_task_cancel(self->watch);
    if (self->syncer) edo_task_cancel(self->syncer);
    bool is_written = edo_task_join(self->task) >= 0;
    int err = is_written ? edo_tracker_wait(&self->reads) : -ETIMEDOUT;
    if (self->watch) (void)edo_task_join(self->watch);
    if (self->syncer && !is_written) (void)edo_task_join(self->syncer);
    err = edo_deadline_end(&d, err);
    int lost = is_written ? finish_in_time(self) : tell_unwritten(self);
    if (atomic_load(&self->is_damaged)) log_damage(self);
    edo_rc_unref(self); // shielded, too: a thread of the pool closes the store
    edo_shield_end(&sh);
    return lost < 0 ? lost : err < 0;
}

const store_room *storage_rooms(const storage *self, size_t *n) {
    *n = self ? self->rooms_n : 0;
    return self ? self->rooms : NULL;
}

/* For how many seconds something has gone on that should not take longer than `most`; else 0. */
static int64_t seconds_since(const atomic_int_fast64_t *since_ns, edo_duration most) {
    int64_t begin_ns = atomic_load(since_ns);
    int64_t ns = begin_ns > 0 ? edo_now().ns - begin_ns : 0;
    return ns > most.ns ? ns / edo_s(1).ns : 0;
}

static void add_silence(const storage *self, faults *all) {
    const int64_t of_store_s[] = { seconds_since(&self->writing_since_ns, slow_after),
                                   seconds_since(&self->stuck_since_ns, edo_ns(0)),
                                   seconds_since(&self->looking_since_ns, look_slow_after) };
    int64_t most_s = 0, of_disk_s = seconds_since(&self->syncing_since_ns, slow_after);
    for (size_t i = 0; i < EDO_COUNT(of_store_s); i++)
        if (of_store_s[i] > most_s) most_s = of_store_s[i];
    if (most_s > 0)
        faults_add(all, -ETIMEDOUT, "the store has not responded for %" PRId64 " s", most_s);
    if (of_disk_s > 0)
        faults_add(all, -ETIMEDOUT,
                   "the disk has not responded for %" PRId64 " s, and may lack %" PRIu64
                   " messages",
                   of_disk_s, storage_unsynced_n(self));
}

int storage_check(const storage *self) {
    if (!self) return 0;
    uint64_t waiting = storage_unstored_n(self), lost = storage_lost_n(self);
    int read_err = atomic_load(&self->read_err), look_err = atomic_load(&self->look_err);
    faults all = { .err = 0 };
    if (atomic_load(&self->is_gone))
        return edo_fail(-ESTALE, "the store's file was deleted or replaced");
    if (atomic_load(&self->is_damaged)) {
        char where[STORE_DAMAGE_BYTES];
        store_damage(self->kept, where, sizeof where);
        faults_add(&all, -EILSEQ, "the store's file is damaged: %s", where);
    }
    if (atomic_load(&self->is_cut))
        faults_add(&all, -ENODATA, "the store's log was cut off: some of what was stored is lost");
    if (storage_is_failing(self) || waiting > 0 || lost > 0)
        faults_add(&all, -EIO, "messages are not stored: %" PRIu64 " yet, %" PRIu64 " for good",
                   waiting, lost);
    if (read_err < 0 || look_err < 0)
        faults_add(&all, read_err < 0 ? read_err : look_err, "the store cannot be read");
    add_silence(self, &all);
    return all.err < 0 ? edo_fail(all.err, "%s", all.text) : 0;
}

bool storage_is_failing(const storage *self) {
    return self && (atomic_load(&self->has_failed) || atomic_load(&self->sync_err) < 0);
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

uint64_t storage_unsynced_n(const storage *self) {
    return self ? atomic_load(&self->unsynced_n) + atomic_load(&self->trusted_n) : 0;
}

uint64_t storage_lost_n(const storage *self) {
    return self ? atomic_load(&self->lost_n) : 0;
}
