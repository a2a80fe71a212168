/* SPDX-License-Identifier: MIT */
/* Goal: edo's client of Redis keeps what its header promises, whatever the network does, and over
 * the ends of a server that keeps all it has said: no reply goes to another request, a command is
 * sent at most once, one that was not sent is told so truly, a subscription that has lost something
 * says so, and nobody waits for ever.
 * Method: the small Redis at one host, and three others, of which each has a connection that
 * several tasks share, a subscription, and one of its own that takes jobs; faults are by the seed.
 * With each second seed the server has a disk, which is synced, and ends and crashes, too. */
#include "inside.h"
#include "seeds.h"
#include "small_redis/small_redis.h"

#include <edo/history.h>
#include <edo/redis.h>
#include <edo/str.h>

#include <errno.h>
#include <string.h>

#define PARTIES   3
#define CALLERS   2 /* of a party */
#define STEPS     14
#define IDS       (PARTIES * CALLERS * STEPS)
#define TOLD_MAX  400 /* of a party */
#define COUNT_MAX 1000

static const edo_duration faults_until = EDO_S(14), patience = EDO_S(15), after_calm = EDO_S(12);

/* What is known of a command that has a number of its own. */
typedef struct errand {
    bool is_tried, is_acked, is_unsent;
    int taken_n; /* of a job: how often a worker got it */
} errand;

/* What a party has published, and whether the server has said so. */
typedef struct told {
    bool is_acked[TOLD_MAX];
    int n;
} told;

typedef struct redis_world {
    edo_sim *sim;
    verdict *v;
    edo_history *h;
    edo_duration calm; /* behind all faults */
    errand pushes[IDS], jobs[IDS];
    told told[PARTIES];
    int tried_n, acked_n; /* of the counter */
    bool is_counted[COUNT_MAX];
    int values_n; /* that were written to registers */
    int callers_left_n, hearers_left_n;
} redis_world;

/* What was seen of all worlds. */
typedef struct redis_tally {
    int calls_n, failed_n, unsent_n, messages_n, lags_n, jobs_n;
} redis_tally;

static redis_tally seen;

static bool world_is_calm(const redis_world *w) {
    return edo_sim_now(w->sim).ns > w->calm.ns;
}

/* ---- Calls ----------------------------------------------------------------------------------- */

typedef struct caller {
    redis_world *w;
    edo_redis *r;
    uint64_t chance;
    int number, step;
    edo_redis_reply *reply;
} caller;

/* The failure of a call. What the server says is no failure of the way, and there is nothing that
 * it should refuse. Returns whether the command is said not to have been sent. */
