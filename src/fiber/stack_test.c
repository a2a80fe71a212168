/* SPDX-License-Identifier: MIT */
/* Goal: stacks are reused last in, first out, behind a guard of either kind, and unused stacks cost
 * no memory.
 * Method: direct calls of the pool; guards are tested in a child process. */
#include "fiber/stack.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory/alloc.h"
#include "fiber/sanitize.h"
#include "fiber/stack_os.h"

static edoi_stack_pool pool;

static int set_up(void **state) {
    (void)state;
    memset(&pool, 0, sizeof pool);
    edoi_stack_os_force_protect(false);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    edoi_stack_pool_deinit(&pool);
    edoi_stack_os_force_protect(false);
    return 0;
}

static edoi_stack *get(size_t size) {
    edoi_stack *s = NULL;
    assert_int_equal(edoi_stack_get(&pool, size, &s), 0);
    return s;
}

static void sizes_round_up_to_a_power_of_two(void **state) {
    (void)state;
    static const struct {
        size_t asked, got;
    } rows[] = {
        { 0, EDOI_STACK_DEFAULT },      { 1, EDOI_STACK_CLASS_MIN }, { 128 << 10, 128 << 10 },
        { (128 << 10) + 1, 256 << 10 }, { 256 << 10, 256 << 10 },    { (256 << 10) + 1, 512 << 10 },
        { 8 << 20, 8 << 20 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        edoi_stack *s = get(rows[i].asked);
        assert_int_equal(edoi_stack_size(s), rows[i].got);
        assert_true(s->lo + EDOI_STACK_CTX_BYTES < s->hi);
        assert_int_equal((uintptr_t)edoi_stack_ctx(s) % 16, 0);
        memset(edoi_stack_ctx(s), 0xff, EDOI_STACK_CTX_BYTES);
        s->lo[0] = 1; // all of it is writable
        edoi_stack_put(&pool, s);
    }
    edoi_stack *none = NULL;
    assert_int_equal(edoi_stack_get(&pool, (size_t)1 << 31, &none), -EINVAL);
    assert_null(none);
    assert_true(edoi_stack_min() <= EDOI_STACK_CLASS_MIN);
    assert_true(edoi_stack_min() >= EDOI_STACK_GUARD + (size_t)8 * 1024);
}

static void last_in_is_first_out(void **state) {
    (void)state;
    edoi_stack *s[8];
    for (int i = 0; i < 8; i++) s[i] = get(0);
    for (int i = 0; i < 8; i++) edoi_stack_put(&pool, s[i]);
    for (int i = 7; i >= 0; i--) assert_ptr_equal(get(0), s[i]);
    for (int i = 0; i < 8; i++) edoi_stack_put(&pool, s[i]);
}

static void ten_thousand_stacks_are_distinct_and_found(void **state) {
    (void)state;
    enum { N = 10000 };
    static edoi_stack *s[N];
    for (int i = 0; i < N; i++) {
        s[i] = get(0);
        *(int *)edoi_stack_ctx(s[i]) = i;
    }
    for (int i = 0; i < N; i++) {
        assert_int_equal(*(int *)edoi_stack_ctx(s[i]), i);
        assert_ptr_equal(edoi_stack_find(s[i]->hi - 1), s[i]);
        assert_ptr_equal(edoi_stack_find(s[i]->lo), s[i]);
        assert_ptr_equal(edoi_stack_find(s[i]->lo - 1), s[i]);
        assert_ptr_equal(edoi_stack_find(s[i]->lo - EDOI_STACK_GUARD), s[i]);
        assert_ptr_not_equal(edoi_stack_find(s[i]->lo - EDOI_STACK_GUARD - 1), s[i]);
    }
    int local;
    assert_null(edoi_stack_find(&local));
    assert_null(edoi_stack_find(NULL));
    for (int i = 0; i < N; i++) edoi_stack_put(&pool, s[i]);
    assert_true(pool.free[edoi_stack_class(0)].n <=
                EDOI_STACK_POOL_MAX); // the rest are in the depot
    for (int i = 0; i < N; i++) s[i] = get(0);
    for (int i = 0; i < N; i++) edoi_stack_put(&pool, s[i]);
}

static void *take_and_keep(void *arg) {
    edoi_stack_pool mine = { 0 };
    edoi_stack **out = arg;
    int err = edoi_stack_get(&mine, 0, out);
    if (err == 0) edoi_stack_put(&mine, *out);
    edoi_stack_pool_deinit(&mine);
    return NULL;
}

static void a_pool_that_ends_leaves_its_stacks_to_others(void **state) {
    (void)state;
    edoi_stack *theirs = NULL;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, take_and_keep, &theirs), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_non_null(theirs);
    edoi_stack *s = get(0);
    assert_ptr_equal(s, theirs);
    edoi_stack_put(&pool, s);
}

