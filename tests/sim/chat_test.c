/* SPDX-License-Identifier: MIT */
/* Goal: edo-chat keeps what its protocol promises on a network that loses, holds, cuts and resets,
 * on a disk that fails, and over the ends of its program: what was confirmed everybody has, once,
 * by one number, in one order; and nobody waits for ever.
 * Method: the program as it is at a host of a world, and clients of the test (talker.h) at others;
 * what happens to them is by the seed. EDO_SIM_SEEDS="1..2000" has it run with those, and
 * EDO_SIM_SEED="17" one of the four worlds with that one; EDO_SIM_HOUR has a hundred people at
 * three nodes for an hour. */
#define EDO_FAULTS /* in release builds, too */

#include "rounds.h"
#include "seeds.h"
#include "serve/serve.h"
#include "small_redis/small_redis.h"
#include "talker.h"
#include "way.h"

#include <edo/sim.h>

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define NODES_N  3
#define RUNS_MAX 10000 /* of a node */

static const edo_duration faults_until = EDO_S(60), most = EDO_MINUTES(30);

/* ---- The server ------------------------------------------------------------------------------ */

/* A chat at a host, and its lives. */
typedef struct site {
    edo_sim *sim;
    const char *name;
    options options;
    bool has_file; /* the options name one */
    store *shared; /* of all nodes; NULL: it is alone */
    uint64_t last_run;
    int lives_n;
    bool has_left; /* the program would end by _Exit(): here it leaves its file open, and locked */
} site;

static int site_store(site *self, store **out) {
    if (self->shared) return way_new(out, self->shared, ++self->last_run);
    return self->has_file ? store_sqlite_open(out, self->options.db) : 0;
}

/* As systemd starts it: again, if it could not begin. */
static int site_serve(site *self, serving *all) {
    for (;;) {
        *all = (serving){ .options = &self->options, .is_quiet = true };
        int err = site_store(self, &all->store);
        if (err == 0) err = serve_run(all);
        bool keeps = self->shared || self->has_file;
        if (err == 0 || err == -ECANCELED || !keeps || edo_sim_is_gone()) return err;
        edo_trail_clear();
        err = edo_sleep(edo_s(1));
        if (err < 0) return err;
    }
}

/* A store that fails may keep a chat from an end in time. */
static bool site_is_disturbed(const site *self) {
    const edo_duration now = edo_sim_now(self->sim);
    return edo_sim_is_disturbed(self->sim, self->name, edo_ns(now.ns - edo_s(10).ns), now);
}

/* `arg` is the site; a host's program. */
static int site_run(void *arg) {
    site *self = arg;
    serving all;
    self->lives_n++;
    int err = site_serve(self, &all);
    if (edo_sim_is_gone()) return 0;
    if (all.is_to_exit && !site_is_disturbed(self))
        return edo_fail(-EPROTO, "something goes on when the chat has ended");
    self->has_left |= all.is_to_exit;
    return err > 0 || all.is_to_exit ? 0 : err;
}

/* ---- What happens ---------------------------------------------------------------------------- */

/* What is to happen in a world. */
typedef struct world {
    edo_sim *sim;
    uint64_t random;
    const char *file; /* of the one server, and the folder of it; NULL: it keeps nothing */
    const char *disk;
    store *shared;  /* of all servers; NULL: there is one */
    bool is_hour;   /* of a hundred people */
    bool has_redis; /* they tell each other by the one of another host */
    small_redis_opts redis;
    site sites[NODES_N];
    talk talk;
} world;

/* The chat alone keeps nothing over an end of its program; over a file it is whole when its program
 * has died; nodes over one store also when their machines have. */
