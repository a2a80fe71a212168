/* SPDX-License-Identifier: MIT */
/* Goal: the example `gateway` sends no request twice that must not be, gives no reply to another
 * request, ends each in time, and uses all its servers again when they are well, whatever happens
 * to it, to them, and on the ways between.
 * Method: the program at a host of a world, three servers that note what they get, and clients that
 * know what a reply has to be; faults by the seed. */
#include "gateway_host.h"
#include "inside.h"
#include "seeds.h"

#include <edo/buf_io.h>
#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/web.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>

#define SERVERS     3
#define CLIENTS     3
#define ASKED_MAX   1000           /* requests of a client */
#define TIMEOUT_MS  4000           /* of the gateway, for a request */
#define PATIENCE_MS 8000           /* of a client */
#define RECOVERY    edo_minutes(5) /* a server that was ejected twice rests for a minute */
#define TEXT_MAX    (64 * 1024)

static const char *const servers[SERVERS] = { "north", "east", "south" };
static const char *const clients[CLIENTS] = { "ann", "bob", "cleo" };
static const char *const routes[] = { "one", "two" }; /* by HTTP/1.1 and by HTTP/2 */

typedef struct bench {
    edo_sim *sim;
    verdict *v;
    double loss;
    char folder[64], file[96];
    uint8_t posts[CLIENTS][ASKED_MAX]; /* how often each has come to a server */
    bool has_ended;                    /* the gateway */
} bench;

/* ---- Watches of files ------------------------------------------------------------------------ */

/* The files do not change here, and the kernel takes some milliseconds of real time to close a
 * watch: so only in some worlds there are such. Elsewhere a watch is an eventfd that says nothing.
 */
static bool has_watches;

int __real_inotify_init1(int flags);
int __wrap_inotify_init1(int flags);
int __wrap_inotify_init1(int flags) {
    return has_watches ? __real_inotify_init1(flags) : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask) {
    return has_watches ? __real_inotify_add_watch(fd, path, mask) : 1;
}

/* ---- What is asked, and what a reply is ------------------------------------------------------ */

/* A number that tells a request from all others: its client and its place. */
typedef struct ticket {
    int client, nth;
} ticket;

/* Behind its first line a text is as long as its ticket says. */
static size_t length_of(ticket t) {
    uint64_t chance = chance_seed((uint64_t)t.client * ASKED_MAX + (uint64_t)t.nth);
    return chance_below(&chance, 5) == 0 ? chance_below(&chance, TEXT_MAX) : 10;
}

static bool ticket_read(ticket *t, edo_str text) {
    char copy[32];
    if (text.len >= sizeof copy) return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return sscanf(copy, "%d-%d", &t->client, &t->nth) == 2 && t->client >= 0 &&
           t->client < CLIENTS && t->nth >= 0 && t->nth < ASKED_MAX;
}

/* "north 1-27", a line end, and `letters` letters. */
static int reply_text(edo_web *w, const char *server, edo_str what, size_t letters) {
    char *text = edo_arena_alloc(edo_web_request(w)->arena, letters + 128);
    if (!text) return -ENOMEM;
    int head = snprintf(text, 128, "%s %.*s\n", server, (int)what.len, what.ptr);
    memset(text + head, 'x', letters);
    text[(size_t)head + letters] = '\0';
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

/* ---- Servers --------------------------------------------------------------------------------- */

typedef struct server {
    bench *in;
    const char *name;
    uint64_t chance;
} server;

static int be_well(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "well");
}

static int be_slow(server *s) {
    const bool is_slow = chance_below(&s->chance, 10) == 0;
    return edo_sleep(is_slow ? chance_between(&s->chance, edo_ms(100), edo_ms(1500))
                             : chance_between(&s->chance, edo_ms(0), edo_ms(20)));
}

static int serve_get(edo_web *w) {
    server *s = edo_web_state(w);
    ticket t;
    edo_str text = edo_web_param(w, "ticket");
    if (!ticket_read(&t, text)) return -EPROTO;
    int err = be_slow(s);
    return err < 0 ? err : reply_text(w, s->name, text, length_of(t));
}

