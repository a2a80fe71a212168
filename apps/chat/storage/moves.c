/* SPDX-License-Identifier: MIT */
/* moves.c: see moves.h.
 *
 * inv. 1: `due` is in the order in which moves were put, and each is told after those before it.
 * inv. 2: only the task takes moves off the list. */
#include "storage/moves.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/oneshot.h>
#include <edo/scope.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct due_move {
    store_move what;
    uint64_t number;      /* of those that were ever put */
    edo_oneshot_tx *done; /* sends the move; NULL: nobody waits */
    STAILQ_ENTRY(due_move) next;
} due_move;

static store_terms moves_terms(void) {
    const edo_duration lease = MOVES_LEASE, keep = MOVES_KEEP;
    return (store_terms){ lease.ns / edo_ms(1).ns, keep.ns / edo_ms(1).ns };
}

void moves_init(moves *self, store *kept, health *h) {
    *self = (moves){ .kept = kept, .health = h, .changed = EDO_NOTIFY_INIT };
    STAILQ_INIT(&self->due);
    pthread_mutex_init(&self->lock, NULL);
}

static void due_free(due_move *m) {
    edo_oneshot_tx_free(m->done);
    free(m);
}

void moves_deinit(moves *self) {
    due_move *m;
    while ((m = STAILQ_FIRST(&self->due))) {
        STAILQ_REMOVE_HEAD(&self->due, next);
        due_free(m);
    }
    pthread_mutex_destroy(&self->lock);
}

int moves_begin(moves *self) {
    const store_terms terms = moves_terms();
    return store_renew(self->kept, &terms, &self->program);
}

int moves_renew(moves *self) {
    const store_terms terms = moves_terms();
    uint64_t program = self->program;
    int err = store_renew(self->kept, &terms, &program);
    health_note_fault(self->health, err);
    if (err == 0) atomic_store(&self->has_failed, false);
    return err;
}

uint64_t moves_lost_n(const moves *self) {
    return atomic_load(&self->lost_n);
}

bool moves_none_waits(moves *self, uint64_t *put_n) {
    pthread_mutex_lock(&self->lock);
    bool none_waits = STAILQ_EMPTY(&self->due);
    *put_n = self->put_n;
    pthread_mutex_unlock(&self->lock);
    return none_waits;
}

/* A person that came after the batch was made is taken out, too: the next renewal finds that the
 * store does not have it, and tells it again. */
int moves_make_up(moves *self, const store_move *who, size_t n, uint64_t lost_n) {
    const store_terms terms = moves_terms();
    int err = store_limit_people(self->kept, &terms, self->program, who, n);
    if (err == 0) atomic_fetch_sub(&self->lost_n, lost_n);
    return err;
}

/* ---- The task -------------------------------------------------------------------------------- */

static bool moves_cross(const store_move *a, const store_move *b) {
    bool is_one_name = *a->name.text && name_equal(&a->name, &b->name);
    return is_one_name || strcmp(a->person, b->person) == 0;
}

/* Copies the first ones, which stay: as many as have no person and no name twice. */
static size_t moves_first(moves *self, store_move *out) {
    size_t n = 0;
    bool is_crossed = false;
    const due_move *m;
    pthread_mutex_lock(&self->lock);
    STAILQ_FOREACH(m, &self->due, next) {
        for (size_t i = 0; i < n && !is_crossed; i++) is_crossed = moves_cross(&out[i], &m->what);
        if (is_crossed || n == MOVES_BATCH) break;
        out[n++] = m->what;
    }
    pthread_mutex_unlock(&self->lock);
    return n;
}

/* Lock held. */
static void note_done(moves *self) {
    const due_move *first = STAILQ_FIRST(&self->due);
    atomic_store(&self->done_n, first ? first->number - 1 : self->put_n);
}

/* The first `n` are done; with `batch` NULL they are given up. */
static void moves_end(moves *self, const store_move *batch, size_t n) {
    for (size_t i = 0; i < n; i++) {
        pthread_mutex_lock(&self->lock);
        due_move *m = STAILQ_FIRST(&self->due);
        STAILQ_REMOVE_HEAD(&self->due, next);
        self->due_n--;
        note_done(self);
        pthread_mutex_unlock(&self->lock);
        edo_oneshot_tx *done = m->done;
        m->done = NULL;
        if (done && batch) {
            (void)edo_oneshot_send(done, &batch[i]); // perhaps nobody waits any more
        } else {
            edo_oneshot_tx_free(done);
        }
        due_free(m);
    }
}

