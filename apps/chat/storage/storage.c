/* SPDX-License-Identifier: MIT */
/* storage.c: see storage.h. One task writes, one asks the disk, one looks at the file: so a call
 * that does not return holds up what needs it, and no more. They and the server share the storage
 * by counting, so that a store that never responds can be left behind at the end.
 *
 * Each of its parts says which task may touch what of it:
 *
 *     backlog.h   what was said and is perhaps not on the disk; of the task that writes
 *     writes.h    the task that writes, and the queue before it
 *     syncs.h     the task that asks the disk
 *     health.h    what is known of the store, by whoever comes upon it; the task that looks
 *     reads.h     tasks that read
 *     moves.h     the task that tells who comes and goes, if several programs use the store */
#include "storage/storage.h"

#include "storage/moves.h"
#include "storage/reads.h"
#include "storage/writes.h"

#include <edo/base.h>
#include <edo/error.h>
#include <edo/log.h>
#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/task.h>
#include <edo/tracker.h>

#include <errno.h>
#include <stdlib.h>

struct storage {
    store *kept;       /* const */
    store_room *rooms; /* const */
    size_t rooms_n;    /* const */
    health health;
    syncs syncs;
    writes writes;
    reads reads;
    moves moves;
    edo_task *task, *watch; /* of the thread that starts and ends it */
    edo_task *mover;        /* likewise; NULL: one program alone uses the store */
    edo_task *syncer;       /* likewise, and at the end of the task that finishes */
};

static void storage_drop(void *arg) {
    storage *self = arg;
    writes_deinit(&self->writes);
    moves_deinit(&self->moves);
    store_free(self->kept);
    free(self->rooms);
}

/* ---- Its tasks, each with a share of it ------------------------------------------------------ */

/* Writes until the queue is closed and empty. `arg` is a share of the storage; a task's
 * function. */
static int storage_run(void *arg) {
    storage *self = arg;
    int err = writes_run(&self->writes);
    edo_rc_unref(self);
    return err;
}

/* `arg` is a share of the storage; a task's function. */
static int storage_move(void *arg) {
    storage *self = arg;
    int err = moves_run(&self->moves);
    edo_rc_unref(self);
    return err;
}

/* Asks the disk again and again, and tells the task that writes that it has. It may take its time
 * for that: so the task does nothing else. `arg` is a share of the storage; a task's function. */
static int storage_sync_again(void *arg) {
    storage *self = arg;
    int err;
    while ((err = edo_sleep(STORAGE_CHECK_EVERY)) == 0) {
        if (syncs_ask_if_due(&self->syncs)) writes_wake(&self->writes);
    }
    edo_rc_unref(self);
    return err;
}

/* Looks again and again whether the file is still there and whole. `arg` is a share of the storage;
 * a task's function. */
static int storage_watch(void *arg) {
    storage *self = arg;
    int err;
    while ((err = edo_sleep(STORAGE_CHECK_EVERY)) == 0) health_look(&self->health);
    edo_tracker_done(&self->reads.under_way);
    edo_rc_unref(self);
    return err;
}

/* When the task that writes has ended: see writes_finish(). `arg` is a share of the storage; a
 * task's function. */
static int storage_finish(void *arg) {
    storage *self = arg;
    EDO_SHIELD(sh, edo_ns(-1));
    if (self->syncer) (void)edo_task_join(self->syncer);
    int err = writes_finish(&self->writes);
    (void)edo_shield_end(&sh, 0);
    edo_rc_unref(self);
    return err;
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
    edo_tracker_add(&self->reads.under_way);
    self->watch = begin_task(self, storage_watch, "storage_watch");
    if (!self->watch) edo_tracker_done(&self->reads.under_way);
    self->syncer = begin_task(self, storage_sync_again, "storage_sync");
}

/* What was said is served also if the names cannot be read. Returns 0 or -ENOMEM. A store that
 * several programs use is asked for each name when somebody wants it. */
static int storage_read_names(storage *self) {
    if (store_shares_people(self->kept)) return moves_begin(&self->moves);
    int err = names_read(&self->writes.names, self->kept);
    health_note_fault(&self->health, err);
    if (err < 0 && err != -ENOMEM) health_warn("the names that are kept were not read", err);
    return err == -ENOMEM ? err : 0;
}