static bool note_call_failure(caller *c, int err, const char *what) {
    char why[256];
    (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
    if (err == -EPROTO || err == -EDO_EREDIS || err == -EINVAL || err == -ENOTSUP)
        verdict_add(c->w->v, "%s: %s", what, why);
    edo_trail_clear();
    const bool is_unsent = strstr(why, "was not sent") || strstr(why, "cannot be reached");
    seen.failed_n++;
    seen.unsent_n += is_unsent;
    return is_unsent;
}

/* Ends a call, of which `d` was the limit. */
static int end_call(caller *c, edo_deadline *d, edo_instant begun, int err, const char *what) {
    err = edo_deadline_end(d, err);
    seen.calls_n++;
    if (edo_instant_since(edo_now(), begun).ns > patience.ns)
        verdict_add(c->w->v, "%s has taken %d ms", what, (int)ms_since(begun));
    return err;
}

/* Some callers are in a hurry. */
static edo_duration pick_limit(caller *c) {
    if (chance_below(&c->chance, 4) > 0) return edo_ns(-1);
    return chance_between(&c->chance, edo_ms(0), edo_ms(300));
}

#define CALL(c, what, expression)                                                                  \
    do {                                                                                           \
        const edo_instant begun_ = edo_now();                                                      \
        edo_deadline limit_;                                                                       \
        edo_deadline_begin(&limit_, pick_limit(c));                                                \
        err = (expression);                                                                        \
        err = end_call((c), &limit_, begun_, err, (what));                                         \
    } while (0)

static void expect_reply(caller *c, const edo_redis_reply *got, const char *wanted) {
    const edo_str text = edo_redis_reply_text(got);
    if (!edo_str_equal(text, edo_str_of(wanted)))
        verdict_add(c->w->v, "the reply to %s is \"%.*s\"", wanted, (int)text.len, text.ptr);
}

static void note_counted(caller *c, const edo_redis_reply *reply) {
    const int64_t n = edo_redis_reply_int(reply);
    const bool is_one = edo_redis_reply_kind(reply) == EDO_REDIS_INT && n > 0 && n < COUNT_MAX;
    c->w->acked_n++;
    if (!is_one || c->w->is_counted[n])
        verdict_add(c->w->v, "INCR has said %d to two, or what it cannot", (int)n);
    if (is_one) c->w->is_counted[n] = true;
}

static int id_of(const caller *c) {
    return c->number * STEPS + c->step;
}

static void note_errand(caller *c, errand *e, int err, const char *what) {
    e->is_acked = err == 0;
    if (err < 0) e->is_unsent = note_call_failure(c, err, what);
}

static void call_echo(caller *c) {
    char text[16];
    int err;
    (void)snprintf(text, sizeof text, "e%d", id_of(c));
    CALL(c, "ECHO", edo_redis_cmd(c->r, &c->reply, "ECHO %s", text));
    if (err == 0)
        expect_reply(c, c->reply, text);
    else
        (void)note_call_failure(c, err, "ECHO");
}

static void call_incr(caller *c) {
    int err;
    c->w->tried_n++;
    CALL(c, "INCR", edo_redis_cmd(c->r, &c->reply, "INCR counter"));
    if (err == 0)
        note_counted(c, c->reply);
    else
        c->w->tried_n -= note_call_failure(c, err, "INCR");
}

static void call_push(caller *c) {
    errand *e = &c->w->pushes[id_of(c)];
    int err;
    e->is_tried = true;
    CALL(c, "RPUSH", edo_redis_cmd(c->r, NULL, "RPUSH log %d", id_of(c)));
    note_errand(c, e, err, "RPUSH");
}

static void call_job(caller *c) {
    errand *e = &c->w->jobs[id_of(c)];
    int err;
    e->is_tried = true;
    CALL(c, "RPUSH", edo_redis_cmd(c->r, NULL, "RPUSH jobs %d", id_of(c)));
    note_errand(c, e, err, "RPUSH");
}

static void call_pipeline(caller *c) {
    edo_redis_batch b = { 0 };
    char text[16];
    int err;
    (void)snprintf(text, sizeof text, "p%d", id_of(c));
    c->w->tried_n++;
    edo_redis_batch_add(&b, "ECHO %s", text);
    edo_redis_batch_add(&b, "INCR counter");
    edo_redis_batch_add(&b, "ECHO %s", text);
    CALL(c, "a batch", edo_redis_pipeline(c->r, &c->reply, &b));
    edo_redis_batch_deinit(&b);
    if (err < 0) {
        c->w->tried_n -= note_call_failure(c, err, "a batch");
        return;
    }
    expect_reply(c, edo_redis_reply_at(c->reply, 0), text);
    note_counted(c, edo_redis_reply_at(c->reply, 1));
    expect_reply(c, edo_redis_reply_at(c->reply, 2), text);
}

static void call_tx(caller *c) {
    errand *e = &c->w->pushes[id_of(c)];
    edo_redis_batch b = { 0 };
    int err;
    e->is_tried = true;
    c->w->tried_n++;
    edo_redis_batch_add(&b, "RPUSH log %d", id_of(c));
    edo_redis_batch_add(&b, "INCR counter");
    CALL(c, "a transaction", edo_redis_tx(c->r, &c->reply, &b));
    edo_redis_batch_deinit(&b);
    note_errand(c, e, err, "a transaction");
    if (err == 0)
        note_counted(c, edo_redis_reply_at(c->reply, 1));
    else
        c->w->tried_n -= e->is_unsent;
}

/* ---- Registers ------------------------------------------------------------------------------- */

static edo_str pick_register(caller *c) {
    return chance_below(&c->chance, 2) ? EDO_STR("x") : EDO_STR("y");
}

static edo_str value_of(const edo_redis_reply *reply) {
    const bool is_none = edo_redis_reply_kind(reply) == EDO_REDIS_NIL;
    return is_none ? (edo_str){ 0 } : edo_redis_reply_text(reply);
}

static void call_get(caller *c) {
    const edo_str name = pick_register(c);
    int err;
    const int64_t op = edo_history_read(c->w->h, name);
    CALL(c, "GET", edo_redis_cmd(c->r, &c->reply, "GET %b", name.ptr, name.len));
    if (err < 0)
        (void)note_call_failure(c, err, "GET");
    else
        CHECK_EQ(edo_history_got(c->w->h, op, value_of(c->reply)), 0);
}

static void call_set(caller *c) {
    const edo_str name = pick_register(c);
    char text[16];
    int err;
    (void)snprintf(text, sizeof text, "%d", ++c->w->values_n);
    const int64_t op = edo_history_write(c->w->h, name, edo_str_of(text));
    CALL(c, "SET", edo_redis_cmd(c->r, NULL, "SET %b %s", name.ptr, name.len, text));
    if (err == 0)
        edo_history_done(c->w->h, op);
    else if (note_call_failure(c, err, "SET"))
        edo_history_refused(c->w->h, op);
}

/* A value that takes the place of one that was read. What is refused may have been so while the
 * value was as expected, since a key may change between WATCH and GET: so the history has no
 * refusals, and takes them for swaps that nobody knows the end of. */
typedef struct swap {
    caller *c;
    edo_str name;
    int64_t op; /* the last one */
} swap;

static int swap_read(void *arg, edo_redis *own, edo_redis_batch *tx) {
    swap *s = arg;
    redis_world *w = s->c->w;
    edo_redis_reply *was;
    char text[16];
    int err = edo_redis_cmd(own, &was, "GET %b", s->name.ptr, s->name.len);
    if (err < 0) return err;
    (void)snprintf(text, sizeof text, "%d", ++w->values_n);
    s->op = edo_history_swap(w->h, s->name, value_of(was), edo_str_of(text));
    edo_redis_reply_free(was);
    edo_redis_batch_add(tx, "SET %b %s", s->name.ptr, s->name.len, text);
    return 0;
}

static void call_swap(caller *c) {
    swap s = { .c = c, .name = pick_register(c) };
    int err;
    CALL(c, "a swap", edo_redis_run_tx(c->r, NULL, &s.name, 1, swap_read, &s));
    if (err == 0)
        edo_history_done(c->w->h, s.op);
    else
        (void)note_call_failure(c, err, "a swap");
}

/* ---- Callers --------------------------------------------------------------------------------- */

/* After the faults the connection works again, by itself. */
static int expect_healed(caller *c) {
    const int64_t left_ns = c->w->calm.ns - edo_sim_now(c->w->sim).ns;
    int err = left_ns > 0 ? edo_sleep(edo_ns(left_ns)) : 0;
    const edo_instant begun = edo_now();
    if (err < 0) return err;
    do {
        err = edo_redis_cmd(c->r, NULL, "PING");
        edo_trail_clear();
        if (err < 0) (void)edo_sleep(edo_ms(100));
    } while (err < 0 && err != -ECANCELED && ms_since(begun) < 5000);
    if (err < 0) verdict_add(c->w->v, "a connection does not come back");
    return 0;
}

/* `arg` is a caller; a task's function. */
static int caller_run(void *arg) {
    static void (*const calls[])(caller *) = { call_echo,     call_incr, call_push, call_job,
                                               call_pipeline, call_tx,   call_get,  call_get,
                                               call_set,      call_set,  call_swap };
    caller *c = arg;
    int err = 0;
    for (c->step = 0; c->step < STEPS && err == 0; c->step++) {
        c->reply = NULL;
        calls[chance_below(&c->chance, EDO_COUNT(calls))](c);
        edo_redis_reply_free(c->reply);
        if (chance_below(&c->chance, 2))
            err = edo_sleep(chance_between(&c->chance, edo_ms(0), edo_s(3)));
    }
    if (err == 0) err = expect_healed(c);
    c->w->callers_left_n--;
    return err;
}

/* ---- Jobs ------------------------------------------------------------------------------------ */

static int take_job(redis_world *w, edo_redis *own) {
    edo_redis_reply *reply;
    EDO_DEADLINE(d, edo_s(3));
    int err = edo_deadline_end(&d, edo_redis_cmd(own, &reply, "BLPOP jobs 1"));
    if (err < 0) return err;
    const int64_t id = edo_redis_reply_int(edo_redis_reply_at(reply, 1));
    const bool is_job = edo_redis_reply_count(reply) == 2;
    seen.jobs_n += is_job;
    if (is_job && w->jobs[id].taken_n++ > 0) verdict_add(w->v, "job %d was given twice", (int)id);
    edo_redis_reply_free(reply);
    return 0;
}

/* `arg` is a caller; a task's function. */
static int work(void *arg) {
    caller *c = arg;
    while (c->w->callers_left_n > 0) {
        edo_redis *own;
        int err = edo_redis_acquire(&own, c->r);
        const bool is_there = err == 0;
        while (err == 0 && c->w->callers_left_n > 0) err = take_job(c->w, own);
        if (is_there) edo_redis_close(own);
        edo_trail_clear();
        if (err == -ECANCELED) return err;
        if (err < 0) err = edo_sleep(edo_ms(200));
        if (err < 0) return err;
    }
    return 0;
}

/* ---- Messages -------------------------------------------------------------------------------- */

/* `arg` is a caller, whose number is that of the party; a task's function. */
static int tell(void *arg) {
    caller *c = arg;
    told *t = &c->w->told[c->number];
    int err = 0;
    while (c->w->hearers_left_n > 0 && t->n + 1 < TOLD_MAX && err == 0) {
        const int n = ++t->n;
        CALL(c, "PUBLISH", edo_redis_cmd(c->r, NULL, "PUBLISH news %d.%d", c->number, n));
        t->is_acked[n] = err == 0;
        if (err < 0) (void)note_call_failure(c, err, "PUBLISH");
        err = edo_sleep(chance_between(&c->chance, edo_ms(0), edo_ms(900)));
    }
    return err;
}

/* A subscription, and what has come by it. */
typedef struct hearer {
    redis_world *w;
    edo_redis *r;
    edo_redis_sub *sub;
    uint64_t chance;
    int number;
    bool got[PARTIES][TOLD_MAX];
    int last[PARTIES],
        since[PARTIES]; /* the highest one, ever and since something was missing; 0 */
} hearer;

static void hear(hearer *self, const edo_redis_message *m) {
    verdict *v = self->w->v;
    const int by = (int)strtol(m->data.ptr, NULL, 10);
    const char *dot = strchr(m->data.ptr, '.');
    const int n = dot ? (int)strtol(dot + 1, NULL, 10) : 0;
    if (by < 0 || by >= PARTIES || n < 1 || n > self->w->told[by].n) {
        verdict_add(v, "nobody has said \"%s\"", m->data.ptr);
        return;
    }
    const bool *is_acked = self->w->told[by].is_acked;
    if (self->got[by][n]) verdict_add(v, "%d has heard %d.%d twice", self->number, by, n);
    if (n < self->last[by] && is_acked[n])
        verdict_add(v, "%d has heard %d.%d behind %d", self->number, by, n, self->last[by]);
    self->got[by][n] = true;
    for (int i = self->since[by] + 1; self->since[by] > 0 && i < n; i++)
        if (is_acked[i] && !self->got[by][i])
            verdict_add(v, "%d has missed %d.%d, and nobody has said so", self->number, by, i);
    if (n > self->last[by]) self->last[by] = n;
    if (n > self->since[by]) self->since[by] = n;
}

/* Other channels come and go meanwhile. A failure makes the connection anew. */
static int change_channels(hearer *self) {
    char name[16];
    (void)snprintf(name, sizeof name, "extra.%d", (int)chance_below(&self->chance, 3));
    EDO_DEADLINE(d, chance_below(&self->chance, 2) ? edo_ns(-1) : edo_ms(20));
    int err = chance_below(&self->chance, 2) ? edo_redis_sub_add(self->sub, edo_str_of(name))
                                             : edo_redis_sub_remove(self->sub, edo_str_of(name));
    err = edo_deadline_end(&d, err);
    edo_trail_clear();
    return err == -ECANCELED ? err : 0;
}

static int hear_one(hearer *self) {
    edo_redis_message m;
    EDO_DEADLINE(d, chance_between(&self->chance, edo_ms(0), edo_s(3)));
    int rc = edo_redis_sub_next(self->sub, &m);
    if (rc == 1) hear(self, &m);
    seen.messages_n += rc == 1;
    seen.lags_n += rc == -EDO_ELAGGED;
    rc = edo_deadline_end(&d, rc);
    if (rc == -EDO_ELAGGED) memset(self->since, 0, sizeof self->since);
    if (rc != 1 && rc != -EDO_ELAGGED && rc != -ETIMEDOUT && rc != -ECANCELED)
        verdict_add(self->w->v, "a subscription ends: %s", edo_strerror(rc));
    edo_trail_clear();
    return rc;
}

static int hearer_open(hearer *self) {
    const bool by_pattern = self->number == 0;
    int err = -1;
    while (err < 0 && err != -ECANCELED) {
        err = self->sub ? 0 : edo_redis_sub_open(&self->sub, self->r, NULL);
        if (err == 0)
            err = by_pattern ? edo_redis_sub_add_pattern(self->sub, EDO_STR("n[e]w?"))
                             : edo_redis_sub_add(self->sub, EDO_STR("news"));
        edo_trail_clear();
        if (err < 0 && err != -ECANCELED && edo_sleep(edo_ms(300)) < 0) err = -ECANCELED;
    }
    return err;
}

/* `arg` is a hearer; a task's function. It ends with the first message behind all faults. */
static int hearer_run(void *arg) {
    hearer *self = arg;
    int err = hearer_open(self), rc = 0;
    while (err == 0 && !(rc == 1 && world_is_calm(self->w))) {
        rc = hear_one(self);
        if (rc == -ECANCELED || rc == 0) err = -ECANCELED;
        if (err == 0 && chance_below(&self->chance, 5) == 0) err = change_channels(self);
    }
    edo_redis_sub_close(self->sub);
    self->w->hearers_left_n--;
    return err;
}

/* ---- Parties --------------------------------------------------------------------------------- */

typedef struct party {
    redis_world *w;
    int number;
    uint64_t chance;
    caller callers[CALLERS], worker, teller;
    hearer hearer;
} party;

static void begin_caller(party *self, caller *c, edo_redis *r, int number) {
    *c = (caller){ .w = self->w, .r = r, .number = number, .chance = chance_next(&self->chance) };
}

/* `arg` is a party; a host's program. */
static int party_run(void *arg) {
    party *p = arg;
    edo_redis *r;
    int err = edo_redis_connect(&r, EDO_STR("redis://redis"), &(edo_redis_opts){ .lazy = true });
    if (err < 0) return err;
    begin_caller(p, &p->worker, r, p->number);
    begin_caller(p, &p->teller, r, p->number);
    p->hearer =
        (hearer){ .w = p->w, .r = r, .number = p->number, .chance = chance_next(&p->chance) };
    EDO_SCOPE(all, NULL);
    for (int i = 0; i < CALLERS; i++) {
        begin_caller(p, &p->callers[i], r, p->number * CALLERS + i);
        edo_scope_spawn(&all, caller_run, &p->callers[i]);
    }
    edo_scope_spawn(&all, work, &p->worker);
    edo_scope_spawn(&all, tell, &p->teller);
    edo_scope_spawn(&all, hearer_run, &p->hearer);
    err = edo_scope_end(&all, 0);
    edo_redis_close(r);
    return err;
}

/* ---- The end --------------------------------------------------------------------------------- */

static int compare_count(redis_world *w, edo_redis *r) {
    edo_redis_reply *reply;
    int err = edo_redis_cmd(r, &reply, "GET counter");
    if (err < 0) return err;
    const int n = (int)edo_redis_reply_int(reply);
    if (n < w->acked_n || n > w->tried_n)
        verdict_add(w->v, "the counter is %d; %d were tried, %d done", n, w->tried_n, w->acked_n);
    edo_redis_reply_free(reply);
    return 0;
}

/* What is in the log is there once, in the order of each caller, and was not said to be unsent. */
static void compare_log(redis_world *w, const edo_redis_reply *log) {
    int seen_n[IDS] = { 0 }, last[PARTIES * CALLERS] = { 0 };
    for (size_t i = 0; i < edo_redis_reply_count(log); i++) {
        const int id = (int)edo_redis_reply_int(edo_redis_reply_at(log, i));
        const errand *e = &w->pushes[id];
        if (seen_n[id]++ > 0) verdict_add(w->v, "command %d was done twice", id);
        if (!e->is_tried || e->is_unsent)
            verdict_add(w->v, "command %d was not sent, and done", id);
        if (e->is_acked && id + 1 < last[id / STEPS])
            verdict_add(w->v, "command %d was done behind %d", id, last[id / STEPS] - 1);
        if (id + 1 > last[id / STEPS]) last[id / STEPS] = id + 1;
    }
    for (int id = 0; id < IDS; id++)
        if (w->pushes[id].is_acked && seen_n[id] == 0)
            verdict_add(w->v, "command %d was done, and is lost", id);
}

/* `arg` is the world; a host's program. */
static int audit(void *arg) {
    redis_world *w = arg;
    edo_redis *r;
    edo_redis_reply *log = NULL;
    const edo_redis_opts patient = { .lazy = true, .response_timeout = edo_s(20) }; // some is lost
    int err = edo_redis_connect(&r, EDO_STR("redis://redis"), &patient);
    if (err < 0) return err;
    err = compare_count(w, r);
    if (err == 0) err = edo_redis_cmd(r, &log, "LRANGE log 0 -1");
    if (err == 0) {
        compare_log(w, log);
        edo_redis_reply_free(log);
    }
    edo_redis_close(r);
    for (int id = 0; id < IDS; id++)
        if (w->jobs[id].taken_n > 0 && (!w->jobs[id].is_tried || w->jobs[id].is_unsent))
            verdict_add(w->v, "job %d was not sent, and done", id);
    return err;
}

/* As systemd starts it: again, when its disk has failed. `arg` are the options. */
static int site_run_redis(void *arg) {
    while (small_redis_run(arg) < 0 && !edo_sim_is_gone()) {
        edo_trail_clear();
        if (edo_sleep(edo_s(1)) < 0) break;
    }
    return 0;
}

static int world_faults(const redis_world *w, bool has_disk) {
    edo_sim_chaos_opts o = { .until = faults_until, .faults = 6, .longest = edo_s(8) };
    o.shares = (edo_sim_shares){ .partition = 2, .cut = 2, .hold = 2, .reset = 3, .pause = 2 };
    if (has_disk) {
        o.shares.crash = o.shares.kill = o.shares.stop = 2;
        o.shares.disk_fail = o.shares.disk_fill = o.shares.disk_slow = 1;
    }
    return edo_sim_chaos(w->sim, &o);
}

/* Runs all parties, and then looks at what is there. */
static int world_run_all(redis_world *w, party parties[PARTIES]) {
    static const char *const names[PARTIES] = { "ann", "bob", "cleo" };
    int err = 0;
    for (int i = 0; i < PARTIES && err == 0; i++)
        err = edo_sim_client(w->sim, names[i], party_run, &parties[i]);
    if (err == 0) err = edo_sim_run(w->sim, edo_minutes(5));
    if (err == 0) err = edo_sim_client(w->sim, "auditor", audit, w);
    if (err == 0) err = edo_sim_run(w->sim, edo_minutes(5));
    return err < 0 ? err : edo_history_check(w->h);
}

static void play_redis(uint64_t seed, verdict *v) {
    static redis_world w;
    static party parties[PARTIES];
    const bool has_disk = seed % 2 == 0;
    char folder[64], file[80];
    uint64_t chance = chance_seed(seed);
    small_redis_opts opts = { .is_synced = true };
    w = (redis_world){ .v = v, .callers_left_n = PARTIES * CALLERS, .hearers_left_n = PARTIES };
    w.h = edo_history_new();
    w.sim = edo_sim_new(&(edo_sim_opts){ .seed = seed, .link.loss = chance_loss(&chance) });
    assert_true(w.h && w.sim);
    int err = edo_sim_host(w.sim, "redis", site_run_redis, &opts);
    if (has_disk) {
        files_make(folder);
        (void)snprintf(file, sizeof file, "%s/appendonly.aof", folder);
        opts.file = file;
        if (err == 0) err = edo_sim_disk(w.sim, "redis", folder);
    }
    for (int i = 0; i < PARTIES; i++)
        parties[i] = (party){ .w = &w, .number = i, .chance = chance_next(&chance) };
    if (err == 0) err = world_faults(&w, has_disk);
    w.calm = edo_ns(edo_sim_calm(w.sim).ns + after_calm.ns);
    if (err == 0) err = world_run_all(&w, parties);
    if (err < 0) {
        char why[256];
        (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
        verdict_add(v, "%s", why);
    }
    edo_sim_free(w.sim);
    edo_history_free(w.h);
    if (has_disk) files_free(folder);
}

static void client_keeps_its_promises_whatever_happens(void **state) {
    (void)state;
    assert_int_equal(run_seeds(play_redis, SEEDS_USUAL), 0);
    (void)printf("%d calls, %d failed, %d unsent; %d messages, %d times lost; %d jobs\n",
                 seen.calls_n, seen.failed_n, seen.unsent_n, seen.messages_n, seen.lags_n,
                 seen.jobs_n);
    assert_true(seeds_are_said() || (seen.failed_n > 0 && seen.unsent_n > 0 && seen.lags_n > 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_keeps_its_promises_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
