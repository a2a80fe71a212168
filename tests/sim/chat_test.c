/* SPDX-License-Identifier: MIT */
/* Goal: edo-chat keeps what its protocol promises on a network that loses, holds, cuts and resets,
 * and over crashes: what was confirmed everybody has, once, by one number, in one order; and nobody
 * waits for ever.
 * Method: the program as it is at a host of a world, and clients of the test (talker.h) at others;
 * what happens to them is by the seed. EDO_SIM_SEEDS="1..2000" has it run with those. */
#include "mortal.h"
#include "serve/serve.h"
#include "talker.h"

#include <edo/sim.h>

#include <sys/resource.h>
#include <unistd.h>

#define FAULTS_N 8

static const edo_duration faults_until = EDO_S(60), most = EDO_MINUTES(30);

/* ---- The server ------------------------------------------------------------------------------ */

/* A chat at a host, and its lives. */
typedef struct site {
    const char *name;
    options options;
    bool has_file;    /* the options name one */
    mortal_state now; /* is_dead: what it still does is of no account */
    edo_sim *sim;
    int lives_n;
} site;

static int site_store(site *self, store **out) {
    store *file;
    int err = self->has_file ? store_sqlite_open(&file, self->options.db) : 0;
    return err == 0 && self->has_file ? mortal_new(out, file, &self->now) : err;
}

