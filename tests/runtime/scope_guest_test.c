/* SPDX-License-Identifier: MIT */
/* Goal: what a task spawns into a scope of another one, as a request does that starts something for
 * the whole program, has the limits, the cancellation and the values of the scope, and nothing of
 * the task; and neither the end of that task nor a spawn of it that fails ends the scope. The
 * owner's own spawns inherit what is in force where they are.
 * Method: a request with a limit, a token, a value and a span spawns in each way, under each
 * policy, and is cut short in each way, on all kinds of runtimes; what waits, in virtual time. */
#include <edo/edo.h>

#include "fail_alloc.h"
#include "inside.h"

#include <edo/cancel.h>
#include <edo/context.h>
#include <edo/log.h>
#include <edo/span.h>
#include <edo/thread.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const edo_context_key tenant_key = { .name = "tenant", .bytes = sizeof(int) };

static int tenant(void) {
    const int *number = edo_context_get(&tenant_key);
    return number ? *number : 0;
}

/* ---- A request and what it starts ------------------------------------------------------------ */

typedef enum way { BY_SPAWN, BY_WITH, BY_HANDLE, BY_STARTED, WAYS_N } way;
typedef enum cut { BY_LIMIT, BY_TOKEN, BY_CANCEL, BY_NOTHING, CUTS_N } cut;

/* A child that serves the whole program, until `bell` fires. */
typedef struct service {
    edo_cancel_token *bell;
    edo_duration left; /* what it saw */
    int tenant;
    const edo_span *span;
    int result; /* of its wait */
} service;

static int serve(void *arg) {
    service *self = arg;
    self->left = edo_deadline_left();
    self->tenant = tenant();
    self->span = edo_span_current();
    edo_task_started(0);
    self->result = edo_cancel_wait(self->bell);
    return self->result;
}

static void service_init(service *self) {
    *self = (service){ .result = 1 };
    CHECK_EQ(edo_cancel_new(&self->bell), 0);
}

typedef struct request {
    edo_scope *scope; /* the program's */
    service *starts;
    edo_cancel_token *order, *has_spawned; /* made by request_run() */
    way way;
    cut cut;
    int spawned;
} request;

static int start_by(way how, edo_scope *s, service *what) {
    const edo_spawn_opts opts = { .name = "service" };
    if (how == BY_SPAWN) return edo_scope_spawn(s, serve, what);
    if (how == BY_WITH) return edo_scope_spawn_with(s, serve, what, &opts);
    if (how == BY_STARTED) return edo_scope_spawn_started(s, serve, what);
    edo_task *t = edo_scope_spawn_handle(s, serve, what);
    if (!t) return edo_task_join(NULL);
    edo_task_unref(t);
    return 0;
}

/* Has limits and values of its own, starts the service, and goes on until it is cut short. */
static int handle(void *arg) {
    request *self = arg;
    edo_cancel_block block;
    EDO_SPAN(span, edo_info_span("request", EDO_KV("n", 1)));
    EDO_CONTEXT(bound, &tenant_key, &(int){ 2 });
    EDO_DEADLINE(d, edo_minutes(1));
    edo_cancel_begin(&block, self->order);
    self->spawned = start_by(self->way, self->scope, self->starts);
    edo_cancel(self->has_spawned, 0);
    int err = 0;
    if (self->cut == BY_LIMIT) {
        edo_deadline limit;
        edo_deadline_begin(&limit, edo_ns(0));
        CHECK_EQ(edo_sleep(edo_minutes(1)), -ECANCELED);
        CHECK_EQ(edo_deadline_end(&limit, -ECANCELED), -ETIMEDOUT);
    } else if (self->cut != BY_NOTHING) {
        if (self->cut == BY_TOKEN) edo_cancel(self->order, 0);
        err = edo_sleep(edo_minutes(1));
    }
    return edo_cancel_end(&block, err);
}

static int request_run(request *r) {
    CHECK_EQ(edo_cancel_new(&r->order), 0);
    CHECK_EQ(edo_cancel_new(&r->has_spawned), 0);
    edo_task *t = edo_spawn(handle, r);
    CHECK(t);
    CHECK_EQ(edo_cancel_wait(r->has_spawned), 0);
    if (r->cut == BY_CANCEL) edo_task_cancel(t);
    int result = edo_task_join(t);
    edo_cancel_unref(r->order);
    edo_cancel_unref(r->has_spawned);
    return result;
}

