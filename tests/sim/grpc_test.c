/* SPDX-License-Identifier: MIT */
/* Goal: a call of gRPC is begun once at a server, unless its policy says more; one that is
 * acknowledged was done; streams tell each message in order, without a hole, or end with a status;
 * limits of time and cancellations reach the server; and nobody waits for ever, whatever happens to
 * servers and on the ways to them. While one server after the other is replaced, no unary call
 * fails, and no stream that the servers let stay.
 * Method: two servers that note what comes, and clients with many calls at once over a channel
 * without a policy and one with retries; in one world of two servers are only replaced, in the
 * others are faults by the seed. */
#include "hello.edo.h"
#include "inside.h"
#include "seeds.h"

#include <edo/edo.h>
#include <edo/http2.h>
#include <edo/stats.h>
#include <edo/web.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

#define SERVERS      2
#define CLIENTS      2
#define TASKS        3   /* of a client, that call at once */
#define CALLS_MAX    500 /* of a client */
#define ATTEMPTS     3   /* by the policy */
#define MESSAGES_MAX 20
#define BOUNCES      2
#define FAULTS_UNTIL edo_s(8)
#define BOUNCE_EVERY edo_ms(6500)
#define DRAIN_MAX    edo_s(3)
#define CANCEL_MAX   edo_s(1)
#define LONG         edo_s(20) /* a limit that no call needs */
#define AGED         16        /* a seed whose connections have ages */
#define RECOVERY     edo_minutes(4)

static const char *const servers[SERVERS] = { "north", "east" };
static const char *const clients[CLIENTS] = { "ann", "bob" };

typedef struct exchange {
    edo_sim *sim;
    verdict *v;
    double loss;
    bool is_rolling;   /* servers are replaced in turn, and nothing else happens */
    bool streams_stay; /* in a drain */
    bool has_ages;     /* connections end by themselves after some time */
    edo_balance_kind balance;
    edo_duration end; /* clients stop to call */
    struct caller *callers;
    struct station *stations;
} exchange;

static edo_duration time_at(const exchange *x) {
    return edo_sim_now(x->sim);
}

/* ---- What is called -------------------------------------------------------------------------- */

typedef enum call_kind { GREET, COUNT, GREET_ALL, CHAT } call_kind;

/* A call, as both sides know it. */
typedef struct record {
    int client, nth;
    call_kind kind;
    bool has_policy;    /* it goes over the channel with retries */
    int messages_n;     /* of a stream */
    edo_duration pause; /* of a unary call's handler, or between messages */
    bool hangs;         /* the handler goes on for longer than the limit */
    edo_duration limit; /* of time, of the client's */
    int leave_after;    /* the client takes it back after so many replies, and for the next one the
                        handler would wait; negative: never */
    unsigned begun, done;
    int server;               /* the last one */
    edo_duration left, ended; /* when the client has taken it back; when the last handler ended */
    unsigned running;
} record;

typedef struct caller {
    exchange *in;
    int number, calls_n;
    uint64_t chance;
    edo_grpc_channel *plain, *retries;
    record calls[CALLS_MAX];
} caller;

static record *record_make(caller *c, bool is_last) {
    record *r = &c->calls[c->calls_n];
    uint64_t *chance = &c->chance;
    *r = (record){ .client = c->number, .nth = c->calls_n++, .leave_after = -1 };
    r->kind = is_last ? GREET : (call_kind)chance_below(chance, 4);
    r->has_policy = chance_below(chance, 2) == 0;
    r->messages_n = 1 + (int)chance_below(chance, MESSAGES_MAX);
    r->pause = chance_between(chance, edo_ms(0), edo_ms(r->kind == GREET ? 1000 : 80));
    if (chance_below(chance, 2) == 0) r->pause = edo_ms(0);
    r->limit = c->in->is_rolling ? LONG : chance_between(chance, edo_ms(300), edo_s(6));
    if (is_last) return r;
    if (chance_below(chance, 3) == 0) { // most of these pass
        r->limit = chance_between(chance, edo_ms(1), edo_ms(100));
        r->hangs = chance_below(chance, 2) == 0;
    } else if ((r->kind == COUNT || r->kind == CHAT) && chance_below(chance, 3) == 0) {
        r->leave_after = (int)chance_below(chance, (uint32_t)r->messages_n);
    }
    return r;
}

