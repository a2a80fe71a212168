/* SPDX-License-Identifier: MIT */
/* sim_register.c: a register that three machines keep, so that any one of them may fail: a write
 * goes to two of them at least, and a read asks two, of which one has what was written last
 * (Attiya, Bar-Noy, Dolev, "Sharing memory robustly in message-passing systems", 1995). Clients
 * note what they ask and get, and edo_history_check() says whether it can have been one register.
 *
 *     edo sim --seeds 1..200 sim_register -- --wrong
 *
 * Before a reader says what it has found, two machines must have it: else the next reader may find
 * what was there before. With --wrong it does not see to that. With --alone there is one machine:
 * no other one makes up for what a disk has lost. With --split all fall apart into two sets now and
 * then, each in another way, and no clock is right: who trusts one is found out. */
#include <edo/edo.h>
#include <edo/fs.h>
#include <edo/history.h>
#include <edo/mutex.h>
#include <edo/net.h>
#include <edo/random.h>
#include <edo/sim.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NODES   3
#define CLIENTS 4
#define ASKS    12 /* of each client */

/* What a node has: the value of the largest tag. A tag is a count, and who has counted. */
typedef struct version {
    uint64_t tag, value;
} version;

static const char *const nodes[NODES] = { "node1", "node2", "node3" };
static uint32_t nodes_n = NODES; // const once the world begins, as the next
static bool is_split;

/* ---- A node ---------------------------------------------------------------------------------- */

typedef struct node {
    char folder[64], file[72];
    edo_mutex keeping; /* one file at a time, so that the last one is the newest */
    version now;       /* that is on its disk */
} node;

typedef struct visit {
    node *at;
    edo_stream *from;
} visit;

static int keep(node *n, const version *v) {
    int err = edo_mutex_lock(&n->keeping);
    if (err < 0) return err;
    if (v->tag > n->now.tag) err = edo_fs_replace(n->file, v, sizeof *v);
    if (err == 0 && v->tag > n->now.tag) n->now = *v;
    edo_mutex_unlock(&n->keeping);
    return err;
}

/* A request is a version, and the reply the one that the node has then; one without a tag only
 * asks. */
static int serve_one(void *arg) {
    visit *v = arg;
    version asked;
    int err = edo_read_exact(v->from, &asked, sizeof asked);
    if (err == 0) err = keep(v->at, &asked);
    if (err == 0) (void)edo_write_all(v->from, &v->at->now, sizeof v->at->now);
    edo_close(v->from);
    free(v);
    return 0;
}

/* What it had before. A disk that fails may work again. */
static int node_load(node *n) {
    edo_bytes kept = { 0 };
    n->keeping = (edo_mutex)EDO_MUTEX_INIT;
    n->now = (version){ 0 };
    int err;
    while ((err = edo_fs_read_all(&kept, n->file)) == -EIO)
        if ((err = edo_sleep(edo_s(1))) < 0) return err;
    if (err == 0 && kept.str.len == sizeof n->now) memcpy(&n->now, kept.str.ptr, sizeof n->now);
    edo_bytes_unref(&kept);
    return err == -ENOENT ? 0 : err;
}

static int node_run(void *arg) {
    node *n = arg;
    edo_listener *l;
    edo_stream *s;
    int err = node_load(n);
    if (err < 0) return err;
    err = edo_tcp_listen(&l, "0.0.0.0:80", NULL);
    if (err < 0) return err;
    EDO_SCOPE(all, NULL);
    while ((err = edo_accept(l, &s)) == 0) {
        visit *v = malloc(sizeof *v);
        if (v) *v = (visit){ n, s };
        if (v && edo_scope_spawn(&all, serve_one, v) == 0) continue;
        edo_close(s); // no memory, or the program ends
        free(v);
    }
    edo_listener_close(l);
    return edo_scope_end(&all, err);
}

/* ---- Clients --------------------------------------------------------------------------------- */

typedef struct client {
    edo_history *h;
    uint64_t number;
    bool is_wrong;
} client;

static uint32_t draw(uint32_t n) {
    uint32_t random = 0;
    if (edo_random(&random, sizeof random) < 0) abort();
    return random % n;
}

static int ask(const char *name, const version *asked, version *reply) {
    char address[16];
    edo_stream *s = NULL;
    (void)snprintf(address, sizeof address, "%s:80", name);
    EDO_DEADLINE(patience, edo_ms(500));
    int err = edo_tcp_connect(&s, address, NULL);
    if (err == 0) err = edo_write_all(s, asked, sizeof *asked);
    if (err == 0) err = edo_read_exact(s, reply, sizeof *reply);
    err = edo_deadline_end(&patience, err);
    edo_close(s);
    return err;
}

/* Asks one after the other until more than half have replied; `*newest` is the newest of what they
 * have. */