/* ---- What the child has ---------------------------------------------------------------------- */

typedef struct shape {
    edo_scope_policy policy;
    way way;
    cut cut;
} shape;

static int serve_all(void *arg) {
    const shape *how = arg;
    service one, own;
    service_init(&one);
    service_init(&own);
    request r = { .starts = &one, .way = how->way, .cut = how->cut };
    EDO_SPAN(span, edo_info_span("program", EDO_KV("n", 0)));
    EDO_CONTEXT(bound, &tenant_key, &(int){ 1 });
    EDO_SCOPE(s, &(edo_scope_opts){ .policy = how->policy });
    r.scope = &s;
    (void)request_run(&r);
    CHECK_EQ(r.spawned, 0);
    CHECK_EQ(edo_scope_spawn_started(&s, serve, &own), 0); // it takes children as before
    CHECK_EQ(one.result, 1);                               // it waits as before
    edo_cancel(one.bell, 0);
    edo_cancel(own.bell, 0);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(one.result, 0);
    CHECK_EQ(one.left.ns, -1);
    CHECK_EQ(one.tenant, 1);
    CHECK(one.span && one.span == span.span);
    CHECK_EQ(own.left.ns, -1);
    CHECK_EQ(own.tenant, 1);
    edo_cancel_unref(one.bell);
    edo_cancel_unref(own.bell);
    return 0;
}

/* Spans are made while they are wanted. */
static int spans_begin(void) {
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_true(fd > 0);
    assert_int_equal(edo_log_start(&(edo_log_opts){ .fd = fd, .ignore_env = true }), 0);
    return fd;
}

static void spans_end(int fd) {
    edo_log_stop();
    assert_int_equal(close(fd), 0);
}

static void a_child_of_a_request_lives_on_in_the_programs_scope(void **state) {
    (void)state;
    static const edo_scope_policy policies[] = { EDO_SCOPE_FAIL_FAST, EDO_SCOPE_ALL };
    int fd = spans_begin();
    for (size_t i = 0; i < EDO_COUNT(policies); i++) {
        for (int w = 0; w < WAYS_N; w++) {
            for (int c = 0; c < CUTS_N; c++) {
                shape how = { policies[i], (way)w, (cut)c };
                assert_int_equal(inside_each(serve_all, &how), 0);
            }
        }
    }
    spans_end(fd);
}

static int loser(void *arg) {
    (void)arg;
    return -EIO;
}

static int race_on(void *arg) {
    (void)arg;
    service one;
    service_init(&one);
    request r = { .starts = &one, .cut = BY_LIMIT };
    EDO_SCOPE(s, &(edo_scope_opts){ .policy = EDO_SCOPE_ANY });
    r.scope = &s;
    (void)edo_scope_spawn(&s, loser, NULL);
    (void)request_run(&r);
    edo_cancel(one.bell, 0);
    CHECK_EQ(edo_scope_end(&s, 0), 0); // it has won
    edo_cancel_unref(one.bell);
    return 0;
}

static void it_may_win_a_race(void **state) {
    (void)state;
    assert_int_equal(inside_each(race_on, NULL), 0);
}

/* A service that stays for an hour, or until it is cut short. */
static int stay(void *arg) {
    service *self = arg;
    self->left = edo_deadline_left();
    self->tenant = tenant();
    self->result = edo_sleep(edo_s(3600));
    return self->result;
}

static int stay_in(void *arg) {
    const request *self = arg;
    EDO_DEADLINE(d, edo_ms(20));
    EDO_CONTEXT(bound, &tenant_key, &(int){ 2 });
    return edo_scope_spawn(self->scope, stay, self->starts);
}