static edo_str text_of(char text[48], const record *r, int i) {
    int n = snprintf(text, 48, "%d-%d %d", r->client, r->nth, i);
    return (edo_str){ text, (size_t)n };
}

/* Is it message `i` of the call? */
static bool text_is(edo_str text, const record *r, int i) {
    char right[48];
    return edo_str_equal(text, text_of(right, r, i));
}

/* ---- Servers --------------------------------------------------------------------------------- */

typedef struct station {
    exchange *in;
    int number;
    uint64_t chance;
    uint64_t tasks_first, tasks; /* alive: before there was a call, and now */
    unsigned ended_n;
    edo_duration ended; /* when the program has ended last */
} station;

/* A call at a server. */
typedef struct visit {
    record *r;
    station *s;
    edo_duration from, left;
} visit;

static int visit_begin(visit *v, edo_grpc_call *call) {
    char text[32] = "";
    int client, nth;
    edo_str id = edo_grpc_metadata(call, "id");
    *v = (visit){ .s = edo_grpc_arg(call), .left = edo_grpc_deadline(call) };
    exchange *x = v->s->in;
    memcpy(text, id.ptr, id.len < sizeof text ? id.len : 0);
    if (sscanf(text, "%d-%d", &client, &nth) != 2 || client >= CLIENTS || nth >= CALLS_MAX) {
        verdict_add(x->v, "a call without its number has come");
        return -EINVAL;
    }
    record *r = v->r = &x->callers[client].calls[nth];
    v->from = time_at(x);
    r->begun++, r->running++;
    r->server = v->s->number;
    if (r->begun > (r->has_policy ? ATTEMPTS : 1))
        verdict_add(x->v, "%d-%d was begun %u times", client, nth, r->begun);
    if (v->left.ns < 0 || v->left.ns > r->limit.ns)
        verdict_add(x->v, "%d-%d has %d ms at the server, of %d ms", client, nth,
                    (int)(v->left.ns / 1000000), (int)(r->limit.ns / 1000000));
    if (r->hangs) return edo_sleep(LONG);
    bool is_busy = !x->is_rolling && chance_below(&v->s->chance, 15) == 0;
    return is_busy ? edo_grpc_fail(call, EDO_GRPC_UNAVAILABLE, "later") : 0;
}

/* A handler ends when the call's time is over. */
static int visit_end(const visit *v, int err) {
    record *r = v->r;
    exchange *x = v->s->in;
    const edo_duration now = time_at(x);
    if (!r) return err;
    r->running--;
    if (edo_sim_is_gone()) return err;
    r->ended = now;
    if (err == 0) r->done++;
    if (v->left.ns >= 0 && now.ns > v->from.ns + v->left.ns + edo_ms(30).ns &&
        !edo_sim_is_disturbed(x->sim, servers[v->s->number], v->from, now))
        verdict_add(x->v, "%d-%d went on for %d ms behind its time", r->client, r->nth,
                    (int)((now.ns - v->from.ns - v->left.ns) / 1000000));
    return err;
}

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    visit v;
    int err = visit_begin(&v, call);
    if (err == 0 && !text_is(in->name, v.r, 0)) err = -EPROTO;
    if (err == 0) err = edo_sleep(v.r->pause);
    if (err == 0)
        out->text = edo_arena_print(edo_grpc_arena(call), "%d-%d 1", v.r->client, v.r->nth);
    return visit_end(&v, err);
}

