/* SPDX-License-Identifier: MIT */
/* Goal: the stack of a thread that waits in the kernel, read by another thread, equals the thread's
 * own backtrace, also through a function found by its frame pointer; its call is named; and no
 * stack pointer or memory contents cause a fault. Method: a thread that records its stack and waits
 * for a byte; invalid addresses given by the test. */
#include "base/atomic.h"
#include "fiber/sanitize.h"
#include "stacks/frames.h"
#include "stacks/thread_state.h"

#include <edo/compiler.h>

#include <execinfo.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "has_libdw.h"
#include "patience.h"

#define PCS_MAX 32

/* ---- A thread that waits --------------------------------------------------------------------- */

static struct {
    pthread_t thread;
    edo_atomic_u32 tid; /* atomic, release and acquire: set after the next two */
    void *pcs[PCS_MAX];
    int n;
    int ends[2]; /* of the pipe from which it reads */
} sleeper;

/* The innermost function: its own entry differs between the two stacks. */
EDOI_OPAQUE static void note_and_wait(void) {
    char byte;
    sleeper.n = backtrace(sleeper.pcs, PCS_MAX);
    edoi_store_rel_u32(&sleeper.tid, (uint32_t)syscall(SYS_gettid));
    if (read(sleeper.ends[0], &byte, 1) != 1) abort();
    EDOI_COMPILER_BARRIER();
}

EDOI_OPAQUE static void *call_it(void *arg) {
    (void)arg;
    note_and_wait();
    EDOI_COMPILER_BARRIER();
    return NULL;
}

#if defined(__x86_64__)
/* As compilers generate it with a frame pointer. */
void *call_framed(void *arg);
__asm__("call_framed:\n"
        ".cfi_startproc\n"
        "push %rbp\n"
        ".cfi_def_cfa_offset 16\n"
        ".cfi_offset %rbp, -16\n"
        "mov %rsp, %rbp\n"
        ".cfi_def_cfa_register %rbp\n"
        "push %rbx\n"
        "sub $4096, %rsp\n"
        "orq $0, (%rsp)\n"
        "sub $24, %rsp\n"
        "call *%rdi\n"
        "xor %eax, %eax\n"
        "leave\n"
        ".cfi_def_cfa %rsp, 8\n"
        "ret\n"
        ".cfi_endproc\n");

static void *through_a_frame_pointer(void *arg) {
    (void)arg;
    return call_framed((void *)(uintptr_t)note_and_wait);
}
#endif

static const char *call_name(void) {
    static char name[32];
    (void)snprintf(name, sizeof name, "system call %d", SYS_read);
    return name;
}

static size_t unwind(const edoi_thread_call *call, void **pcs, size_t max) {
    return edoi_frames_unwind(call->pc, call->sp, pcs, max);
}

static int begin(void **state) {
    (void)state;
    edoi_frames_begin();
    return 0;
}

static int end(void **state) {
    (void)state;
    edoi_frames_end();
    return 0;
}

/* Does the thread wait in read(), as far as this machine reports system calls? */
static bool is_in_call(edoi_thread_call *call) {
    edoi_thread_find_call(call, edoi_load_rlx_u32(&sleeper.tid));
    return call->waits != 0 && (!call->pc || strcmp(call->name, call_name()) == 0);
}

/* Starts `fn`, and waits until its thread waits in read(). False: this machine does not report
 * system calls. */
static bool start(edoi_thread_call *call, void *(*fn)(void *arg)) {
    edoi_store_rlx_u32(&sleeper.tid, 0);
    assert_int_equal(pipe(sleeper.ends), 0);
    assert_int_equal(pthread_create(&sleeper.thread, NULL, fn, NULL), 0);
    WAIT_FOR(edoi_load_acq_u32(&sleeper.tid));
    WAIT_FOR(is_in_call(call));
    return call->pc != 0;
}

static void stop(void) {
    assert_int_equal(write(sleeper.ends[1], "x", 1), 1);
    assert_int_equal(pthread_join(sleeper.thread, NULL), 0);
    (void)close(sleeper.ends[0]);
    (void)close(sleeper.ends[1]);
}

#ifdef EDOI_SANITIZED

/* A sanitizer's own read() lies in between, whose frame is unknown: the walk ends there. */
static void want_the_same(void *const *pcs, size_t n) {
    (void)pcs;
    assert_true(n >= 1);
}

