/* SPDX-License-Identifier: MIT */
/* Goal: a program that is started gets the limit of descriptors that edo_main() found, not the one
 * that it has made of it.
 * Method: shells that print their limits, below an edo_main() in a child. */
#include "child.h"
#include "process_support.h"

#include <edo/process.h>

#include <string.h>
#include <sys/resource.h>

#define SOFT 200

static rlim_t hard;

/* Does a shell print `soft` and the hard limit? */
static bool shell_says(const edo_process_opts *opts, unsigned long soft, unsigned long most) {
    const char *const argv[] = { "sh", "-c", "ulimit -Sn; ulimit -Hn", NULL };
    char want[64];
    edo_process_result out;
    (void)snprintf(want, sizeof want, "%lu\n%lu\n", soft, most);
    if (edo_process_output(&out, argv, opts, (edo_str){ 0 }, 0) != 0) return false;
    bool is_same = out.out.str.len == strlen(want) && !memcmp(out.out.str.ptr, want, strlen(want));
    edo_bytes_unref(&out.out);
    edo_bytes_unref(&out.err);
    return is_same;
}

static int root(void *arg) {
    struct rlimit now;
    (void)arg;
    EXPECT(getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur == hard, 1);
    EXPECT(shell_says(NULL, SOFT, hard), 2);
    const edo_process_limit other = { .resource = RLIMIT_NOFILE, .soft = 150, .hard = 160 };
    EXPECT(shell_says(&(edo_process_opts){ .limits = &other, .limits_n = 1 }, 150, 160), 3);
    EXPECT(getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur == hard, 4); // ours stays
    now.rlim_cur = 170;                                                     // the program's own
    EXPECT(setrlimit(RLIMIT_NOFILE, &now) == 0 && shell_says(NULL, 170, hard), 5);
    now.rlim_cur = now.rlim_max = 180; // below what was
    EXPECT(setrlimit(RLIMIT_NOFILE, &now) == 0 && shell_says(NULL, 180, 180), 6);
    return 0;
}

static int program(void *arg) {
    struct rlimit limit;
    (void)arg;
    EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max > SOFT, 100);
    limit.rlim_max = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
    limit.rlim_cur = SOFT;
    hard = limit.rlim_max;
    EXPECT(setrlimit(RLIMIT_NOFILE, &limit) == 0, 101);
    return edo_main(root, NULL);
}

static void program_gets_the_limit_from_before(void **state) {
    (void)state;
    assert_int_equal(child_status(program, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(program_gets_the_limit_from_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