static int count(edo_grpc_call *call, const hello_v1_person *in) {
    char text[48];
    visit v;
    int err = visit_begin(&v, call);
    if (err == 0 && !text_is(in->name, v.r, 0)) err = -EPROTO;
    for (int i = 0; err == 0 && i < v.r->messages_n; i++) {
        const hello_v1_reply reply = { .text = text_of(text, v.r, i) };
        if (i == v.r->leave_after) err = edo_sleep(LONG);
        if (err == 0) err = hello_v1_greeter_count_send(call, &reply);
        if (err == 0) err = edo_sleep(v.r->pause);
    }
    return visit_end(&v, err);
}

/* What has come of a stream is right, and whole if it has ended. */
static void check_got(const visit *v, edo_str text, int i) {
    if (!text_is(text, v->r, i))
        verdict_add(v->s->in->v, "%d-%d: message %d came as \"%.*s\"", v->r->client, v->r->nth, i,
                    (int)text.len, text.ptr);
}

static void check_all(const visit *v, int n) {
    if (n != v->r->messages_n)
        verdict_add(v->s->in->v, "%d-%d: the stream ended after %d messages of %d", v->r->client,
                    v->r->nth, n, v->r->messages_n);
}

static int greet_all(edo_grpc_call *call, hello_v1_reply *out) {
    visit v;
    hello_v1_person in;
    int n = 0, err = visit_begin(&v, call), got = 1;
    while (err == 0 && (got = hello_v1_greeter_greet_all_recv(call, &in)) == 1)
        check_got(&v, in.name, n++);
    if (err == 0) err = got;
    if (err == 0) check_all(&v, n);
    if (err == 0)
        out->text = edo_arena_print(edo_grpc_arena(call), "%d-%d 1", v.r->client, v.r->nth);
    return visit_end(&v, err);
}

static int chat(edo_grpc_call *call) {
    char text[48];
    visit v;
    hello_v1_person in;
    int n = 0, err = visit_begin(&v, call), got = 1;
    while (err == 0 && (got = hello_v1_greeter_chat_recv(call, &in)) == 1) {
        check_got(&v, in.name, n);
        if (n == v.r->leave_after) err = edo_sleep(LONG);
        const hello_v1_reply reply = { .text = text_of(text, v.r, n++) };
        if (err == 0) err = hello_v1_greeter_chat_send(call, &reply);
    }
    if (err == 0) err = got;
    if (err == 0) check_all(&v, n);
    return visit_end(&v, err);
}

/* Looks how many tasks there are. */
static int count_station(void *arg) {
    station *s = arg;
    for (int err = 0; err == 0; err = edo_sleep(edo_s(1))) {
        edo_runtime_stats now = { .w = NULL };
        edo_runtime_get_stats(edo_runtime_current(), &now);
        s->tasks = now.tasks_alive;
        if (s->tasks_first == 0) s->tasks_first = s->tasks;
    }
    return 0;
}

static int station_run(void *arg) {
    static const hello_v1_greeter_ops greeter = { greet, count, greet_all, chat };
    station *s = arg;
    const edo_http2_opts http2 = { .streams_max = 2 };
    const edo_http_server_opts http = { .drain_max = DRAIN_MAX,
                                        .cancel_max = CANCEL_MAX,
                                        .age_max = s->in->has_ages ? edo_s(2) : edo_ms(0),
                                        .http2 = &http2 };
    edo_router *r = edo_router_new();
    hello_v1_greeter_routes(r, &greeter, s,
                            &(edo_grpc_opts){ .streams_stay = s->in->streams_stay });
    edo_task *counts = edo_spawn(count_station, s);
    if (!counts) return -ENOMEM;
    int err = edo_web_serve(r, &(edo_web_opts){ .listen = "0.0.0.0:80", .http = &http });
    edo_task_cancel(counts);
    (void)edo_task_join(counts);
    if (edo_sim_is_gone()) return 0;
    s->ended_n++;
    s->ended = time_at(s->in);
    return err == -ECANCELED ? 0 : err;
}

/* ---- Clients: ends --------------------------------------------------------------------------- */

/* What must have succeeded: of two servers there is always one, and what one has not begun goes to
 * the other. A stream with messages of its own does so by its policy. */
