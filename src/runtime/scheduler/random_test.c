/* SPDX-License-Identifier: MIT */
/* Goal: every deadlock is found by the wait that closes it, and none is invented.
 * Method: random programs of mutexes, read-write locks, joins and scopes on one thread in virtual
 * time, beside a plain reference that knows who has what and who waits for whom. It says before
 * each wait whether that closes a cycle. A wait for a lock then fails; of others the reports are
 * counted, and the task is cancelled when nothing else can go on. */
#include <edo/edo.h>
#include <edo/locks.h>

#include "runtime/scheduler/blocked.h"

#include "inside.h"
#include "rounds.h"
#include "seed.h"
#include "stress.h"

#include <errno.h>
#include <string.h>

#define ACTORS  12
#define TASKS   5
#define MUTEXES 4
#define SHELVES 2
#define STEPS   10
#define NOBODY  (-1)

enum want { NOTHING, A_MUTEX, A_SHELF, A_TASK, A_SCOPE };

typedef struct actor {
    edo_task *task; /* NULL: a child of a scope */
    int parent;     /* whose scope it is in */
    bool is_done, is_joined, is_stuck;
    enum want want; /* what it waits for */
    int index;      /* which */
    bool has[MUTEXES];
    uint8_t reads[SHELVES];
    bool writes[SHELVES];
} actor;

static edo_mutex mutexes[MUTEXES];
static edo_rwlock shelves[SHELVES];
static actor actors[ACTORS];
static int actors_n;
static uint64_t seed, closed_n, missed_n, told_n;
static bool any_cancelled;

static int chance(int n) {
    return (int)(stress_random(&seed) % (uint64_t)n);
}

/* ---- The reference --------------------------------------------------------------------------- */

static bool is_waited_for(const actor *by, int of) {
    switch (by->want) {
    case NOTHING: return false;
    case A_MUTEX: return actors[of].has[by->index];
    case A_SHELF: return actors[of].reads[by->index] > 0 || actors[of].writes[by->index];
    case A_TASK: return by->index == of && !actors[of].is_done;
    case A_SCOPE: return actors[of].parent == (int)(by - actors) && !actors[of].is_done;
    }
    return false;
}

/* Does a way lead from `at` to `to`? */
static bool leads(int at, int to, bool *been) {
    for (int of = 0; of < actors_n; of++) {
        if (!is_waited_for(&actors[at], of)) continue;
        if (of == to) return true;
        if (been[of]) continue;
        been[of] = true;
        if (leads(of, to, been)) return true;
    }
    return false;
}

/* `self` begins to wait; does that close a cycle? */
static bool closes(actor *self, enum want want, int index) {
    bool been[ACTORS] = { false };
    int at = (int)(self - actors);
    self->want = want;
    self->index = index;
    bool is_cycle = leads(at, at, been);
    if (is_cycle) closed_n++;
    return is_cycle;
}

/* ---- The programs ---------------------------------------------------------------------------- */

static int act(void *arg);

/* The result of a wait for a lock, which the reference has foreseen. */
static bool has_locked(actor *self, int err, bool is_cycle) {
    self->want = NOTHING;
    if (err == -ECANCELED) CHECK(any_cancelled);
    if (err == -EDEADLK) CHECK(is_cycle);
    closed_n -= is_cycle && err != -EDEADLK; // it was not one: a task of it had been woken
    return err == 0;
}

static bool takes_mutex(actor *self) {
    int i = chance(MUTEXES);
    if (edo_mutex_try_lock(&mutexes[i]) < 0) {
        bool is_cycle = closes(self, A_MUTEX, i);
        if (!has_locked(self, edo_mutex_lock(&mutexes[i]), is_cycle)) return !any_cancelled;
    }
    self->has[i] = true;
    return true;
}

static bool reads_shelf(actor *self) {
    int i = chance(SHELVES);
    if (self->reads[i] == 2) return true; // of one lock 32 holds are known
    if (edo_rwlock_try_read(&shelves[i]) < 0) {
        bool is_cycle = closes(self, A_SHELF, i);
        if (!has_locked(self, edo_rwlock_read(&shelves[i]), is_cycle)) return !any_cancelled;
    }
    self->reads[i]++;
    return true;
}

static bool writes_shelf(actor *self) {
    int i = chance(SHELVES);
    if (edo_rwlock_try_write(&shelves[i]) < 0) {
        bool is_cycle = closes(self, A_SHELF, i);
        if (!has_locked(self, edo_rwlock_write(&shelves[i]), is_cycle)) return !any_cancelled;
    }
    self->writes[i] = true;
    return true;
}

/* Gives back something, or all. */
static void gives_back(actor *self, bool all) {
    for (int i = 0; i < MUTEXES; i++) {
        if (!self->has[i] || (!all && chance(2) == 0)) continue;
        self->has[i] = false;
        edo_mutex_unlock(&mutexes[i]);
    }
    for (int i = 0; i < SHELVES; i++) {
        while (self->reads[i] > 0 && (all || chance(2) == 0)) {
            self->reads[i]--;
            edo_rwlock_unlock(&shelves[i]);
        }
        if (!self->writes[i] || (!all && chance(2) == 0)) continue;
        self->writes[i] = false;
        edo_rwlock_unlock(&shelves[i]);
    }
}

