/* SPDX-License-Identifier: MIT */
/* Goal: faults by chance are of the kinds, hosts and times that were asked for, and of the seed
 * alone; a program is replaced while its machine goes on; a test knows who was disturbed, and until
 * when; fault points fail with a quarter of the seeds.
 * Method: the report of a world, which names each fault; hosts that count their lives. */
#define EDO_FAULTS /* in release builds, too */

#include "files.h"
#include "inside.h"

#include <edo/fault.h>
#include <edo/fs.h>
#include <edo/net.h>
#include <edo/scope.h>
#include <edo/sim.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* ---- A world of two hosts and a client ------------------------------------------------------- */

typedef struct life {
    int lives_n, ends_n;
} life;

static int live(void *arg) {
    life *l = arg;
    l->lives_n++;
    int err = edo_sleep(edo_hours(1));
    l->ends_n++;
    return err;
}

static int wait_a_while(void *arg) {
    (void)arg;
    return edo_sleep(edo_minutes(10));
}

typedef struct bed {
    edo_sim *sim;
    life a, b;
    char folder[64], report[96];
} bed;

static void bed_open(bed *b, uint64_t seed, const char *skip) {
    *b = (bed){ .sim = NULL };
    files_make(b->folder);
    (void)snprintf(b->report, sizeof b->report, "%s.report", b->folder);
    assert_int_equal(setenv("EDO_SIM_REPORT", b->report, 1), 0);
    if (skip) assert_int_equal(setenv("EDO_SIM_SKIP", skip, 1), 0);
    b->sim = edo_sim_new(&(edo_sim_opts){ .seed = seed });
    assert_non_null(b->sim);
    assert_int_equal(unsetenv("EDO_SIM_SKIP"), 0);
    assert_int_equal(edo_sim_host(b->sim, "a", live, &b->a), 0);
    assert_int_equal(edo_sim_host(b->sim, "b", live, &b->b), 0);
    assert_int_equal(edo_sim_client(b->sim, "c", wait_a_while, NULL), 0);
    assert_int_equal(edo_sim_disk(b->sim, "a", b->folder), 0);
}

/* What the report has; the caller frees it. */
static char *bed_close(bed *b) {
    edo_sim_free(b->sim);
    char *text = calloc(1, 65536);
    FILE *f = fopen(b->report, "re");
    assert_non_null(f);
    assert_non_null(text);
    (void)fread(text, 1, 65535, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(unlink(b->report), 0);
    assert_int_equal(edo_fs_remove_dir_all(b->folder), 0);
    assert_int_equal(unsetenv("EDO_SIM_REPORT"), 0);
    return text;
}

/* The faults of a seed, which are carried out. */
static char *faults_of(uint64_t seed, const edo_sim_chaos_opts *opts, const char *skip) {
    bed b;
    bed_open(&b, seed, skip);
    assert_int_equal(edo_sim_chaos(b.sim, opts), 0);
    assert_int_equal(edo_sim_run(b.sim, edo_minutes(20)), 0);
    char *text = bed_close(&b);
    char *end = strstr(text, "end ");
    assert_non_null(end);
    *end = '\0';
    return text;
}

static int lines_n(const char *text, const char *with) {
    int n = 0;
    for (const char *at = text; (at = strstr(at, with)); at++) n++;
    return n;
}

/* ---- Kinds ----------------------------------------------------------------------------------- */

static void each_kind_comes_about_alone_where_it_was_asked_for(void **state) {
    static const struct {
        edo_sim_shares shares;
        const char *words;
    } kinds_of_fault[] = {
        { { .partition = 1 }, ": nothing passes between a and " },
        { { .cut = 1 }, ": nothing passes from " },
        { { .hold = 1 }, ": all is held from " },
        { { .reset = 1 }, ": connections are reset between a and " },
        { { .pause = 1 }, ": host a stands still for " },
        { { .crash = 1 }, ": host a crashes\n" },
        { { .kill = 1 }, ": the program of a is replaced, by signal 9, " },
        { { .stop = 1 }, ": the program of a is replaced, by signal 15, " },
        { { .disk_fail = 1 }, ": the disk of a fails " },
        { { .disk_fill = 1 }, ": the disk of a is full for " },
        { { .disk_slow = 1 }, ": the disk of a is slow for " },
        { { .split = 1 }, " and all others for " },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(kinds_of_fault); i++) {
        const char *const hosts[] = { "a" };
        const edo_sim_chaos_opts opts = {
            .hosts = hosts, .hosts_n = 1, .shares = kinds_of_fault[i].shares, .faults = 5
        };
        char *text = faults_of(1 + i, &opts, NULL);
        assert_int_equal(lines_n(text, kinds_of_fault[i].words), 5);
        const int starts_n = lines_n(text, ": host a starts again\n");
        assert_int_equal(starts_n, kinds_of_fault[i].shares.crash ? 5 : 0);
        assert_int_equal(lines_n(text, "\n"), 5 + starts_n);
        free(text);
    }
}

static void who_says_nothing_gets_three_to_eight_of_all_kinds_and_no_client_fails(void **state) {
    int all_n = 0, disks_n = 0, least = 100, most = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        char *text = faults_of(seed, NULL, NULL);
        const int n = lines_n(text, "\n") - lines_n(text, " starts again\n");
        assert_int_equal(lines_n(text, "host c") + lines_n(text, "disk of b"), 0);
        least = n < least ? n : least;
        most = n > most ? n : most;
        all_n += n;
        disks_n += lines_n(text, "disk of a");
        free(text);
    }
    assert_int_equal(least, 3);
    assert_int_equal(most, 8);
    assert_in_range(disks_n, all_n / 16, all_n / 5); // 3 of 11 kinds, of one of two hosts
}

