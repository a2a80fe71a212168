/* SPDX-License-Identifier: MIT */
/* Goal: a pool of connections keeps what edo/pool.h says, whatever happens to the server and on the
 * way to it: its limits, one user of a connection at a time, the order of the line, the ends of
 * what is broken, idle or old.
 * Method: users of one host share a pool, and know of each connection what became of it; another
 * task changes the limit while they wait. Faults by the seed. What holds at each moment is looked
 * at whenever anything has happened; what the pool gives is compared with what the test noted. */
#include "inside.h"
#include "seeds.h"

#include <edo/edo.h>
#include <edo/pool.h>

#include <errno.h>
#include <string.h>

#define USERS     8
#define WIRES_MAX 4000
#define MAX_MOST  6
#define TURNS     64 /* of a user after the faults, of which some in a row have to succeed */

static const edo_duration wait_most = EDO_S(4), make_most = EDO_S(3), reset_most = EDO_MS(700),
                          ask_most = EDO_S(2), slack = EDO_MS(100);

/* A connection of the pool. */
typedef enum wire_state { WIRE_NONE, WIRE_MADE, WIRE_IDLE, WIRE_LENT, WIRE_ENDED } wire_state;

typedef struct wire {
    wire_state state;
    edo_stream *stream;
    uint64_t number;
    bool is_broken;      /* somebody has found it so */
    bool is_given_back;  /* its user has said so, and the pool may end it */
    bool is_at_server;   /* the server has it open */
    edo_instant made_at; /* when it was begun */
    edo_instant ended_at, kept_at;
} wire;

typedef struct user {
    struct bench *in;
    uint64_t task, chance;
    uint64_t arrival; /* when it came to the pool, among all; 0: it wants nothing */
    bool has_turn;    /* the pool has begun to serve it */
    int row_n;        /* successes in a row */
} user;

typedef struct bench {
    edo_sim *sim;
    verdict *v;
    double loss;
    edo_pool *pool;
    edo_pool_opts opts;
    uint32_t max, makes_max, size_before;
    uint32_t room; /* connections that the server takes; 0: any number */
    bool resets;   /* the pool asks a connection before it lends it again */
    uint64_t chance;
    wire wires[WIRES_MAX];
    size_t wires_n;
    uint32_t making_n, at_server_n;
    uint64_t arrivals;
    user users[USERS];
    int busy_n; /* users that have not ended */
    bool is_idle_at_end, is_dropped;
} bench;

static edo_duration time_of(const bench *b) {
    return edo_sim_now(b->sim);
}

static int64_t ms_of(edo_duration d) {
    return d.ns / 1000000;
}

/* ---- What holds at each moment --------------------------------------------------------------- */

static bool wire_is_open(const wire *w) {
    return w->state == WIRE_MADE || w->state == WIRE_IDLE || w->state == WIRE_LENT;
}

/* An idle connection ends in time; one that was never disturbed is closed at the server, too. */
static void wire_check(const bench *b, const wire *w, edo_instant now) {
    const int64_t idle_ns = edo_instant_since(now, w->kept_at).ns;
    if (w->state == WIRE_IDLE && idle_ns > b->opts.idle_max.ns + slack.ns)
        verdict_add(b->v, "connection %d is idle for %d ms", (int)w->number,
                    (int)ms_of(edo_ns(idle_ns)));
    if (w->state != WIRE_ENDED || !w->is_at_server || b->loss > 0 || w->ended_at.ns == 0) return;
    const edo_duration until = time_of(b), life = edo_instant_since(now, w->made_at);
    if (edo_instant_since(now, w->ended_at).ns > edo_s(4).ns &&
        !edo_sim_is_disturbed(b->sim, "server", edo_ns(until.ns - life.ns), until))
        verdict_add(b->v, "connection %d has ended, and is open at the server", (int)w->number);
}