static int ask_most(const version *asked, version *newest) {
    const uint32_t first = draw(nodes_n), most = nodes_n / 2 + 1;
    uint32_t replies_n = 0;
    *newest = (version){ 0 };
    for (uint32_t i = 0; i < nodes_n && replies_n < most; i++) {
        version reply = { 0 };
        int err = ask(nodes[(first + i) % nodes_n], asked, &reply);
        if (err == -ECANCELED) return err;
        if (err == 0 && reply.tag > newest->tag) *newest = reply;
        replies_n += err == 0;
    }
    edo_trail_clear();
    return replies_n == most ? 0 : -EHOSTUNREACH;
}

static void write_one(client *c, uint64_t value) {
    char text[24];
    version now, seen;
    (void)snprintf(text, sizeof text, "%" PRIu64, value);
    int64_t op = edo_history_write(c->h, EDO_STR("x"), edo_str_of(text));
    if (ask_most(&(version){ 0 }, &now) < 0) {
        edo_history_refused(c->h, op); // no node has heard of it
        return;
    }
    const version new = { ((now.tag >> 8) + 1) << 8 | c->number, value };
    if (ask_most(&new, &seen) == 0) edo_history_done(c->h, op); // else nobody knows
}

static void read_one(client *c) {
    char text[24];
    version now, seen;
    int64_t op = edo_history_read(c->h, EDO_STR("x"));
    int err = ask_most(&(version){ 0 }, &now);
    if (err == 0 && !c->is_wrong) err = ask_most(&now, &seen); // so that the next one finds it
    if (err < 0) return;
    (void)snprintf(text, sizeof text, "%" PRIu64, now.value);
    (void)edo_history_got(c->h, op, now.tag > 0 ? edo_str_of(text) : (edo_str){ 0 });
}

static int client_run(void *arg) {
    client *c = arg;
    int err = 0;
    for (uint64_t i = 1; i <= ASKS && err == 0; i++) {
        if (draw(2) == 0)
            write_one(c, 100 * c->number + i);
        else
            read_one(c);
        err = edo_sleep(edo_ms(draw(1500)));
    }
    return err;
}

/* ---- The world ------------------------------------------------------------------------------- */

static int add_node(edo_sim *sim, node *n, const char *name) {
    bool has_memory = access("/dev/shm", W_OK) == 0; // else the machine's disk makes it slow
    (void)snprintf(n->folder, sizeof n->folder, "%s/sim_register-XXXXXX",
                   has_memory ? "/dev/shm" : "/tmp");
    if (!mkdtemp(n->folder)) return -errno;
    (void)snprintf(n->file, sizeof n->file, "%.64s/x", n->folder);
    int err = edo_sim_host(sim, name, node_run, n);
    return err < 0 ? err : edo_sim_disk(sim, name, n->folder);
}

static int play(edo_sim *sim, edo_history *h, node all[NODES], bool is_wrong) {
    static const char *const names[CLIENTS] = { "ann", "bo", "cy", "di" };
    client clients[CLIENTS];
    int err = 0;
    for (uint32_t i = 0; i < nodes_n && err == 0; i++) err = add_node(sim, &all[i], nodes[i]);
    for (int i = 0; i < CLIENTS && err == 0; i++) {
        clients[i] = (client){ h, (uint64_t)i + 1, is_wrong };
        err = edo_sim_client(sim, names[i], client_run, &clients[i]);
    }
    edo_sim_chaos_opts faults = { .until = edo_s(15), .longest = edo_s(8) };
    if (is_split) faults.shares = (edo_sim_shares){ .split = 2, .crash = 1, .pause = 1 };
    if (err == 0) err = edo_sim_chaos(sim, &faults);
    return err < 0 ? err : edo_sim_run(sim, edo_minutes(5));
}

int main(int argc, char **argv) {
    bool is_wrong = argc > 1 && strcmp(argv[1], "--wrong") == 0;
    if (argc > 1 && strcmp(argv[1], "--alone") == 0) nodes_n = 1;
    is_split = argc > 1 && strcmp(argv[1], "--split") == 0;
    const edo_sim_opts apart = { .clock_skew = edo_s(5), .clock_drift = 0.001 };
    node all[NODES] = { 0 };
    edo_sim *sim = edo_sim_new(is_split ? &apart : NULL);
    edo_history *h = edo_history_new();
    int err = sim && h ? play(sim, h, all, is_wrong) : -ENOMEM;
    if (err == 0) err = edo_history_check(h);
    if (err == -EPROTO) (void)edo_history_print(h, EDO_STR("x"), stderr);
    if (err < 0) edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    if (err == 0) printf("%d operations, one register\n", CLIENTS * ASKS);
    edo_sim_free(sim);
    edo_history_free(h);
    for (int i = 0; i < NODES; i++)
        if (all[i].file[0]) (void)edo_fs_remove_dir_all(all[i].folder);
    return err < 0;
}