static void times_are_those_that_were_asked_for(void **state) {
    const edo_sim_chaos_opts opts = { .shares = { .pause = 1 },
                                      .faults = 200,
                                      .from = edo_s(10),
                                      .until = edo_s(20),
                                      .longest = edo_s(2) };
    int short_n = 0, n = 0;
    double at, within;
    (void)state;
    char *text = faults_of(3, &opts, NULL);
    for (const char *line = text;
         sscanf(line, "fault %*d after %lf s: host %*c stands still for %lf", &at, &within) == 2;
         line = strchr(line, '\n') + 1) {
        assert_true(at >= 10 && at < 20 && within >= 0.001 && within <= 2);
        short_n += within < 0.1;
        n++;
    }
    assert_int_equal(n, 200);
    assert_in_range(short_n, 60, 160); // 7 of 11 powers of two
    free(text);
}

static void faults_are_of_the_seed_and_none_depends_on_those_left_out(void **state) {
    (void)state;
    char *first = faults_of(7, NULL, NULL), *again = faults_of(7, NULL, NULL);
    char *other = faults_of(8, NULL, NULL), *less = faults_of(7, NULL, "1");
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    const char *rest = first;
    while (strncmp(rest, "fault 1 ", 8) == 0) rest = strchr(rest, '\n') + 1;
    assert_string_equal(less, rest);
    free(first), free(again), free(other), free(less);
}

static void what_cannot_be_is_refused(void **state) {
    static const char *const unknown[] = { "a", "x" }, *const clients[] = { "c" };
    bed b;
    (void)state;
    bed_open(&b, 1, NULL);
    const edo_sim_chaos_opts wrong[] = {
        { .hosts = unknown, .hosts_n = 2 },
        { .hosts = clients, .hosts_n = 1, .shares = { .disk_fill = 1 } }, // it has none
        { .from = edo_s(-1) },
        { .from = edo_s(2), .until = edo_s(1) },
        { .longest = edo_s(-1) },
        { .points = 1.5 },
        { .points = -0.5 },
        { .hosts_n = 1 },
        { .reserved = { 1 } },
        { .shares = { .reserved = { 1 } } },
    };
    for (size_t i = 0; i < EDO_COUNT(wrong); i++)
        assert_int_equal(edo_sim_chaos(b.sim, &wrong[i]), -EINVAL);
    assert_int_equal(edo_sim_bounce(b.sim, "a", SIGHUP, edo_s(1), edo_s(1)), -EINVAL);
    assert_int_equal(edo_sim_bounce(b.sim, "a", SIGTERM, edo_s(1), edo_s(-1)), -EINVAL);
    assert_int_equal(edo_sim_bounce(b.sim, "x", SIGTERM, edo_s(1), edo_s(1)), -EINVAL);
    assert_int_equal(edo_sim_calm(b.sim).ns, 0);
    free(bed_close(&b));
}