static bool has_to_succeed(const exchange *x, const record *r) {
    if (!x->is_rolling || r->limit.ns < LONG.ns || r->leave_after >= 0) return false;
    if (r->kind == GREET) return true;
    return x->streams_stay && (r->has_policy || r->kind == COUNT);
}

static int check_end(const caller *c, const record *r, edo_duration from, int err) {
    exchange *x = c->in;
    const int64_t over_ns = time_at(x).ns - from.ns - r->limit.ns;
    if (over_ns > edo_ms(30).ns + r->pause.ns)
        verdict_add(x->v, "%d-%d, kind %d, ended %d ms behind its limit of %d ms, with %d",
                    r->client, r->nth, (int)r->kind, (int)(over_ns / 1000000),
                    (int)(r->limit.ns / 1000000), err);
    if (err == 0 && (r->done == 0 || (!r->has_policy && r->done != 1)))
        verdict_add(x->v, "%d-%d, kind %d, is acknowledged, and was done %u times", r->client,
                    r->nth, (int)r->kind, r->done);
    if (err < 0 && has_to_succeed(x, r))
        verdict_add(x->v, "%d-%d, kind %d, policy %d, failed: %s; begun %u times", r->client,
                    r->nth, (int)r->kind, (int)r->has_policy, edo_strerror(err), r->begun);
    edo_trail_clear();
    return err;
}

/* A stream that failed has a status that says so. */
static int check_status(const caller *c, const record *r, edo_grpc_call *call, int err) {
    const edo_grpc_status status = edo_grpc_get_status(call);
    if ((err == 0) != (status == EDO_GRPC_OK))
        verdict_add(c->in->v, "%d-%d returned %d, and its status is %s", r->client, r->nth, err,
                    edo_grpc_status_name(status));
    return err;
}

/* ---- Clients: calls -------------------------------------------------------------------------- */

typedef struct talk {
    caller *c;
    record *r;
    edo_grpc_call *call;
    edo_grpc_call_opts opts;
    edo_grpc_entry id;
    char id_text[32];
} talk;

static edo_grpc_channel *channel_of(const talk *t) {
    return t->r->has_policy ? t->c->retries : t->c->plain;
}

static int call_greet(talk *t) {
    char text[48];
    hello_v1_reply reply;
    edo_arena arena = { 0 };
    const hello_v1_person who = { .name = text_of(text, t->r, 0) };
    int err = hello_v1_greeter_greet(channel_of(t), &reply, &who, &arena, &t->opts);
    if (err == 0 && !text_is(reply.text, t->r, 1))
        verdict_add(t->c->in->v, "%d-%d has the reply \"%.*s\"", t->r->client, t->r->nth,
                    (int)reply.text.len, reply.text.ptr);
    edo_arena_deinit(&arena);
    return err;
}

/* Receives all replies, or as many as the client wants. */
static int receive(talk *t) {
    record *r = t->r;
    hello_v1_reply reply;
    int n = 0, got = 1;
    while (n != r->leave_after && (got = hello_v1_greeter_count_recv(t->call, &reply)) == 1) {
        if (!text_is(reply.text, r, n))
            verdict_add(t->c->in->v, "%d-%d: reply %d came as \"%.*s\"", r->client, r->nth, n,
                        (int)reply.text.len, reply.text.ptr);
        n++;
    }
    if (got == 1) {
        r->left = time_at(t->c->in);
        edo_grpc_cancel(t->call);
        return -ECANCELED;
    }
    if (got == 0 && n != r->messages_n)
        verdict_add(t->c->in->v, "%d-%d has ended well after %d replies of %d", r->client, r->nth,
                    n, r->messages_n);
    return check_status(t->c, r, t->call, got);
}

static int call_count(talk *t) {
    char text[48];
    const hello_v1_person who = { .name = text_of(text, t->r, 0) };
    int err = hello_v1_greeter_count(channel_of(t), &t->call, &who, &t->opts);
    return err < 0 ? err : receive(t);
}