static int world_faults(const world *w) {
    edo_sim_chaos_opts faults = {
        .until = faults_until, .faults = 8, .longest = edo_s(15), .points = 0.2
    };
    faults.shares = (edo_sim_shares){ .partition = 2, .cut = 2, .hold = 2, .reset = 1, .pause = 1 };
    if (w->file || w->shared) {
        faults.longest = edo_s(90);
        faults.shares.kill = faults.shares.stop = 1;
    }
    if (w->shared) faults.shares.crash = 2;
    if (w->is_hour) faults.faults = 30, faults.until = edo_minutes(50);
    if (w->file) faults.shares.disk_fail = faults.shares.disk_fill = faults.shares.disk_slow = 1;
    return edo_sim_chaos(w->sim, &faults);
}

/* ---- A world --------------------------------------------------------------------------------- */

/* What was seen of all worlds of a test: the test below is one at a time. */
typedef struct tally {
    int visits_n, lost_n, gaps_n, repeats_n, lives_n;
    uint64_t carried_bytes; /* that Redis has given to nodes */
} tally;

static tally seen;

static void tally_add(tally *self, const world *w) {
    for (int i = 0; i < w->talk.talkers_n; i++) {
        const talker *t = &w->talk.all[i];
        self->visits_n += t->visits_n;
        self->lost_n += t->lost_n;
        self->gaps_n += t->gaps_all_n;
        self->repeats_n += t->repeats_n;
    }
    for (int i = 0; i < w->talk.servers_n; i++) self->lives_n += w->sites[i].lives_n;
    self->carried_bytes += w->redis.heard_bytes;
}

static void site_init(site *self, const world *w, const char *called) {
    const char *db = w->file ? w->file : "none", *history = w->file || w->shared ? "5" : "50";
    const char *args[] = { "edo-chat",  "--tcp", "none", "--http", "0.0.0.0:80",
                           "--history", history, "--db", db,       NULL };
    *self = (site){ .sim = w->sim,
                    .name = called,
                    .has_file = w->file,
                    .shared = w->shared,
                    .last_run = (uint64_t)(self - w->sites) * RUNS_MAX };
    assert_int_equal(
        options_parse(&self->options, (int)EDO_COUNT(args) - 1, (char **)(uintptr_t)args), -1);
    if (w->has_redis) self->options.redis = strdup("redis://redis"); // which wants PostgreSQL, else
    assert_int_equal(edo_sim_host(w->sim, called, site_run, self), 0);
}

static void world_begin(world *w, uint64_t seed) {
    static const char *const servers[NODES_N] = { "server", "server-b", "server-c" };
    w->random = seed;
    double loss = talker_random(&w->random) % 2 == 0 ? 0 : 0.05;
    w->sim = edo_sim_new(&(edo_sim_opts){ .seed = seed, .link.loss = loss });
    assert_non_null(w->sim);
    w->talk.servers = servers;
    w->talk.servers_n = w->shared ? NODES_N : 1;
    w->talk.talkers_n = w->is_hour ? 100 : 4 + (int)(talker_random(&w->random) % 5);
    w->talk.says_n = w->is_hour ? 120 : 6;
    w->talk.pause_max = w->is_hour ? edo_s(60) : edo_s(20);
    for (int i = 0; i < w->talk.servers_n; i++) site_init(&w->sites[i], w, servers[i]);
    if (w->has_redis)
        assert_int_equal(edo_sim_host(w->sim, "redis", small_redis_run, &w->redis), 0);
    if (w->disk) assert_int_equal(edo_sim_disk(w->sim, servers[0], w->disk), 0);
    for (int i = 0; i < w->talk.talkers_n; i++) {
        char called[16];
        talker *t = &w->talk.all[i];
        (void)snprintf(called, sizeof called, "t%d", i);
        talker_init(t, &w->talk, i, seed);
        assert_int_equal(edo_sim_client(w->sim, called, talker_run, t), 0);
    }
}