#define ENDS 2000
#define FEW  8

static void no_kick(void *arg) {
    (void)arg;
}

static void *end_pools(void *arg) {
    for (int i = 0; i < ENDS; i++) {
        edoi_stack_pool ends = { 0 };
        edoi_stack *s[FEW];
        edoi_stack_pool_hold(&ends, no_kick, NULL);
        for (int k = 0; k < FEW; k++)
            if (edoi_stack_get(&ends, 0, &s[k]) < 0) abort();
        for (int k = 0; k < FEW; k++) edoi_stack_put(&ends, s[k]);
        edoi_stack_pool_rest(&ends);
        edoi_stack_pool_deinit(&ends);
    }
    edoi_store_rel_u32(arg, 1); // pairs with the loop of the test
    return NULL;
}

/* A thread that waits for a stack takes those of pools that rest: not of one that is ending. */
static void a_pool_that_ends_while_others_wait_gives_each_stack_once(void **state) {
    (void)state;
    edo_atomic_u32 is_over = EDOI_ATOMIC_INIT(0);
    edoi_stack *s[4 * FEW];
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, end_pools, &is_over), 0);
    edoi_stack_pool_hold(&pool, no_kick, NULL);
    while (!edoi_load_acq_u32(&is_over)) {
        (void)edoi_stack_pool_wait(&pool, 0);
        edoi_stack_pool_wait_end(&pool);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (int i = 0; i < 4 * FEW; i++) {
        s[i] = get(0);
        for (int k = 0; k < i; k++) assert_ptr_not_equal(s[i], s[k]);
    }
    for (int i = 0; i < 4 * FEW; i++) edoi_stack_put(&pool, s[i]);
}

#define LINE  32
#define LARGE ((size_t)64 << 20) /* a slab has one of them, and no other test does */

/* Pools in line for a large stack. */
typedef struct line {
    edoi_stack_pool pools[LINE];
    uint32_t kicks[LINE];
} line;

static void count_kick(void *arg) {
    (*(uint32_t *)arg)++;
}

/* Forms the line; there is no stack. */
static void line_up(line *l, size_t size) {
    edoi_stack *s;
    *l = (line){ 0 };
    edoi_stack_os_force_full(true);
    for (int i = 0; i < LINE; i++) {
        edoi_stack_pool_hold(&l->pools[i], count_kick, &l->kicks[i]);
        assert_int_equal(edoi_stack_get(&l->pools[i], size, &s), -ENOMEM);
        assert_true(edoi_stack_pool_wait(&l->pools[i], size));
    }
    edoi_stack_os_force_full(false);
    for (int i = 0; i < LINE; i++) l->kicks[i] = 0;
}

static void disperse(line *l) {
    for (int i = 0; i < LINE; i++) edoi_stack_pool_rest(&l->pools[i]);
    for (int i = 0; i < LINE; i++) edoi_stack_pool_deinit(&l->pools[i]);
}

static uint32_t kicks_n(const line *l) {
    uint32_t n = 0;
    for (int i = 0; i < LINE; i++) n += l->kicks[i];
    return n;
}

static void the_last_in_line_gets_a_stack_if_there_is_memory_for_all(void **state) {
    (void)state;
    static line l;
    edoi_stack *s;
    line_up(&l, LARGE);
    assert_int_equal(edoi_stack_get(&l.pools[LINE - 1], LARGE, &s), -ENOMEM); // in turn only
    assert_int_equal(edoi_stack_get_in_turn(&l.pools[LINE - 1], LARGE, &s), 0);
    assert_int_equal(kicks_n(&l), LINE); // each is told of one, itself as well
    edoi_stack_put(&l.pools[LINE - 1], s);
    disperse(&l);
}