/* The limit is one of growth: a pool that was made smaller has more until they are given back. */
static void look(bench *b) {
    const edo_pool_stats s = edo_pool_get_stats(b->pool);
    const edo_instant now = edo_now();
    uint32_t open_n = b->making_n;
    for (size_t i = 0; i < b->wires_n; i++) {
        open_n += wire_is_open(&b->wires[i]);
        wire_check(b, &b->wires[i], now);
    }
    if (s.size > b->max && s.size > b->size_before)
        verdict_add(b->v, "%u connections, and %u before; %u may be", s.size, b->size_before,
                    b->max);
    if (s.size > b->max && s.idle > 0)
        verdict_add(b->v, "%u connections, of which %u may be, and %u are idle", s.size, b->max,
                    s.idle);
    if (open_n > s.size)
        verdict_add(b->v, "%u connections are open, the pool counts %u", open_n, s.size);
    if (b->making_n > b->makes_max) verdict_add(b->v, "%u are made at once", b->making_n);
    if (s.waiting > 0 && s.idle > 0)
        verdict_add(b->v, "%u wait, and %u are idle", s.waiting, s.idle);
    if (s.waiting > 0 && s.size < b->max && s.making < b->makes_max && b->room == 0)
        verdict_add(b->v, "%u wait, and there is room: %u of %u, %u being made", s.waiting, s.size,
                    b->max, s.making);
    b->size_before = s.size;
}

static user *user_here(bench *b) {
    const uint64_t task = edo_task_current_id();
    for (int i = 0; i < USERS; i++)
        if (b->users[i].arrival > 0 && b->users[i].task == task) return &b->users[i];
    return NULL;
}

/* The pool serves somebody: so in line are those at most that have come later, and those that have
 * had a turn, but found what they got unfit. */
static void take_turn(bench *b, user *u) {
    uint32_t others = 0;
    if (!u || u->has_turn) return;
    u->has_turn = true;
    for (int i = 0; i < USERS; i++) {
        const user *other = &b->users[i];
        others +=
            other != u && other->arrival > 0 && (other->arrival > u->arrival || other->has_turn);
    }
    const uint32_t waiting = edo_pool_get_stats(b->pool).waiting;
    if (waiting > others)
        verdict_add(b->v, "who came as number %d has passed others: %u wait, %u came later",
                    (int)u->arrival, waiting, others);
}

/* ---- Connections ----------------------------------------------------------------------------- */

/* The server sends back what it gets: first the connection's number, then questions. */
static int wire_ask(const wire *w, uint64_t question) {
    uint64_t reply = 0;
    int err = edo_write_all(w->stream, &question, sizeof question);
    if (err >= 0) err = edo_read_exact(w->stream, &reply, sizeof reply);
    if (err < 0) return err;
    return reply == 0 ? -EUSERS : reply == question ? 0 : -EPROTO;
}

static void wire_end(wire *w) {
    edo_close(w->stream);
    w->stream = NULL;
    w->state = WIRE_ENDED;
    w->ended_at = edo_now();
}

/* A step fails by itself now and then, as long as there are faults. */
static bool has_bad_luck(bench *b) {
    return time_of(b).ns < edo_sim_calm(b->sim).ns && chance_below(&b->chance, 16) == 0;
}

static int make_wire(void *arg, void **object) {
    bench *b = arg;
    if (b->wires_n == WIRES_MAX) return -ENOSPC;
    wire *w = &b->wires[b->wires_n++];
    *w = (wire){ .number = b->wires_n, .made_at = edo_now() };
    b->making_n++;
    take_turn(b, user_here(b));
    look(b);
    int err = edo_tcp_connect(&w->stream, "server:80", NULL);
    if (err == 0) err = wire_ask(w, w->number);
    if (err == 0 && has_bad_luck(b)) err = -EIO;
    b->making_n--;
    w->state = WIRE_MADE;
    if (err == 0) *object = w;
    if (err < 0) wire_end(w);
    return err;
}

static bool wire_is_fit(void *arg, void *object, const edo_pool_info *info) {
    bench *b = arg;
    const wire *w = object;
    take_turn(b, user_here(b));
    if (w->state != WIRE_IDLE || info->gets_n == 0)
        verdict_add(b->v, "connection %d is lent again, and is not idle", (int)w->number);
    return !w->is_broken;
}