/* What the owner begins in the scope is its own spawns'; guests' have what was there before. */
static int in_force(void *arg) {
    (void)arg;
    service own = { .result = 1 }, guests = { .result = 1 };
    edo_instant start = edo_now();
    EDO_DEADLINE(outer, edo_s(10));
    EDO_CONTEXT(bound, &tenant_key, &(int){ 1 });
    EDO_SCOPE(s, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    request r = { .scope = &s, .starts = &guests };
    {
        EDO_DEADLINE(inner, edo_s(1));
        EDO_CONTEXT(own_value, &tenant_key, &(int){ 3 });
        CHECK_EQ(edo_task_join(edo_spawn(stay_in, &r)), 0);
        CHECK_EQ(edo_scope_spawn(&s, stay, &own), 0);
    }
    CHECK_EQ(edo_deadline_end(&outer, edo_scope_end(&s, 0)), -ETIMEDOUT);
    CHECK_EQ(ms_since(start), 10000);
    CHECK_EQ(own.left.ns, edo_s(1).ns);
    CHECK_EQ(own.tenant, 3);
    CHECK_EQ(own.result, -ECANCELED);
    CHECK_EQ(guests.left.ns, edo_s(10).ns);
    CHECK_EQ(guests.tenant, 1);
    CHECK_EQ(guests.result, -ECANCELED);
    return 0;
}

static void it_has_what_was_in_force_when_the_scope_began(void **state) {
    (void)state;
    assert_int_equal(inside(in_force, NULL), 0);
}

static int spawn_without(void *arg) {
    const request *self = arg;
    EDO_SPAN(own, edo_info_span("own", EDO_KV("n", 2)));
    edo_spawn_opts opts = { .no_context = true };
    CHECK_EQ(edo_scope_spawn_with(self->scope, serve, &self->starts[0], &opts), 0);
    opts = (edo_spawn_opts){ .span = own.span };
    CHECK_EQ(edo_scope_spawn_with(self->scope, serve, &self->starts[1], &opts), 0);
    CHECK(edo_span_current() == own.span); // the spawner's own stay
    return 0;
}

static int with_options(void *arg) {
    (void)arg;
    service both[2];
    service_init(&both[0]);
    service_init(&both[1]);
    EDO_CONTEXT(bound, &tenant_key, &(int){ 1 });
    EDO_SCOPE(s, NULL);
    request r = { .scope = &s, .starts = both };
    CHECK_EQ(edo_task_join(edo_spawn(spawn_without, &r)), 0);
    edo_cancel(both[0].bell, 0);
    edo_cancel(both[1].bell, 0);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(both[0].tenant, 0);
    CHECK(!both[0].span);
    CHECK_EQ(both[1].tenant, 1);
    CHECK(both[1].span);
    edo_cancel_unref(both[0].bell);
    edo_cancel_unref(both[1].bell);
    return 0;
}

static void options_of_the_spawn_hold(void **state) {
    (void)state;
    int fd = spans_begin();
    assert_int_equal(inside_each(with_options, NULL), 0);
    spans_end(fd);
}

/* ---- Plain threads --------------------------------------------------------------------------- */

static void a_plain_thread_may_own_the_scope(void **state) {
    (void)state;
    edo_runtime *rt;
    service one;
    edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 2, .watchdog = EDO_OFF };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    service_init(&one);
    request r = { .starts = &one, .cut = BY_LIMIT };
    assert_int_equal(edo_cancel_new(&r.order), 0);
    assert_int_equal(edo_cancel_new(&r.has_spawned), 0);
    edo_context_block bound;
    edo_context_begin(&bound, &tenant_key, &(int){ 1 });
    edo_scope s;
    edo_scope_begin(&s, NULL);
    r.scope = &s;
    assert_int_equal(edo_task_join(edo_spawn_on(rt, handle, &r)), 0);
    assert_int_equal(r.spawned, 0);
    edo_cancel(one.bell, 0);
    assert_int_equal(edo_scope_end(&s, 0), 0);
    assert_int_equal(one.result, 0);
    assert_int_equal(one.left.ns, -1);
    assert_int_equal(one.tenant, 1);
    assert_int_equal(edo_context_end(&bound, 0), 0);
    edo_cancel_unref(r.order);
    edo_cancel_unref(r.has_spawned);
    edo_cancel_unref(one.bell);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(30)), 0);
    edo_runtime_free(rt);
}

static int spawn_by_job(void *arg) {
    const request *self = arg;
    return edo_scope_spawn(self->scope, serve, self->starts);
}