/* Its failure is one of the call, whose status says why. */
static int send_all(void *arg) {
    const talk *t = arg;
    char text[48];
    int err = 0;
    for (int i = 0; i < t->r->messages_n && err == 0; i++) {
        const hello_v1_person who = { .name = text_of(text, t->r, i) };
        err = hello_v1_greeter_chat_client_send(t->call, &who);
        if (err == 0) err = edo_sleep(t->r->pause);
    }
    if (err == 0) (void)edo_grpc_close_send(t->call);
    return 0;
}

static int call_greet_all(talk *t) {
    hello_v1_reply reply;
    int err = hello_v1_greeter_greet_all(channel_of(t), &t->call, &t->opts);
    if (err < 0) return err;
    (void)send_all(t);
    err = hello_v1_greeter_greet_all_finish(t->call, &reply);
    if (err == 0 && !text_is(reply.text, t->r, 1)) err = -EPROTO;
    return check_status(t->c, t->r, t->call, err);
}

/* Sends while it receives. */
static int call_chat(talk *t) {
    int err = hello_v1_greeter_chat(channel_of(t), &t->call, &t->opts);
    if (err < 0) return err;
    EDO_SCOPE(sends, NULL);
    edo_scope_spawn(&sends, send_all, t);
    err = receive(t);
    edo_scope_cancel(&sends);
    (void)edo_scope_end(&sends, 0);
    return err;
}

static int call_one(caller *c, bool is_last) {
    static int (*const fns[])(talk *) = { call_greet, call_count, call_greet_all, call_chat };
    record *r = record_make(c, is_last);
    talk t = { .c = c, .r = r };
    const bool is_around = chance_below(&c->chance, 3) == 0;
    const edo_duration from = time_at(c->in);
    int n = snprintf(t.id_text, sizeof t.id_text, "%d-%d", r->client, r->nth);
    t.id = (edo_grpc_entry){ "id", { t.id_text, (size_t)n } };
    t.opts = (edo_grpc_call_opts){ .timeout = is_around ? edo_ns(-1) : r->limit,
                                   .wait_for_ready = c->in->is_rolling,
                                   .metadata = &t.id,
                                   .metadata_n = 1 };
    EDO_DEADLINE(around, is_around ? r->limit : edo_hours(1));
    int err = fns[r->kind](&t);
    err = edo_deadline_end(&around, err);
    if (t.call && err == -ECANCELED && r->left.ns == 0) r->left = time_at(c->in);
    edo_grpc_call_free(t.call);
    return check_end(c, r, from, err);
}

static int call_on(void *arg) {
    caller *c = arg;
    int err = 0;
    while (err == 0 && time_at(c->in).ns < c->in->end.ns && c->calls_n < CALLS_MAX - 150) {
        (void)call_one(c, false);
        err = edo_sleep(chance_between(&c->chance, edo_ms(0), edo_ms(2000)));
    }
    return err;
}

/* All is well again: some calls, one after the other, succeed. */
static int recover(caller *c) {
    const edo_duration from = time_at(c->in);
    for (int well_n = 0; well_n < 8 && c->calls_n < CALLS_MAX;) {
        well_n = call_one(c, true) == 0 ? well_n + 1 : 0;
        int err = edo_sleep(edo_s(well_n == 0 ? 3 : 0));
        if (err < 0) return err;
        if (time_at(c->in).ns - from.ns < RECOVERY.ns) continue;
        verdict_add(c->in->v, "%s: not well again", clients[c->number]);
        break;
    }
    return 0;
}

static uint64_t tasks_alive(void) {
    edo_runtime_stats now = { .w = NULL };
    edo_runtime_get_stats(edo_runtime_current(), &now);
    return now.tasks_alive;
}

