/* SPDX-License-Identifier: MIT */
/* writes.c: see writes.h. */
#include "storage/writes.h"

#include <edo/actor.h>
#include <edo/base.h>
#include <edo/error.h>
#include <edo/log.h>
#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/span.h>

#include <errno.h>
#include <stdlib.h>

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

int writes_init(writes *self, store *kept, health *h, syncs *s) {
    static const edo_mpsc_opts opts = { .drop = job_drop, .name = "chat.writes" };
    *self = (writes){ .kept = kept, .health = h, .syncs = s };
    backlog_init(&self->backlog);
    names_init(&self->names);
    return edo_mpsc_new(&self->queue, &self->work, sizeof(job), WRITES_QUEUE, &opts);
}

void writes_deinit(writes *self) {
    backlog_deinit(&self->backlog);
    edo_mpsc_tx_unref(self->queue);
    edo_mpsc_rx_free(self->work);
    names_deinit(&self->names);
    free(self->rows);
    free(self->places);
    free(self->rooms);
}

bool writes_are_failing(const writes *self) {
    return atomic_load(&self->has_failed) || atomic_load(&self->syncs->err) < 0 ||
           atomic_load(&self->backlog.aside_n) > 0;
}

static void note_failed_write(writes *self, int err) {
    atomic_store(&self->has_failed, true);
    health_note_failure(self->health, err);
}

static void note_end_of_failures(writes *self) {
    bool is_over = health_has_failures(self->health) && !writes_are_failing(self) &&
                   health_failures_rest(self->health);
    if (!is_over) return;
    self->told_lost_n = atomic_load(&self->backlog.lost_n);
    health_end_failures(self->health, self->told_lost_n);
}

/* A message of which the store gives the number is not stored yet. Returns whether there is room
 * for it. */
static bool open_add(writes *self, const message *m) {
    size_t bytes = message_stored_bytes(m);
    bool has_room = atomic_fetch_add(&self->open_n, 1) < BACKLOG_MESSAGES;
    has_room &= atomic_fetch_add(&self->open_bytes, bytes) + bytes <= BACKLOG_BYTES;
    return has_room;
}

static void open_end(writes *self, const message *m) {
    atomic_fetch_sub(&self->open_n, 1);
    atomic_fetch_sub(&self->open_bytes, message_stored_bytes(m));
}

/* ---- Writing --------------------------------------------------------------------------------- */

/* Does what the last sync has made due. Returns whether the disk takes what is written. */
static bool heed_sync(writes *self) {
    bool is_synced = atomic_load(&self->syncs->err) == 0;
    backlog_forget_synced(&self->backlog, atomic_load(&self->syncs->synced_n));
    if (is_synced) return true;
    backlog_relapse(&self->backlog);
    syncs_heed(self->syncs);
    return false;
}

/* A span for what is done with the first `n` that wait: within that of the message, or, of several,
 * one that follows theirs. */
static edo_span *append_span(const writes *self, size_t n) {
    const message *m = STAILQ_FIRST(&self->backlog.waiting);
    edo_span *span =
        edo_span_new(EDO_LEVEL_DEBUG, "chat", n == 1 ? m->span : NULL,
                     (EDO_KV("otel.kind", "consumer"), EDO_KV("messages", n)), "append");
    for (size_t i = 0; i < n && n > 1 && span; i++, m = STAILQ_NEXT(m, waiting))
        edo_span_follows(span, m->span);
    return span;
}

/* The first one that waits has that place in the store. */
static void place_first(writes *self, const place *at) {
    open_end(self, STAILQ_FIRST(&self->backlog.waiting));
    backlog_place_first(&self->backlog, at);
}

/* The store may have kept the first `n` that wait, and has not said so. */
static void note_retry(writes *self, size_t n) {
    message *m = STAILQ_FIRST(&self->backlog.waiting);
    for (; n > 0; n--, m = STAILQ_NEXT(m, waiting)) m->is_retried = true;
}

