/* SPDX-License-Identifier: MIT */
/* driver.c: the promises of the fiber floor that depend on the machine, checked without a test
 * library, so that a cross compiler and an emulator are enough. Run by aarch64_test.sh. */
#include "fiber/fiber.h"

#include <errno.h>
#include <execinfo.h>
#include <fenv.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fiber/overflow.h"
#include "fiber/stack_os.h"

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            (void)printf("FAILED: line %d: %s\n", __LINE__, #cond);                                \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define REGISTERS 18

void pattern_switch(edoi_fiber *from, edoi_fiber *to, uint64_t regs[REGISTERS]);

static edoi_fiber thread_side, fiber;
static edoi_stack_pool pool;

static edoi_stack *start(edoi_fiber_fn fn, void *arg) {
    edoi_stack *s = NULL;
    CHECK(edoi_stack_get(&pool, 0, &s) == 0);
    edoi_fiber_start(&fiber, s, &thread_side, fn, arg);
    return s;
}

static void fill(uint64_t regs[REGISTERS], uint64_t seed) {
    for (uint64_t i = 0; i < REGISTERS; i++) regs[i] = seed * 0x9e3779b97f4a7c15u + i;
}

static void check_filled(const uint64_t regs[REGISTERS], uint64_t seed) {
    uint64_t want[REGISTERS];
    fill(want, seed);
    CHECK(memcmp(regs, want, sizeof want) == 0);
}

static edoi_fiber *patterns(void *arg) {
    (void)arg;
    uint64_t regs[REGISTERS];
    for (uint64_t turn = 0; turn < 100; turn++) {
        fill(regs, 2 * turn + 1);
        pattern_switch(&fiber, &thread_side, regs);
        check_filled(regs, 2 * turn + 1);
    }
    return &thread_side;
}

static void registers_survive(void) {
    uint64_t regs[REGISTERS];
    edoi_stack *s = start(patterns, NULL);
    for (uint64_t turn = 0; turn < 101; turn++) {
        fill(regs, 2 * turn);
        pattern_switch(&thread_side, &fiber, regs);
        check_filled(regs, 2 * turn);
    }
    CHECK(!fiber.sp);
    edoi_stack_put(&pool, s);
}

static edoi_fiber *modes(void *arg) {
    int *seen = arg;
    seen[0] = fegetround();
    (void)fesetround(FE_UPWARD);
    errno = EPIPE;
    (void)edoi_fiber_switch(&fiber, &thread_side, 0);
    seen[1] = fegetround();
    seen[2] = errno;
    return &thread_side;
}

static void modes_belong_to_the_fiber(void) {
    int seen[3] = { -1, -1, -1 };
    edoi_stack *s = start(modes, seen);
    (void)edoi_fiber_switch(&thread_side, &fiber, 0);
    CHECK(fegetround() == FE_TONEAREST);
    (void)fesetround(FE_DOWNWARD);
    edoi_fiber_adopt(&thread_side);
    errno = EDOM;
    (void)edoi_fiber_switch(&thread_side, &fiber, 0);
    CHECK(errno == EDOM);
    CHECK(fegetround() == FE_DOWNWARD);
    (void)fesetround(FE_TONEAREST);
    edoi_fiber_adopt(&thread_side);
    CHECK(seen[0] == FE_TONEAREST && seen[1] == FE_UPWARD && seen[2] == EPIPE);
    edoi_stack_put(&pool, s);
}

EDOI_OPAQUE static int park_inner(int v) {
    (void)edoi_fiber_switch(&fiber, &thread_side, 0);
    EDOI_COMPILER_BARRIER();
    return v + 1;
}

EDOI_OPAQUE static edoi_fiber *park(void *arg) {
    int *v = arg;
    void *pcs[32];
    CHECK(backtrace(pcs, 32) == 3); // here, the floor's C frame, the first frame
    *v = park_inner(*v);
    return &thread_side;
}

static bool is_in(const void *pc, uintptr_t fn) {
    return (uintptr_t)pc > fn && (uintptr_t)pc < fn + 512;
}

static void a_parked_fiber_can_be_traced(void) {
    int v = 1;
    void *pcs[32];
    edoi_stack *s = start(park, &v);
    CHECK(edoi_fiber_backtrace(&fiber, pcs, 32) <= 1);
    (void)edoi_fiber_switch(&thread_side, &fiber, 0);
    size_t n = edoi_fiber_backtrace(&fiber, pcs, 32);
    CHECK(n == 4 || n == 5); // inner, park, floor, first (and the switch, if it is no tail call)
    CHECK(is_in(pcs[n - 4], (uintptr_t)park_inner));
    CHECK(is_in(pcs[n - 3], (uintptr_t)park));
    (void)edoi_fiber_switch(&thread_side, &fiber, 0);
    CHECK(v == 2);
    edoi_stack_put(&pool, s);
}

static edoi_fiber *print(void *arg) {
    char *text = arg;
    (void)snprintf(text, 64, "%.17g %s", 1e300, "printed");
    return &thread_side;
}

static void printf_runs(void) {
    char text[64] = "";
    edoi_stack *s = start(print, text);
    (void)edoi_fiber_switch(&thread_side, &fiber, 0);
    CHECK(strstr(text, "printed"));
    edoi_stack_put(&pool, s);
}

EDOI_OPAQUE static uint64_t recurse(uint64_t depth) {
    volatile uint64_t pad[4] = { depth };
    return depth == UINT64_MAX ? 0 : recurse(depth + 1) + pad[0];
}

static edoi_fiber *overflow(void *arg) {
    (void)arg;
    exit((int)recurse(0));
}

static void overflow_is_reported(void) {
    int ends[2];
    CHECK(pipe(ends) == 0);
    (void)fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        if (edoi_overflow_install() < 0 || edoi_overflow_thread_enter() < 0) _exit(90);
        start(overflow, NULL)->name = "deep";
        (void)edoi_fiber_switch(&thread_side, &fiber, 0);
        _exit(91);
    }
    (void)close(ends[1]);
    char text[4096];
    ssize_t n = 0, got;
    while ((got = read(ends[0], text + n, sizeof text - 1 - (size_t)n)) > 0) n += got;
    text[n] = '\0';
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(strstr(text, "edo: stack overflow in task deep, stack of 256 KiB\n"));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void) {
    static const struct {
        const char *name;
        void (*run)(void);
    } checks[] = {
        { "registers survive", registers_survive },
        { "modes belong to the fiber", modes_belong_to_the_fiber },
        { "a parked fiber can be traced", a_parked_fiber_can_be_traced },
        { "printf runs", printf_runs },
        { "overflow is reported", overflow_is_reported },
    };
    edoi_fiber_adopt(&thread_side);
    (void)printf("guards are %s\n", edoi_stack_os_guards_are_light() ? "light" : "protected");
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        checks[i].run();
        (void)printf("ok: %s\n", checks[i].name);
    }
    return 0;
}