static int from_a_job(void *arg) {
    (void)arg;
    service one;
    service_init(&one);
    EDO_CONTEXT(bound, &tenant_key, &(int){ 1 });
    EDO_SCOPE(s, NULL);
    request r = { .scope = &s, .starts = &one };
    {
        EDO_CONTEXT(own_value, &tenant_key, &(int){ 2 });
        CHECK_EQ(edo_blocking(spawn_by_job, &r), 0);
    }
    edo_cancel(one.bell, 0);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(one.tenant, 1);
    edo_cancel_unref(one.bell);
    return 0;
}

static void a_thread_may_be_the_guest(void **state) {
    (void)state;
    assert_int_equal(inside_each(from_a_job, NULL), 0);
}

/* ---- Spawns that fail ------------------------------------------------------------------------ */

static int cut_before(void *arg) {
    const request *self = arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ns(0));
    CHECK_EQ(start_by(self->way, self->scope, self->starts), -ECANCELED);
    CHECK_EQ(edo_deadline_end(&d, -ECANCELED), -ETIMEDOUT);
    const edo_spawn_opts bad = { .reserved = { 1 } };
    CHECK_EQ(edo_scope_spawn_with(self->scope, serve, self->starts, &bad), -EINVAL);
    return 0;
}

static int refuse(void *arg) {
    service one = { .result = 1 };
    EDO_SCOPE(s, NULL);
    request r = { .scope = &s, .starts = &one, .way = *(way *)arg };
    CHECK_EQ(edo_task_join(edo_spawn(cut_before, &r)), 0);
    CHECK_EQ(edo_sleep(edo_ns(0)), 0); // the scope stands
    return edo_scope_end(&s, 7);
}

static void a_spawn_that_fails_fails_its_task_alone(void **state) {
    (void)state;
    for (int w = 0; w < WAYS_N; w++) assert_int_equal(inside_each(refuse, &(way){ (way)w }), 7);
}

/* Says nothing, so that the wait for it is cut short. */
static int never_ready(void *arg) {
    service *self = arg;
    self->result = edo_sleep(edo_s(3600));
    return self->result;
}

static int start_in_vain(void *arg) {
    const request *self = arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(20));
    int err = edo_scope_spawn_started(self->scope, never_ready, self->starts);
    return edo_deadline_end(&d, err);
}

static int give_up(void *arg) {
    (void)arg;
    service one = { .result = 1 };
    EDO_SCOPE(s, NULL);
    request r = { .scope = &s, .starts = &one };
    CHECK_EQ(edo_task_join(edo_spawn(start_in_vain, &r)), -ETIMEDOUT);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK_EQ(one.result, -ECANCELED); // alone
    return edo_scope_end(&s, 7);
}

static void a_start_that_is_given_up_ends_its_child_alone(void **state) {
    (void)state;
    assert_int_equal(inside(give_up, NULL), 7);
}

/* More than 512 bytes of values, which come from the allocator each time. */
#define VALUES 64

static int without_memory(void *arg) {
    (void)arg;
    static edo_context_key keys[VALUES];
    edo_context_block blocks[VALUES];
    service one;
    service_init(&one);
    for (int i = 0; i < VALUES; i++) {
        keys[i] = (edo_context_key){ .name = "one of many", .bytes = sizeof(int) };
        edo_context_begin(&blocks[i], &keys[i], &i);
    }
    EDO_CONTEXT(bound, &tenant_key, &(int){ 1 });
    fail_alloc_in = 1; // of the values, which the scope keeps
    EDO_SCOPE(s, NULL);
    CHECK_EQ(fail_alloc_in, 0);
    request r = { .scope = &s, .starts = &one };
    CHECK_EQ(edo_task_join(edo_spawn(spawn_by_job, &r)), -ENOMEM);
    CHECK_EQ(edo_scope_spawn(&s, serve, &one), 0); // the owner's are made anew
    edo_cancel(one.bell, 0);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(one.tenant, 1);
    edo_cancel_unref(one.bell);
    CHECK_EQ(edo_context_end(&bound, 0), 0);
    for (int i = VALUES; i-- > 0;) CHECK_EQ(edo_context_end(&blocks[i], 0), 0);
    return 0;
}