static int caller_run(void *arg) {
    static const char policy[] =
        "{ \"methodConfig\": [ { \"name\": [ {} ], \"retryPolicy\": { \"maxAttempts\": 3,"
        " \"initialBackoff\": \"0.1s\", \"maxBackoff\": \"1s\", \"backoffMultiplier\": 2,"
        " \"retryableStatusCodes\": [ \"UNAVAILABLE\" ] } } ] }";
    caller *c = arg;
    const edo_str target = EDO_STR("static:north:80,east:80");
    edo_grpc_channel_opts opts = { .balance = c->in->balance, .pause_max = edo_s(5) };
    const uint64_t tasks_first = tasks_alive();
    int err = edo_grpc_channel_new(&c->plain, target, &opts);
    opts.service_config = edo_str_of(policy);
    if (err == 0) err = edo_grpc_channel_new(&c->retries, target, &opts);
    if (err < 0) return err;
    EDO_SCOPE(all, NULL);
    for (int i = 0; i < TASKS; i++) edo_scope_spawn(&all, call_on, c);
    err = edo_scope_end(&all, 0);
    if (err == 0) err = recover(c);
    edo_grpc_channel_unref(c->plain);
    edo_grpc_channel_unref(c->retries);
    if (err == 0) err = edo_sleep(edo_minutes(1));
    if (tasks_alive() > tasks_first)
        verdict_add(c->in->v, "%s has %d tasks, and had %d at first", clients[c->number],
                    (int)tasks_alive(), (int)tasks_first);
    return err;
}

/* ---- The world ------------------------------------------------------------------------------- */

static edo_duration bounce_at(int nth) {
    return edo_ns(edo_s(3).ns + nth * BOUNCE_EVERY.ns);
}

static int exchange_disturb(exchange *x, uint64_t *chance) {
    if (!x->is_rolling)
        return edo_sim_chaos(x->sim, &(edo_sim_chaos_opts){ .until = FAULTS_UNTIL });
    int err = 0;
    for (int i = 0; i < BOUNCES && err == 0; i++)
        err = edo_sim_bounce(x->sim, servers[i % SERVERS], SIGTERM, bounce_at(i),
                             chance_between(chance, edo_ms(4500), edo_ms(5500)));
    return err;
}

/* A call that its client has taken back goes on nowhere. */
static void check_left(const exchange *x, const record *r) {
    if (r->running > 0)
        verdict_add(x->v, "%d-%d still runs at %s", r->client, r->nth, servers[r->server]);
    if (r->left.ns == 0 || r->begun != 1 || x->loss > 0 ||
        r->ended.ns < r->left.ns + edo_ms(100).ns)
        return;
    if (!edo_sim_is_disturbed(x->sim, servers[r->server], r->left,
                              edo_ns(r->left.ns + edo_s(1).ns)))
        verdict_add(x->v, "%d-%d was taken back, and went on for %d ms", r->client, r->nth,
                    (int)((r->ended.ns - r->left.ns) / 1000000));
}

static void check_exchange(const exchange *x) {
    for (int i = 0; i < CLIENTS; i++)
        for (int n = 0; n < x->callers[i].calls_n; n++) check_left(x, &x->callers[i].calls[n]);
    for (int i = 0; i < SERVERS; i++)
        if (x->stations[i].tasks > x->stations[i].tasks_first)
            verdict_add(x->v, "%s has %d tasks, and had %d at first", servers[i],
                        (int)x->stations[i].tasks, (int)x->stations[i].tasks_first);
}

/* Each server ends in time: those that are replaced are not killed. */
static void check_ends(const exchange *x, edo_duration asked) {
    for (int i = 0; i < SERVERS; i++) {
        const station *s = &x->stations[i];
        if (s->ended.ns < asked.ns || s->ended.ns > asked.ns + edo_s(1).ns)
            verdict_add(x->v, "%s has nothing to do, and does not end", servers[i]);
        if (x->is_rolling && s->ended_n != BOUNCES / SERVERS + 1)
            verdict_add(x->v, "%s has ended %u times by itself", servers[i], s->ended_n);
    }
}

static int exchange_rest(void *arg) {
    (void)arg;
    return edo_sleep(edo_minutes(2));
}

