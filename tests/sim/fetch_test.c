/* SPDX-License-Identifier: MIT */
/* Goal: the HTTP client sends a request that is not idempotent once at most, gives no reply to
 * another request, nor a part of one, ends each in time, and has no connection left in the end,
 * whatever happens to its servers and on the ways to them. While servers are only replaced, one
 * after the other, no request fails that may be sent again, and over HTTP/2 none at all.
 * Method: two servers that note what comes, behind one name, and clients of HTTP/1.1 and HTTP/2
 * with many requests at once; in one world of three servers are replaced, in the others are faults
 * by the seed. */
#include "inside.h"
#include "seeds.h"

#include <edo/bytes.h>
#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/seq_generate.h>
#include <edo/stats.h>
#include <edo/web.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

#define SERVERS      2
#define CLIENTS      3
#define TASKS        2   /* of a client, that ask at once */
#define ASKED_MAX    600 /* requests of a client */
#define ATTEMPTS     4
#define LENGTH_MAX   (16 * 1024)
#define PIECE        4096
#define RUN          512          /* bytes of one letter */
#define SLOW_MAX     edo_ms(1200) /* of a handler */
#define RECOVERY     edo_minutes(3)
#define BOUNCES      2
#define FAULTS_UNTIL edo_s(8)
#define BOUNCE_EVERY edo_ms(5500)

static const char *const servers[SERVERS] = { "north", "east" };
static const char *const clients[CLIENTS] = { "ann", "bob", "cleo" };

typedef struct shop {
    edo_sim *sim;
    verdict *v;
    double loss;
    bool is_rolling;  /* servers are replaced in turn, and nothing else happens */
    edo_duration end; /* clients stop to ask for more */
    struct client *askers;
    struct server *all;
} shop;

static edo_duration time_in(const shop *s) {
    return edo_sim_now(s->sim);
}

/* ---- What is asked, and what a reply is ------------------------------------------------------ */

/* A number that tells a request from all others: its client and its place. */
typedef struct fetch_id {
    int client, nth;
} fetch_id;

/* What a request is, by its number: both sides know it. */
typedef struct nature {
    edo_method method;   /* GET, PUT or POST */
    size_t sent, got;    /* bytes of the body, and of the reply behind its first line */
    bool is_broken;      /* the source of the body fails when it has given a part */
    bool is_streamed;    /* the body comes in pieces, in memory else */
    bool is_told;        /* its length is */
    bool is_in_pieces;   /* the reply */
    edo_duration paused; /* between pieces of the body */
} nature;

static nature nature_of(fetch_id id) {
    static const edo_method methods[] = { EDO_METHOD_GET, EDO_METHOD_PUT, EDO_METHOD_POST };
    uint64_t chance = chance_seed((uint64_t)id.client * ASKED_MAX + (uint64_t)id.nth + 77);
    nature n = { .method = methods[chance_below(&chance, 3)] };
    n.got = chance_below(&chance, 4) == 0 ? chance_below(&chance, LENGTH_MAX) : 10;
    n.is_in_pieces = chance_below(&chance, 3) == 0;
    if (n.method == EDO_METHOD_GET) return n;
    n.sent = chance_below(&chance, 3) == 0 ? 1 + chance_below(&chance, LENGTH_MAX) : 20;
    n.is_streamed = chance_below(&chance, 2) == 0;
    n.is_told = chance_below(&chance, 2) == 0;
    n.is_broken = n.is_streamed && chance_below(&chance, 4) == 0;
    n.paused = edo_ms((int64_t)chance_below(&chance, 3) * 20);
    return n;
}

/* Byte `i` of a body or a reply differs from that of others. */
static char letter_of(fetch_id id, size_t i) {
    return (char)('a' + (id.client * 7 + id.nth * 3 + (int)(i / RUN)) % 26);
}

/* Returns how many bytes from byte `i` on, of `most`, are one letter. */
static size_t run_of(size_t i, size_t most) {
    const size_t left = RUN - i % RUN;
    return left < most ? left : most;
}