static void without_memory_for_the_values_no_other_values_are_taken(void **state) {
    (void)state;
    assert_int_equal(inside(without_memory, NULL), 0);
}

/* ---- Places ---------------------------------------------------------------------------------- */

static int nap(void *arg) {
    return edo_sleep(edo_ms(*(const int64_t *)arg));
}

static int64_t ten_ms = 10, long_ms = 3600000;

typedef struct in_line {
    edo_scope *scope;
    int64_t limit_ms; /* 0: none */
    int64_t *child;
    edo_instant start;
    int64_t at_ms; /* when it had its child */
    int err;
} in_line;

static int stand(void *arg) {
    in_line *self = arg;
    edo_deadline d;
    edo_deadline_begin(&d, self->limit_ms ? edo_ms(self->limit_ms) : edo_ns(-1));
    self->err = edo_scope_spawn(self->scope, nap, self->child);
    self->at_ms = ms_since(self->start);
    self->err = edo_deadline_end(&d, self->err);
    return 0;
}

/* One place, which is taken until 10: the second in line gives up at 5, and the owner ends
 * meanwhile. */
static int line_up(void *arg) {
    (void)arg;
    edo_task *tasks[3];
    edo_instant start = edo_now();
    EDO_SCOPE(s, &(edo_scope_opts){ .at_once = 1 });
    in_line all[3] = { { .child = &ten_ms },
                       { .child = &ten_ms, .limit_ms = 5 },
                       { .child = &ten_ms } };
    CHECK_EQ(edo_scope_spawn(&s, nap, &ten_ms), 0);
    for (int i = 0; i < 3; i++) {
        all[i].scope = &s;
        all[i].start = start;
        tasks[i] = edo_spawn(stand, &all[i]);
        CHECK_EQ(edo_yield(), 0);
    }
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(ms_since(start), 30);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    CHECK_EQ(all[0].err, 0);
    CHECK_EQ(all[0].at_ms, 10);
    CHECK_EQ(all[1].err, -ETIMEDOUT);
    CHECK_EQ(all[1].at_ms, 5);
    CHECK_EQ(all[2].err, 0);
    CHECK_EQ(all[2].at_ms, 20);
    return 0;
}

static void guests_wait_for_a_place_in_line_and_the_owner_for_all(void **state) {
    (void)state;
    assert_int_equal(inside(line_up, NULL), 0);
}

/* The place is given to a task that is cut short before it runs: the next one has it. */
static int pass_on(void *arg) {
    (void)arg;
    edo_instant start = edo_now();
    EDO_SCOPE(s, &(edo_scope_opts){ .at_once = 1 });
    in_line all[2] = { { .scope = &s, .child = &ten_ms, .start = start },
                       { .scope = &s, .child = &ten_ms, .start = start } };
    edo_task *child = edo_scope_spawn_handle(&s, nap, &long_ms);
    edo_task *first = edo_spawn(stand, &all[0]);
    CHECK_EQ(edo_yield(), 0);
    edo_task *second = edo_spawn(stand, &all[1]);
    CHECK_EQ(edo_yield(), 0);
    edo_task_cancel(child);
    CHECK_EQ(edo_task_join(child), -ECANCELED); // the place is the first one's
    edo_task_cancel(first);
    CHECK_EQ(edo_task_join(first), 0);
    CHECK_EQ(edo_task_join(second), 0);
    CHECK_EQ(all[1].err, 0);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    return 0;
}

static void a_place_that_is_not_taken_goes_on(void **state) {
    (void)state;
    assert_int_equal(inside(pass_on, NULL), 0);
}

/* The scope is decided: whoever stands in line is told, and nobody stays there. */
static int stop_the_line(void *arg) {
    (void)arg;
    edo_task *tasks[3];
    EDO_SCOPE(s, &(edo_scope_opts){ .at_once = 1 });
    in_line all[3];
    CHECK_EQ(edo_scope_spawn(&s, nap, &long_ms), 0);
    for (int i = 0; i < 3; i++) {
        all[i] = (in_line){ .scope = &s, .child = &long_ms, .start = edo_now() };
        tasks[i] = edo_spawn(stand, &all[i]);
    }
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_scope_cancel(&s);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(edo_task_join(tasks[i]), 0);
        CHECK_EQ(all[i].err, -ECANCELED);
        CHECK_EQ(all[i].at_ms, 1);
    }
    return 0;
}

