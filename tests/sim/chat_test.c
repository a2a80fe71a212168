/* SPDX-License-Identifier: MIT */
/* Goal: edo-chat keeps what its protocol promises on a network that loses, holds, cuts and resets,
 * and over crashes: what was confirmed everybody has, once, by one number, in one order; and nobody
 * waits for ever.
 * Method: the program as it is at a host of a world, and clients of the test (talker.h) at others;
 * what happens to them is by the seed. EDO_SIM_SEEDS="1..2000" has it run with those. */
#include "mortal.h"
#include "serve/serve.h"
#include "talker.h"
#include "way.h"

#include <edo/sim.h>

#include <sys/resource.h>
#include <unistd.h>

#define FAULTS_N 8
#define NODES_N  3
#define RUNS_MAX 10000 /* of a node */

static const edo_duration faults_until = EDO_S(60), most = EDO_MINUTES(30);

/* ---- The server ------------------------------------------------------------------------------ */

/* A chat at a host, and its lives. */
typedef struct site {
    const char *name;
    options options;
    bool has_file; /* the options name one */
    store *shared; /* of all nodes; NULL: it is alone */
    uint64_t last_run;
    mortal_state now; /* is_dead: what it still does is of no account */
    edo_sim *sim;
    int lives_n;
} site;

static int site_store(site *self, store **out) {
    store *file;
    if (self->shared) return way_new(out, self->shared, &self->now, ++self->last_run);
    int err = self->has_file ? store_sqlite_open(&file, self->options.db) : 0;
    return err == 0 && self->has_file ? mortal_new(out, file, &self->now) : err;
}

/* As systemd starts it: again, if it could not begin. */
static int site_serve(site *self, serving *all) {
    for (;;) {
        *all = (serving){ .options = &self->options, .is_quiet = true };
        int err = site_store(self, &all->store);
        if (err == 0) err = serve_run(all);
        if (err <= 0 || !self->shared || self->now.is_dead) return err;
        edo_trail_clear();
        err = edo_sleep(edo_s(1));
        if (err < 0) return err;
    }
}

/* `arg` is the site; a host's program. */
static int site_run(void *arg) {
    site *self = arg;
    serving all;
    self->now.is_dead = false;
    self->lives_n++;
    int err = site_serve(self, &all);
    if (self->now.is_dead) return 0;
    if (all.is_to_exit) return edo_fail(-EPROTO, "something goes on when the chat has ended");
    return err > 0 ? -EPROTO : err;
}

static void site_crash(void *arg) {
    site *self = arg;
    self->now.is_dead = true;
    assert_int_equal(edo_sim_crash(self->sim, self->name, edo_sim_now(self->sim)), 0);
}

static void site_restart(void *arg) {
    site *self = arg;
    self->now.is_dead = true;
    assert_int_equal(edo_sim_restart(self->sim, self->name, edo_sim_now(self->sim)), 0);
}

static void site_store_fails(void *arg) {
    site *self = arg;
    self->now.is_unreadable = self->now.is_unreachable = true;
}

static void site_store_works(void *arg) {
    site *self = arg;
    self->now.is_unreadable = self->now.is_unreachable = false;
}

/* ---- What happens ---------------------------------------------------------------------------- */

/* What is to happen in a world. */
typedef struct world {
    edo_sim *sim;
    uint64_t random;
    const char *file; /* of the one server; NULL: it keeps nothing */
    store *shared;    /* of all servers; NULL: there is one */
    site sites[NODES_N];
    talk talk;
} world;