static int reset_wire(void *arg, void *object) {
    bench *b = arg;
    wire *w = object;
    w->state = WIRE_LENT; // it is this get's
    int err = wire_ask(w, 1);
    if (err == 0 && has_bad_luck(b)) err = -EIO;
    if (err < 0) w->is_broken = w->is_given_back = true;
    return err;
}

static void end_wire(void *arg, void *object) {
    bench *b = arg;
    wire *w = object;
    if (w->state == WIRE_ENDED) {
        verdict_add(b->v, "connection %d is ended twice", (int)w->number);
        return;
    }
    if (w->state == WIRE_LENT && !w->is_given_back)
        verdict_add(b->v, "connection %d is ended, and in use", (int)w->number);
    wire_end(w);
}

static bool server_is_full(void *arg, int err) {
    (void)arg;
    return err == -EUSERS;
}

static void drop_bench(void *arg) {
    bench *b = arg;
    b->is_dropped = true;
    for (size_t i = 0; i < b->wires_n; i++)
        if (b->wires[i].state != WIRE_ENDED)
            verdict_add(b->v, "connection %d is open, and the pool has ended", (int)i + 1);
}

static const edo_pool_ops ops = { .make = make_wire,
                                  .check = wire_is_fit,
                                  .end = end_wire,
                                  .drop = drop_bench,
                                  .is_full = server_is_full };
static const edo_pool_ops ops_with_reset = { .make = make_wire,
                                             .check = wire_is_fit,
                                             .reset = reset_wire,
                                             .end = end_wire,
                                             .drop = drop_bench,
                                             .is_full = server_is_full };

/* ---- Users ----------------------------------------------------------------------------------- */

/* What a get has given may be lent: it is nobody's, not broken, and not too old. */
static void check_lent(const bench *b, const edo_pool_lease *lease) {
    const wire *w = lease->object;
    const edo_pool_info info = edo_pool_get_info(lease);
    const bool is_resetting = b->resets && info.gets_n > 0;
    if (w->state != (info.gets_n == 0 ? WIRE_MADE : is_resetting ? WIRE_LENT : WIRE_IDLE))
        verdict_add(b->v, "connection %d is lent, and is in state %d", (int)w->number, w->state);
    if (w->is_broken) verdict_add(b->v, "connection %d is broken, and is lent", (int)w->number);
    if (info.gets_n == 0) return;
    const int64_t more_ns = slack.ns + (b->resets ? MAX_MOST * reset_most.ns : 0);
    const int64_t age_ns = edo_instant_since(edo_now(), info.made_at).ns;
    if (age_ns > b->opts.age_max.ns / 10 * 11 + more_ns)
        verdict_add(b->v, "connection %d is lent, and %d ms old", (int)w->number,
                    (int)ms_of(edo_ns(age_ns)));
    if (edo_instant_since(edo_now(), w->kept_at).ns > b->opts.idle_max.ns + more_ns)
        verdict_add(b->v, "connection %d is lent, and was idle too long", (int)w->number);
}

static int get_wire(user *u, edo_pool_lease *lease) {
    bench *b = u->in;
    const edo_instant from = edo_now();
    const int64_t most_ns = wait_most.ns + make_most.ns + MAX_MOST * reset_most.ns + slack.ns;
    u->arrival = ++b->arrivals;
    u->has_turn = false;
    int err = edo_pool_get(b->pool, lease);
    if (err == 0) take_turn(b, u);
    u->arrival = 0;
    const int64_t ns = edo_instant_since(edo_now(), from).ns;
    if (ns > most_ns)
        verdict_add(b->v, "a get took %d ms, and ended with %d", (int)ms_of(edo_ns(ns)), err);
    if (err < 0) {
        if (lease->object) verdict_add(b->v, "a get has failed, and lent something");
        return err;
    }
    check_lent(b, lease);
    wire *w = lease->object;
    w->state = WIRE_LENT;
    w->is_given_back = false;
    look(b);
    return 0;
}

/* Gives it back: to the pool, to be lent again; or marked, so that the check has to see it; or
 * dropped; or takes it out. */