/* The world of a seed, in which `w` says what there is. */
static void world_run(world *w, uint64_t seed, verdict *v) {
    world_begin(w, seed);
    int err = world_faults(w);
    if (err == 0) err = edo_sim_run(w->sim, w->is_hour ? edo_hours(3) : most);
    bool is_open = false;
    for (int i = 0; i < w->talk.servers_n; i++) is_open |= w->file && w->sites[i].has_left;
    if (err < 0 && !is_open) {
        char why[WHY_BYTES];
        (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
        verdict_add(v, "%s", why);
        for (int i = 0; i < w->talk.talkers_n; i++) talker_tell(&w->talk.all[i]);
    }
    edo_sim_free(w->sim);
    tally_add(&seen, w);
    for (int i = 0; i < w->talk.servers_n; i++) options_free(&w->sites[i].options);
}

static world one; /* at a time: it is too large for a stack */

static void play_alone(uint64_t seed, verdict *v) {
    memset(&one, 0, sizeof one);
    world_run(&one, seed, v);
}

static void play_over_a_file(uint64_t seed, verdict *v) {
    char folder[64], file[96];
    files_make(folder);
    (void)snprintf(file, sizeof file, "%s/chat.db", folder);
    memset(&one, 0, sizeof one);
    one.file = file;
    one.disk = folder;
    world_run(&one, seed, v);
    files_free(folder);
}

static void play_over_a_store(uint64_t seed, verdict *v) {
    memset(&one, 0, sizeof one);
    one.is_hour = getenv("EDO_SIM_HOUR");
    assert_int_equal(memory_new(&one.shared, &memory_ops_that_share, 0), 0);
    world_run(&one, seed, v);
    store_free(one.shared);
}

static void play_over_redis(uint64_t seed, verdict *v) {
    memset(&one, 0, sizeof one);
    one.has_redis = true;
    assert_int_equal(memory_new(&one.shared, &memory_ops_that_share, 0), 0);
    world_run(&one, seed, v);
    store_free(one.shared);
}

/* Runs the seeds; `kind` is which of the four worlds it is. */
static void play_seeds(seed_fn *fn, unsigned kind, uint64_t n) {
    if (!seed_is_for(kind, 4) || (getenv("EDO_SIM_HOUR") && kind != 2)) return;
    seen = (tally){ .lives_n = 0 };
    assert_int_equal(run_seeds(fn, n), 0);
    (void)printf("%d connections, %d lost; %d gaps; %d said again; %d lives\n", seen.visits_n,
                 seen.lost_n, seen.gaps_n, seen.repeats_n, seen.lives_n);
}

/* With the address sanitizer ten seeds take a minute of a busy machine: it has few with each
 * change, and all in `make check`. */
static uint64_t seeds_of(uint64_t all) {
#ifdef __SANITIZE_ADDRESS__
    return test_rounds(2, (uint32_t)all);
#else
    return all;
#endif
}

static void what_was_confirmed_everybody_has_once_whatever_the_network_does(void **state) {
    (void)state;
    play_seeds(play_alone, 0, seeds_of(10));
    assert_true(seeds_are_said() || seen.lost_n > 0);
}

static void ends_of_a_server_with_a_file_take_and_double_nothing(void **state) {
    (void)state;
    const uint64_t n = seeds_of(8);
    play_seeds(play_over_a_file, 1, n);
    assert_true(seeds_are_said() || (seen.lost_n > 0 && seen.lives_n > (int)n));
}

static void nodes_that_share_a_store_are_one_conversation(void **state) {
    (void)state;
    const uint64_t n = seeds_of(4);
    play_seeds(play_over_a_store, 2, n);
    assert_true(seeds_are_said() || (seen.lost_n > 0 && seen.lives_n > 3 * (int)n));
}

static void nodes_that_redis_carries_are_one_conversation(void **state) {
    (void)state;
    play_seeds(play_over_redis, 3, seeds_of(4));
    assert_true(seeds_are_said() || (seen.lost_n > 0 && seen.carried_bytes > 0)); // beats are empty
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
        cmocka_unit_test(ends_of_a_server_with_a_file_take_and_double_nothing),
        cmocka_unit_test(nodes_that_share_a_store_are_one_conversation),
        cmocka_unit_test(nodes_that_redis_carries_are_one_conversation),
    };
    return cmocka_run_group_tests(tests, raise_limit, NULL);
}
