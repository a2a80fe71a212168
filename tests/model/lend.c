/* SPDX-License-Identifier: MIT */
/* Goal: an object of a pool has one user, a turn in line is not lost whoever gives up when, what is
 * idle has a sweeper, and the pool ends once, with its last handle or its last object. */
#include "bell.h"

#include "service/pool/sweeper.c"

#include <errno.h>

static edo_pool *pool;
static int object, made_n, ended_n, drops_n;
static int users_n; // plain: the checker reports a race if two use the object at a time

static int make(void *arg, void **out) {
    (void)arg;
    *out = &object;
    return 0;
}

static void end(void *arg, void *made) {
    (void)arg, (void)made;
    ended_n++;
}

static void drop(void *arg) {
    (void)arg;
    drops_n++;
}

static const edo_pool_ops ops = { .make = make, .end = end, .drop = drop };
static const edoi_pool_user me = { .place = "here" };

/* No registry has its numbers. */
int edoi_pool_view_new(edoi_pool_view **out, edoi_pool_times *times, edo_metrics *m, edo_pool *p,
                       const char *name) {
    (void)out, (void)times, (void)m, (void)p, (void)name;
    return -ENOTSUP;
}

void edoi_pool_view_end(edoi_pool_view *view) {
    (void)view;
}

/* ---- What lend.c does, without limits of time ------------------------------------------------ */

void edoi_pool_end_object(edoi_pool_object *o) {
    o->pool->ops->end(o->pool->arg, o->made);
    edoi_pool_leave(o);
}

void edoi_pool_give_back(edoi_pool_object *o, bool stays) {
    edoi_pool_kept kept = stays ? edoi_pool_keep(o) : EDOI_POOL_NOT_KEPT;
    MODEL_CHECK(kept != EDOI_POOL_KEPT_AND_SWEEP);
    if (kept == EDOI_POOL_NOT_KEPT) edoi_pool_end_object(o);
}

/* The right to make an object becomes one. */
static edoi_pool_object *made(void) {
    edoi_pool_object *o = malloc(sizeof *o);
    *o = (edoi_pool_object){ .made = &object, .pool = pool };
    made_n++;
    edoi_pool_made(o, &me);
    return o;
}

static edoi_pool_object *got(void) {
    edoi_pool_line_future f;
    MODEL_CHECK(edo_await(edoi_pool_line_init(&f, pool, &me, false)) == 0);
    return f.object ? f.object : made();
}

static void begin(uint32_t max) {
    const edo_pool_opts opts = { .max = max,
                                 .idle_max = { EDO_FOREVER_NS },
                                 .age_max = { EDO_FOREVER_NS } };
    MODEL_CHECK(edo_pool_new(&pool, &ops, NULL, &opts) == 0);
}

static void use(void *arg) {
    (void)arg;
    edoi_pool_object *o = got();
    users_n++;
    edoi_pool_give_back(o, true);
}

static void use_and_break(void *arg) {
    (void)arg;
    edoi_pool_object *o = got();
    users_n++;
    edoi_pool_give_back(o, false);
}

/* An object that was idle is found unfit. */
static void use_what_comes_instead(void *arg) {
    (void)arg;
    edoi_pool_object *o = got();
    end(NULL, o->made);
    int err = edoi_pool_exchange(o, &me, &o);
    MODEL_CHECK(err == 0); // its place was not given away
    if (!o) o = made();
    users_n++;
    edoi_pool_give_back(o, true);
}

static void one_object_has_one_user(void) {
    begin(1);
    edoi_model_start(use, NULL);
    use(NULL);
    edoi_model_wait();
    MODEL_CHECK(users_n == 2 && made_n == 1 && ended_n == 0);
    edo_pool_unref(pool);
    MODEL_CHECK(ended_n == 1 && drops_n == 1);
}

