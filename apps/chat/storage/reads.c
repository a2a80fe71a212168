/* SPDX-License-Identifier: MIT */
/* reads.c: see reads.h. */
#include "storage/reads.h"

#include <edo/base.h>
#include <edo/error.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void reads_init(reads *self, void *whole, store *kept, health *h, writes *w) {
    *self = (reads){ .kept = kept, .health = h, .writes = w, .whole = whole };
    edo_tracker_init(&self->under_way);
    self->past = (edo_sem)EDO_SEM_INIT(1);
    self->finds = (edo_sem)EDO_SEM_INIT(READS_FINDS);
    self->rooms = (edo_sem)EDO_SEM_INIT(READS_ROOMS);
}

/* A read in a task of its own, which may outlive the caller's patience: task and caller share it by
 * counting. */
typedef struct reading {
    reads *of; /* with a share of the storage */
    name room;
    uint64_t after, before;
    size_t limit;
    store_found *found; /* the task's, until it has ended */
    edo_sem *permit;    /* of those who read the past, or look up; NULL: it has none */
    edo_str ref;        /* empty: a page */
    char ref_text[];
} reading;

static void reading_drop(void *arg) {
    reading *r = arg;
    free(r->found);
    if (r->permit) edo_sem_release(r->permit, 1);
    edo_rc_unref(r->of->whole);
}

/* `arg` is a share of the reading; a task's function. */
static int read_for(void *arg) {
    reading *r = arg;
    reads *self = r->of;
    int err = r->ref.len > 0
                  ? store_find(self->kept, r->ref, &r->found)
                  : store_page(self->kept, &r->room, r->after, r->before, r->limit, &r->found);
    health_note_response(self->health);
    health_note_read(self->health, err, err == 0 ? r->found->fault : err);
    edo_tracker_done(&self->under_way);
    edo_rc_unref(r);
    return err;
}

/* NULL: the task could not be started. */
static edo_task *begin_reading(reading *r) {
    edo_tracker_add(&r->of->under_way);
    edo_task *task = edo_spawn(read_for, edo_rc_ref(r));
    if (task) return task;
    edo_tracker_done(&r->of->under_way);
    edo_rc_unref(r);
    return NULL;
}

/* A store that has let one wait in vain is not waited for again until it has done something: else
 * a page that comes into many rooms would wait for each. The end of work begun ends that state. A
 * reader that has spent most of its time on waiting for other readers knows nothing of the
 * store. */
static int read_within(reads *self, const reading *what, edo_str ref, store_found **out) {
    bool is_stuck = atomic_load(&self->health->stuck_since_ns) != 0;
    reading *r = is_stuck ? NULL : edo_rc_new(sizeof *r + ref.len, reading_drop);
    if (!r) return is_stuck ? -ETIMEDOUT : -ENOMEM;
    *r = *what;
    r->of = self;
    (void)edo_rc_ref(self->whole);
    r->ref = (edo_str){ r->ref_text, ref.len };
    if (ref.len > 0) memcpy(r->ref_text, ref.ptr, ref.len);
    EDO_DEADLINE(d, READS_MAX);
    edo_sem *line = ref.len > 0 ? &self->finds : &self->past;
    int err = edo_sem_acquire(line, 1);
    bool has_asked = err == 0;
    r->permit = has_asked ? line : NULL;
    edo_instant asked_at = edo_now();
    uint64_t ends_n = atomic_load(&self->health->ends_n);
    if (err == 0) err = writes_settle(self->writes);
    if (err == 0) ends_n = atomic_load(&self->health->ends_n); // that was one
    if (err == 0) err = edo_task_join(begin_reading(r));       // it goes on if the time is over
    err = edo_deadline_end(&d, err);
    bool is_vain = err == -ETIMEDOUT && has_asked &&
                   edo_instant_since(edo_now(), asked_at).ns >= READS_MAX.ns / 2;
    if (is_vain) health_note_vain_wait(self->health, asked_at, ends_n);
    if (err == 0) {
        *out = r->found;
        r->found = NULL;
    }
    edo_rc_unref(r);
    if (err == -ETIMEDOUT && !has_asked) return -EBUSY;
    return err == -EDO_ECLOSED ? -EIO : err;
}

/* The past is read by one at a time, and a few look up what may have been said before: so however
 * many ask, as all pages do after an outage, there are threads and connections for what is said. */
int reads_page(reads *self, const name *of, uint64_t after, uint64_t before, size_t limit,
               store_found **out) {
    const reading what = { .room = *of, .after = after, .before = before, .limit = limit };
    return read_within(self, &what, (edo_str){ 0 }, out);
}

int reads_find(reads *self, edo_str ref, store_found **out) {
    return read_within(self, &(reading){ .limit = 1 }, ref, out);
}

/* ---- What other programs have said ----------------------------------------------------------- */

/* `err` is what the store has returned within the time of `d`. */
static int end_reading_news(reads *self, edo_deadline *d, int err) {
    err = edo_deadline_end(d, err);
    if (err == -ECANCELED) return err; // the end of who asks says nothing of the store
    health_note_read(self->health, err, err);
    if (err == 0) health_note_response(self->health);
    return err;
}

/* A store that gives the numbers cuts short what it is asked: so no task of its own is needed, as
 * for those that wait for a disk. Nor does it wait for what was put: that comes by itself. */
int reads_news(reads *self, const store_asked *of, size_t n, store_new *out, size_t *done_n,
               store_found **found) {
    EDO_DEADLINE(d, READS_MAX);
    return end_reading_news(self, &d, store_news(self->kept, of, n, out, done_n, found));
}

/* All rooms may lack something at once: they wait for each other, so that there are connections for
 * what is said, and for the task that asks for all rooms. A wait behind others says nothing of the
 * store. */
int reads_news_of(reads *self, const store_asked *of, store_new *out, store_found **found) {
    size_t done_n;
    EDO_DEADLINE(d, READS_MAX);
    int err = edo_sem_acquire(&self->rooms, 1);
    if (err < 0) return edo_deadline_end(&d, err);
    err = store_news(self->kept, of, 1, out, &done_n, found);
    edo_sem_release(&self->rooms, 1);
    return end_reading_news(self, &d, err);
}

int reads_made(reads *self, int64_t after_ms, store_made **out, size_t *n) {
    EDO_DEADLINE(d, READS_MAX);
    return end_reading_news(self, &d, store_made_after(self->kept, after_ms, out, n));
}

/* ---- People ---------------------------------------------------------------------------------- */

/* They share the permits of those that look up messages, so that there are connections for what is
 * said. */
int reads_find_person(reads *self, store_person *of) {
    EDO_DEADLINE(d, READS_MAX);
    int err = edo_sem_acquire(&self->finds, 1);
    if (err == 0) {
        err = store_find_person(self->kept, of);
        edo_sem_release(&self->finds, 1);
    }
    return edo_deadline_end(&d, err);
}