/* Gives the store the first `n` that wait, which wait on if it fails. */
static int write_first(writes *self, size_t n) {
    EDO_SPAN(span, append_span(self, n));
    backlog_first(&self->backlog, self->rows, n);
    bool gives_numbers = store_gives_numbers(self->kept);
    int err = gives_numbers ? store_order(self->kept, self->rows, n, self->places)
                            : store_append(self->kept, self->rows, n);
    if (err < 0 && gives_numbers) note_retry(self, n);
    for (size_t i = 0; i < n && err == 0; i++) {
        if (gives_numbers) {
            place_first(self, &self->places[i]);
        } else {
            backlog_keep_first(&self->backlog);
        }
    }
    return edo_span_end(&span, err);
}

/* Is what the store has by the number of that message the message itself? An append may fail when
 * all of it is written. Returns 1 or 0, or why that is not known. */
static int is_stored(writes *self, const saying *what) {
    store_found *found;
    int err = store_page(self->kept, &what->room, what->number - 1, what->number + 1, 1, &found);
    if (err < 0) return err;
    bool is_there = found->n == 1 && saying_is_same(&found->messages[0], what);
    bool is_unknown = found->n == 0 && found->fault == -EIO;
    free(found);
    return is_unknown ? edo_fail(-EIO, "the disk has failed to read what is stored") : is_there;
}

/* Its author is told; operators by the log, of one a minute, and by the number of all. */
static void tell_refused(writes *self, int err) {
    uint64_t n = atomic_fetch_add(&self->refused_n, 1);
    bool is_told = n > 0 && edo_instant_since(edo_now(), self->refused_told).ns < edo_s(60).ns;
    if (is_told) return;
    self->refused_told = edo_now();
    health_warn("the store refuses a message for what it is", err);
}

/* The store has refused the first of those that wait, as it has its number, or as it cannot keep
 * it. Where it cannot be known whose number that is, the message waits on. */
static int settle_refused(writes *self, int refusal) {
    saying first;
    if (store_gives_numbers(self->kept)) {
        tell_refused(self, refusal);
        place_first(self, &(place){ .number = 0 });
        return 0;
    }
    backlog_first(&self->backlog, &first, 1);
    int err = is_stored(self, &first);
    if (err < 0) return err;
    if (err > 0) return backlog_keep_first(&self->backlog), 0;
    note_failed_write(self, -EEXIST);
    backlog_lose_first(&self->backlog);
    return 0;
}

/* Whether the failure is of one message, which no other try would change. */
static bool write_is_refusal(const writes *self, int err) {
    return err == (store_gives_numbers(self->kept) ? -EINVAL : -EEXIST);
}

/* As write_first(), one by one, so that one that the store refuses does not take others with it. */
static int write_singly(writes *self, size_t n) {
    int err = 0;
    for (; n > 0 && err == 0; n--) {
        err = write_first(self, 1);
        if (write_is_refusal(self, err)) err = settle_refused(self, err);
    }
    return err;
}

/* ---- Rooms that the store does not take ------------------------------------------------------ */

/* Gives the store the first `n` that wait, which are of one room. */
static int write_room(writes *self, size_t n) {
    int err = 0;
    while (n > 0 && err == 0) {
        size_t some = n < WRITES_BATCH ? n : WRITES_BATCH;
        err = write_first(self, some);
        if (write_is_refusal(self, err)) err = write_singly(self, some);
        n -= some;
    }
    return err;
}

/* Returns whether there is room for one more. */
static bool room_falls_sick(writes *self, const name *room, int err) {
    const edo_trail_entry *last = edo_trail_find(err);
    const char *why = last ? last->text : edo_strerror(err);
    if (self->sick_n == WRITES_SICK_MAX) return false;
    edo_warn_kv("messages of one room are not stored, those of others are",
                EDO_KV("room", room->text), EDO_KV("why", why));
    self->sick[self->sick_n++] =
        (sick_room){ *room, edo_instant_add(edo_now(), WRITES_RETRY_AFTER), WRITES_RETRY_AFTER };
    backlog_set_aside(&self->backlog, room);
    return true;
}