/* Those that somebody waits for are given up, as the store does not respond. */
static void give_up_asked(moves *self) {
    STAILQ_HEAD(, due_move) asked = STAILQ_HEAD_INITIALIZER(asked);
    due_move *m, *next;
    pthread_mutex_lock(&self->lock);
    for (m = STAILQ_FIRST(&self->due); m; m = next) {
        next = STAILQ_NEXT(m, next);
        if (!m->done) continue;
        STAILQ_REMOVE(&self->due, m, due_move, next);
        STAILQ_INSERT_TAIL(&asked, m, next);
        self->due_n--;
    }
    note_done(self);
    pthread_mutex_unlock(&self->lock);
    while ((m = STAILQ_FIRST(&asked))) {
        STAILQ_REMOVE_HEAD(&asked, next);
        due_free(m);
    }
}

/* Tells the store the first ones. Returns how many there were, or a failure: they wait on. */
static int moves_tell_first(moves *self, store_move *batch) {
    const store_terms terms = moves_terms();
    size_t n = moves_first(self, batch);
    int err = store_move_people(self->kept, &terms, self->program, batch, n);
    health_note_fault(self->health, err);
    bool is_refused = err == -EINVAL || err == -EILSEQ; // ever
    if (is_refused) atomic_fetch_add(&self->lost_n, n);
    if (err == 0 || is_refused) moves_end(self, err == 0 ? batch : NULL, n);
    return err == 0 || is_refused ? (int)n : err;
}

static bool moves_are_closed(moves *self) {
    pthread_mutex_lock(&self->lock);
    bool is_closed = self->is_closed;
    pthread_mutex_unlock(&self->lock);
    return is_closed;
}

/* Until there is something to tell; after a failure for a moment, whatever is put. */
static void moves_rest(moves *self, int err) {
    EDO_DEADLINE(d, err < 0 ? MOVES_RETRY_AFTER : edo_ns(EDO_FOREVER_NS));
    int waited;
    do waited = edo_notify_wait(&self->changed);
    while (waited == 0 && err < 0 && !moves_are_closed(self));
    (void)edo_deadline_end(&d, waited);
}

static void note_outcome(moves *self, int err) {
    bool had_failed = atomic_exchange(&self->has_failed, err < 0);
    if (err < 0 && !had_failed) health_warn("the store is not told who is here", err);
    if (err < 0) give_up_asked(self);
    edo_trail_clear();
}

int moves_run(moves *self) {
    store_move *batch = malloc(MOVES_BATCH * sizeof *batch);
    EDO_SHIELD(sh, edo_ns(-1)); // it ends when its queue does
    int n = batch ? 0 : -ENOMEM;
    for (bool is_over = !batch; !is_over;) {
        bool is_closed = moves_are_closed(self); // before it looks what there is
        n = moves_tell_first(self, batch);
        if (n != 0) note_outcome(self, n < 0 ? n : 0);
        is_over = is_closed && n <= 0;
        if (n <= 0 && !is_over) moves_rest(self, n);
    }
    (void)edo_shield_end(&sh, 0);
    free(batch);
    return n < 0 ? n : 0;
}

/* ---- What others ask for --------------------------------------------------------------------- */

/* Owns: takes `done`, NULL: nobody waits. Returns its number; 0: it is not put. */
static uint64_t moves_put(moves *self, const store_move *what, edo_oneshot_tx *done) {
    due_move *m = malloc(sizeof *m);
    uint64_t number = 0;
    if (m) *m = (due_move){ .what = *what, .done = done };
    pthread_mutex_lock(&self->lock);
    if (m && self->due_n < MOVES_WAITING && !self->is_closed) {
        STAILQ_INSERT_TAIL(&self->due, m, next);
        self->due_n++;
        number = m->number = ++self->put_n;
    }
    pthread_mutex_unlock(&self->lock);
    if (number > 0) {
        edo_notify_one(&self->changed);
        return number;
    }
    edo_oneshot_tx_free(done);
    free(m);
    return 0;
}

uint64_t moves_tell(moves *self, const store_move *what) {
    uint64_t number = moves_put(self, what, NULL);
    if (number == 0) atomic_fetch_add(&self->lost_n, 1);
    return number;
}

int moves_ask(moves *self, store_move *what) {
    edo_oneshot_tx *done;
    edo_oneshot_rx *reply;
    if (atomic_load(&self->has_failed)) return -EAGAIN;
    int err = edo_oneshot_new(&done, &reply, sizeof *what, NULL);
    if (err < 0) return err;
    if (moves_put(self, what, done) == 0) {
        edo_oneshot_rx_free(reply);
        return -EAGAIN;
    }
    EDO_DEADLINE(d, MOVES_WAIT_MAX);
    err = edo_deadline_end(&d, edo_oneshot_recv(reply, what));
    edo_oneshot_rx_free(reply);
    if (err == -ETIMEDOUT) atomic_store(&self->has_failed, true); // others do not wait then
    return err == -ECANCELED || err == 0 ? err : -EAGAIN;
}

void moves_close(moves *self) {
    pthread_mutex_lock(&self->lock);
    self->is_closed = true;
    pthread_mutex_unlock(&self->lock);
    edo_notify_one(&self->changed);
}