static void who_waits_for_a_place_of_a_decided_scope_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside(stop_the_line, NULL), 0);
}

/* Many guests on several workers: no more children than places, and each guest gets its own. */
#define GUESTS 8u
#define EACH   50u

typedef struct crowd {
    edo_scope *scope;
    _Atomic unsigned alive, ended, above;
    unsigned places;
} crowd;

static int crowd_child(void *arg) {
    crowd *c = arg;
    if (c->alive++ >= c->places) c->above++;
    (void)edo_yield();
    c->alive--;
    c->ended++;
    return 0;
}

static int crowd_guest(void *arg) {
    crowd *c = arg;
    for (unsigned i = 0; i < EACH; i++) CHECK_EQ(edo_scope_spawn(c->scope, crowd_child, c), 0);
    return 0;
}

static int crowd_in(void *arg) {
    (void)arg;
    edo_scope all;
    crowd c = { .scope = &all, .places = 3 };
    edo_scope_begin(&all, &(edo_scope_opts){ .at_once = c.places });
    EDO_SCOPE(guests, NULL);
    for (unsigned i = 0; i < GUESTS; i++)
        (void)edo_scope_spawn_with(&guests, crowd_guest, &c, &(edo_spawn_opts){ .spread = true });
    CHECK_EQ(edo_scope_end(&guests, 0), 0);
    CHECK_EQ(edo_scope_end(&all, 0), 0);
    CHECK_EQ((unsigned)c.above, 0);
    CHECK_EQ((unsigned)c.ended, GUESTS * EACH);
    return 0;
}

static void guests_at_once_take_no_more_places_than_there_are(void **state) {
    (void)state;
    assert_int_equal(inside_each(crowd_in, NULL), 0);
}

/* ---- What the log says ----------------------------------------------------------------------- */

typedef struct told {
    int fds[2];
    char text[4096];
} told;

static void told_begin(told *t, edo_level level) {
    assert_int_equal(pipe(t->fds), 0);
    edo_log_opts opts = { .fd = t->fds[1], .level = level, .ignore_env = true, .no_time = true };
    assert_int_equal(edo_log_start(&opts), 0);
}

static const char *told_end(told *t) {
    edo_log_stop();
    assert_int_equal(close(t->fds[1]), 0);
    ssize_t n = read(t->fds[0], t->text, sizeof t->text - 1);
    t->text[n > 0 ? n : 0] = '\0';
    assert_int_equal(close(t->fds[0]), 0);
    return t->text;
}

static int fail_with_words(void *arg) {
    (void)arg;
    return edo_fail(-EADDRINUSE, "opening the till");
}

static int start_what_fails(void *arg) {
    return edo_scope_spawn_with(arg, fail_with_words, NULL, &(edo_spawn_opts){ .name = "till" });
}

static int fail_for(void *arg) {
    bool by_guest = *(const bool *)arg;
    EDO_SCOPE(s, NULL);
    if (by_guest) {
        CHECK_EQ(edo_task_join(edo_spawn(start_what_fails, &s)), 0);
    } else {
        CHECK_EQ(start_what_fails(&s), 0);
    }
    return edo_scope_end(&s, 0);
}

static const char *say(told *t, edo_level level, bool by_guest) {
    told_begin(t, level);
    assert_int_equal(inside(fail_for, &by_guest), -EADDRINUSE);
    return told_end(t);
}

static void the_log_names_the_child_that_has_ended_a_scope(void **state) {
    (void)state;
    told t;
    const char *text = say(&t, EDO_LEVEL_WARN, true);
    assert_non_null(strstr(text, "WARN edo.scope: a child has ended its scope child=\"till\" "
                                 "site=\"fail_with_words at "));
    assert_non_null(strstr(text, "error=\"EADDRINUSE\" trail=\"opening the till: "));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1); // once
    assert_string_equal(say(&t, EDO_LEVEL_WARN, false), "");       // the owner gets it
    text = say(&t, EDO_LEVEL_DEBUG, false);
    assert_non_null(strstr(text, "DEBUG edo.scope: a child has ended its scope child=\"till\""));
}