/* `arg` is the site; a host's program. */
static int site_run(void *arg) {
    site *self = arg;
    serving all = { .options = &self->options, .is_quiet = true };
    self->now.is_dead = false;
    self->lives_n++;
    int err = site_store(self, &all.store);
    if (err == 0) err = serve_run(&all);
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

static void site_page_fails(void *arg) {
    ((site *)arg)->now.is_unreadable = true;
}

static void site_page_works(void *arg) {
    ((site *)arg)->now.is_unreadable = false;
}

/* ---- What happens ---------------------------------------------------------------------------- */

/* One fault, for some time. */
static void plan_fault(site *at, uint64_t *random, int talkers_n, bool may_crash) {
    edo_sim *sim = at->sim;
    char called[16];
    const char *who = called;
    edo_duration begin = talker_random_time(random, faults_until),
                 within = talker_random_time(random, edo_s(may_crash ? 90 : 15));
    int err = -EINVAL;
    (void)snprintf(called, sizeof called, "t%d",
                   (int)(talker_random(random) % (uint64_t)talkers_n));
    if (talker_random(random) % 4 == 0) who = NULL; // everybody
    switch (talker_random(random) % (may_crash ? 11 : 7)) {
    case 0: err = edo_sim_partition(sim, at->name, who, begin, within); break;
    case 1: err = edo_sim_cut(sim, at->name, who, begin, within); break;
    case 2: err = edo_sim_cut(sim, called, at->name, begin, within); break;
    case 3: err = edo_sim_hold(sim, at->name, who, begin, within); break;
    case 4: err = edo_sim_hold(sim, called, at->name, begin, within); break;
    case 5: err = edo_sim_reset(sim, at->name, who, begin); break;
    case 6: err = edo_sim_pause(sim, at->name, begin, edo_ns(within.ns / 3)); break;
    case 7:
    case 8:
        err = edo_sim_at(sim, begin, site_page_fails, at);
        if (err == 0) err = edo_sim_at(sim, edo_ns(begin.ns + within.ns), site_page_works, at);
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

static void tally_add(tally *self, const talk *of, const site *at) {
    for (int i = 0; i < of->talkers_n; i++) {
        self->visits_n += of->all[i].visits_n;
        self->lost_n += of->all[i].lost_n;
        self->gaps_n += of->all[i].gaps_all_n;
        self->repeats_n += of->all[i].repeats_n;
    }
    self->lives_n += at->lives_n;
}

static void site_init(site *self, edo_sim *sim, const char *file) {
    char *argv[] = { (char[]){ "edo-chat" },
                     (char[]){ "--tcp" },
                     (char[]){ "none" },
                     (char[]){ "--http" },
                     (char[]){ "0.0.0.0:80" },
                     (char[]){ "--history" },
                     (char[]){ "50" },
                     (char[]){ "--db" },
                     (char *)(uintptr_t)(file ? file : "none"),
                     NULL };
    *self = (site){ .name = "server", .sim = sim, .has_file = file };
    assert_int_equal(options_parse(&self->options, (int)EDO_COUNT(argv) - 1, argv), -1);
}

/* `file` is NULL: nothing is kept. */
static void run_world(uint64_t seed, const char *file, tally *all) {
    static const char *const servers[] = { "server" };
    static talk t;
    site at;
    uint64_t random = seed;
    double loss = talker_random(&random) % 2 == 0 ? 0 : 0.05;
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = seed, .link.loss = loss });
    assert_non_null(sim);
    t = (talk){ .servers = servers,
                .servers_n = 1,
                .talkers_n = 4 + (int)(talker_random(&random) % 5),
                .says_n = 6,
                .pause_max = edo_s(20) };
    site_init(&at, sim, file);
    assert_int_equal(edo_sim_host(sim, at.name, site_run, &at), 0);
    for (int i = 0; i < t.talkers_n; i++) {
        char called[16];
        (void)snprintf(called, sizeof called, "t%d", i);
        talker_init(&t.all[i], &t, i, seed);
        assert_int_equal(edo_sim_client(sim, called, talker_run, &t.all[i]), 0);
    }
    for (int i = 0; i < FAULTS_N; i++) plan_fault(&at, &random, t.talkers_n, file);
    int err = edo_sim_run(sim, most);
    if (err < 0) {
        (void)fprintf(stderr, "EDO_SIM_SEEDS=%" PRIu64 "..%" PRIu64 ": ", seed, seed);
        edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    }
    assert_int_equal(err, 0);
    at.now.is_dead = true; // the end of the world
    edo_sim_free(sim);
    tally_add(all, &t, &at);
    options_free(&at.options);
}

typedef struct seeds {
    uint64_t first, last;
} seeds;

static seeds seeds_wanted(void) {
    seeds s = { .first = 1, .last = 10 };
    const char *text = getenv("EDO_SIM_SEEDS");
    if (text) assert_int_equal(sscanf(text, "%" SCNu64 "..%" SCNu64, &s.first, &s.last), 2);
    return s;
}

static void tally_print(const tally *all) {
    (void)printf("%d connections, %d lost; %d gaps; %d said again; %d lives\n", all->visits_n,
                 all->lost_n, all->gaps_n, all->repeats_n, all->lives_n);
}

static void what_was_confirmed_everybody_has_once_whatever_the_network_does(void **state) {
    seeds s = seeds_wanted();
    tally all = { .lives_n = 0 };
    (void)state;
    for (uint64_t i = s.first; i <= s.last; i++) run_world(i, NULL, &all);
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
    seeds s = seeds_wanted();
    tally all = { .lives_n = 0 };
    (void)state;
    (void)snprintf(folder, sizeof folder, "%s/edo-sim-chat-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"); // no disk is waited for
    assert_non_null(mkdtemp(folder));
    (void)snprintf(file, sizeof file, "%s/chat.db", folder);
    for (uint64_t i = s.first; i <= s.last; i++) {
        run_world(i, file, &all);
        file_remove(file, "");
        file_remove(file, "-wal");
        file_remove(file, "-shm");
    }
    tally_print(&all);
    assert_int_equal(rmdir(folder), 0);
    assert_true(getenv("EDO_SIM_SEEDS") ||
                (all.lost_n > 0 && all.repeats_n > 0 && all.gaps_n > 0 && all.lives_n > 10));
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
    };
    return cmocka_run_group_tests(tests, raise_limit, NULL);
}