/* One fault, for some time. */
static void plan_fault(world *w, edo_duration within_max) {
    char called[16];
    const char *who = called;
    site *at = &w->sites[talker_random(&w->random) % (uint64_t)w->talk.servers_n];
    edo_duration begin = talker_random_time(&w->random, faults_until),
                 within = talker_random_time(&w->random, within_max);
    edo_sim *sim = w->sim;
    bool may_crash = w->file || w->shared;
    int err = -EINVAL;
    (void)snprintf(called, sizeof called, "t%d",
                   (int)(talker_random(&w->random) % (uint64_t)w->talk.talkers_n));
    if (talker_random(&w->random) % 4 == 0) who = NULL; // everybody
    switch (talker_random(&w->random) % (may_crash ? 11 : 7)) {
    case 0: err = edo_sim_partition(sim, at->name, who, begin, within); break;
    case 1: err = edo_sim_cut(sim, at->name, who, begin, within); break;
    case 2: err = edo_sim_cut(sim, called, at->name, begin, within); break;
    case 3: err = edo_sim_hold(sim, at->name, who, begin, within); break;
    case 4: err = edo_sim_hold(sim, called, at->name, begin, within); break;
    case 5: err = edo_sim_reset(sim, at->name, who, begin); break;
    case 6: err = edo_sim_pause(sim, at->name, begin, edo_ns(within.ns / 3)); break;
    case 7:
    case 8:
        err = edo_sim_at(sim, begin, site_store_fails, at);
        if (err == 0) err = edo_sim_at(sim, edo_ns(begin.ns + within.ns), site_store_works, at);
        break;
    default:
        err = edo_sim_at(sim, begin, site_crash, at);
        if (err == 0) err = edo_sim_at(sim, edo_ns(begin.ns + within.ns / 9), site_restart, at);
        break;
    }
    assert_int_equal(err, 0);
}

/* ---- A world --------------------------------------------------------------------------------- */

/* What was seen of all worlds of a test. */
typedef struct tally {
    int visits_n, lost_n, gaps_n, repeats_n, lives_n;
} tally;

static void tally_add(tally *self, const world *w) {
    for (int i = 0; i < w->talk.talkers_n; i++) {
        const talker *t = &w->talk.all[i];
        self->visits_n += t->visits_n;
        self->lost_n += t->lost_n;
        self->gaps_n += t->gaps_all_n;
        self->repeats_n += t->repeats_n;
    }
    for (int i = 0; i < w->talk.servers_n; i++) self->lives_n += w->sites[i].lives_n;
}

static void site_init(site *self, const world *w, const char *called) {
    const char *db = w->file ? w->file : "none", *history = w->file || w->shared ? "5" : "50";
    const char *args[] = { "edo-chat",  "--tcp", "none", "--http", "0.0.0.0:80",
                           "--history", history, "--db", db,       NULL };
    *self = (site){ .name = called,
                    .sim = w->sim,
                    .has_file = w->file,
                    .shared = w->shared,
                    .last_run = (uint64_t)(self - w->sites) * RUNS_MAX };
    assert_int_equal(
        options_parse(&self->options, (int)EDO_COUNT(args) - 1, (char **)(uintptr_t)args), -1);
    assert_int_equal(edo_sim_host(w->sim, called, site_run, self), 0);
}

static void world_begin(world *w, uint64_t seed) {
    static const char *const servers[NODES_N] = { "server", "server-b", "server-c" };
    w->random = seed;
    double loss = talker_random(&w->random) % 2 == 0 ? 0 : 0.05;
    w->sim = edo_sim_new(&(edo_sim_opts){ .seed = seed, .link.loss = loss });
    assert_non_null(w->sim);
    w->talk = (talk){ .servers = servers,
                      .servers_n = w->shared ? NODES_N : 1,
                      .talkers_n = 4 + (int)(talker_random(&w->random) % 5),
                      .says_n = 6,
                      .pause_max = edo_s(20) };
    for (int i = 0; i < w->talk.servers_n; i++) site_init(&w->sites[i], w, servers[i]);
    for (int i = 0; i < w->talk.talkers_n; i++) {
        char called[16];
        talker *t = &w->talk.all[i];
        (void)snprintf(called, sizeof called, "t%d", i);
        talker_init(t, &w->talk, i, seed);
        assert_int_equal(edo_sim_client(w->sim, called, talker_run, t), 0);
    }
}