static bool joins(actor *self) {
    actor *of = &actors[chance(TASKS)];
    if (edo_yield() < 0) return false; // a cancelled task waits for nobody
    if (of == self || of->is_joined || of->is_done) return true;
    of->is_joined = true;
    self->is_stuck = closes(self, A_TASK, (int)(of - actors));
    int err = edo_task_wait(of->task);
    self->want = NOTHING;
    self->is_stuck = false;
    of->is_joined = false;
    return err >= 0 || of->is_done;
}

static bool has_children(actor *self) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int n = chance(2) + 1; n > 0 && actors_n < ACTORS; n--) {
        actors[actors_n] = (actor){ .parent = (int)(self - actors) };
        if (edo_scope_spawn(&s, act, &actors[actors_n]) < 0) break; // it was cancelled
        actors_n++;
    }
    if (chance(2) == 0) (void)edo_yield();
    bool waits = false;
    for (int i = 0; i < actors_n; i++)
        if (actors[i].parent == (int)(self - actors) && !actors[i].is_done) waits = true;
    if (waits) self->is_stuck = closes(self, A_SCOPE, 0);
    int err = edo_scope_end(&s, 0);
    self->want = NOTHING;
    self->is_stuck = false;
    return err == 0;
}

static bool steps(actor *self) {
    switch (chance(8)) {
    case 0:
    case 1: return takes_mutex(self);
    case 2: return reads_shelf(self);
    case 3: return writes_shelf(self);
    case 4: return joins(self);
    case 5: return actors_n == ACTORS || has_children(self);
    case 6: gives_back(self, false); return true;
    default: return edo_yield() == 0;
    }
}

static int act(void *arg) {
    actor *self = arg;
    for (int i = 0; i < STEPS && steps(self); i++) continue;
    gives_back(self, true);
    self->is_done = true;
    return 0;
}

static bool all_done(void) {
    for (int i = 0; i < actors_n; i++)
        if (!actors[i].is_done) return false;
    return true;
}

/* The task above that a child belongs to. */
static int top_of(int i) {
    while (!actors[i].task) i = actors[i].parent;
    return i;
}

/* Returns how many cycles have closed. */
static uint64_t one_program(void) {
    const uint64_t before = told_n;
    closed_n = 0;
    any_cancelled = false;
    actors_n = TASKS;
    for (int i = 0; i < TASKS; i++) actors[i] = (actor){ .parent = NOBODY };
    for (int i = 0; i < TASKS; i++) CHECK((actors[i].task = edo_spawn(act, &actors[i])) != NULL);
    while (!all_done()) {
        CHECK_EQ(edo_sleep(edo_ms(1)), 0); // until nobody can go on
        bool is_explained = all_done();
        for (int i = 0; i < actors_n; i++) {
            if (!actors[i].is_stuck) continue;
            is_explained = any_cancelled = true;
            edo_task_cancel(actors[top_of(i)].task);
        }
        if (is_explained) continue;
        any_cancelled = true; // one that was not found when it closed: a scope's child had ended
        missed_n++;
        for (int i = 0; i < TASKS; i++) edo_task_cancel(actors[i].task);
    }
    for (int i = 0; i < TASKS; i++) (void)edo_task_join(actors[i].task);
    CHECK(told_n - before <= closed_n); // none is invented
    return told_n - before;
}

/* ---- Reports --------------------------------------------------------------------------------- */

/* They are counted: to print hundreds of stacks would take most of the time. */
static void deadlock_count(const edoi_cycle *c) {
    (void)c;
    told_n++;
}

static void ended_pass(const void *lock, const edoi_holder *holder) {
    (void)lock, (void)holder;
}

static void lasting_pass(const edoi_lasting *l, uint32_t now) {
    (void)l, (void)now;
}

static void standing_pass(const edoi_standing *s) {
    (void)s;
}

static void all_wait_pass(uint64_t tasks_n) {
    (void)tasks_n;
}

static void held_pass(const void *lock, const edoi_holder *holder, uint32_t now) {
    (void)lock, (void)holder, (void)now;
}

static bool jobs_pass(int64_t now_ns) {
    (void)now_ns;
    return false;
}

static const edoi_blocked_reports counted = { .deadlock = deadlock_count,
                                              .ended = ended_pass,
                                              .lasting = lasting_pass,
                                              .standing = standing_pass,
                                              .all_wait = all_wait_pass,
                                              .jobs = jobs_pass,
                                              .held = held_pass };

static int programs(void *arg) {
    uint32_t n = test_rounds(500, 100000);
    uint64_t found = 0;
    (void)arg;
    edoi_blocked_install(&counted);
    for (uint32_t i = 0; i < n; i++) {
        found += one_program();
    }
    CHECK(found > n / 4);
    CHECK(missed_n <= found / 10);
    return 0;
}

static void deadlocks_are_found_and_none_is_invented(void **state) {
    (void)state;
    seed = test_seed(UINT64_C(0x8badf00d5eed));
    assert_int_equal(edo_locks_watch(&(edo_locks_opts){ .fails = true, .any_order = true }), 0);
    assert_int_equal(inside(programs, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlocks_are_found_and_none_is_invented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