static void room_recovers(writes *self, size_t at) {
    edo_info_kv("messages of the room are stored again", EDO_KV("room", self->sick[at].room.text));
    self->sick[at] = self->sick[--self->sick_n];
}

static void sick_room_waits(sick_room *s) {
    s->pause.ns *= 2;
    if (s->pause.ns > WRITES_SICK_PAUSE.ns) s->pause = WRITES_SICK_PAUSE;
    s->retry_at = edo_instant_add(edo_now(), s->pause);
}

/* What was said meanwhile in rooms that are set aside stands behind what was said there before. */
static void set_sick_aside(writes *self) {
    for (size_t i = 0; i < self->sick_n; i++)
        backlog_set_aside(&self->backlog, &self->sick[i].room);
}

/* One of those whose time has come: the others wait until it has had its try. */
static void try_sick(writes *self) {
    for (size_t i = 0; i < self->sick_n; i++) {
        sick_room *s = &self->sick[i];
        if (edo_now().ns < s->retry_at.ns) continue;
        size_t n = backlog_take_back(&self->backlog, &s->room);
        int err = write_room(self, n);
        if (err == 0) {
            room_recovers(self, i);
            return;
        }
        health_note_failure(self->health, err);
        backlog_set_aside(&self->backlog, &s->room);
        sick_room_waits(s);
        return;
    }
}

/* The rooms of the first `n` that wait, each once. Returns how many there are. */
static size_t rooms_of_batch(writes *self, size_t n) {
    size_t rooms_n = 0;
    backlog_first(&self->backlog, self->rows, n);
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        while (at < rooms_n && !name_equal(&self->rooms[at], &self->rows[i].room)) at++;
        if (at == rooms_n) self->rooms[rooms_n++] = self->rows[i].room;
    }
    return rooms_n;
}

/* A batch has failed with `err`: its rooms are tried one by one. If two fail before one succeeds it
 * is the store that fails, and all waits. Returns 0 if at least one succeeds: those that do not
 * are set aside. */
static int write_by_room(writes *self, size_t n, int err) {
    size_t waiting_n = atomic_load(&self->backlog.waiting_n), failed_n = 0, done_n = 0;
    if (n > waiting_n) n = waiting_n; // some may be settled by now
    size_t rooms_n = rooms_of_batch(self, n);
    name *failed = self->rooms; // those of the first ones that are behind it
    for (size_t i = 0; i < rooms_n && rooms_n > 1; i++) {
        const name room = self->rooms[i];
        int of_room = write_room(self, backlog_bring(&self->backlog, &room, n));
        done_n += of_room == 0;
        if (of_room == 0) continue;
        err = of_room;
        failed[failed_n++] = room;
        if (done_n == 0 && failed_n == 2) return err;
    }
    if (done_n == 0) return err;
    for (size_t i = 0; i < failed_n; i++)
        if (!room_falls_sick(self, &failed[i], err)) return err;
    return 0;
}

/* ---- What waits ------------------------------------------------------------------------------ */

/* The log is told of the first one, the health how many they are. */
static void tell_lost_names(writes *self) {
    uint64_t n = atomic_load(&self->names.lost_n);
    if (n > 0 && !self->is_name_loss_logged)
        edo_warn_kv("names that are kept are not stored, for good", EDO_KV("n", n));
    self->is_name_loss_logged = n > 0;
}

/* What is said is stored though the names are not: so that is told, it is no failure of that, and
 * messages do not wait for the next try. */
static void write_names(writes *self) {
    atomic_store(&self->since_ns, edo_now().ns);
    int err = names_write(&self->names, self->kept);
    atomic_store(&self->since_ns, 0);
    health_note_fault(self->health, err);
    if (err < 0 && !self->is_name_logged)
        health_warn("the names that are kept are not stored", err);
    tell_lost_names(self);
    self->is_name_logged = err < 0 || self->is_name_loss_logged;
    if (err < 0) self->names_retry_at = edo_instant_add(edo_now(), WRITES_RETRY_AFTER);
}