static void letters_fill(char *to, fetch_id id, size_t from, size_t n) {
    for (size_t i = 0, run; i < n; i += run) {
        run = run_of(from + i, n - i);
        memset(to + i, letter_of(id, from + i), run);
    }
}

static bool letters_are_right(const char *text, fetch_id id, size_t from, size_t n) {
    for (size_t i = 0, run; i < n; i += run) {
        run = run_of(from + i, n - i);
        if (text[i] != letter_of(id, from + i) || memcmp(text + i, text + i + 1, run - 1) != 0)
            return false;
    }
    return true;
}

static bool fetch_id_read(fetch_id *id, edo_str text) {
    char copy[32];
    if (text.len >= sizeof copy) return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return sscanf(copy, "%d-%d", &id->client, &id->nth) == 2 && id->client >= 0 &&
           id->client < CLIENTS && id->nth >= 0 && id->nth < ASKED_MAX;
}

/* What is known of a request. */
typedef struct record {
    fetch_id id;
    unsigned came, taken; /* how often it has come to a server, and was read whole there */
    bool may_have_left;   /* an attempt has ended that may have sent a byte */
} record;

typedef struct client {
    shop *in;
    int number, asked_n;
    uint64_t chance;
    edo_http_client *http;
    record asked[ASKED_MAX];
} client;

/* ---- Servers --------------------------------------------------------------------------------- */

typedef struct server {
    shop *in;
    const char *name;
    uint64_t chance;
    uint64_t tasks_first, tasks; /* alive: before there was a request, and now */
    edo_duration ended;          /* when the program has ended last */
    unsigned ended_n;
} server;

static int read_body(edo_web *w, const server *s, record *r) {
    char piece[1024];
    size_t n = 0;
    ssize_t got;
    edo_stream *in = edo_web_body_stream(w);
    const nature is = nature_of(r->id);
    while ((got = edo_read(in, piece, sizeof piece)) > 0) {
        if (!letters_are_right(piece, r->id, n, (size_t)got))
            verdict_add(s->in->v, "%d-%d has come with bytes of another one", r->id.client,
                        r->id.nth);
        n += (size_t)got;
    }
    if (got == 0 && (n != is.sent || is.is_broken))
        verdict_add(s->in->v, "%d-%d: a body of %zu bytes was cut to %zu, and nobody was told",
                    r->id.client, r->id.nth, is.sent, n);
    if (got == 0) r->taken++;
    return (int)got;
}

/* "north 1-27", a line end, and letters. */
static int reply(edo_web *w, server *s, const record *r) {
    const nature is = nature_of(r->id);
    char *text = edo_arena_alloc(edo_web_request(w)->arena, is.got + 64);
    if (!text) return -ENOMEM;
    const size_t head = (size_t)snprintf(text, 64, "%s %d-%d\n", s->name, r->id.client, r->id.nth);
    letters_fill(text + head, r->id, 0, is.got);
    text[head + is.got] = '\0';
    if (!is.is_in_pieces) return edo_web_reply_text(w, EDO_STATUS_OK, text);
    edo_stream *out;
    int err = edo_web_reply_stream(w, &out, EDO_STATUS_OK, "text/plain");
    for (size_t at = 0; at < head + is.got && err == 0; at += PIECE) {
        const size_t left = head + is.got - at;
        err = edo_write_all(out, text + at, left < PIECE ? left : PIECE);
        if (err == 0) err = edo_sleep(chance_between(&s->chance, edo_ms(0), edo_ms(40)));
    }
    return err;
}

static int serve_one(edo_web *w) {
    server *s = edo_web_state(w);
    fetch_id id;
    if (!fetch_id_read(&id, edo_web_param(w, "id"))) return -EPROTO;
    record *r = &s->in->askers[id.client].asked[id.nth];
    const nature is = nature_of(id);
    r->came++;
    if (is.method == EDO_METHOD_POST ? r->came > 1 : r->came > 2 * ATTEMPTS)
        verdict_add(s->in->v, "%d-%d has come %u times", id.client, id.nth, r->came);
    if (!s->in->is_rolling && chance_below(&s->chance, 20) == 0)
        return edo_web_reply_text(w, EDO_STATUS_SERVICE_UNAVAILABLE, "later");
    int err = is.method == EDO_METHOD_GET ? 0 : read_body(w, s, r);
    if (err == 0)
        err = edo_sleep(chance_below(&s->chance, 6) == 0
                            ? chance_between(&s->chance, edo_ms(50), SLOW_MAX)
                            : chance_between(&s->chance, edo_ms(0), edo_ms(10)));
    return err < 0 ? err : reply(w, s, r);
}