static void give_back(user *u, edo_pool_lease *lease, int err) {
    bench *b = u->in;
    wire *w = lease->object;
    const uint32_t how = chance_below(&u->chance, 8);
    w->is_given_back = true;
    if (err < 0) w->is_broken = true;
    if (how == 0) {
        wire *taken = edo_pool_take(lease);
        if (taken != w) verdict_add(b->v, "another connection was taken than was lent");
        if (w->state == WIRE_ENDED) verdict_add(b->v, "a connection was taken, and ended");
        wire_end(w);
    } else if (err < 0 && how < 5) {
        edo_pool_drop(lease);
        if (w->state != WIRE_ENDED) verdict_add(b->v, "a connection was dropped, and is open");
    } else {
        w->state = WIRE_IDLE;
        w->kept_at = edo_now();
        edo_pool_put(lease);
    }
    if (lease->object) verdict_add(b->v, "a lease was given back, and is there");
    look(b);
}

/* Asks one or several questions over one connection. */
static int use_wire(void *arg) {
    user *u = arg;
    bench *b = u->in;
    edo_pool_lease lease;
    int err = get_wire(u, &lease);
    if (err < 0) return err;
    const wire *w = lease.object;
    {
        EDO_DEADLINE(patience, ask_most);
        for (uint32_t n = 1 + chance_below(&u->chance, 3); n > 0 && err == 0; n--)
            err = wire_ask(w, 1 + (chance_next(&u->chance) >> 1));
        err = edo_deadline_end(&patience, err);
    }
    if (err == -EPROTO)
        verdict_add(b->v, "connection %d has the reply to another question", (int)w->number);
    give_back(u, &lease, err);
    return err;
}

/* Some have little patience, and give up in line, while one is made, or in a question. */
static void use_once(user *u, bool is_patient) {
    int err;
    if (!is_patient && chance_below(&u->chance, 4) == 0) {
        EDO_DEADLINE(patience, chance_between(&u->chance, edo_ms(1), edo_ms(300)));
        err = edo_deadline_end(&patience, use_wire(u));
    } else {
        err = use_wire(u);
    }
    edo_trail_clear();
    u->row_n = err == 0 ? u->row_n + 1 : 0;
    look(u->in);
}

static int user_run(void *arg) {
    user *u = arg;
    bench *b = u->in;
    u->task = edo_task_current_id();
    int err = 0;
    while (err == 0 && time_of(b).ns < edo_sim_calm(b->sim).ns + edo_s(1).ns) {
        use_once(u, false);
        err = edo_sleep(chance_between(&u->chance, edo_ms(1), edo_ms(400)));
    }
    u->row_n = 0;
    for (int i = 0; err == 0 && u->row_n < 3; i++) {
        if (i == TURNS) verdict_add(b->v, "the pool is not well again");
        if (i == TURNS) break;
        err = edo_sleep(edo_ms(500));
        if (err == 0) use_once(u, true);
    }
    b->busy_n--;
    return err;
}

/* ---- Who changes the pool meanwhile ---------------------------------------------------------- */

static bool retain_by_chance(void *arg, void *object, const edo_pool_info *info) {
    bench *b = arg;
    const wire *w = object;
    (void)info;
    if (w->state != WIRE_IDLE)
        verdict_add(b->v, "connection %d is looked at, and not idle", (int)w->number);
    return chance_below(&b->chance, 2) == 0;
}

static int manage(void *arg) {
    bench *b = arg;
    int err = 0;
    while (err == 0 && b->busy_n > 0) {
        err = edo_sleep(chance_between(&b->chance, edo_ms(10), edo_s(3)));
        if (chance_below(&b->chance, 6) == 0) {
            (void)edo_pool_retain(b->pool, retain_by_chance, b);
        } else {
            b->max = 1 + chance_below(&b->chance, MAX_MOST);
            edo_pool_resize(b->pool, b->max);
        }
        look(b);
    }
    return err;
}

/* ---- The end of the pool --------------------------------------------------------------------- */

static int wait_for_closed(void *arg) {
    bench *b = arg;
    edo_pool_lease lease;
    int err = edo_pool_get(b->pool, &lease);
    if (err == 0) edo_pool_put(&lease);
    if (err != -EDO_ECLOSED) verdict_add(b->v, "a get at the end has ended with %d", err);
    edo_trail_clear();
    return 0;
}