int storage_start(storage **out, store *kept) {
    storage *self = edo_rc_new(sizeof *self, storage_drop);
    if (!self) {
        store_free(kept);
        return -ENOMEM;
    }
    *self = (storage){ .kept = kept, .health = { .kept = kept } };
    self->syncs = (syncs){ .kept = kept, .health = &self->health, .of = &self->writes.backlog };
    int err = writes_init(&self->writes, kept, &self->health, &self->syncs);
    reads_init(&self->reads, self, kept, &self->health, &self->writes);
    moves_init(&self->moves, kept, &self->health);
    if (err == 0) err = store_rooms(kept, &self->rooms, &self->rooms_n);
    if (err == 0) err = storage_read_names(self);
    if (err == 0) {
        self->task = begin_task(self, storage_run, "storage_write");
        if (!self->task) err = -ENOMEM;
    }
    if (err == 0 && store_shares_people(kept)) {
        self->mover = begin_task(self, storage_move, "storage_move");
        if (!self->mover) err = -ENOMEM;
    }
    if (err < 0 && self->task) { // which ends by itself
        writes_close(&self->writes);
        edo_task_unref(self->task);
    }
    if (err == 0) begin_to_watch(self);
    if (err < 0) {
        edo_rc_unref(self);
        return err;
    }
    *out = self;
    return 0;
}

/* Returns 0; -EIO: some is lost; -ETIMEDOUT: perhaps. Either is told. */
static int finish_in_time(storage *self) {
    edo_task *task = begin_task(self, storage_finish, "storage_finish");
    EDO_DEADLINE(d, STORAGE_END_SYNC_MAX);
    int err = edo_deadline_end(&d, task ? edo_task_join(task) : -ENOMEM);
    if (err == 0 || err == -EIO) return err;
    edo_error_kv("the disk did not respond in time: the last messages may not be on it",
                 EDO_KV("n", storage_unstored_n(self) + storage_unsynced_n(self)));
    return -ETIMEDOUT;
}

/* The task that writes has not ended. */
static int tell_unwritten(const storage *self) {
    edo_error_kv("the store did not respond in time: the last messages may not be in it",
                 EDO_KV("n", backlog_open_n(&self->writes.backlog)));
    return -ETIMEDOUT;
}

int storage_end(storage *self) {
    if (!self) return 0;
    EDO_SHIELD(sh, edo_ns(-1));
    EDO_DEADLINE(d, STORAGE_END_MAX);
    writes_close(&self->writes);
    moves_close(&self->moves);
    edo_tracker_close(&self->reads.under_way);
    if (self->watch) edo_task_cancel(self->watch);
    if (self->syncer) edo_task_cancel(self->syncer);
    bool is_written = edo_task_join(self->task) >= 0;
    int err = is_written ? edo_tracker_wait(&self->reads.under_way) : -ETIMEDOUT;
    if (self->watch) (void)edo_task_join(self->watch);
    if (self->mover && edo_task_join(self->mover) < 0) {
        edo_warn("the store did not respond in time: it may not know who has gone");
        err = -ETIMEDOUT;
    }
    if (self->syncer && !is_written) (void)edo_task_join(self->syncer);
    err = edo_deadline_end(&d, err);
    int lost = is_written ? finish_in_time(self) : tell_unwritten(self);
    health_tell_damage(&self->health);
    edo_rc_unref(self); // shielded, too: a thread of the pool closes the store
    (void)edo_shield_end(&sh, 0);
    return lost < 0 ? lost : err < 0;
}

/* ---- What it is asked for -------------------------------------------------------------------- */

const store_room *storage_rooms(const storage *self, size_t *n) {
    *n = self ? self->rooms_n : 0;
    return self ? self->rooms : NULL;
}

const char *storage_identity(const storage *self) {
    return self ? store_identity(self->kept) : "";
}

bool storage_gives_numbers(const storage *self) {
    return self && store_gives_numbers(self->kept);
}

edo_oneshot_rx *storage_put(storage *self, message *m) {
    return self ? writes_put(&self->writes, m) : NULL;
}

void storage_wait(storage *self, edo_oneshot_rx *written) {
    if (written) writes_wait(&self->writes, written);
}

void storage_keep_name(storage *self, const store_name *what) {
    if (self) writes_keep_name(&self->writes, what);
}