/* Each pool that is told comes, or not: the next stack is told to the next in line. */
static void a_stack_is_told_to_one_pool_in_the_order_of_the_line(void **state) {
    (void)state;
    static line l;
    edoi_stack *s[LINE];
    edoi_stack_pool_hold(&pool, no_kick, NULL);
    for (int i = 0; i < LINE; i++) s[i] = get(LARGE);
    line_up(&l, LARGE);
    for (uint32_t i = 0; i < LINE; i++) {
        edoi_stack_put(&pool, s[i]);
        assert_int_equal(kicks_n(&l), i + 1);
        assert_int_equal(l.kicks[i], 1);
    }
    for (int i = LINE - 1; i >= 0; i--) {
        assert_int_equal(edoi_stack_pool_take_told(&l.pools[i]), UINT32_C(1)
                                                                     << edoi_stack_class(LARGE));
        assert_int_equal(edoi_stack_get_in_turn(&l.pools[i], LARGE, &s[i]), 0);
        edoi_stack_put(&l.pools[i], s[i]);
    }
    disperse(&l);
}

static void a_stack_told_to_a_pool_that_leaves_is_told_to_the_next(void **state) {
    (void)state;
    static line l;
    edoi_stack_pool_hold(&pool, no_kick, NULL);
    edoi_stack *s[LINE]; // all that there are
    for (int i = 0; i < LINE; i++) s[i] = get(LARGE);
    line_up(&l, LARGE);
    edoi_stack_put(&pool, s[0]);
    for (int i = 0; i + 1 < LINE; i++) {
        assert_int_equal(l.kicks[i + 1], 0);
        edoi_stack_pool_wait_end(&l.pools[i]);
        assert_int_equal(l.kicks[i + 1], 1);
    }
    disperse(&l);
    for (int i = 1; i < LINE; i++) edoi_stack_put(&pool, s[i]);
}

/* edoi_stack_put() has seen a wait, which ends before it gives its surplus. */
static void a_wait_that_ends_meanwhile_leaves_the_pool_what_it_has(void **state) {
    (void)state;
    edoi_stack *s = get(0);
    edoi_stack_put(&pool, s);
    edoi_stack_put_surplus(&pool, edoi_stack_class(0));
    assert_ptr_equal(get(0), s);
    edoi_stack_put(&pool, s);
}

/* The signal that ends a child which writes to `at`. */
static int signal_of_write(char *at) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct sigaction deflt = { .sa_handler = SIG_DFL };
        (void)sigaction(SIGSEGV, &deflt, NULL); // a sanitizer may have installed its own
        (void)sigaction(SIGBUS, &deflt, NULL);
        *(volatile char *)at = 1;
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void check_guard(edoi_stack *s) {
    assert_int_equal(signal_of_write(s->lo), 0);
    assert_int_equal(signal_of_write(s->hi - 1), 0);
    assert_int_equal(signal_of_write(s->lo - 1), SIGSEGV);
    assert_int_equal(signal_of_write(s->lo - EDOI_STACK_GUARD), SIGSEGV);
}

static void the_guard_faults(void **state) {
    (void)state;
    print_message("guards here are %s\n", edoi_stack_os_guards_are_light() ? "light" : "protected");
    edoi_stack *s = get((size_t)2 * 1024 * 1024);
    check_guard(s);
    edoi_stack_release_below(s, s->hi); // releasing pages removes no guard
    check_guard(s);
    edoi_stack_put(&pool, s);
}

/* Can the kernel read at `at`? */
static bool is_readable(const int ends[2], const char *at) {
    char c;
    if (write(ends[1], at, 1) == 1) return read(ends[0], &c, 1) == 1;
    assert_int_equal(errno, EFAULT);
    return false;
}