/* The body, if there is one, says once more which request it is of. */
static int serve_post(edo_web *w) {
    server *s = edo_web_state(w);
    ticket t, of_body;
    edo_str text = edo_web_param(w, "ticket"), body;
    if (!ticket_read(&t, text)) return -EPROTO;
    s->in->posts[t.client][t.nth]++;
    if (s->in->posts[t.client][t.nth] > 1)
        verdict_add(s->in->v, "the POST %d-%d has come to servers twice", t.client, t.nth);
    int err = edo_web_body(w, &body);
    if (err < 0) return err;
    if (body.len > 0 &&
        (!ticket_read(&of_body, body) || of_body.client != t.client || of_body.nth != t.nth))
        verdict_add(s->in->v, "the POST %d-%d has a body of another one", t.client, t.nth);
    err = be_slow(s);
    return err < 0 ? err : reply_text(w, s->name, text, length_of(t));
}

static int serve_page(edo_web *w) {
    server *s = edo_web_state(w);
    int err = be_slow(s);
    return err < 0 ? err : reply_text(w, s->name, edo_web_param(w, "page"), 100);
}

static int server_run(void *arg) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/healthz", be_well);
    for (size_t i = 0; i < EDO_COUNT(routes); i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "/%s/{ticket}", routes[i]);
        edo_router_get(r, path, serve_get);
        edo_router_post(r, path, serve_post);
    }
    edo_router_get(r, "/pages/{page}", serve_page);
    int err = edo_web_serve(r, &(edo_web_opts){ .listen = "0.0.0.0:80", .state = arg });
    return err == -ECANCELED ? 0 : err;
}

/* ---- Clients --------------------------------------------------------------------------------- */

typedef struct client {
    bench *in;
    int number, asked_n;
    uint64_t chance;
    bool has_seen[EDO_COUNT(routes)][SERVERS]; /* since the last fault is over */
    int failed_n;                              /* likewise, in the last round */
} client;

static edo_duration time_of(const bench *b) {
    return edo_sim_now(b->sim);
}

/* Has the reply `what` in its first line, and `letters` behind that? Returns the server. */
static int reply_check(const client *c, edo_str body, const char *what, size_t letters) {
    for (int i = 0; i < SERVERS; i++) {
        char head[128];
        int n = snprintf(head, sizeof head, "%s %s\n", servers[i], what);
        if (body.len == (size_t)n + letters && memcmp(body.ptr, head, (size_t)n) == 0) return i;
    }
    verdict_add(c->in->v, "%s asked for %s (%zu letters), and got \"%.*s\" of %zu bytes",
                clients[c->number], what, letters, body.len < 40 ? (int)body.len : 40, body.ptr,
                body.len);
    return -1;
}

/* Returns the status, or a negative code, and the body of a 200. */
static int fetch(edo_buf *body, const char *url, edo_method method, const char *data) {
    edo_http_response *res;
    const edo_fetch_opts opts = { .method = method,
                                  .data = data ? edo_str_of(data) : (edo_str){ NULL, 0 },
                                  .any_status = true,
                                  .attempts = 1 };
    EDO_DEADLINE(patience, edo_ms(PATIENCE_MS));
    int err = edo_fetch(&res, edo_str_of(url), &opts);
    int status = err;
    if (err == 0) {
        status = (int)res->status;
        if (status == 200) err = edo_http_response_collect(res, body, 2 * TEXT_MAX);
        edo_http_response_free(res);
    }
    err = edo_deadline_end(&patience, err);
    edo_trail_clear();
    return err < 0 ? err : status;
}

/* A request ends in time: in that of the client, and in that of the gateway, if nothing was wrong
 * with either of them. */
static void check_time(const client *c, const char *what, edo_duration from, int status) {
    const edo_duration to = time_of(c->in);
    const int64_t ms = (to.ns - from.ns) / 1000000;
    const bool is_disturbed = c->in->loss > 0 ||
                              edo_sim_is_disturbed(c->in->sim, clients[c->number], from, to) ||
                              edo_sim_is_disturbed(c->in->sim, "gateway", from, to);
    const int64_t most_ms = is_disturbed ? PATIENCE_MS : TIMEOUT_MS;
    if (ms > most_ms + 100)
        verdict_add(c->in->v, "%s: %s took %d ms, and ended with %d", clients[c->number], what,
                    (int)ms, status);
}

static void note_reply(client *c, size_t route, int status, int by) {
    if (status != 200) c->failed_n++;
    if (by >= 0) c->has_seen[route][by] = true;
}