/* Gives the store the messages that wait, in order, until it fails; then it is let alone for a
 * moment. Returns 0 or why some wait on. */
static int write_messages(writes *self) {
    int err = 0;
    size_t n;
    atomic_store(&self->since_ns, edo_now().ns);
    set_sick_aside(self);
    while (err == 0 && (n = atomic_load(&self->backlog.waiting_n)) > 0) {
        if (n > WRITES_BATCH) n = WRITES_BATCH;
        err = write_first(self, n);
        bool is_tried_singly = err < 0 && n > 1 && !store_gives_numbers(self->kept);
        if (is_tried_singly || write_is_refusal(self, err)) err = write_singly(self, n);
        if (err < 0 && store_gives_numbers(self->kept)) err = write_by_room(self, n, err);
        if (err == 0) atomic_store(&self->has_failed, false);
    }
    if (err == 0) try_sick(self);
    atomic_store(&self->since_ns, 0);
    if (err == 0) return 0;
    note_failed_write(self, err);
    self->retry_at = edo_instant_add(edo_now(), WRITES_RETRY_AFTER);
    return err;
}

/* As write_messages(), and then the names. */
static void write_waiting(writes *self) {
    if (write_messages(self) == 0) write_names(self);
}

/* As write_waiting(), but for what has failed a moment ago. */
static void write_due(writes *self) {
    int64_t now_ns = edo_now().ns;
    if (now_ns < self->retry_at.ns || write_messages(self) < 0) return;
    if (now_ns >= self->names_retry_at.ns) write_names(self);
}

static void do_jobs(writes *self, job *jobs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (jobs[i].message) backlog_put(&self->backlog, jobs[i].message);
    }
    if (heed_sync(self)) write_due(self);
    note_end_of_failures(self);
    health_note_response(self->health);
    atomic_store(&self->is_late, false);
    for (size_t i = 0; i < n; i++) {
        if (jobs[i].done) (void)edo_oneshot_send(jobs[i].done, NULL); // nobody waits any more
    }
}

/* The next jobs; 0: after a failure there is something to be tried or told. */
static int next_jobs(writes *self, job *jobs) {
    bool has_failed = health_has_failures(self->health) ||
                      atomic_load(&self->backlog.waiting_n) > 0 || self->sick_n > 0 ||
                      names_wait(&self->names);
    EDO_DEADLINE(d, has_failed ? WRITES_RETRY_AFTER : edo_ns(EDO_FOREVER_NS));
    int n = edo_deadline_end(&d, edo_mpsc_recv_many(self->work, jobs, WRITES_BATCH));
    return n == -ETIMEDOUT ? 0 : n;
}

int writes_run(writes *self) {
    job *jobs = malloc(WRITES_BATCH * sizeof *jobs);
    self->rows = malloc(WRITES_BATCH * sizeof *self->rows);
    self->places = malloc(WRITES_BATCH * sizeof *self->places);
    self->rooms = malloc(WRITES_BATCH * sizeof *self->rooms);
    EDO_SHIELD(sh, edo_ns(-1)); // it ends when its queue does
    int n = jobs && self->rows && self->places && self->rooms ? 0 : -ENOMEM;
    while (n >= 0 && (n = next_jobs(self, jobs)) >= 0) do_jobs(self, jobs, (size_t)n);
    if (n == -EDO_ECLOSED && heed_sync(self)) write_waiting(self);
    (void)edo_shield_end(&sh, 0);
    free(jobs);
    return n == -EDO_ECLOSED ? 0 : n;
}

/* ---- What others ask for --------------------------------------------------------------------- */

/* Puts the message into the queue, which may be full: `*is_in`. Returns as storage_put(). */
static edo_oneshot_rx *put_in_queue(writes *self, message *m, bool *is_in) {
    edo_oneshot_tx *done = NULL;
    edo_oneshot_rx *written = NULL;
    if (!atomic_load(&self->is_late) && edo_oneshot_new(&done, &written, 0, NULL) < 0)
        done = NULL, written = NULL; // nobody waits then
    job j = { .message = edo_rc_ref(m), .done = done };
    *is_in = edo_mpsc_try_send(self->queue, &j) == 0;
    if (*is_in) return written;
    job_drop(&j);
    edo_oneshot_rx_free(written);
    return NULL;
}