static int lend_at_end(bench *b, edo_pool_lease *lease) {
    int err = edo_pool_get(b->pool, lease);
    if (err < 0) return err;
    wire *w = lease->object;
    w->state = WIRE_LENT;
    w->is_given_back = false;
    return 0;
}

static void put_at_end(edo_pool_lease *lease) {
    wire *w = lease->object;
    w->state = WIRE_IDLE;
    w->kept_at = edo_now();
    edo_pool_put(lease);
}

/* The pool is closed while one has its connection, and either others wait for that, or another
 * connection is idle. */
static int close_pool(bench *b) {
    edo_pool_lease lent, idle;
    b->max = b->is_idle_at_end ? 2 : 1;
    edo_pool_resize(b->pool, b->max);
    int err = lend_at_end(b, &lent);
    if (err < 0) return err;
    const wire *w = lent.object;
    if (b->is_idle_at_end && lend_at_end(b, &idle) == 0) put_at_end(&idle);
    edo_trail_clear();
    EDO_SCOPE(waiters, NULL);
    for (int i = 0; i < 3 && !b->is_idle_at_end; i++) edo_scope_spawn(&waiters, wait_for_closed, b);
    err = edo_sleep(edo_ms(10));
    edo_pool_close(b->pool);
    edo_scope_spawn(&waiters, wait_for_closed, b);
    for (size_t i = 0; i < b->wires_n; i++)
        if (b->wires[i].state == WIRE_IDLE)
            verdict_add(b->v, "connection %d is idle, and the pool closed", (int)i + 1);
    if (w->state != WIRE_LENT) verdict_add(b->v, "a connection is lent, and the close ends it");
    err = edo_scope_end(&waiters, err);
    put_at_end(&lent);
    if (w->state != WIRE_ENDED) verdict_add(b->v, "a connection is open, and the pool closed");
    return err;
}

/* Nobody uses the pool any more: what is idle ends in time. */
static int rest_pool(bench *b) {
    int err = edo_sleep(edo_ns(b->opts.idle_max.ns + slack.ns));
    const edo_pool_stats s = edo_pool_get_stats(b->pool);
    look(b);
    if (s.size > 0 || s.waiting > 0)
        verdict_add(b->v, "%u connections at rest, %u wait", s.size, s.waiting);
    return err;
}

static int app_run(void *arg) {
    bench *b = arg;
    int err = edo_pool_new(&b->pool, b->resets ? &ops_with_reset : &ops, b, &b->opts);
    if (err < 0) return err;
    b->busy_n = USERS;
    {
        EDO_SCOPE(all, NULL);
        for (int i = 0; i < USERS; i++) edo_scope_spawn(&all, user_run, &b->users[i]);
        edo_scope_spawn(&all, manage, b);
        err = edo_scope_end(&all, 0);
    }
    if (err == 0) err = rest_pool(b);
    if (err == 0) err = close_pool(b);
    edo_pool_unref(b->pool);
    int slept = edo_sleep(edo_s(5));
    if (!b->is_dropped) verdict_add(b->v, "the pool has not ended");
    for (size_t i = 0; i < b->wires_n; i++) wire_check(b, &b->wires[i], edo_now());
    return err < 0 ? err : slept;
}

/* ---- The server ------------------------------------------------------------------------------ */

typedef struct guest {
    bench *in;
    edo_stream *stream;
    wire *wire;
    uint64_t chance;
} guest;

/* Returns 1 at the end. A question comes when the one before has its reply. */
static int guest_turn(guest *g) {
    uint64_t words[3];
    bench *b = g->in;
    int n = edo_read(g->stream, words, sizeof words);
    if (n <= 0) return n < 0 ? n : 1;
    if (n > (int)sizeof words[0] && !edo_sim_is_gone()) verdict_add(b->v, "two questions at once");
    if (n != (int)sizeof words[0]) return -EPROTO;
    if (!g->wire && words[0] > 0 && words[0] <= b->wires_n) {
        g->wire = &b->wires[words[0] - 1];
        g->wire->is_at_server = true;
        if (b->room > 0 && b->at_server_n > b->room) words[0] = 0;
    }
    const bool is_slow = chance_below(&g->chance, 16) == 0;
    int err = edo_sleep(is_slow ? chance_between(&g->chance, edo_ms(50), edo_ms(2500))
                                : chance_between(&g->chance, edo_ms(0), edo_ms(30)));
    if (err == 0) err = edo_write_all(g->stream, words, sizeof words[0]);
    return err < 0 ? err : words[0] == 0 || chance_below(&g->chance, 60) == 0;
}