static void crashes_may_overlap_and_none_comes_that_was_not_asked_for(void **state) {
    static const char *const hosts[] = { "a" };
    const edo_sim_chaos_opts opts = {
        .hosts = hosts, .hosts_n = 1, .shares = { .crash = 1 }, .faults = 30
    };
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        char *text = faults_of(seed, &opts, NULL);
        assert_int_equal(lines_n(text, ": host a crashes\n"), 30);
        assert_int_equal(lines_n(text, "crashes, and"), 0);
        assert_in_range(lines_n(text, ": host a starts again\n"), 5, 30);
        free(text);
    }
}

/* ---- A program that is replaced -------------------------------------------------------------- */

static void a_program_is_replaced_again_and_again(void **state) {
    static const int signals[] = { SIGTERM, SIGINT, SIGKILL };
    bed b;
    (void)state;
    bed_open(&b, 1, NULL);
    for (int i = 0; i < 90; i++)
        assert_int_equal(edo_sim_bounce(b.sim, "b", signals[i % 3], edo_s(i), edo_ms(300)), 0);
    assert_int_equal(edo_sim_run(b.sim, edo_minutes(20)), 0);
    assert_int_equal(b.b.lives_n, 91);
    assert_int_equal(b.b.ends_n, 90);
    assert_int_equal(b.a.lives_n, 1);
    free(bed_close(&b));
}

static int note_begin(void *arg) {
    edo_instant *begun = arg;
    int err = edo_sleep(edo_s(1));
    if (err == 0) *begun = edo_now();
    return err < 0 ? err : edo_sleep(edo_hours(1));
}

static void a_program_that_stood_still_is_replaced_by_one_that_runs(void **state) {
    bed b;
    edo_instant begun = { 0 };
    (void)state;
    bed_open(&b, 1, NULL);
    assert_int_equal(edo_sim_host(b.sim, "n", note_begin, &begun), 0);
    assert_int_equal(edo_sim_pause(b.sim, "n", edo_ms(500), edo_minutes(2)), 0);
    assert_int_equal(edo_sim_bounce(b.sim, "n", SIGKILL, edo_s(5), edo_s(1)), 0);
    assert_int_equal(edo_sim_run(b.sim, edo_s(10)), -ETIMEDOUT);
    assert_true(begun.ns > 0);
    free(bed_close(&b));
}

/* It writes without a sync, and at its end once more; the next one reads. */
typedef struct writer {
    char path[96], seen[16];
    int lives_n;
} writer;

static int see(writer *w) {
    edo_bytes b;
    int err = edo_fs_read_all(&b, w->path);
    if (err < 0) return err;
    (void)snprintf(w->seen, sizeof w->seen, "%.*s", (int)b.str.len, b.str.ptr);
    edo_bytes_unref(&b);
    return 0;
}

static int writer_run(void *arg) {
    writer *w = arg;
    if (++w->lives_n == 2) return see(w);
    int err = edo_fs_write_all(w->path, "first", 5);
    if (err == 0) err = edo_sleep(edo_hours(1));
    EDO_SHIELD(sh, edo_s(5));
    (void)edo_fs_write_all(w->path, "last", 4);
    return edo_shield_end(&sh, err);
}

static void replace_a_writer(int signo, const char *seen) {
    bed b;
    writer w = { .lives_n = 0 };
    bed_open(&b, 1, NULL);
    (void)snprintf(w.path, sizeof w.path, "%s-of-w", b.folder);
    assert_int_equal(edo_fs_create_dir(w.path), 0);
    assert_int_equal(edo_sim_host(b.sim, "w", writer_run, &w), 0);
    assert_int_equal(edo_sim_disk(b.sim, "w", w.path), 0);
    (void)snprintf(w.path + strlen(w.path), 8, "/file");
    assert_int_equal(edo_sim_bounce(b.sim, "w", signo, edo_s(5), edo_s(1)), 0);
    assert_int_equal(edo_sim_run(b.sim, edo_minutes(20)), 0);
    assert_int_equal(w.lives_n, 2);
    assert_string_equal(w.seen, seen);
    free(bed_close(&b));
    *strrchr(w.path, '/') = '\0';
    assert_int_equal(edo_fs_remove_dir_all(w.path), 0);
}

