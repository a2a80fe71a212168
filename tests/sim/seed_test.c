/* SPDX-License-Identifier: MIT */
/* Goal: time, numbers and names that a host asks libc for are by the seed of its world, whatever
 * the machine has.
 * Method: a host asks in each way; a second world of the same seed has to reply the same, one of
 * another seed something else. */
#include "inside.h"

#include <edo/sim.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#define HOSTS 2

/* Of libc 2.36; a world has them anyway. */
uint32_t arc4random(void);
void arc4random_buf(void *buf, size_t n);
uint32_t arc4random_uniform(uint32_t bound);

/* What a host has seen. */
typedef struct sight {
    uint32_t arc, below_ten;
    unsigned char arc_bytes[20], device[2][24];
    long of_rand;
    clock_t clock, times;
    struct timespec utc, cpu;
    pid_t pid, parent;
} sight;

static int read_device(const char *path, unsigned char *to, size_t n) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    ssize_t got = read(fd, to, n);
    CHECK_EQ(close(fd), 0);
    return got == (ssize_t)n ? 0 : -EIO;
}

static int look_at_numbers(void *arg) {
    sight *s = arg;
    CHECK_EQ(edo_sleep(edo_ms(1234)), 0);
    s->arc = arc4random();
    s->below_ten = arc4random_uniform(10);
    CHECK(s->below_ten < 10);
    arc4random_buf(s->arc_bytes, sizeof s->arc_bytes);
    CHECK_EQ(read_device("/dev/urandom", s->device[0], sizeof s->device[0]), 0);
    CHECK_EQ(read_device("/dev/random", s->device[1], sizeof s->device[1]), 0);
    s->of_rand = random();
    s->clock = clock();
    s->times = times(NULL);
    CHECK_EQ(timespec_get(&s->utc, TIME_UTC), TIME_UTC);
    CHECK_EQ(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &s->cpu), 0);
    s->pid = getpid();
    s->parent = getppid();
    return 0;
}

static void see(sight s[HOSTS], uint64_t seed) {
    static const char *const names[HOSTS] = { "one", "other" };
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = seed });
    assert_non_null(sim);
    memset(s, 0, HOSTS * sizeof *s);
    for (int i = 0; i < HOSTS; i++)
        assert_int_equal(edo_sim_client(sim, names[i], look_at_numbers, &s[i]), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(5)), 0);
    edo_sim_free(sim);
}

static void what_a_host_asks_libc_for_is_by_the_seed(void **state) {
    sight first[HOSTS], again[HOSTS], other[HOSTS];
    (void)state;
    see(first, 7);
    see(again, 7);
    see(other, 8);
    assert_memory_equal(first, again, sizeof first);
    assert_int_not_equal(first[0].arc, other[0].arc);
    assert_int_not_equal(first[0].of_rand, other[0].of_rand);
    assert_memory_not_equal(first[0].device, other[0].device, sizeof first[0].device);
    assert_memory_not_equal(first[0].device[0], first[0].device[1], sizeof first[0].device[0]);
}

static void clocks_are_the_worlds(void **state) {
    sight s[HOSTS];
    (void)state;
    see(s, 7);
    assert_int_equal(s[0].utc.tv_sec, 1893456001);
    assert_in_range(s[0].utc.tv_nsec, 234000000, 236000000);
    assert_int_equal(s[0].cpu.tv_sec, 1);
    assert_in_range(s[0].clock, 1234000, 1236000);
    assert_in_range(s[0].times, 100123, 100124); // the machine is up for 1,000 s
}

static void hosts_have_numbers_of_processes_that_no_machine_has(void **state) {
    sight s[HOSTS];
    (void)state;
    see(s, 7);
    assert_int_not_equal(s[0].pid, s[1].pid);
    assert_int_not_equal(s[0].pid, getpid());
    assert_true(s[0].pid > 1 << 22 && s[1].pid > 1 << 22);
    assert_int_equal(s[0].parent, 1);
}

static void devices_are_the_machines_elsewhere(void **state) {
    unsigned char first[16], again[16];
    (void)state;
    assert_int_equal(read_device("/dev/urandom", first, sizeof first), 0);
    assert_int_equal(read_device("/dev/urandom", again, sizeof again), 0);
    assert_memory_not_equal(first, again, sizeof first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_host_asks_libc_for_is_by_the_seed),
        cmocka_unit_test(clocks_are_the_worlds),
        cmocka_unit_test(hosts_have_numbers_of_processes_that_no_machine_has),
        cmocka_unit_test(devices_are_the_machines_elsewhere),
    };
    return cmocka_run_group_tests_name("sim_seed", tests, NULL, NULL);
}
