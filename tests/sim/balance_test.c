/* SPDX-License-Identifier: MIT */
/* Goal: calls that are spread over servers by a balance, each behind a breaker, and made again by
 * rules, keep what edo/balance.h, edo/breaker.h and edo/retry_layer.h say: what must not be given
 * twice is not, an undisturbed server is found in time, breakers open while a server fails and
 * close when it is well, each server has its share in the end, and nobody waits for ever.
 * Method: callers of one host, servers that note what they get, and who takes servers out of the
 * list and puts them back; faults by the seed. A layer inside of each breaker counts beside it. */
#include "inside.h"
#include "seeds.h"

#include <edo/balance.h>
#include <edo/breaker.h>
#include <edo/edo.h>
#include <edo/layers.h>
#include <edo/retry_layer.h>

#include <errno.h>
#include <string.h>

#define SERVERS   3
#define CALLERS   4
#define CALLS_MAX 2000 /* of a caller */
#define IN_A_ROW  3    /* failures that open a breaker */
#define ATTEMPTS  3
#define LAST      45 /* calls of each caller at the end */

static const char *const servers[SERVERS] = { "north", "east", "south" };
static const char *const addresses[SERVERS] = { "north:80", "east:80", "south:80" };
static const edo_duration attempt_most = EDO_S(1), call_most = EDO_S(8), slack = EDO_MS(100),
                          quiet = EDO_S(10), open_least = EDO_MS(1000), open_most = EDO_S(4),
                          pause_least = EDO_MS(200), pause_most = EDO_S(2);

/* What is asked: of a caller, its nth. */
typedef struct question {
    uint32_t caller, nth, is_once, reserved;
} question;

/* What is replied to it, and by whom. */
typedef struct reply {
    question to;
    uint64_t server;
} reply;

typedef struct request {
    question asked;
    bool is_sent; /* some of it may have left */
    bool has_tried[SERVERS];
} request;

/* A server, as the callers see it. */
typedef struct end {
    struct bench *in;
    int number;
    edo_breaker *breaker;
    uint64_t generation; /* of the breaker, in which these were counted: */
    int row_n;           /* failures in a row */
    uint64_t opened_n;
    edo_instant opened_at, changed_at; /* the breaker; the list */
    bool is_listed;
} end;

typedef struct bench {
    edo_sim *sim;
    verdict *v;
    double loss;
    uint64_t chance;
    edo_balance_opts opts;
    edo_balance *balance;
    edo_service *calls;
    edo_mpsc_tx *list;
    end ends[SERVERS];
    uint8_t given[CALLERS][CALLS_MAX]; /* how often each has come to a server */
    int busy_n, made_n;
    bool is_dropped;
} bench;

static edo_duration time_of(const bench *b) {
    return edo_sim_now(b->sim);
}

static bool is_calm(const bench *b) {
    return time_of(b).ns > edo_sim_calm(b->sim).ns + edo_s(1).ns;
}

/* ---- Servers --------------------------------------------------------------------------------- */

typedef struct server {
    bench *in;
    int number;
} server;

typedef struct guest {
    server of;
    edo_stream *stream;
} guest;

static int guest_turn(const guest *g) {
    bench *b = g->of.in;
    reply r = { .server = (uint64_t)g->of.number };
    int err = edo_read_exact(g->stream, &r.to, sizeof r.to);
    if (err < 0) return err;
    if (r.to.caller >= CALLERS || r.to.nth >= CALLS_MAX) return -EPROTO;
    uint8_t *given = &b->given[r.to.caller][r.to.nth];
    ++*given;
    if (r.to.is_once && *given > 1)
        verdict_add(b->v, "call %u-%u has come to servers twice", r.to.caller, r.to.nth);
    if (*given > ATTEMPTS)
        verdict_add(b->v, "call %u-%u has come to servers %d times", r.to.caller, r.to.nth, *given);
    err = edo_sleep(chance_between(&b->chance, edo_ms(0), edo_ms(60)));
    return err < 0 ? err : edo_write_all(g->stream, &r, sizeof r);
}

static int guest_run(void *arg) {
    guest *g = arg;
    EDO_DEADLINE(silence, edo_s(10));
    (void)edo_deadline_end(&silence, guest_turn(g));
    edo_trail_clear();
    edo_close(g->stream);
    free(g);
    return 0;
}