static void what_was_written_before_is_there_and_a_killed_program_writes_no_more(void **state) {
    (void)state;
    replace_a_writer(SIGKILL, "first");
    replace_a_writer(SIGTERM, "last");
}

/* It says something to whoever comes, and at its end once more. */
static int speaker_run(void *arg) {
    edo_listener *l;
    edo_stream *s, *other;
    (void)arg;
    int err = edo_tcp_listen(&l, "0.0.0.0:80", NULL);
    if (err < 0) return err;
    err = edo_accept(l, &s);
    if (err == 0) err = edo_write_all(s, "first ", 6);
    if (err == 0) err = edo_sleep(edo_hours(1));
    EDO_SHIELD(sh, edo_s(5));
    (void)edo_write_all(s, "last", 4);
    if (edo_tcp_connect(&other, "listener:80", NULL) == 0) edo_close(other);
    err = edo_shield_end(&sh, err);
    edo_close(s);
    edo_listener_close(l);
    return err;
}

static int listener_run(void *arg) {
    char *heard = arg;
    edo_stream *s;
    size_t n = 0;
    ssize_t got = edo_tcp_connect(&s, "speaker:80", NULL);
    if (got < 0) return (int)got;
    while ((got = edo_read(s, heard + n, 15 - n)) > 0) n += (size_t)got;
    edo_close(s);
    return (int)got;
}

static void hear_a_speaker(int signo, const char *right) {
    bed b;
    char heard[16] = "";
    bed_open(&b, 1, NULL);
    assert_int_equal(edo_sim_host(b.sim, "speaker", speaker_run, NULL), 0);
    assert_int_equal(edo_sim_client(b.sim, "listener", listener_run, heard), 0);
    assert_int_equal(edo_sim_signal(b.sim, "speaker", signo, edo_s(5)), 0);
    assert_int_equal(edo_sim_run(b.sim, edo_minutes(20)), 0);
    assert_string_equal(heard, right);
    free(bed_close(&b));
}

static void what_was_said_before_is_heard_and_a_killed_program_says_no_more(void **state) {
    (void)state;
    hear_a_speaker(SIGKILL, "first ");
    hear_a_speaker(SIGTERM, "first last");
}

static void a_machine_that_crashes_is_down_whatever_its_program_does(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        bed b;
        bed_open(&b, seed, NULL);
        assert_int_equal(edo_sim_crash(b.sim, "a", edo_s(5)), 0);
        assert_int_equal(edo_sim_bounce(b.sim, "a", SIGKILL, edo_us(5000500), edo_us(500)), 0);
        assert_int_equal(edo_sim_run(b.sim, edo_minutes(20)), 0);
        assert_int_equal(b.a.lives_n - b.a.ends_n, 0); // none lives
        free(bed_close(&b));
    }
}

static void a_client_that_is_replaced_comes_to_its_end(void **state) {
    static const int signals[] = { SIGTERM, SIGINT, SIGKILL };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(signals); i++) {
        bed b;
        bed_open(&b, 1, NULL);
        assert_int_equal(edo_sim_bounce(b.sim, "c", signals[i], edo_s(5), edo_s(1)), 0);
        assert_int_equal(edo_sim_run(b.sim, edo_minutes(20)), 0);
        assert_int_equal(edo_sim_now(b.sim).ns, edo_s(606).ns); // its second life is whole
        free(bed_close(&b));
    }
}

/* ---- Who is disturbed ------------------------------------------------------------------------ */