#else

/* Both stacks contain the caller of note_and_wait(), and are equal from there on. */
static void want_the_same(void *const *pcs, size_t n) {
    int own = 0;
    size_t other = 1;
    for (bool is_met = false; !is_met; own++) {
        assert_true(own < sleeper.n);
        for (other = 1; other < n && pcs[other] != sleeper.pcs[own]; other++) continue;
        is_met = other < n;
    }
    own--;
    assert_int_equal(own, 1);
    assert_true(sleeper.n - own >= 2);
    for (; own < sleeper.n && other < n; own++, other++)
        assert_ptr_equal(pcs[other], sleeper.pcs[own]);
    assert_int_equal(own, sleeper.n);
    assert_int_equal(other, n);
}

#endif

static void stack_is_the_one_of_the_thread_through(void *(*fn)(void *arg)) {
    edoi_thread_call call;
    void *pcs[PCS_MAX] = { NULL };
    if (start(&call, fn)) {
        size_t n = unwind(&call, pcs, PCS_MAX);
        assert_int_equal(edoi_thread_waits(edoi_load_rlx_u32(&sleeper.tid)), call.waits);
        assert_ptr_equal(pcs[0], (void *)call.pc);
        edoi_frame frames[PCS_MAX];
        edoi_frames_find(frames, pcs, n, true);
        edoi_thread_name_call(&call, frames, n);
        assert_string_equal(call.name, "read");
        want_the_same(pcs, n);
        assert_int_equal(unwind(&call, pcs, 1), 1);
    }
    stop();
}

static void stack_is_the_one_of_the_thread(void **state) {
    (void)state;
    SKIP_WITHOUT_LIBDW(); // only the innermost place is known
    stack_is_the_one_of_the_thread_through(call_it);
#if defined(__x86_64__)
    stack_is_the_one_of_the_thread_through(through_a_frame_pointer);
#endif
}

/* ---- Wild addresses -------------------------------------------------------------------------- */

static void unmapped_memory_ends_the_walk(void **state) {
    void *pcs[PCS_MAX];
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *gone = mmap(NULL, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)state;
    assert_true(gone != MAP_FAILED);
    edoi_thread_call call = { .waits = 1, .sp = (uintptr_t)gone, .pc = (uintptr_t)note_and_wait };
    assert_int_equal(unwind(&call, pcs, PCS_MAX), 1);
    call.sp = UINTPTR_MAX - 7;
    assert_int_equal(unwind(&call, pcs, PCS_MAX), 1);
    call.pc = (uintptr_t)gone;
    assert_int_equal(unwind(&call, pcs, PCS_MAX), 1);
    call.pc = 0;
    assert_int_equal(unwind(&call, pcs, PCS_MAX), 0);
    (void)munmap(gone, page);
}

/* A stack that changes during the walk is covered by this test. */
static void any_stack_and_any_place_can_be_walked(void **state) {
    static uintptr_t stack[4096];
    static void *const starts[] = { (void *)(uintptr_t)note_and_wait, (void *)(uintptr_t)read,
                                    (void *)(uintptr_t)abort, (void *)(uintptr_t)pthread_create };
    uint64_t seed = 7;
    (void)state;
    for (size_t i = 0; i < sizeof stack / sizeof stack[0]; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t kind = seed >> 62, low = seed >> 40 & 0x3fff;
        stack[i] = kind == 0   ? (uintptr_t)(seed >> 8)
                   : kind == 1 ? (uintptr_t)&stack[low % 4096]
                               : (uintptr_t)starts[low % 4] + low / 4;
    }
    for (size_t i = 0; i < 4000; i++) {
        void *pcs[PCS_MAX];
        edoi_thread_call call = { .waits = 1,
                                  .sp = (uintptr_t)&stack[i * 13 % 4096],
                                  .pc = (uintptr_t)starts[i % 4] + i / 4 };
        assert_in_range(unwind(&call, pcs, PCS_MAX), 1, PCS_MAX);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(stack_is_the_one_of_the_thread, begin, end),
        cmocka_unit_test_setup_teardown(unmapped_memory_ends_the_walk, begin, end),
        cmocka_unit_test_setup_teardown(any_stack_and_any_place_can_be_walked, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