/* Many stacks at once, whose guards are made together, of a class not used yet. */
static void every_one_of_many_has_its_guard(void **state) {
    (void)state;
    enum { MANY = 150 };
    edoi_stack *s[MANY];
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < MANY; i++) {
        s[i] = get((size_t)1024 * 1024);
        assert_true(is_readable(ends, s[i]->lo) && is_readable(ends, s[i]->hi - 1));
        assert_false(is_readable(ends, s[i]->lo - 1));
        assert_false(is_readable(ends, s[i]->lo - EDOI_STACK_GUARD));
    }
    for (int i = 0; i < MANY; i++) edoi_stack_put(&pool, s[i]);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void the_guard_by_protection_faults(void **state) {
    (void)state;
    edoi_stack_os_force_protect(true);
    assert_false(edoi_stack_os_guards_are_light());
    edoi_stack *s = get((size_t)4 * 1024 * 1024);
    check_guard(s);
    edoi_stack_put(&pool, s);
}

static void locked_memory_still_gets_a_guard(void **state) {
    (void)state;
    size_t page = edoi_stack_os_page();
    char *at = NULL;
    assert_int_equal(edoi_stack_os_map(&at, 2 * page), 0);
    if (mlock(at, 2 * page) != 0) {
        (void)munmap(at, 2 * page);
        print_message("skipped: memory cannot be locked here\n");
        skip();
    }
    assert_int_equal(edoi_stack_os_guard(at, page), 0);
    assert_int_equal(signal_of_write(at), SIGSEGV);
    assert_int_equal(signal_of_write(at + page), 0);
    assert_int_equal(munmap(at, 2 * page), 0);
}

static void use_is_reported_in_pages(void **state) {
    (void)state;
    edoi_stack *s = get((size_t)512 * 1024);
    edoi_stack_release_below(s, s->hi);
    size_t page = edoi_stack_os_page();
    for (size_t depth = page; depth < (size_t)400 * 1024; depth += 13 * page) {
        *(volatile char *)(s->hi - depth) = 1;
        assert_in_range(edoi_stack_used(s), depth, depth + page);
    }
    edoi_stack_put(&pool, s);
}

static void trim_gives_back_only_unused_pages(void **state) {
    (void)state;
    enum { N = 6 };
    edoi_stack *s[N];
    size_t depth = (size_t)100 * 1024;
    edoi_stack_trim(&pool);
    for (int i = 0; i < N; i++) s[i] = get(0);
    for (int i = 0; i < N; i++) memset(s[i]->hi - depth, 1, depth);
    for (int i = 0; i < N; i++) edoi_stack_put(&pool, s[i]);

    edoi_stack_trim(&pool); // all were in use since the last trim
    for (int i = 0; i < N; i++) assert_true(edoi_stack_used(s[i]) >= depth);
    edoi_stack *a = get(0), *b = get(0);
    edoi_stack_put(&pool, b);
    edoi_stack_put(&pool, a);
    edoi_stack_trim(&pool); // two of them were needed in between
    assert_true(edoi_stack_used(a) >= depth && edoi_stack_used(b) >= depth);
    for (int i = 0; i < N; i++) {
        if (s[i] == a || s[i] == b) continue;
        assert_true(edoi_stack_used(s[i]) < (size_t)20 * 1024);
        assert_true(edoi_stack_used(s[i]) > 0); // the first pages stay
    }
    edoi_stack_trim(&pool);
    assert_true(edoi_stack_used(a) < (size_t)20 * 1024);
    for (int i = 0; i < N; i++) *(char *)get(0)->lo = 1; // usable as before
    for (int i = 0; i < N; i++) edoi_stack_put(&pool, s[i]);
}

static void the_depot_is_trimmed_too(void **state) {
    (void)state;
    edoi_stack *s = get((size_t)1024 * 1024);
    size_t depth = (size_t)100 * 1024;
    memset(s->hi - depth, 1, depth);
    edoi_stack_put(&pool, s);
    edoi_stack_pool_deinit(&pool);
    edoi_stack_trim(NULL);
    edoi_stack_trim(NULL);
    assert_true(edoi_stack_used(s) < (size_t)20 * 1024);
    assert_ptr_equal(get((size_t)1024 * 1024), s);
    edoi_stack_put(&pool, s);
}