static void who_is_disturbed_is_known_and_until_when(void **state) {
    bed b;
    (void)state;
    bed_open(&b, 1, "6");
    assert_int_equal(edo_sim_calm(b.sim).ns, 0);
    assert_int_equal(edo_sim_cut(b.sim, "a", "c", edo_s(10), edo_s(5)), 0);
    assert_int_equal(edo_sim_calm(b.sim).ns, edo_s(15).ns);
    assert_true(edo_sim_is_disturbed(b.sim, "a", edo_s(15), edo_s(20)));
    assert_true(edo_sim_is_disturbed(b.sim, "c", edo_s(5), edo_s(10)));
    assert_false(edo_sim_is_disturbed(b.sim, "c", edo_s(5), edo_ms(9999)));
    assert_false(edo_sim_is_disturbed(b.sim, "b", edo_s(0), edo_s(60)));
    assert_int_equal(edo_sim_crash(b.sim, "b", edo_s(30)), 0);
    assert_int_equal(edo_sim_calm(b.sim).ns, -1); // it is down for ever
    assert_true(edo_sim_is_disturbed(b.sim, "b", edo_hours(1), edo_hours(2)));
    assert_int_equal(edo_sim_restart(b.sim, "b", edo_s(40)), 0);
    assert_int_equal(edo_sim_calm(b.sim).ns, edo_s(40).ns);
    assert_false(edo_sim_is_disturbed(b.sim, "b", edo_s(41), edo_s(60)));
    assert_int_equal(edo_sim_disk_fill(b.sim, "a", edo_s(50), edo_s(1)), 0);
    assert_int_equal(edo_sim_pause(b.sim, "a", edo_s(51), edo_s(1)), 0);
    assert_int_equal(edo_sim_calm(b.sim).ns, edo_s(52).ns);
    assert_int_equal(edo_sim_bounce(b.sim, "a", SIGTERM, edo_s(52), edo_s(1)), 0);
    assert_int_equal(edo_sim_pause(b.sim, "a", edo_s(90), edo_s(1)), 0); // it is left out
    assert_int_equal(edo_sim_calm(b.sim).ns, edo_s(53).ns);
    assert_int_equal(edo_sim_partition(b.sim, NULL, "a", edo_s(60), edo_s(-1)), 0);
    assert_int_equal(edo_sim_calm(b.sim).ns, -1);
    assert_true(edo_sim_is_disturbed(b.sim, "c", edo_s(70), edo_s(70))); // all others
    free(bed_close(&b));
}

static void what_is_left_out_disturbs_nobody(void **state) {
    bed b;
    (void)state;
    bed_open(&b, 1, "1");
    assert_int_equal(edo_sim_crash(b.sim, "a", edo_s(5)), 0);
    assert_int_equal(edo_sim_restart(b.sim, "a", edo_s(7)), 0);
    assert_int_equal(edo_sim_calm(b.sim).ns, 0);
    assert_false(edo_sim_is_disturbed(b.sim, "a", edo_s(0), edo_s(60)));
    free(bed_close(&b));
}

/* ---- Fault points ---------------------------------------------------------------------------- */

typedef struct passes {
    int n, one_n, other_n;
    int64_t first_s, last_s; /* in which one has failed */
} passes;

static int pass(void *arg) {
    passes *p = arg;
    const edo_instant begin = edo_now();
    int err = 0;
    for (p->n = 0; p->n < 100 && err == 0; p->n++) {
        const int one = edo_fault_point("chaos.one"), other = edo_fault_point("chaos.other");
        const int64_t s = (edo_now().ns - begin.ns) / 1000000000;
        p->one_n += one < 0;
        p->other_n += other < 0;
        if (one < 0 && p->first_s == 0) p->first_s = s;
        if (one < 0) p->last_s = s;
        err = edo_sleep(edo_s(1));
    }
    return err;
}