/* `file` and `shared` may be NULL. */
static void run_world(uint64_t seed, const char *file, bool is_shared, tally *all) {
    static world w;
    w = (world){ .file = file };
    if (is_shared) assert_int_equal(memory_new(&w.shared, &memory_ops_that_share, 0), 0);
    world_begin(&w, seed);
    for (int i = 0; i < FAULTS_N; i++) plan_fault(&w, edo_s(file || is_shared ? 90 : 15));
    int err = edo_sim_run(w.sim, most);
    if (err < 0) {
        (void)fprintf(stderr, "EDO_SIM_SEEDS=%" PRIu64 "..%" PRIu64 ": ", seed, seed);
        edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    }
    assert_int_equal(err, 0);
    for (int i = 0; i < w.talk.servers_n; i++) w.sites[i].now.is_dead = true; // the world ends
    edo_sim_free(w.sim);
    tally_add(all, &w);
    for (int i = 0; i < w.talk.servers_n; i++) options_free(&w.sites[i].options);
    store_free(w.shared);
}

typedef struct seeds {
    uint64_t first, last;
} seeds;

/* The first ones, which take little time, or those of the environment. */
static seeds seeds_wanted(uint64_t n) {
    seeds s = { .first = 1, .last = n };
    const char *text = getenv("EDO_SIM_SEEDS");
    if (text) assert_int_equal(sscanf(text, "%" SCNu64 "..%" SCNu64, &s.first, &s.last), 2);
    return s;
}

static void tally_print(const tally *all) {
    (void)printf("%d connections, %d lost; %d gaps; %d said again; %d lives\n", all->visits_n,
                 all->lost_n, all->gaps_n, all->repeats_n, all->lives_n);
}

static void what_was_confirmed_everybody_has_once_whatever_the_network_does(void **state) {
    seeds s = seeds_wanted(10);
    tally all = { .lives_n = 0 };
    (void)state;
    for (uint64_t i = s.first; i <= s.last; i++) run_world(i, NULL, false, &all);
    tally_print(&all);
    assert_true(getenv("EDO_SIM_SEEDS") || (all.lost_n > 0 && all.repeats_n > 0));
}

static void file_remove(const char *file, const char *behind) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s%s", file, behind);
    (void)unlink(path);
}

static void crashes_of_a_server_with_a_file_take_and_double_nothing(void **state) {
    char folder[64], file[96];
    seeds s = seeds_wanted(4);
    tally all = { .lives_n = 0 };
    (void)state;
    (void)snprintf(folder, sizeof folder, "%s/edo-sim-chat-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"); // no disk is waited for
    assert_non_null(mkdtemp(folder));
    (void)snprintf(file, sizeof file, "%s/chat.db", folder);
    for (uint64_t i = s.first; i <= s.last; i++) {
        run_world(i, file, false, &all);
        file_remove(file, "");
        file_remove(file, "-wal");
        file_remove(file, "-shm");
    }
    tally_print(&all);
    assert_int_equal(rmdir(folder), 0);
    assert_true(getenv("EDO_SIM_SEEDS") ||
                (all.lost_n > 0 && all.repeats_n > 0 && all.gaps_n > 0 && all.lives_n > 4));
}

static void nodes_that_share_a_store_are_one_conversation(void **state) {
    seeds s = seeds_wanted(4);
    tally all = { .lives_n = 0 };
    (void)state;
    for (uint64_t i = s.first; i <= s.last; i++) run_world(i, NULL, true, &all);
    tally_print(&all);
    assert_true(getenv("EDO_SIM_SEEDS") || (all.lost_n > 0 && all.lives_n > 3 * 4));
}

/* The chat wants as many descriptors as edo_main() gives it. */
static int raise_limit(void **state) {
    struct rlimit limit;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_confirmed_everybody_has_once_whatever_the_network_does),
        cmocka_unit_test(crashes_of_a_server_with_a_file_take_and_double_nothing),
        cmocka_unit_test(nodes_that_share_a_store_are_one_conversation),
    };
    return cmocka_run_group_tests(tests, raise_limit, NULL);
}