static void what_stays_cold_in_the_depot_has_no_page_in_the_end(void **state) {
    (void)state;
    enum { N = 20 };
    size_t size = (size_t)2 * 1024 * 1024;
    edoi_stack *s[N];
    for (int i = 0; i < N; i++) s[i] = get(size);
    for (int i = 0; i < N; i++) memset(s[i]->hi - 100 * 1024, 1, 100 * 1024);
    for (int i = 0; i < N; i++) edoi_stack_put(&pool, s[i]);
    edoi_stack_pool_deinit(&pool);
    edoi_stack_trim(NULL);
    edoi_stack_trim(NULL);
    edoi_stack_empty();
    for (int i = 0; i < N; i++) assert_true(edoi_stack_used(s[i]) > 0); // not for long yet
    edoi_stack_empty();
    for (int i = 0; i < N; i++) assert_int_equal(edoi_stack_used(s[i]), 0);
    edoi_stack *again[N];
    for (int i = 0; i < N; i++) again[i] = get(size);
    for (int i = 0; i < N; i++) {
        bool known = false;
        for (int k = 0; k < N; k++) known = known || again[i] == s[k];
        assert_true(known); // no other ones were made meanwhile
        memset(again[i]->hi - 100 * 1024, 1, 100 * 1024);
        edoi_stack_put(&pool, again[i]);
    }
}

static void without_memory_a_get_fails_and_the_next_works(void **state) {
    (void)state;
    size_t size = (size_t)16 * 1024 * 1024; // a class not used yet: needs a slab
    int failed = 0;
    for (uint64_t k = 1; k < 10; k++) {
        edoi_stack *s = NULL;
        edoi_alloc_fail_at(k);
        int err = edoi_stack_get(&pool, size, &s);
        edoi_alloc_fail_at(0);
        if (err < 0) {
            assert_int_equal(err, -ENOMEM);
            assert_null(s);
            failed++;
            continue;
        }
        assert_ptr_equal(edoi_stack_find(s->lo), s);
        edoi_stack_put(&pool, s);
    }
    assert_true(failed >= 1);
}

/* Exit status 0: stacks until the address space is full, then -ENOMEM. */
static void fill_little_space(void) {
    size_t size = (size_t)32 * 1024 * 1024;
    struct rlimit limit = { (size_t)200 * 1024 * 1024, (size_t)200 * 1024 * 1024 };
    if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(1);
    int n = 0, err = 0;
    for (; err == 0 && n < 100; n++) {
        edoi_stack *s = NULL;
        err = edoi_stack_get(&pool, size, &s);
        if (err == 0) *s->lo = 1;
    }
    _exit(err == -ENOMEM && n > 2 && n < 10 ? 0 : 2);
}

static void short_address_space_is_used_up_then_refused(void **state) {
    (void)state;
#ifdef EDOI_SANITIZED
    print_message("skipped: a sanitizer needs all the address space there is\n");
    skip();
#endif
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) fill_little_space();
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(short_address_space_is_used_up_then_refused),
        TEST(sizes_round_up_to_a_power_of_two),
        TEST(last_in_is_first_out),
        TEST(a_pool_that_ends_leaves_its_stacks_to_others),
        TEST(a_pool_that_ends_while_others_wait_gives_each_stack_once),
        TEST(the_last_in_line_gets_a_stack_if_there_is_memory_for_all),
        TEST(a_stack_is_told_to_one_pool_in_the_order_of_the_line),
        TEST(a_stack_told_to_a_pool_that_leaves_is_told_to_the_next),
        TEST(a_wait_that_ends_meanwhile_leaves_the_pool_what_it_has),
        TEST(ten_thousand_stacks_are_distinct_and_found),
        TEST(without_memory_a_get_fails_and_the_next_works),
        TEST(the_guard_faults),
        TEST(every_one_of_many_has_its_guard),
        TEST(the_guard_by_protection_faults),
        TEST(locked_memory_still_gets_a_guard),
        TEST(use_is_reported_in_pages),
        TEST(trim_gives_back_only_unused_pages),
        TEST(the_depot_is_trimmed_too),
        TEST(what_stays_cold_in_the_depot_has_no_page_in_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
