/* SPDX-License-Identifier: MIT */
/* Goal: the call in which a thread waits in the kernel is named, and none for a running thread; a
 * process without permission to read the call gets the kernel function instead. Method: threads
 * that wait for a byte, and one that runs; the same in a child that has become another user. */
#include "stacks/thread_state.h"

#include "base/atomic.h"

#include "last_words.h"
#include "patience.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define NOBODY 65534

static struct {
    pthread_t thread;
    edo_atomic_u32 tid;  /* atomic, release and acquire */
    edo_atomic_u32 ends; /* atomic, relaxed */
    int fds[2];
} other;

static void *read_byte(void *arg) {
    char byte;
    (void)arg;
    edoi_store_rel_u32(&other.tid, (uint32_t)syscall(SYS_gettid));
    if (read(other.fds[0], &byte, 1) != 1) abort();
    return NULL;
}

static void *compute(void *arg) {
    (void)arg;
    edoi_store_rel_u32(&other.tid, (uint32_t)syscall(SYS_gettid));
    while (!edoi_load_rlx_u32(&other.ends)) EDOI_COMPILER_BARRIER();
    return NULL;
}

static uint32_t start(void *(*fn)(void *arg)) {
    edoi_store_rlx_u32(&other.tid, 0);
    if (pipe(other.fds) != 0 || pthread_create(&other.thread, NULL, fn, NULL) != 0) abort();
    WAIT_FOR(edoi_load_acq_u32(&other.tid));
    return edoi_load_rlx_u32(&other.tid);
}

static void stop(void) {
    edoi_store_rlx_u32(&other.ends, 1);
    if (write(other.fds[1], "x", 1) != 1 || pthread_join(other.thread, NULL) != 0) abort();
    (void)close(other.fds[0]);
    (void)close(other.fds[1]);
}

static void wait_for_call(edoi_thread_call *call, uint32_t tid) {
    char name[32];
    (void)snprintf(name, sizeof name, "system call %d", SYS_read);
    WAIT_FOR((edoi_thread_find_call(call, tid), call->waits != 0) &&
             (!call->pc || strcmp(call->name, name) == 0));
}

static void waiting_thread_is_reported_with_its_call(void **state) {
    (void)state;
    edoi_thread_call call, again;
    uint32_t tid = start(read_byte);
    wait_for_call(&call, tid); // under a processor emulator the calls differ: then there is no pc
    edoi_thread_find_call(&again, tid);
    assert_int_equal(again.waits, call.waits); // the thread was not disturbed
    assert_int_equal(again.sp, call.sp);
    stop();
}

static void call_is_named_after_the_innermost_function_of_libc(void **state) {
    static const struct {
        const char *name;
        edoi_frame frames[3];
        const char *call;
    } stacks[] = {
        { "function",
          { { .function = "__read", .object = "libc.so.6" },
            { .function = "user", .object = "program" } },
          "read" },
        { "unnamed inside",
          { { .object = "libc.so.6" }, { .function = "pthread_cond_wait", .object = "libc.so.6" } },
          "pthread_cond_wait" },
        { "by number",
          { { .function = "syscall", .object = "libc.so.6" },
            { .function = "user", .object = "program" } },
          "system call 0" },
        { "no libc", { { .function = "user", .object = "program" } }, "system call 0" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof stacks / sizeof stacks[0]; i++) {
        edoi_thread_call call = { .waits = 1, .name = "system call 0", .is_numbered = true };
        edoi_thread_name_call(&call, stacks[i].frames, 3);
        if (strcmp(call.name, stacks[i].call) != 0) fail_msg("%s: %s", stacks[i].name, call.name);
    }
}

static void running_thread_is_reported_without_a_call(void **state) {
    (void)state;
    edoi_thread_call call;
    uint32_t tid = start(compute);
    edoi_thread_find_call(&call, tid);
    assert_int_equal(call.waits, 0);
    assert_string_equal(call.name, "");
    assert_int_equal(call.pc, 0);
    stop();
    edoi_thread_find_call(&call, UINT32_MAX / 2); // no such thread
    assert_int_equal(call.waits, 0);
}

static void looking_leaves_no_descriptor_open(void **state) {
    (void)state;
    edoi_thread_call call;
    int before = dup(STDIN_FILENO);
    assert_int_equal(close(before), 0);
    for (int i = 0; i < 3; i++) edoi_thread_find_call(&call, (uint32_t)syscall(SYS_gettid));
    int after = dup(STDIN_FILENO);
    assert_int_equal(close(after), 0);
    assert_int_equal(after, before);
}

/* Runs in a child. */
static int look_as_another_user(void *arg) {
    edoi_thread_call call;
    (void)arg;
    if (getuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0) return 1;
    if (prctl(PR_SET_DUMPABLE, 0) != 0) return 2;
    uint32_t tid = start(read_byte);
    do edoi_thread_find_call(&call, tid);
    while (call.waits == 0);
    bool is_place = call.name[0] == '\0' || strncmp(call.name, "at ", 3) == 0;
    stop();
    return is_place && call.pc == 0 ? 0 : 3;
}

static void process_that_may_not_read_the_call_gets_the_place(void **state) {
    char text[4096];
    (void)state;
    int status = last_words(look_as_another_user, NULL, text, sizeof text);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            process_that_may_not_read_the_call_gets_the_place), // forks: before threads
        cmocka_unit_test(waiting_thread_is_reported_with_its_call),
        cmocka_unit_test(call_is_named_after_the_innermost_function_of_libc),
        cmocka_unit_test(running_thread_is_reported_without_a_call),
        cmocka_unit_test(looking_leaves_no_descriptor_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
