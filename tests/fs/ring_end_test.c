/* SPDX-License-Identifier: MIT */
/* Goal: a runtime may end with calls on files under way, at any moment, and thousands of runtimes
 * with rings may come and go: each call returns before the memory that it uses is given back, and
 * nothing is left of a ring.
 * Method: calls that go on until they are cancelled; what they use is theirs again, and poisoned,
 * when they return. The end comes after so many of them as the seed says. */
#include "inside.h"
#include "rings.h"
#include "rounds.h"
#include "seed.h"
#include "stress.h"

#include <edo/edo.h>
#include <edo/file.h>
#include <edo/fs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char end_home[] = "/tmp/edo-ring-end-XXXXXX"; // on a disk, where there is one

static int enter_end_home(void **state) {
    (void)state;
    return mkdtemp(end_home) ? chdir(end_home) : -1;
}

static int leave_end_home(void **state) {
    (void)state;
    return chdir("/") + edo_fs_remove_dir_all(end_home);
}

/* Of this process. */
static int descriptors_n(void) {
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    CHECK(dir != NULL);
    while (readdir(dir)) n++;
    CHECK_EQ(closedir(dir), 0);
    return n;
}

/* ---- Calls that go on ------------------------------------------------------------------------ */

#define USERS  12
#define BLOCK  4096
#define POISON 0xa5

typedef struct user {
    unsigned char block[BLOCK]; /* the kernel's, from a call to its end */
    unsigned n, calls_n;
    int result;
    bool is_over;
} user;

static user users[USERS];
static edo_stream *file;
static atomic_uint all_calls;

/* One call, of a kind that its turn says. */
static int user_call(user *u) {
    struct stat is;
    edo_stream *other;
    const edo_fs_open_opts opts = { .write = true, .create = true };
    uint64_t at = (uint64_t)u->n * BLOCK;
    int err;
    switch ((u->n + u->calls_n++) % 5) {
    case 0: return edo_file_read_at(file, u->block, BLOCK, at);
    case 1: return edo_file_sync(file);
    case 2: return edo_fs_stat(&is, "ended");
    case 3:
        err = edo_fs_open(&other, "opened", &opts);
        if (err == 0) edo_close(other);
        return err;
    default:
        memset(u->block, (int)u->n, BLOCK);
        return edo_file_write_at(file, u->block, BLOCK, at);
    }
}

static int user_main(void *arg) {
    user *u = arg;
    int result = 0;
    while (result >= 0) {
        result = user_call(u);
        atomic_fetch_add(&all_calls, 1);
    }
    memset(u->block, POISON, BLOCK);
    u->result = result;
    u->is_over = true;
    return 0;
}

static int users_begin(void *arg) {
    const edo_fs_open_opts opts = { .read = true, .write = true, .create = true };
    uint32_t calls_n = *(uint32_t *)arg;
    CHECK_EQ(edo_fs_open(&file, "ended", &opts), 0);
    atomic_store(&all_calls, 0);
    for (unsigned i = 0; i < USERS; i++) {
        users[i] = (user){ .n = i };
        CHECK_EQ(edo_spawn_detached(user_main, &users[i]), 0);
    }
    while (atomic_load(&all_calls) < calls_n) CHECK_EQ(edo_yield(), 0);
    return 0;
}

/* The end comes upon them; what they have used is poison, and stays it. */
static void end_amid(const edo_runtime_opts *kind, uint32_t calls_n) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_run(rt, users_begin, &calls_n), 0);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(30)), 0);
    edo_close(file);
    edo_runtime_free(rt);
    for (unsigned i = 0; i < USERS; i++) {
        assert_true(users[i].is_over);
        assert_int_equal(users[i].result, -ECANCELED);
        for (size_t k = 0; k < BLOCK; k++) assert_int_equal(users[i].block[k], POISON);
    }
    assert_int_equal(rings_n(), 0);
}

static void calls_under_way_end_with_their_runtime(void **state) {
    uint64_t seed = test_seed(11);
    (void)state;
    for (uint32_t round = test_rounds(4, 200); round > 0; round--)
        for (size_t i = 0; i < KINDS_N; i++)
            end_amid(&kinds[i], (uint32_t)(stress_random(&seed) % 40));
}

/* ---- Threads of the kernel ------------------------------------------------------------------- */

/* Of the threads of the kernel for this one; by itself 4 a core. */
static int most_that_wait(void *arg) {
    struct stat is;
    unsigned most[2] = { 0, 0 };
    (void)arg;
    CHECK_EQ(edo_fs_stat(&is, "."), 0);
    CHECK_EQ(syscall(SYS_io_uring_register, ring_fd(), IORING_REGISTER_IOWQ_MAX_WORKERS, most, 2),
             0);
    return (int)most[0];
}

static void hundreds_may_wait(void **state) {
    (void)state;
    NEED_RING();
    assert_int_equal(inside_with(most_that_wait, NULL, &one_thread), 512);
}

/* ---- Runtimes that come and go --------------------------------------------------------------- */

static int use_ring(void *arg) {
    char byte = 0;
    const edo_fs_open_opts opts = { .read = true, .write = true, .create = true };
    CHECK_EQ(edo_fs_open(&file, "used", &opts), 0);
    CHECK_EQ(edo_file_write_at(file, "x", 1, 0), 1);
    CHECK_EQ(edo_file_read_at(file, &byte, 1, 0), 1);
    CHECK_EQ(byte, 'x');
    edo_close(file);
    return *(bool *)arg ? rings_n() : 1;
}

static void runtimes_with_rings_come_and_go(void **state) {
    bool has = has_ring();
    int before = 0;
    (void)state;
    for (uint32_t round = 0, n = test_rounds(40, 3000); round < n; round++) {
        assert_int_equal(inside_with(use_ring, &has, &kinds[round % KINDS_N]), 1);
        assert_int_equal(rings_n(), 0);
        if (round == KINDS_N) before = descriptors_n(); // what is made once is there
    }
    assert_int_equal(descriptors_n(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_under_way_end_with_their_runtime),
        cmocka_unit_test(hundreds_may_wait),
        cmocka_unit_test(runtimes_with_rings_come_and_go),
    };
    assert_int_equal(setenv("EDO_FILES", "uring", 1), 0); // else one call at a time is a thread's
    return cmocka_run_group_tests(tests, enter_end_home, leave_end_home);
}