static int linger(void *arg) {
    (void)arg;
    return edo_sleep(edo_s(3600));
}

static int start_what_lingers(void *arg) {
    return edo_scope_spawn(arg, linger, NULL);
}

static int end_otherwise(void *arg) {
    edo_scope_policy policy = *(const edo_scope_policy *)arg;
    EDO_SCOPE(s, &(edo_scope_opts){ .policy = policy });
    CHECK_EQ(edo_task_join(edo_spawn(start_what_lingers, &s)), 0);
    if (policy == EDO_SCOPE_ALL) CHECK_EQ(edo_task_join(edo_spawn(start_what_fails, &s)), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_scope_cancel(&s);
    (void)edo_scope_end(&s, 0);
    return 0;
}

static void it_says_nothing_of_children_that_have_not(void **state) {
    (void)state;
    static const edo_scope_policy policies[] = { EDO_SCOPE_FAIL_FAST, EDO_SCOPE_ANY,
                                                 EDO_SCOPE_ALL };
    for (size_t i = 0; i < EDO_COUNT(policies); i++) {
        told t;
        told_begin(&t, EDO_LEVEL_DEBUG);
        assert_int_equal(inside(end_otherwise, (void *)(uintptr_t)&policies[i]), 0);
        assert_null(strstr(told_end(&t), "edo.scope"));
    }
}

/* ---- A guest that waits for a start ---------------------------------------------------------- */

typedef struct starting {
    edo_scope scope;
    edo_notify begun, may_start;
} starting;

static int start_and_end(void *arg) {
    starting *s = arg;
    edo_notify_one(&s->begun);
    CHECK_EQ(edo_notify_wait(&s->may_start), 0);
    edo_task_started(0);
    return 0;
}

static int wait_for_a_start(void *arg) {
    starting *s = arg;
    return edo_scope_spawn_started(&s->scope, start_and_end, s);
}

/* The child is ready and has ended before its starter runs again; the scope's memory is another's
 * right behind its end. */
static int end_beside_a_start(void *arg) {
    (void)arg;
    starting *s = calloc(1, sizeof *s);
    CHECK(s != NULL);
    s->begun = s->may_start = (edo_notify)EDO_NOTIFY_INIT;
    edo_scope_begin(&s->scope, NULL);
    edo_task *guest = edo_spawn(wait_for_a_start, s);
    CHECK_EQ(edo_notify_wait(&s->begun), 0);
    edo_notify_one(&s->may_start);
    CHECK_EQ(edo_scope_end(&s->scope, 0), 0);
    memset(&s->scope, 0xff, sizeof s->scope);
    CHECK_EQ(edo_task_join(guest), 0);
    free(s);
    return 0;
}

static void the_scope_ends_behind_a_guest_that_waits_for_a_start(void **state) {
    (void)state;
    assert_int_equal(inside_each(end_beside_a_start, NULL), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_of_a_request_lives_on_in_the_programs_scope),
        cmocka_unit_test(it_may_win_a_race),
        cmocka_unit_test(it_has_what_was_in_force_when_the_scope_began),
        cmocka_unit_test(options_of_the_spawn_hold),
        cmocka_unit_test(a_plain_thread_may_own_the_scope),
        cmocka_unit_test(a_thread_may_be_the_guest),
        cmocka_unit_test(a_spawn_that_fails_fails_its_task_alone),
        cmocka_unit_test(a_start_that_is_given_up_ends_its_child_alone),
        cmocka_unit_test(without_memory_for_the_values_no_other_values_are_taken),
        cmocka_unit_test(guests_wait_for_a_place_in_line_and_the_owner_for_all),
        cmocka_unit_test(a_place_that_is_not_taken_goes_on),
        cmocka_unit_test(who_waits_for_a_place_of_a_decided_scope_is_refused),
        cmocka_unit_test(guests_at_once_take_no_more_places_than_there_are),
        cmocka_unit_test(the_scope_ends_behind_a_guest_that_waits_for_a_start),
        cmocka_unit_test(the_log_names_the_child_that_has_ended_a_scope),
        cmocka_unit_test(it_says_nothing_of_children_that_have_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
