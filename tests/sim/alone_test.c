/* SPDX-License-Identifier: MIT */
/* Goal: a seed has one run, whether its world is the first of a process or comes behind others.
 * Method: a program's host uses what the library or the process has once, as the order of a map's
 * keys and numbers for pauses and selects; and what the machine has, a file. The worlds of 40 seeds
 * run one after the other, and each in a process of its own, which has other addresses, too. The
 * digests must be equal. */
#include "files.h"
#include "inside.h"

#include <edo/edo.h>
#include <edo/map.h>
#include <edo/retry.h>
#include <edo/sim.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEEDS 40
#define KEYS  20

/* What was seen becomes part of the run: the number of bytes that are drawn is an event. */
static int note(const void *seen, size_t n) {
    unsigned char drawn[64], mixed = 0;
    for (size_t i = 0; i < n; i++)
        mixed = (unsigned char)(31 * mixed + ((const unsigned char *)seen)[i]);
    size_t bytes = 1 + mixed % sizeof drawn;
    return getrandom(drawn, bytes, 0) == (ssize_t)bytes ? 0 : -EIO;
}

static void fill(edo_map *m) {
    char key[16];
    for (int i = 0; i < KEYS; i++) {
        (void)snprintf(key, sizeof key, "key%d", i);
        CHECK(edo_map_add(m, edo_str_of(key)) != NULL);
    }
}

/* In the order in which it has its keys. */
static int note_map(const edo_map *m) {
    int err = 0;
    for (edo_map_at at = { 0 }; edo_map_next(m, &at) && err == 0;)
        err = note(at.key.ptr, at.key.len);
    return err;
}

static int note_own_map(void) {
    edo_map m = { .owns_keys = true };
    fill(&m);
    int err = note_map(&m);
    edo_map_deinit(&m);
    return err;
}

/* Polled by hand, so that no runtime has a seed for it: which of two that are ready it takes. */
static int note_select(void) {
    edo_ready_future ready[2];
    edo_future *both[] = { edo_ready_init(&ready[0], 0), edo_ready_init(&ready[1], 0) };
    edo_cx cx = { .budget = EDO_BUDGET };
    edo_select_future f;
    CHECK_EQ(edo_poll(edo_select_init(&f, both, EDO_COUNT(both), 0), &cx), EDO_READY);
    return note(&f.base.result, sizeof f.base.result);
}

/* What the test has made for the world, outside its hosts. */
typedef struct outside {
    edo_map map;
    edo_backoff pauses;
    char folder[64];
} outside;

static void outside_open(outside *o) {
    *o = (outside){ .map.owns_keys = true };
    fill(&o->map);
    assert_int_equal(edo_backoff_init(&o->pauses, NULL), 0);
    files_make(o->folder);
}

static void outside_close(outside *o) {
    edo_map_deinit(&o->map);
    files_free(o->folder);
}

static int note_outside(outside *o) {
    const edo_duration pause = edo_backoff_next(&o->pauses);
    int err = note_map(&o->map);
    return err == 0 ? note(&pause, sizeof pause) : err;
}

static int work(void *arg) {
    int err = note_own_map();
    if (err == 0) err = note_outside(arg);
    for (int i = 0; i < 3 && err == 0; i++) err = note_select();
    return err == 0 ? edo_sleep(edo_ms(1)) : err;
}

static int work_with_disk(void *arg) {
    const outside *o = arg;
    char path[80];
    struct stat seen;
    (void)snprintf(path, sizeof path, "%s/file", o->folder);
    int err = edo_fs_write_all(path, "bytes", 5);
    if (err == 0 && stat(path, &seen) < 0) err = -errno;
    if (err == 0) err = note(&seen, sizeof seen);
    return err == 0 ? work(arg) : err;
}

static uint64_t run_world(uint64_t seed) {
    outside o;
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = seed });
    assert_non_null(sim);
    outside_open(&o);
    assert_int_equal(edo_sim_client(sim, "one", work_with_disk, &o), 0);
    assert_int_equal(edo_sim_disk(sim, "one", o.folder), 0);
    assert_int_equal(edo_sim_client(sim, "other", work, &o), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(5)), 0);
    uint64_t digest = edo_sim_digest(sim);
    edo_sim_free(sim);
    outside_close(&o);
    return digest;
}

/* ---- In a process of its own ----------------------------------------------------------------- */

typedef struct alone {
    pid_t pid;
    int from; /* a pipe, by which its digest comes */
} alone;

static int print_digest(const char *seed) {
    (void)printf("%016" PRIx64, run_world(strtoull(seed, NULL, 10)));
    return fflush(stdout) == 0 ? 0 : 1;
}

static void alone_start(alone *a, uint64_t seed) {
    char text[24];
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    a->from = ends[0];
    a->pid = fork();
    assert_true(a->pid >= 0);
    if (a->pid == 0) {
        (void)snprintf(text, sizeof text, "%" PRIu64, seed);
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)execl("/proc/self/exe", "integration-sim-alone", text, (char *)NULL);
        _exit(1);
    }
    assert_int_equal(close(ends[1]), 0);
}

static uint64_t alone_digest(const alone *a) {
    char text[32] = "";
    int status;
    assert_int_equal(read(a->from, text, sizeof text - 1), 16);
    assert_int_equal(close(a->from), 0);
    assert_int_equal(waitpid(a->pid, &status, 0), a->pid);
    assert_int_equal(status, 0);
    return strtoull(text, NULL, 16);
}

static void worlds_of_one_process_run_as_each_alone(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        alone a;
        alone_start(&a, seed);
        assert_int_equal(run_world(seed), alone_digest(&a));
    }
}

/* With a seed: its world alone. */
int main(int argc, char **argv) {
    if (argc > 1) return print_digest(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worlds_of_one_process_run_as_each_alone),
    };
    return cmocka_run_group_tests_name("sim_alone", tests, NULL, NULL);
}