static int guest_run(void *arg) {
    guest *g = arg;
    int err = 0;
    g->in->at_server_n++;
    while (err == 0) {
        EDO_DEADLINE(silence, edo_s(30));
        err = edo_deadline_end(&silence, guest_turn(g));
    }
    if (g->wire) g->wire->is_at_server = false;
    g->in->at_server_n--;
    edo_close(g->stream);
    free(g);
    return 0;
}

static int server_run(void *arg) {
    bench *b = arg;
    edo_listener *l;
    int err = edo_tcp_listen(&l, "0.0.0.0:80", NULL);
    if (err < 0) return err;
    EDO_SCOPE(guests, NULL);
    while (err == 0) {
        edo_stream *s;
        err = edo_accept(l, &s);
        if (err < 0) break;
        guest *g = malloc(sizeof *g);
        assert_non_null(g);
        *g = (guest){ .in = b, .stream = s, .chance = chance_next(&b->chance) };
        err = edo_scope_spawn(&guests, guest_run, g);
        if (err < 0) {
            edo_close(s);
            free(g);
        }
    }
    edo_listener_close(l);
    edo_scope_cancel(&guests);
    err = edo_scope_end(&guests, err);
    return err == -ECANCELED ? 0 : err;
}

/* ---- The world ------------------------------------------------------------------------------- */

static void bench_init(bench *b, uint64_t seed, verdict *v) {
    uint64_t chance = chance_seed(seed + 3000000);
    b->v = v;
    b->loss = chance_loss(&chance);
    b->max = 1 + chance_below(&chance, MAX_MOST);
    b->makes_max = 1 + chance_below(&chance, 3);
    b->room = chance_below(&chance, 4) == 0 ? 1 + chance_below(&chance, 3) : 0;
    b->resets = chance_below(&chance, 2) == 0;
    b->is_idle_at_end = chance_below(&chance, 2) == 0;
    b->opts = (edo_pool_opts){ .name = "wires",
                               .max = b->max,
                               .makes_max = b->makes_max,
                               .order = chance_below(&chance, 2) ? EDO_POOL_FIFO : EDO_POOL_LIFO,
                               .wait_timeout = wait_most,
                               .make_timeout = make_most,
                               .reset_timeout = reset_most,
                               .idle_max = chance_between(&chance, edo_ms(200), edo_s(4)),
                               .age_max = chance_between(&chance, edo_s(1), edo_s(20)) };
    for (int i = 0; i < USERS; i++) b->users[i] = (user){ .in = b, .chance = chance_next(&chance) };
    b->chance = chance_next(&chance);
}

static void play(uint64_t seed, verdict *v) {
    const edo_sim_chaos_opts faults = { .until = edo_s(20), .longest = edo_s(15) };
    bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    bench_init(b, seed, v);
    b->sim = edo_sim_new(&(edo_sim_opts){ .seed = seed, .link.loss = b->loss });
    assert_non_null(b->sim);
    int err = edo_sim_host(b->sim, "server", server_run, b);
    if (err == 0) err = edo_sim_client(b->sim, "app", app_run, b);
    if (err == 0) err = edo_sim_chaos(b->sim, &faults);
    if (err == 0) err = edo_sim_run(b->sim, edo_minutes(20));
    if (err < 0) {
        char why[256];
        (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
        verdict_add(v, "%s", why);
    }
    edo_sim_free(b->sim);
    free(b);
}

static void pool_keeps_its_limits_and_its_line(void **state) {
    (void)state;
    assert_int_equal(run_seeds(play, SEEDS_USUAL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pool_keeps_its_limits_and_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