/* Looks how many tasks there are. */
static int count_tasks(void *arg) {
    server *s = arg;
    for (int err = 0; err == 0; err = edo_sleep(edo_s(1))) {
        edo_runtime_stats now = { .w = NULL };
        edo_runtime_get_stats(edo_runtime_current(), &now);
        s->tasks = now.tasks_alive;
        if (s->tasks_first == 0) s->tasks_first = s->tasks;
    }
    return 0;
}

static int server_run(void *arg) {
    server *s = arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/{id}", serve_one);
    edo_router_put(r, "/{id}", serve_one);
    edo_router_post(r, "/{id}", serve_one);
    edo_task *counts = edo_spawn(count_tasks, s);
    if (!counts) return -ENOMEM;
    int err = edo_web_serve(r, &(edo_web_opts){ .listen = "0.0.0.0:80", .state = s });
    edo_task_cancel(counts);
    (void)edo_task_join(counts);
    if (edo_sim_is_gone()) return 0;
    s->ended_n++;
    s->ended = time_in(s->in);
    return err == -ECANCELED ? 0 : err;
}

/* ---- Clients: bodies ------------------------------------------------------------------------- */

/* Emits the body of a request; of one that is broken a half. */
static int body_make(void *arg, edo_emitter *e) {
    const record *r = arg;
    const nature is = nature_of(r->id);
    const size_t most = is.is_broken ? is.sent / 2 : is.sent;
    int err = 0;
    for (size_t at = 0; at < most && err == 0; at += PIECE) {
        edo_bytes piece;
        char *fill;
        const size_t n = most - at < PIECE ? most - at : PIECE;
        err = edo_bytes_new(&piece, &fill, n);
        if (err < 0) break;
        letters_fill(fill, r->id, at, n);
        err = edo_emit(e, &piece);
        if (err < 0) edo_bytes_unref(&piece);
        if (err == 0) err = edo_sleep(is.paused);
    }
    return err == 0 && is.is_broken ? -EIO : err;
}

/* `*memory` is freed after the request. */
static int body_set(edo_fetch_opts *o, record *r, char **memory) {
    const nature is = nature_of(r->id);
    if (is.method == EDO_METHOD_GET) return 0;
    if (!is.is_streamed) {
        *memory = malloc(is.sent);
        if (!*memory) return -ENOMEM;
        letters_fill(*memory, r->id, 0, is.sent);
        o->data = (edo_str){ *memory, is.sent };
        return 0;
    }
    o->seq = edo_seq_generate(sizeof(edo_bytes), body_make, r);
    o->body_length = is.is_told ? (int64_t)is.sent : -1;
    return o->seq ? 0 : -ENOMEM;
}

/* ---- Clients: requests ----------------------------------------------------------------------- */

/* Is asked after each attempt but the last: it changes nothing, and looks. */
static bool decide(void *arg, edo_http_attempt *at) {
    const client *c = arg;
    fetch_id id;
    edo_str path = at->request->url;
    while (path.len > 0 && path.ptr[0] != ':') path.ptr++, path.len--; // behind "http"
    while (path.len > 0 && (path.ptr[0] < '0' || path.ptr[0] > '9')) path.ptr++, path.len--;
    CHECK(fetch_id_read(&id, path));
    record *r = &c->in->askers[id.client].asked[id.nth];
    if (!at->is_unsent) r->may_have_left = true;
    if (!r->may_have_left && r->came > 0)
        verdict_add(c->in->v, "%d-%d has come, and was not sent", id.client, id.nth);
    if (at->n >= ATTEMPTS)
        verdict_add(c->in->v, "%d-%d: another attempt after %u", id.client, id.nth, at->n);
    if (at->is_worth_more && !at->is_unsent && nature_of(id).method == EDO_METHOD_POST)
        verdict_add(c->in->v, "the POST %d-%d would be sent again", id.client, id.nth);
    return at->is_worth_more;
}