static void place_of_a_broken_one_goes_on(void) {
    begin(1);
    edoi_model_start(use_and_break, NULL);
    use(NULL);
    edoi_model_wait();
    MODEL_CHECK(users_n == 2 && made_n - ended_n == (int)edo_pool_get_stats(pool).size);
    edo_pool_unref(pool);
    MODEL_CHECK(ended_n == made_n && drops_n == 1);
}

static void task_with_an_unfit_one_keeps_its_turn(void) {
    begin(1);
    edoi_model_start(use, NULL);
    use_what_comes_instead(NULL);
    edoi_model_wait();
    MODEL_CHECK(users_n == 2);
    edo_pool_unref(pool);
    MODEL_CHECK(ended_n == made_n && drops_n == 1);
}

/* ---- Given up -------------------------------------------------------------------------------- */

static void wait_and_give_up(void *arg) {
    edoi_pool_line_future f;
    edo_future *wait = edoi_pool_line_init(&f, pool, &me, arg != NULL);
    if (!bell_poll_and_drop(wait, false) || wait->result < 0) return;
    if (f.object) {
        edoi_pool_give_back(f.object, true);
    } else {
        edoi_pool_not_made(pool, &me, false);
    }
}

/* A task that gives up while the object is given to it passes it on. */
static void turn_is_not_lost(void) {
    begin(1);
    edoi_pool_object *o = got();
    edoi_model_start(wait_and_give_up, NULL);
    edoi_model_start(wait_and_give_up, pool);
    edoi_pool_give_back(o, true);
    edoi_model_wait();
    edo_pool_stats s = edo_pool_get_stats(pool);
    MODEL_CHECK(s.idle == 1 && s.size == 1 && s.waiting == 0);
    edo_pool_unref(pool);
    MODEL_CHECK(ended_n == 1 && drops_n == 1);
}

/* ---- The end --------------------------------------------------------------------------------- */

static void give_back(void *arg) {
    edoi_pool_give_back(arg, true);
}

static void last_lease_against_last_handle(void) {
    begin(1);
    edoi_model_start(give_back, got());
    edo_pool_unref(pool);
    edoi_model_wait();
    MODEL_CHECK(ended_n == 1 && drops_n == 1);
}

static void shut(void *arg) {
    (void)arg;
    edo_pool_close(pool);
}

static void close_against_a_wait(void) {
    begin(1);
    edoi_pool_object *o = got();
    edoi_model_start(shut, NULL);
    wait_and_give_up(NULL);
    edoi_model_wait();
    edoi_pool_give_back(o, true);
    MODEL_CHECK(ended_n == 1 && drops_n == 0);
    edo_pool_unref(pool);
    MODEL_CHECK(drops_n == 1);
}

/* ---- The sweeper ----------------------------------------------------------------------------- */

/* Nothing is over. */
edo_instant edoi_pool_due(const edoi_pool_object *o) {
    (void)o;
    return (edo_instant){ INT64_MAX };
}

static bool sweeper_stays;

static void sweep(void *arg) {
    (void)arg;
    sweeper_stays = idle_sweep(pool).ns != 0;
}

/* One that finds nothing idle, and goes, against an object that is idle just then. */
static void what_is_idle_has_a_sweeper(void) {
    MODEL_CHECK(edo_pool_new(&pool, &ops, NULL, &(edo_pool_opts){ .max = 1 }) == 0);
    edoi_pool_object *o = got();
    pool->is_swept = true;
    edoi_model_start(sweep, NULL);
    edoi_pool_kept kept = edoi_pool_keep(o);
    edoi_model_wait();
    MODEL_CHECK(sweeper_stays != (kept == EDOI_POOL_KEPT_AND_SWEEP));
    edoi_pool_unswept(pool);
    edo_pool_unref(pool);
    MODEL_CHECK(ended_n == 1 && drops_n == 1);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(one_object_has_one_user),
        MODEL(place_of_a_broken_one_goes_on),
        MODEL(task_with_an_unfit_one_keeps_its_turn),
        MODEL(turn_is_not_lost),
        MODEL(last_lease_against_last_handle),
        MODEL(close_against_a_wait),
        MODEL(what_is_idle_has_a_sweeper),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