store_name *storage_take_names(storage *self, size_t *n) {
    *n = 0;
    return self ? names_take(&self->writes.names, n) : NULL;
}

bool storage_shares_people(const storage *self) {
    return self && store_shares_people(self->kept);
}

uint64_t storage_program(const storage *self) {
    return self->moves.program;
}

uint64_t storage_tell_move(storage *self, const store_move *what) {
    return moves_tell(&self->moves, what);
}

int storage_ask_move(storage *self, store_move *what) {
    return moves_ask(&self->moves, what);
}

uint64_t storage_moves_done(const storage *self) {
    return atomic_load(&self->moves.done_n);
}

uint64_t storage_moves_put(storage *self) {
    pthread_mutex_lock(&self->moves.lock);
    uint64_t n = self->moves.put_n;
    pthread_mutex_unlock(&self->moves.lock);
    return n;
}

int storage_renew(storage *self) {
    return moves_renew(&self->moves);
}

uint64_t storage_moves_lost_n(const storage *self) {
    return moves_lost_n(&self->moves);
}

bool storage_no_move_waits(storage *self, uint64_t *put_n) {
    return moves_none_waits(&self->moves, put_n);
}

int storage_make_up_moves(storage *self, const store_move *who, size_t n, uint64_t lost_n) {
    return moves_make_up(&self->moves, who, n, lost_n);
}

int storage_where(storage *self, store_move *of, size_t n) {
    return store_where(self->kept, self->moves.program, of, n);
}

int storage_find_person(storage *self, store_person *of) {
    return reads_find_person(&self->reads, of);
}

int storage_page(storage *self, const name *of, uint64_t after, uint64_t before, size_t limit,
                 store_found **out) {
    return reads_page(&self->reads, of, after, before, limit, out);
}

int storage_find(storage *self, edo_str ref, store_found **out) {
    return reads_find(&self->reads, ref, out);
}

int storage_news(storage *self, const store_asked *of, size_t n, store_new *out, size_t *done_n,
                 store_found **found) {
    return reads_news(&self->reads, of, n, out, done_n, found);
}

int storage_news_of(storage *self, const store_asked *of, store_new *out, store_found **found) {
    return reads_news_of(&self->reads, of, out, found);
}

int storage_made_after(storage *self, int64_t after_ms, store_made **out, size_t *n) {
    return reads_made(&self->reads, after_ms, out, n);
}

/* But for what is lost. */
static health_news news_of_now(const storage *self) {
    return (health_news){ .is_failing = storage_is_failing(self),
                          .unstored_n = storage_unstored_n(self),
                          .unsynced_n = storage_unsynced_n(self),
                          .writing_ns = &self->writes.since_ns,
                          .syncing_ns = &self->syncs.since_ns };
}

int storage_check(const storage *self) {
    if (!self) return 0;
    health_news others = news_of_now(self);
    others.lost_n = storage_lost_n(self);
    others.lost_names_n = atomic_load(&self->writes.names.lost_n) + moves_lost_n(&self->moves);
    return health_check(&self->health, &others);
}

bool storage_is_well(const storage *self) {
    if (!self) return true;
    const health_news others = news_of_now(self);
    int err = health_check(&self->health, &others);
    edo_trail_clear();
    return err == 0;
}

bool storage_is_failing(const storage *self) {
    return self && writes_are_failing(&self->writes);
}

bool storage_is_damaged(const storage *self) {
    return self && atomic_load(&self->health.is_damaged);
}

uint64_t storage_relapses_n(const storage *self) {
    return self ? atomic_load(&self->writes.backlog.relapses_n) : 0;
}

uint64_t storage_stored_n(const storage *self) {
    return self ? atomic_load(&self->writes.backlog.stored_n) : 0;
}

uint64_t storage_unstored_n(const storage *self) {
    if (!self) return 0;
    const backlog *b = &self->writes.backlog;
    return atomic_load(&b->waiting_n) + atomic_load(&b->aside_n);
}

uint64_t storage_unsynced_n(const storage *self) {
    return self ? backlog_unsynced_n(&self->writes.backlog) : 0;
}

uint64_t storage_refused_n(const storage *self) {
    return self ? atomic_load(&self->writes.refused_n) : 0;
}

uint64_t storage_lost_n(const storage *self) {
    return self ? atomic_load(&self->writes.backlog.lost_n) : 0;
}