/* Both of a host whose points may fail, and of one whose may not. */
static void pass_points(uint64_t seed, passes *p, passes *beside, char **report) {
    static const char *const hosts[] = { "p" };
    bed b;
    *p = *beside = (passes){ .n = 0 };
    bed_open(&b, seed, NULL);
    assert_int_equal(edo_sim_host(b.sim, "p", pass, p), 0);
    assert_int_equal(edo_sim_host(b.sim, "q", pass, beside), 0);
    const edo_sim_chaos_opts opts = { .hosts = hosts,
                                      .hosts_n = 1,
                                      .shares = { .hold = 1 },
                                      .faults = 1,
                                      .from = edo_s(20),
                                      .until = edo_s(80),
                                      .points = 0.25 };
    assert_int_equal(edo_sim_chaos(b.sim, &opts), 0);
    assert_int_equal(edo_sim_run(b.sim, edo_minutes(5)), -ETIMEDOUT);
    assert_true(edo_sim_is_disturbed(b.sim, "p", edo_s(30), edo_s(31)));
    *report = bed_close(&b);
}

static void points_fail_with_a_quarter_of_the_seeds_within_their_time(void **state) {
    int seen[2][2] = { { 0 } };
    (void)state;
    for (uint64_t seed = 1; seed <= 80; seed++) {
        passes p, beside;
        char *report;
        pass_points(seed, &p, &beside, &report);
        assert_int_equal(p.n, 100);
        assert_int_equal(beside.one_n + beside.other_n, 0);
        seen[p.one_n > 0][p.other_n > 0]++;
        if (p.one_n > 0) {
            assert_in_range(p.one_n, 3, 30); // of 60 passes
            assert_true(p.first_s >= 20 && p.last_s < 80);
        }
        assert_int_equal(lines_n(report, "point chaos.one of p fails"), p.one_n > 0);
        free(report);
    }
    assert_in_range(seen[1][0] + seen[1][1], 8, 36); // of 80
    assert_true(seen[0][0] > 0 && seen[0][1] > 0 && seen[1][0] > 0 && seen[1][1] > 0);
    assert_int_equal(edo_fault_point("chaos.one"), 0); // outside a world
}

/* Two times at which points may fail are both such. */
static void points_of_two_calls_fail_by_both(void **state) {
    static const char *const hosts[] = { "p" };
    int early_n = 0, late_n = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        bed b;
        passes p = { .n = 0 };
        bed_open(&b, seed, NULL);
        assert_int_equal(edo_sim_host(b.sim, "p", pass, &p), 0);
        for (int i = 0; i < 2; i++) {
            const edo_sim_chaos_opts opts = { .hosts = hosts,
                                              .hosts_n = 1,
                                              .shares = { .hold = 1 },
                                              .faults = 1,
                                              .from = edo_s(60 * i + 5),
                                              .until = edo_s(60 * i + 25),
                                              .points = 0.5 };
            assert_int_equal(edo_sim_chaos(b.sim, &opts), 0);
        }
        assert_int_equal(edo_sim_run(b.sim, edo_minutes(2)), -ETIMEDOUT);
        early_n += p.one_n > 0 && p.first_s < 25;
        late_n += p.one_n > 0 && p.last_s >= 65;
        free(bed_close(&b));
    }
    assert_true(early_n > 0);
    assert_int_equal(early_n, late_n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_comes_about_alone_where_it_was_asked_for),
        cmocka_unit_test(who_says_nothing_gets_three_to_eight_of_all_kinds_and_no_client_fails),
        cmocka_unit_test(times_are_those_that_were_asked_for),
        cmocka_unit_test(faults_are_of_the_seed_and_none_depends_on_those_left_out),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(crashes_may_overlap_and_none_comes_that_was_not_asked_for),
        cmocka_unit_test(a_machine_that_crashes_is_down_whatever_its_program_does),
        cmocka_unit_test(a_client_that_is_replaced_comes_to_its_end),
        cmocka_unit_test(what_is_left_out_disturbs_nobody),
        cmocka_unit_test(points_of_two_calls_fail_by_both),
        cmocka_unit_test(a_program_is_replaced_again_and_again),
        cmocka_unit_test(a_program_that_stood_still_is_replaced_by_one_that_runs),
        cmocka_unit_test(what_was_written_before_is_there_and_a_killed_program_writes_no_more),
        cmocka_unit_test(what_was_said_before_is_heard_and_a_killed_program_says_no_more),
        cmocka_unit_test(who_is_disturbed_is_known_and_until_when),
        cmocka_unit_test(points_fail_with_a_quarter_of_the_seeds_within_their_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