/* Is the reply that of the request, and whole? */
static void check_whole(const client *c, const record *r, edo_str body) {
    const nature is = nature_of(r->id);
    char head[64];
    for (int i = 0; i < SERVERS; i++) {
        const size_t n =
            (size_t)snprintf(head, sizeof head, "%s %d-%d\n", servers[i], r->id.client, r->id.nth);
        if (body.len == n + is.got && memcmp(body.ptr, head, n) == 0 &&
            letters_are_right(body.ptr + n, r->id, 0, is.got))
            return;
    }
    verdict_add(c->in->v, "%d-%d: %zu bytes came for %zu, \"%.*s\"", r->id.client, r->id.nth,
                body.len, is.got, body.len < 40 ? (int)body.len : 40, body.ptr);
}

/* What must have succeeded: of two servers there is always one. An idempotent request may be sent
 * again, and over HTTP/2 a server tells which ones it has not looked at. */
static bool has_to_succeed(const client *c, const record *r, edo_duration limit) {
    const nature is = nature_of(r->id);
    const bool is_http2 = c->number != 0;
    return c->in->is_rolling && !is.is_broken && limit.ns >= edo_s(20).ns &&
           (is_http2 || is.method != EDO_METHOD_POST);
}

static void check_end(const client *c, const record *r, edo_duration from, edo_duration limit,
                      int err) {
    const nature is = nature_of(r->id);
    const int64_t over = time_in(c->in).ns - from.ns - limit.ns;
    if (over > edo_ms(30).ns)
        verdict_add(c->in->v, "%d-%d took %d ms more than its limit of %d ms: %d", r->id.client,
                    r->id.nth, (int)(over / 1000000), (int)(limit.ns / 1000000), err);
    if (err == 0 && r->came == 0)
        verdict_add(c->in->v, "%d-%d has a reply, and came to no server", r->id.client, r->id.nth);
    if (err == 0 && is.is_broken)
        verdict_add(c->in->v, "%d-%d has a reply, and half a body", r->id.client, r->id.nth);
    if (err < 0 && has_to_succeed(c, r, limit))
        verdict_add(c->in->v, "%d-%d failed with %s, and one server was always there", r->id.client,
                    r->id.nth, edo_strerror(err));
}

/* Returns the result of one request. Its limit is one of the client's, or a deadline around. */
static int ask_for(client *c, const char *host, edo_duration limit) {
    record *r = &c->asked[c->asked_n];
    char url[64], *memory = NULL;
    edo_bytes body;
    r->id = (fetch_id){ c->number, c->asked_n++ };
    const bool is_around = chance_below(&c->chance, 3) == 0;
    (void)snprintf(url, sizeof url, "http://%s/%d-%d", host, r->id.client, r->id.nth);
    edo_fetch_opts o = { .client = c->http,
                         .method = nature_of(r->id).method,
                         .attempts = ATTEMPTS,
                         .timeout = is_around ? edo_ns(-1) : limit };
    int err = body_set(&o, r, &memory);
    if (err < 0) return err;
    const edo_duration from = time_in(c->in);
    EDO_DEADLINE(around, is_around ? limit : edo_hours(1));
    err = edo_fetch_bytes(&body, edo_str_of(url), &o);
    err = edo_deadline_end(&around, err);
    edo_trail_clear();
    free(memory);
    if (err == 0) {
        check_whole(c, r, body.str);
        edo_bytes_unref(&body);
    }
    check_end(c, r, from, limit, err);
    return err;
}

static edo_duration limit_by_chance(client *c) {
    if (chance_below(&c->chance, 3) == 0) // most of these pass
        return chance_between(&c->chance, edo_ms(1), edo_ms(60));
    return c->in->is_rolling ? edo_s(20) : chance_between(&c->chance, edo_ms(300), edo_s(5));
}

