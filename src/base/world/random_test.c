/* SPDX-License-Identifier: MIT */
/* Goal: edo_random() fills all bytes or says why not, whatever the kernel does; a seed is always
 * there, and another one each time. Method: the file under test is included, with a kernel that
 * gives parts, is interrupted, or refuses. */
#include <edo/random.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>

#include <cmocka.h>

static size_t part_max; // bytes that one call gives at most; 0: all
static int interrupted; // calls that a signal interrupts before one succeeds
static int refused;     // why the kernel gives nothing; 0: it does
static unsigned flags_seen;

static ssize_t random_try(void *to, size_t n, unsigned flags) {
    flags_seen = flags;
    if (refused || interrupted-- > 0) {
        errno = refused ? refused : EINTR;
        return -1;
    }
    if (part_max > 0 && n > part_max) n = part_max;
    memset(to, 0xa5, n);
    return (ssize_t)n;
}

#define getrandom random_try
#include "base/world/random.c"

static bool is_all(const unsigned char *bytes, size_t n, unsigned char what) {
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != what) return false;
    return true;
}

static void all_bytes_are_filled_however_many_come_at_once(void **state) {
    static const size_t parts[] = { 0, 1, 7, 256 };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(parts); i++) {
        for (interrupted = 0; interrupted < 3; interrupted++) {
            unsigned char bytes[601] = { 0 };
            const int kept = interrupted;
            part_max = parts[i];
            assert_int_equal(edo_random(bytes, sizeof bytes - 1), 0);
            assert_true(is_all(bytes, sizeof bytes - 1, 0xa5) && bytes[sizeof bytes - 1] == 0);
            assert_int_equal(flags_seen, 0); // it waits for random bytes early in a boot
            interrupted = kept;
        }
    }
    part_max = 0;
    assert_int_equal(edo_random(NULL, 0), 0);
}

static void a_refusal_is_its_code(void **state) {
    static const int codes[] = { ENOSYS, EPERM };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(codes); i++) {
        unsigned char bytes[16] = { 0 };
        refused = codes[i];
        assert_int_equal(edo_random(bytes, sizeof bytes), -codes[i]);
        assert_true(is_all(bytes, sizeof bytes, 0));
    }
    refused = 0;
}

static void a_seed_is_of_the_system_and_does_not_wait(void **state) {
    unsigned char seed[16];
    (void)state;
    edoi_random_seed(seed, sizeof seed);
    assert_true(is_all(seed, sizeof seed, 0xa5));
    assert_int_equal(flags_seen, GRND_NONBLOCK);
}

static void a_seed_without_the_system_is_another_one_each_time(void **state) {
    static const int codes[] = { EAGAIN, ENOSYS, EPERM };
    unsigned char seeds[30][16];
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(seeds); i++) {
        refused = codes[i % EDO_COUNT(codes)];
        edoi_random_seed(seeds[i], sizeof seeds[i]);
        assert_int_not_equal(memcmp(seeds[i], seeds[i] + 8, 8), 0);
        for (size_t k = 0; k < i; k++) assert_int_not_equal(memcmp(seeds[i], seeds[k], 16), 0);
    }
    refused = 0;
    unsigned char odd[4] = { 0, 0, 0, 7 };
    edoi_random_seed_by_clock(odd, 3);
    assert_int_equal(odd[3], 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_bytes_are_filled_however_many_come_at_once),
        cmocka_unit_test(a_refusal_is_its_code),
        cmocka_unit_test(a_seed_is_of_the_system_and_does_not_wait),
        cmocka_unit_test(a_seed_without_the_system_is_another_one_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