static int exchange_run(exchange *x, uint64_t *chance) {
    int err = 0;
    for (int i = 0; i < SERVERS && err == 0; i++)
        err = edo_sim_host(x->sim, servers[i], station_run, &x->stations[i]);
    for (int i = 0; i < CLIENTS && err == 0; i++)
        err = edo_sim_client(x->sim, clients[i], caller_run, &x->callers[i]);
    if (err == 0) err = exchange_disturb(x, chance);
    const edo_duration calm = edo_sim_calm(x->sim);
    x->end = calm.ns < FAULTS_UNTIL.ns ? FAULTS_UNTIL : calm;
    if (err == 0) err = edo_sim_run(x->sim, edo_minutes(20));
    if (err == 0) err = edo_sim_client(x->sim, "rests", exchange_rest, NULL);
    if (err == 0) err = edo_sim_run(x->sim, edo_minutes(3));
    if (err == 0) check_exchange(x);
    const edo_duration now = edo_sim_now(x->sim);
    for (int i = 0; i < SERVERS && err == 0; i++)
        err = edo_sim_signal(x->sim, servers[i], SIGTERM, now);
    if (err == 0) err = edo_sim_client(x->sim, "looks", exchange_rest, NULL);
    if (err == 0) err = edo_sim_run(x->sim, edo_minutes(3));
    if (err == 0) check_ends(x, now);
    return err;
}

static uint64_t digest; /* of the last world */

static void play(uint64_t seed, verdict *v) {
    static const edo_balance_kind balances[] = { EDO_BALANCE_P2C, EDO_BALANCE_ROUND_ROBIN,
                                                 EDO_BALANCE_PICK_FIRST };
    uint64_t chance = chance_seed(seed + 1000000);
    exchange x = { .v = v, .is_rolling = seed % 2 == 0 };
    x.loss = x.is_rolling ? 0 : chance_loss(&chance);
    x.streams_stay = chance_below(&chance, 2) == 0;
    x.has_ages = chance_below(&chance, 2) == 0;
    x.balance = balances[chance_below(&chance, EDO_COUNT(balances))];
    x.stations = calloc(SERVERS, sizeof *x.stations);
    x.callers = calloc(CLIENTS, sizeof *x.callers);
    assert_non_null(x.stations);
    assert_non_null(x.callers);
    for (int i = 0; i < SERVERS; i++)
        x.stations[i] = (station){ .in = &x, .number = i, .chance = chance_next(&chance) };
    for (int i = 0; i < CLIENTS; i++) {
        x.callers[i].in = &x;
        x.callers[i].number = i;
        x.callers[i].chance = chance_next(&chance);
    }
    x.sim = edo_sim_new(&(edo_sim_opts){ .seed = seed, .link.loss = x.loss });
    assert_non_null(x.sim);
    int err = exchange_run(&x, &chance);
    if (err < 0) {
        char why[256];
        (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
        verdict_add(v, "%s", why);
    }
    digest = edo_sim_digest(x.sim);
    edo_sim_free(x.sim);
    free(x.stations);
    free(x.callers);
}

static void calls_are_begun_once_and_streams_have_no_hole(void **state) {
    (void)state;
    assert_int_equal(run_seeds(play, SEEDS_USUAL), 0);
}

/* The ages of connections, too, are by the seed. */
static void one_seed_is_one_world_wherever_it_lies_in_memory(void **state) {
    void *blocks[256];
    verdict v = { "" };
    (void)state;
    if (seeds_are_said()) skip();
    play(AGED, &v);
    const uint64_t first = digest;
    for (size_t i = 0; i < EDO_COUNT(blocks); i++) blocks[i] = malloc(16 + i * 16);
    play(AGED, &v);
    for (size_t i = 0; i < EDO_COUNT(blocks); i++) free(blocks[i]);
    assert_int_equal(digest, first);
    assert_string_equal(v.why, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_begun_once_and_streams_have_no_hole),
        cmocka_unit_test(one_seed_is_one_world_wherever_it_lies_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