/* One task of a client. */
static int ask_on(void *arg) {
    client *c = arg;
    int err = 0;
    while (err == 0 && time_in(c->in).ns < c->in->end.ns && c->asked_n < ASKED_MAX - 100) {
        const uint32_t where = chance_below(&c->chance, 4);
        (void)ask_for(c, where < SERVERS && !c->in->is_rolling ? servers[where] : "shop",
                      limit_by_chance(c));
        err = edo_sleep(chance_between(&c->chance, edo_ms(0), edo_ms(1000)));
    }
    return err;
}

/* All is well again: some requests to each server succeed. */
static int recover(client *c) {
    const edo_duration from = time_in(c->in);
    for (int well_n = 0; well_n < 4 * SERVERS && c->asked_n < ASKED_MAX;) {
        const bool is_broken = nature_of((fetch_id){ c->number, c->asked_n }).is_broken;
        int err = ask_for(c, servers[well_n % SERVERS], edo_s(5));
        if (!is_broken) well_n = err == 0 ? well_n + 1 : 0;
        err = edo_sleep(edo_s(well_n == 0 ? 5 : 0));
        if (err < 0) return err;
        if (time_in(c->in).ns - from.ns < RECOVERY.ns) continue;
        verdict_add(c->in->v, "%s: not well again", clients[c->number]);
        break;
    }
    return 0;
}

/* Nothing is left of all requests. */
static int check_rest(const client *c) {
    edo_http_client_stats now = { .open = 0 };
    int err = edo_sleep(edo_s(40)); // for what is not acknowledged: it may be idle only then
    edo_http_client_close_idle(c->http);
    if (err == 0) err = edo_sleep(edo_s(40));
    edo_http_client_get_stats(c->http, &now);
    if (now.open + now.idle + now.waiting > 0)
        verdict_add(c->in->v, "%s has %u connections, %u idle, and %u wait", clients[c->number],
                    now.open, now.idle, now.waiting);
    return err;
}

/* The name of both servers. */
static int resolve_shop(void *arg, edo_addr *out, size_t out_max, const char *host) {
    client *c = arg;
    if (strncmp(host, "shop", 4) != 0) return edo_resolver_system(NULL, out, out_max, host);
    const uint32_t first = chance_below(&c->chance, SERVERS);
    int n = 0;
    for (uint32_t i = 0; i < SERVERS && n < (int)out_max; i++) {
        int got =
            edo_resolver_system(NULL, out + n, out_max - (size_t)n, servers[(first + i) % SERVERS]);
        if (got < 0) return got;
        n += got;
    }
    return n;
}

static int client_run(void *arg) {
    static const edo_http_retry_ops looks = { .decide = decide };
    client *c = arg;
    const edo_http_retry_opts retry = {
        .no_budget = c->in->is_rolling,
        .backoff = { .kind = EDO_BACKOFF_EQUAL, .pause_min = edo_ms(100), .pause_max = edo_s(1) },
        .ops = &looks,
        .arg = c
    };
    const edo_http_client_opts opts = { .resolve = resolve_shop,
                                        .arg = c,
                                        .retry = &retry,
                                        .connect_timeout = edo_s(5),
                                        .prior_knowledge = c->number != 0,
                                        .host_conns_max = c->number == 0 ? 2 : 0 };
    int err = edo_http_client_new(&c->http, &opts);
    if (err < 0) return err;
    EDO_SCOPE(all, NULL);
    for (int i = 0; i < TASKS; i++) edo_scope_spawn(&all, ask_on, c);
    err = edo_scope_end(&all, 0);
    if (err == 0) err = recover(c);
    if (err == 0) err = check_rest(c);
    edo_http_client_unref(c->http);
    return err;
}

/* ---- The world ------------------------------------------------------------------------------- */

/* When a server is replaced next. */
static edo_duration bounce_time(int nth) {
    return edo_ns(edo_s(2).ns + nth * BOUNCE_EVERY.ns);
}

