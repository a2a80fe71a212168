/* SPDX-License-Identifier: MIT */
/* Goal: a kernel or sandbox that cannot guard several stacks in one call is asked once, and not for
 * each new stack.
 * Method: the file under test is included, with a process_madvise() that fails as told. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

static uint32_t calls_n;
static int fails_with;

static long try_syscall(long number, int self, const struct iovec *ranges, size_t n, int advice,
                        unsigned flags) {
    (void)number, (void)self, (void)ranges, (void)n, (void)advice, (void)flags;
    calls_n++;
    errno = fails_with;
    return -1;
}

#define syscall try_syscall
#include "fiber/stack_linux.c"
#undef syscall

/* How often three calls ask the system that fails with `err`. */
static uint32_t asked_n(int err) {
    calls_n = 0;
    fails_with = err;
    errno = ERANGE;
    edoi_store_rlx_u32(&guard_kind, GUARD_LIGHT);
    edoi_store_rlx_u32(&many_refused, false);
    for (int i = 0; i < 3; i++) assert_false(edoi_stack_os_guard_many(NULL, 4096, 65536, 2));
    assert_int_equal(errno, ERANGE);
    return calls_n;
}

static void a_system_that_refuses_is_asked_once(void **state) {
    (void)state;
    assert_int_equal(asked_n(ENOSYS), 1);
    assert_int_equal(asked_n(EPERM), 1);
    assert_int_equal(asked_n(EBADF), 1);
}

static void a_failure_of_these_stacks_is_not_one_of_all(void **state) {
    (void)state;
    assert_int_equal(asked_n(ENOMEM), 3);
    assert_int_equal(asked_n(EINVAL), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_system_that_refuses_is_asked_once),
        cmocka_unit_test(a_failure_of_these_stacks_is_not_one_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