static void ask(client *c, bool is_post) {
    char url[96], what[32];
    const ticket t = { c->number, c->asked_n++ };
    const size_t route = chance_below(&c->chance, EDO_COUNT(routes));
    edo_buf body = { 0 };
    (void)snprintf(what, sizeof what, "%d-%d", t.client, t.nth);
    (void)snprintf(url, sizeof url, "http://gateway:8080/%s/%s", routes[route], what);
    const edo_duration from = time_of(c->in);
    int status = fetch(&body, url, is_post ? EDO_METHOD_POST : EDO_METHOD_GET,
                       !is_post                           ? NULL
                       : chance_below(&c->chance, 2) == 0 ? what
                                                          : "");
    int by = status == 200 ? reply_check(c, edo_buf_str(&body), what, length_of(t)) : -1;
    if (is_post && status == 200 && c->in->posts[t.client][t.nth] != 1)
        verdict_add(c->in->v, "the POST %s was answered, and has come to no server", what);
    check_time(c, what, from, status);
    note_reply(c, route, status, by);
    edo_buf_deinit(&body);
}

/* A page is for everybody, and the gateway may keep it. */
static void ask_page(client *c) {
    char url[96], what[32];
    edo_buf body = { 0 };
    (void)snprintf(what, sizeof what, "page-%u", chance_below(&c->chance, 4));
    (void)snprintf(url, sizeof url, "http://gateway:8080/pages/%s", what);
    const edo_duration from = time_of(c->in);
    int status = fetch(&body, url, EDO_METHOD_GET, NULL);
    if (status == 200) (void)reply_check(c, edo_buf_str(&body), what, 100);
    if (status != 200) c->failed_n++;
    check_time(c, what, from, status);
    edo_buf_deinit(&body);
}

static int ask_one(client *c) {
    const uint32_t kind = chance_below(&c->chance, 4);
    if (kind == 0)
        ask_page(c);
    else
        ask(c, kind > 1);
    return edo_sleep(chance_between(&c->chance, edo_ms(10), edo_ms(800)));
}

/* ---- After the faults ------------------------------------------------------------------------ */

static bool has_seen_all(const client *c) {
    for (size_t i = 0; i < EDO_COUNT(routes); i++)
        for (int n = 0; n < SERVERS; n++)
            if (!c->has_seen[i][n]) return false;
    return true;
}

static int times_in(edo_str text, const char *word) {
    int n = 0;
    const size_t len = strlen(word);
    for (size_t i = 0; i + len <= text.len; i++) n += memcmp(text.ptr + i, word, len) == 0;
    return n;
}

/* All breakers are closed, and all servers ready, of each of three routes. */
static bool gateway_is_well(char state[512]) {
    edo_buf body = { 0 };
    int status = fetch(&body, "http://gateway:9090/state", EDO_METHOD_GET, NULL);
    edo_str text = edo_buf_str(&body);
    bool is_well = status == 200 && times_in(text, "\"closed\"") == 3 * SERVERS &&
                   times_in(text, "\"ready\"") == 3 * SERVERS;
    (void)snprintf(state, 512, "%d: %.*s", status, text.len < 480 ? (int)text.len : 480,
                   text.ptr ? text.ptr : "");
    edo_buf_deinit(&body);
    return is_well;
}

/* Rounds of requests, until one of them has no failure, all servers have replied, and the gateway
 * says that it is well. */
static int recover(client *c) {
    const edo_duration from = time_of(c->in);
    char state[512] = "";
    memset(c->has_seen, 0, sizeof c->has_seen);
    for (bool is_well = false; !is_well;) {
        int err = edo_sleep(edo_s(3));
        c->failed_n = 0;
        for (int i = 0; i < 8 && err == 0 && c->asked_n < ASKED_MAX; i++) ask(c, i % 4 == 0);
        if (err < 0) return err;
        is_well = gateway_is_well(state) && c->failed_n == 0 && has_seen_all(c);
        if (is_well || time_of(c->in).ns - from.ns < RECOVERY.ns) continue;
        verdict_add(c->in->v, "%s: not well again: %d failed of 8; all servers seen: %d; %s",
                    clients[c->number], c->failed_n, (int)has_seen_all(c), state);
        return 0;
    }
    return 0;
}