static int server_run(void *arg) {
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
        *g = (guest){ *(server *)arg, s };
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

/* ---- Breakers -------------------------------------------------------------------------------- */

static void note_move(void *arg, edo_breaker *breaker, const edo_breaker_event *event) {
    end *e = arg;
    (void)breaker;
    if (event->kind != EDO_BREAKER_MOVED || event->to != EDO_BREAKER_OPEN) return;
    e->opened_n++;
    e->opened_at = edo_now();
    if (event->from == EDO_BREAKER_CLOSED && e->row_n < IN_A_ROW)
        verdict_add(e->in->v, "the breaker of %s opens after %d failures in a row",
                    servers[e->number], e->row_n);
}

/* A new state counts anew. */
static edo_breaker_stats end_look(end *e) {
    edo_breaker_stats s;
    edo_breaker_get_stats(e->breaker, &s);
    if (s.generation != e->generation) e->row_n = 0;
    if (s.state == EDO_BREAKER_CLOSED && e->row_n >= IN_A_ROW)
        verdict_add(e->in->v, "%s has failed %d times in a row, and its breaker is closed",
                    servers[e->number], e->row_n);
    e->generation = s.generation;
    return s;
}

static bool is_ready(const bench *b, int number) {
    edo_balance_endpoint all[SERVERS];
    const size_t n = edo_balance_list(b->balance, all, SERVERS);
    for (size_t i = 0; i < n && i < SERVERS; i++)
        if (strcmp(all[i].endpoint.address, addresses[number]) == 0)
            return all[i].state == EDO_BALANCE_READY && !all[i].is_ejected;
    return false;
}

/* The breaker lets an attempt pass. */
static void check_pass(const end *e, const edo_breaker_stats *s) {
    const char *name = servers[e->number];
    const int64_t ns = edo_instant_since(edo_now(), e->opened_at).ns;
    if (s->state != EDO_BREAKER_CLOSED && s->state != EDO_BREAKER_HALF_OPEN)
        verdict_add(e->in->v, "%s is called, and its breaker is %s", name,
                    edo_breaker_state_name(s->state));
    if (s->state == EDO_BREAKER_HALF_OPEN && s->under_way > 1)
        verdict_add(e->in->v, "%s has %u trials", name, s->under_way);
    if (e->opened_n > 0 && ns < open_least.ns / 2 - open_least.ns / 50)
        verdict_add(e->in->v, "%s is called %d ms after its breaker has opened", name,
                    (int)(ns / 1000000));
}

/* Inside of the breaker, around the limit of an attempt: counts as that does. */
static int count(void *arg, edo_next *next, void *request_, void *response) {
    end *e = arg;
    const edo_breaker_stats before = end_look(e);
    check_pass(e, &before);
    int err = edo_layer_next(next, request_, response);
    const edo_breaker_stats after = end_look(e);
    if (after.generation != before.generation) return err; // it is late
    if (edo_outcome_of(err) == EDO_CALL_SUCCEEDED) e->row_n = 0;
    if (edo_outcome_of(err) == EDO_CALL_FAILED) e->row_n++;
    return err;
}

/* Outside of the breaker: the server was picked. It is in the list, and the call has tried all
 * others that are ready before it comes here again. */
static int note_pick(void *arg, edo_next *next, void *request_, void *response) {
    const end *e = arg;
    const bench *b = e->in;
    request *req = request_;
    const char *name = servers[e->number];
    if (!e->is_listed && edo_instant_since(edo_now(), e->changed_at).ns > slack.ns)
        verdict_add(b->v, "%s is called, and not in the list", name);
    for (int i = 0; i < SERVERS && req->has_tried[e->number]; i++)
        if (!req->has_tried[i] && is_ready(b, i))
            verdict_add(b->v, "call %u-%u comes to %s again, and %s is ready", req->asked.caller,
                        req->asked.nth, name, servers[i]);
    req->has_tried[e->number] = true;
    return edo_layer_next(next, request_, response);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

/* Each has a connection of its own. */
static int call_server(void *arg, void *request_, void *response) {
    const end *e = arg;
    request *req = request_;
    edo_stream *s = NULL;
    int err = edo_tcp_connect(&s, addresses[e->number], NULL);
    if (err < 0) return err;
    req->is_sent = true;
    err = edo_write_all(s, &req->asked, sizeof req->asked);
    if (err >= 0) err = edo_read_exact(s, response, sizeof(reply));
    edo_close(s);
    return err < 0 ? err : 0;
}

static void end_drop(void *arg) {
    ((end *)arg)->in->made_n--;
}

/* Breaker, counter, limit, call; and who notes what was picked. */
static int end_build(end *e, edo_service **out) {
    edo_stack stack;
    edo_service *call;
    int err = edo_service_from_fn(&call, call_server, e, end_drop);
    if (err < 0) return err;
    e->in->made_n++;
    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_layer_from_fn(note_pick, e));
    edo_stack_push(&stack, edo_breaker_layer(e->breaker));
    edo_stack_push(&stack, edo_layer_from_fn(count, e));
    edo_stack_push(&stack, edo_timeout_layer(attempt_most));
    err = edo_stack_build(out, &stack, call);
    edo_stack_deinit(&stack);
    return err;
}

static int end_make(void *arg, edo_service **out, const void *target) {
    bench *b = arg;
    const edo_endpoint *to = target;
    edo_stream *s;
    int err = edo_tcp_connect(&s, to->address, NULL); // is it there?
    if (err < 0) return err;
    edo_close(s);
    for (int i = 0; i < SERVERS; i++)
        if (strcmp(to->address, addresses[i]) == 0) return end_build(&b->ends[i], out);
    return -ENOENT;
}

static void bench_drop(void *arg) {
    ((bench *)arg)->is_dropped = true;
}

/* What has left is given to another server only if that does no harm. */
static bool may_follow(void *ctx, edo_retry_attempt *attempt) {
    const request *req = attempt->request;
    (void)ctx;
    return attempt->result < 0 && (!req->asked.is_once || !req->is_sent);
}

static const edo_retry_policy_ops rules = { .decide = may_follow };

static int calls_new(bench *b, edo_mpsc_rx *rx) {
    const edo_retry_layer_opts again = { .policy = &rules,
                                         .attempts = ATTEMPTS,
                                         .backoff = { .pause_min = edo_ms(5) } };
    const edo_layer retry = edo_retry_layer(&again);
    edo_service *svc;
    int err =
        edo_balance_service_new(&svc, edo_seq_from_mpsc(rx), end_make, b, bench_drop, &b->opts);
    if (err == 0) err = edo_layer_wrap(&b->calls, &retry, svc);
    if (err == 0) b->balance = edo_balance_of(b->calls);
    return err;
}

/* ---- Callers --------------------------------------------------------------------------------- */

typedef struct caller {
    bench *in;
    uint32_t number, asked_n;
    uint64_t chance;
    int by[SERVERS]; /* replies of each server */
    int failed_n;
} caller;

/* Was there a server that nothing had disturbed for so long that all is well with it? */
static bool had_a_server(const bench *b, edo_duration from, edo_duration to) {
    for (int i = 0; i < SERVERS; i++) {
        const end *e = &b->ends[i];
        const bool was_there = e->is_listed && edo_instant_since(edo_now(), e->changed_at).ns >
                                                   quiet.ns + to.ns - from.ns;
        const edo_duration since = edo_ns(from.ns - quiet.ns);
        if (was_there && since.ns > 0 && !edo_sim_is_disturbed(b->sim, servers[i], since, to))
            return true;
    }
    return false;
}

static void check_reply(caller *c, const request *req, const reply *r) {
    if (memcmp(&r->to, &req->asked, sizeof r->to) != 0 || r->server >= SERVERS)
        verdict_add(c->in->v, "call %u-%u has the reply to %u-%u", c->number, req->asked.nth,
                    r->to.caller, r->to.nth);
    else
        c->by[r->server]++;
    if (c->in->given[c->number][req->asked.nth] == 0)
        verdict_add(c->in->v, "call %u-%u has a reply, and came to nobody", c->number,
                    req->asked.nth);
}

static void call_once(caller *c) {
    bench *b = c->in;
    request req = { .asked = { c->number, c->asked_n++, chance_below(&c->chance, 3) == 0, 0 } };
    reply r = { .server = SERVERS };
    const edo_duration from = time_of(b);
    EDO_DEADLINE(patience, call_most);
    int err = edo_deadline_end(&patience, edo_service_oneshot(b->calls, &req, &r));
    const edo_duration to = time_of(b);
    edo_trail_clear();
    for (int i = 0; i < SERVERS; i++) (void)end_look(&b->ends[i]);
    if (err == 0) check_reply(c, &req, &r);
    if (err < 0) c->failed_n++;
    if (to.ns - from.ns > call_most.ns + slack.ns)
        verdict_add(b->v, "call %u-%u took %d ms", c->number, req.asked.nth,
                    (int)((to.ns - from.ns) / 1000000));
    const bool is_slow = to.ns - from.ns > ATTEMPTS * (attempt_most.ns + slack.ns);
    if (b->loss > 0 || req.asked.is_once || !had_a_server(b, from, to)) return;
    if (err < 0 || is_slow)
        verdict_add(b->v, "call %u-%u took %d ms, and ended with %d, though a server was well",
                    c->number, req.asked.nth, (int)((to.ns - from.ns) / 1000000), err);
}

/* After the faults: rounds until one has no failure, and all breakers are closed. */
static int recover(caller *c) {
    bench *b = c->in;
    int err = 0;
    for (int round = 0; err == 0; round++) {
        c->failed_n = 0;
        for (int i = 0; i < 6 && err == 0; i++) {
            call_once(c);
            err = edo_sleep(chance_between(&c->chance, edo_ms(50), edo_ms(300)));
        }
        bool is_well = c->failed_n == 0;
        for (int i = 0; i < SERVERS; i++)
            is_well =
                is_well && end_look(&b->ends[i]).state == EDO_BREAKER_CLOSED && is_ready(b, i);
        if (is_well) return err;
        if (round < 40) continue;
        verdict_add(b->v, "not well again: %d failed; breakers %s, %s, %s", c->failed_n,
                    edo_breaker_state_name(edo_breaker_get_state(b->ends[0].breaker)),
                    edo_breaker_state_name(edo_breaker_get_state(b->ends[1].breaker)),
                    edo_breaker_state_name(edo_breaker_get_state(b->ends[2].breaker)));
        return err;
    }
    return err;
}

static int caller_run(void *arg) {
    caller *c = arg;
    int err = 0;
    while (err == 0 && !is_calm(c->in)) {
        call_once(c);
        err = edo_sleep(chance_between(&c->chance, edo_ms(10), edo_ms(500)));
    }
    if (err == 0) err = recover(c);
    c->in->busy_n--;
    while (err == 0 && c->in->busy_n > 0) err = edo_sleep(edo_ms(100));
    memset(c->by, 0, sizeof c->by);
    for (int i = 0; i < LAST && err == 0; i++) {
        call_once(c);
        err = edo_sleep(chance_between(&c->chance, edo_ms(1), edo_ms(50)));
    }
    return err;
}

/* ---- The list -------------------------------------------------------------------------------- */

static int list_tell(bench *b, int number, bool is_there) {
    edo_endpoint_change change = { .what = is_there ? EDO_ENDPOINT_ADDED : EDO_ENDPOINT_REMOVED };
    int err = edo_endpoint_init(&change.endpoint, addresses[number], NULL, 1);
    b->ends[number].is_listed = is_there;
    b->ends[number].changed_at = edo_now();
    return err < 0 ? err : edo_mpsc_send(b->list, &change);
}

/* Takes one server after the other out for a while, with a part of the seeds. */
static int list_change(void *arg) {
    bench *b = arg;
    int err = 0;
    while (err == 0 && !is_calm(b)) {
        const int number = (int)chance_below(&b->chance, SERVERS);
        err = edo_sleep(chance_between(&b->chance, edo_s(1), edo_s(10)));
        if (err < 0 || is_calm(b)) break;
        err = list_tell(b, number, false);
        if (err == 0) err = edo_sleep(chance_between(&b->chance, edo_ms(1), edo_s(4)));
        if (err == 0) err = list_tell(b, number, true);
    }
    return err;
}

/* ---- The host of the callers ----------------------------------------------------------------- */

typedef struct app {
    bench *in;
    caller callers[CALLERS];
    server all[SERVERS];
    bool list_changes;
} app;

/* By turns each has its part; of two at random each has some. */
static void check_shares(const app *a) {
    int by[SERVERS] = { 0 }, all = 0;
    for (int i = 0; i < CALLERS; i++)
        for (int k = 0; k < SERVERS; k++) by[k] += a->callers[i].by[k];
    for (int k = 0; k < SERVERS; k++) all += by[k];
    const int least = a->in->opts.load == EDO_LOAD_PEAK_EWMA ? 1 : all / SERVERS / 2;
    for (int k = 0; k < SERVERS; k++)
        if (by[k] < least)
            verdict_add(a->in->v, "%s has %d of %d calls at the end", servers[k], by[k], all);
}

static int app_talk(app *a) {
    bench *b = a->in;
    EDO_SCOPE(all, NULL);
    b->busy_n = CALLERS;
    for (int i = 0; i < CALLERS; i++) edo_scope_spawn(&all, caller_run, &a->callers[i]);
    if (a->list_changes) edo_scope_spawn(&all, list_change, b);
    int err = edo_scope_end(&all, 0);
    check_shares(a);
    return err;
}

static int app_run(void *arg) {
    app *a = arg;
    bench *b = a->in;
    edo_mpsc_rx *rx = NULL;
    int err = 0;
    for (int i = 0; i < SERVERS && err == 0; i++) {
        const edo_breaker_opts opts = { .name = servers[i],
                                        .failures = 1,
                                        .failures_in_a_row = IN_A_ROW,
                                        .open_for = open_least,
                                        .open_for_max = open_most,
                                        .trials = 1,
                                        .half_open_max = edo_s(3),
                                        .on_event = note_move,
                                        .event_arg = &b->ends[i] };
        b->ends[i] = (end){ .in = b, .number = i };
        err = edo_breaker_new(&b->ends[i].breaker, &opts);
    }
    if (err == 0) err = edo_mpsc_new(&b->list, &rx, sizeof(edo_endpoint_change), 16, NULL);
    for (int i = 0; i < SERVERS && err == 0; i++) err = list_tell(b, i, true);
    if (err == 0) err = calls_new(b, rx);
    if (err == 0) err = app_talk(a);
    edo_service_unref(b->calls);
    edo_mpsc_tx_unref(b->list);
    int slept = edo_sleep(edo_s(1));
    if (!b->is_dropped || b->made_n > 0)
        verdict_add(b->v, "the balance has not ended: %d services are left", b->made_n);
    for (int i = 0; i < SERVERS; i++) edo_breaker_unref(b->ends[i].breaker);
    return err < 0 ? err : slept;
}

/* ---- The world ------------------------------------------------------------------------------- */

static void bench_init(bench *b, uint64_t seed, verdict *v) {
    uint64_t chance = chance_seed(seed + 5000000);
    b->v = v;
    b->loss = chance_loss(&chance);
    b->opts = (edo_balance_opts){
        .name = "servers",
        .kind = chance_below(&chance, 2) ? EDO_BALANCE_P2C : EDO_BALANCE_ROUND_ROBIN,
        .load = chance_below(&chance, 2) ? EDO_LOAD_PENDING : EDO_LOAD_PEAK_EWMA,
        .load_decay = edo_ms(500),
        .connect_timeout = edo_s(1),
        .pause_min = pause_least,
        .pause_max = pause_most,
        .fail_fast = chance_below(&chance, 2)
    };
    if (chance_below(&chance, 2))
        b->opts.outlier = (edo_outlier_opts){
            .failures = 4, .rest = edo_s(1), .rest_max = edo_s(3), .rest_share = 1
        };
    b->chance = chance_next(&chance);
}

static int world_run(bench *b, app *a) {
    const edo_sim_chaos_opts faults = { .until = edo_s(25), .longest = edo_s(10) };
    int err = 0;
    for (int i = 0; i < SERVERS && err == 0; i++) {
        a->all[i] = (server){ b, i };
        err = edo_sim_host(b->sim, servers[i], server_run, &a->all[i]);
    }
    if (err == 0) err = edo_sim_client(b->sim, "app", app_run, a);
    if (err == 0) err = edo_sim_chaos(b->sim, &faults);
    return err < 0 ? err : edo_sim_run(b->sim, edo_minutes(20));
}

static void play(uint64_t seed, verdict *v) {
    app a = { .in = calloc(1, sizeof(bench)) };
    bench *b = a.in;
    assert_non_null(b);
    bench_init(b, seed, v);
    a.list_changes = chance_below(&b->chance, 3) == 0;
    for (uint32_t i = 0; i < CALLERS; i++)
        a.callers[i] = (caller){ .in = b, .number = i, .chance = chance_next(&b->chance) };
    b->sim = edo_sim_new(&(edo_sim_opts){ .seed = seed, .link.loss = b->loss });
    assert_non_null(b->sim);
    int err = world_run(b, &a);
    if (err < 0) {
        char why[256];
        (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
        verdict_add(v, "%s", why);
    }
    edo_sim_free(b->sim);
    free(b);
}

static void calls_find_servers_that_are_well(void **state) {
    (void)state;
    assert_int_equal(run_seeds(play, SEEDS_USUAL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_find_servers_that_are_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