static int shop_disturb(shop *s, uint64_t *chance) {
    if (!s->is_rolling)
        return edo_sim_chaos(s->sim, &(edo_sim_chaos_opts){ .until = FAULTS_UNTIL });
    int err = 0;
    for (int i = 0; i < BOUNCES && err == 0; i++)
        err = edo_sim_bounce(s->sim, servers[i % SERVERS], SIGTERM, bounce_time(i),
                             chance_between(chance, edo_ms(3500), edo_ms(4500)));
    return err;
}

static int shop_rest(void *arg) {
    (void)arg;
    return edo_sleep(edo_minutes(2));
}

/* No request is left at a server. */
static void check_servers(const shop *s) {
    for (int i = 0; i < SERVERS; i++)
        if (s->all[i].tasks > s->all[i].tasks_first)
            verdict_add(s->v, "%s has %d tasks, and had %d at first", servers[i],
                        (int)s->all[i].tasks, (int)s->all[i].tasks_first);
}

/* Each server ends in time: those that are replaced are not killed. */
static void check_ends(const shop *s, edo_duration asked) {
    for (int i = 0; i < SERVERS; i++) {
        const server *one = &s->all[i];
        if (one->ended.ns < asked.ns || one->ended.ns > asked.ns + edo_s(1).ns)
            verdict_add(s->v, "%s has nothing to do, and does not end", servers[i]);
        if (s->is_rolling && one->ended_n != BOUNCES / SERVERS + 1)
            verdict_add(s->v, "%s has ended %u times by itself", servers[i], one->ended_n);
    }
}

static int shop_run(shop *s, uint64_t *chance) {
    int err = 0;
    for (int i = 0; i < SERVERS && err == 0; i++)
        err = edo_sim_host(s->sim, servers[i], server_run, &s->all[i]);
    for (int i = 0; i < CLIENTS && err == 0; i++)
        err = edo_sim_client(s->sim, clients[i], client_run, &s->askers[i]);
    if (err == 0) err = shop_disturb(s, chance);
    const edo_duration calm = edo_sim_calm(s->sim);
    s->end = calm.ns < FAULTS_UNTIL.ns ? FAULTS_UNTIL : calm;
    if (err == 0) err = edo_sim_run(s->sim, edo_minutes(20));
    if (err == 0) err = edo_sim_client(s->sim, "rests", shop_rest, NULL);
    if (err == 0) err = edo_sim_run(s->sim, edo_minutes(3));
    if (err == 0) check_servers(s);
    const edo_duration now = edo_sim_now(s->sim);
    for (int i = 0; i < SERVERS && err == 0; i++)
        err = edo_sim_signal(s->sim, servers[i], SIGTERM, now);
    if (err == 0) err = edo_sim_client(s->sim, "looks", shop_rest, NULL);
    if (err == 0) err = edo_sim_run(s->sim, edo_minutes(3));
    if (err == 0) check_ends(s, now);
    return err;
}

static void play(uint64_t seed, verdict *v) {
    uint64_t chance = chance_seed(seed + 1000000);
    shop s = { .v = v, .is_rolling = seed % 3 == 0 };
    s.loss = s.is_rolling ? 0 : chance_loss(&chance);
    s.all = calloc(SERVERS, sizeof *s.all);
    s.askers = calloc(CLIENTS, sizeof *s.askers);
    assert_non_null(s.all);
    assert_non_null(s.askers);
    for (int i = 0; i < SERVERS; i++)
        s.all[i] = (server){ .in = &s, .name = servers[i], .chance = chance_next(&chance) };
    for (int i = 0; i < CLIENTS; i++) {
        s.askers[i].in = &s;
        s.askers[i].number = i;
        s.askers[i].chance = chance_next(&chance);
    }
    s.sim = edo_sim_new(&(edo_sim_opts){ .seed = seed, .link.loss = s.loss });
    assert_non_null(s.sim);
    int err = shop_run(&s, &chance);
    if (err < 0) {
        char why[256];
        (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
        verdict_add(v, "%s", why);
    }
    edo_sim_free(s.sim);
    free(s.all);
    free(s.askers);
}

static void each_request_is_sent_once_and_has_its_own_reply(void **state) {
    (void)state;
    assert_int_equal(run_seeds(play, SEEDS_USUAL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_is_sent_once_and_has_its_own_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