static int client_run(void *arg) {
    client *c = arg;
    int err = 0;
    while (err == 0 && time_of(c->in).ns < edo_sim_calm(c->in->sim).ns) err = ask_one(c);
    return err < 0 ? err : recover(c);
}

/* ---- The world ------------------------------------------------------------------------------- */

static void write_file(const bench *b, const char *name, const char *text) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", b->folder, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void bench_init(bench *b, verdict *v, double loss) {
    char text[2048];
    *b = (bench){ .v = v, .loss = loss };
    files_make(b->folder);
    write_file(b, "servers", "north:80\neast:80\nsouth:80\n");
    (void)snprintf(text, sizeof text,
                   "{ \"listen\": \"0.0.0.0:8080\", \"admin\": \"0.0.0.0:9090\", \"routes\": ["
                   " { \"path\": \"/one\", \"upstreams\": \"%s/servers\", \"check\": \"/healthz\","
                   "   \"check_every\": \"1s\", \"timeout\": \"%dms\" },"
                   " { \"path\": \"/two\", \"upstreams\": \"%s/servers\", \"check\": \"/healthz\","
                   "   \"check_every\": \"1s\", \"timeout\": \"%dms\", \"http2\": true },"
                   " { \"path\": \"/pages\", \"upstreams\": \"%s/servers\", \"anonymous\": true,"
                   "   \"timeout\": \"%dms\", \"cache\": \"500ms\" } ] }",
                   b->folder, TIMEOUT_MS, b->folder, TIMEOUT_MS, b->folder, TIMEOUT_MS);
    write_file(b, "gateway.json", text);
    (void)snprintf(b->file, sizeof b->file, "%s/gateway.json", b->folder);
}

static int run_gateway(void *arg) {
    bench *b = arg;
    b->has_ended = false;
    int err = gateway_run(b->file);
    b->has_ended = true;
    return err == -ECANCELED ? 0 : err;
}

static int rest(void *arg) {
    (void)arg;
    return edo_sleep(edo_minutes(1));
}

static int bench_run(bench *b, server all[SERVERS], client askers[CLIENTS]) {
    int err = edo_sim_host(b->sim, "gateway", run_gateway, b);
    for (int i = 0; i < SERVERS && err == 0; i++)
        err = edo_sim_host(b->sim, servers[i], server_run, &all[i]);
    for (int i = 0; i < CLIENTS && err == 0; i++)
        err = edo_sim_client(b->sim, clients[i], client_run, &askers[i]);
    if (err == 0) err = edo_sim_chaos(b->sim, &(edo_sim_chaos_opts){ .until = edo_s(20) });
    if (err == 0) err = edo_sim_run(b->sim, edo_minutes(20));
    if (err == 0) err = edo_sim_signal(b->sim, "gateway", SIGTERM, edo_sim_now(b->sim));
    if (err == 0) err = edo_sim_client(b->sim, "rests", rest, NULL);
    if (err == 0) err = edo_sim_run(b->sim, edo_minutes(2));
    if (err == 0 && !b->has_ended) verdict_add(b->v, "the gateway does not end");
    return err;
}

static void play(uint64_t seed, verdict *v) {
    server all[SERVERS];
    client askers[CLIENTS];
    uint64_t chance = chance_seed(seed + 1000000);
    bench *b = malloc(sizeof *b);
    assert_non_null(b);
    has_watches = seed % 50 == 1;
    bench_init(b, v, chance_loss(&chance));
    for (int i = 0; i < SERVERS; i++)
        all[i] = (server){ .in = b, .name = servers[i], .chance = chance_next(&chance) };
    for (int i = 0; i < CLIENTS; i++)
        askers[i] = (client){ .in = b, .number = i, .chance = chance_next(&chance) };
    b->sim = edo_sim_new(&(edo_sim_opts){ .seed = seed, .link.loss = b->loss });
    assert_non_null(b->sim);
    int err = bench_run(b, all, askers);
    if (err < 0) {
        char why[256];
        (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
        verdict_add(v, "%s", why);
    }
    edo_sim_free(b->sim);
    files_free(b->folder);
    free(b);
}

static void requests_come_once_and_servers_are_used_again(void **state) {
    (void)state;
    assert_int_equal(run_seeds(play, SEEDS_USUAL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_come_once_and_servers_are_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