/* What finds no room is not said: its author is told. */
static edo_oneshot_rx *writes_put_unnumbered(writes *self, message *m) {
    bool is_in = open_add(self, m);
    edo_oneshot_rx *written = NULL;
    m->what.serial = atomic_fetch_add(&self->serial, 1) + 1;
    if (is_in) written = put_in_queue(self, m, &is_in);
    if (is_in) return written;
    open_end(self, m);
    atomic_fetch_sub(&self->backlog.said_n, 1);
    atomic_store(&m->kept, KEPT_FULL);
    return NULL;
}

edo_oneshot_rx *writes_put(writes *self, message *m) {
    bool is_in;
    atomic_store(&m->kept, KEPT_NOT_YET);
    atomic_fetch_add(&self->backlog.said_n, 1);
    if (store_gives_numbers(self->kept)) return writes_put_unnumbered(self, m);
    edo_oneshot_rx *written = put_in_queue(self, m, &is_in);
    if (is_in) return written;
    backlog_lose(&self->backlog, m);
    note_failed_write(self, -EAGAIN);
    return NULL;
}

void writes_wait(writes *self, edo_oneshot_rx *written) {
    if (!written) return;
    EDO_DEADLINE(d, WRITES_WAIT_MAX);
    int err = edo_deadline_end(&d, edo_oneshot_recv(written, NULL));
    if (err == -ETIMEDOUT) atomic_store(&self->is_late, true);
    edo_oneshot_rx_free(written);
}

void writes_wake(writes *self) {
    (void)edo_mpsc_try_send(self->queue, &(job){ 0 }); // else it has jobs, and looks behind them
}

void writes_keep_name(writes *self, const store_name *what) {
    names_put(&self->names, what);
    writes_wake(self);
}

int writes_settle(writes *self) {
    job j = { 0 };
    return edo_actor_call(self->queue, NULL, 0, &j, &j.done);
}

/* ---- The end --------------------------------------------------------------------------------- */

/* What waits has had its last chance. Tells how much is lost of which the log does not know yet,
 * and returns it. What is in a file that was deleted ends with the program. */
static uint64_t writes_tell_lost(writes *self) {
    backlog *b = &self->backlog;
    for (size_t n = atomic_load(&b->waiting_n); n > 0; n--) backlog_lose_first(b);
    uint64_t n = atomic_load(&b->lost_n) - self->told_lost_n;
    if (atomic_load(&self->health->is_gone)) n += atomic_load(&b->stored_n);
    if (n > 0) edo_error_kv("messages that were said are lost", EDO_KV("n", n));
    return n;
}

/* Each of the rooms that were set aside has a last try. */
static void write_sick_last(writes *self) {
    while (self->sick_n > 0) {
        sick_room *s = &self->sick[--self->sick_n];
        size_t n = backlog_take_back(&self->backlog, &s->room);
        if (write_room(self, n) < 0) backlog_set_aside(&self->backlog, &s->room);
    }
    (void)backlog_take_back(&self->backlog, NULL);
}

void writes_close(writes *self) {
    edo_mpsc_close(self->work);
}

int writes_finish(writes *self) {
    syncs_ask(self->syncs); // also of what is on the disk it is asked whether it still is
    if (!heed_sync(self)) syncs_ask(self->syncs); // which makes the store read what is left
    if (heed_sync(self)) write_waiting(self);
    write_sick_last(self);
    if (syncs_lack(self->syncs)) syncs_ask(self->syncs);
    (void)heed_sync(self); // what was refused now waits
    uint64_t lost_n = writes_tell_lost(self);
    bool is_asked = !syncs_lack(self->syncs);
    return lost_n > 0 || atomic_load(&self->health->is_cut) ? -EIO : is_asked ? 0 : -ETIMEDOUT;
}
