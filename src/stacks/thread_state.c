/* SPDX-License-Identifier: MIT */
/* stacks/thread_state.c: see thread_state.h. Linux: the clock id of a thread is computed
 * from its tid, as in clock_getcpuclockid(3); the rest is in /proc. */
#include "stacks/thread_state.h"

#include "stacks/objects.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CPU_CLOCK_OF_THREAD 6u /* scheduled time, of one thread */

clockid_t edoi_thread_cpu_clock(uint32_t tid) {
    return (clockid_t)(~tid << 3 | CPU_CLOCK_OF_THREAD);
}

int64_t edoi_thread_cpu_ns(uint32_t tid) {
    struct timespec ts;
    (void)tid; // the model checker has one clock for all threads
    if (clock_gettime(edoi_thread_cpu_clock(tid), &ts) < 0) return -1;
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Reads the file `name` of thread `tid`; "" if it cannot be read. Valid until the next call. */
static const char *thread_state_read_file(uint32_t tid, const char *name) {
    static char text[4096]; // one thread asks at a time
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/task/%" PRIu32 "/%s", tid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) (void)close(fd);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

/* The text after `name` in the lines of `status`; NULL if `name` is not there. */
static const char *thread_state_field(const char *status, const char *name) {
    const char *at = strstr(status, name);
    return at ? at + strlen(name) : NULL;
}

uint64_t edoi_thread_waits(uint32_t tid) {
    const char *status = thread_state_read_file(tid, "status");
    const char *state = thread_state_field(status, "\nState:\t");
    const char *waits = thread_state_field(status, "\nvoluntary_ctxt_switches:\t");
    bool does = state && waits && (*state == 'S' || *state == 'D');
    return does ? strtoull(waits, NULL, 10) + 1 : 0;
}

/* A futex of another process would be one in shared memory: the flag says that it is not. */
bool edoi_thread_waits_for_others(uint32_t tid) {
    unsigned long long args[4];
    const char *text = thread_state_read_file(tid, "syscall");
    char *at;
    if (strtoll(text, &at, 10) != SYS_futex || at == text) return false;
    for (size_t i = 0; i < 4; i++) args[i] = strtoull(at, &at, 16);
    return (args[1] & FUTEX_PRIVATE_FLAG) && args[3] == 0;
}

/* The file contains "running", or the call's number, its six arguments, sp and pc. After a page
 * fault, whose number is negative, the arguments are missing. */
static bool read_call(edoi_thread_call *out, uint32_t tid, int64_t *number) {
    const char *text = thread_state_read_file(tid, "syscall");
    char *at;
    uint32_t fields_n = 0;
    *number = strtoll(text, &at, 10);
    if (at == text) return false;
    for (char *end;; at = end, fields_n++) {
        uintptr_t value = (uintptr_t)strtoull(at, &end, 16);
        if (end == at) break;
        out->sp = out->pc;
        out->pc = value;
    }
    return fields_n == (*number < 0 ? 2 : 8);
}

/* Is `pc` the program's or a library's? If not, the number may be another machine's: an emulator of
 * processors makes its own calls for the program. */
static bool thread_state_is_ours(uintptr_t pc) {
    return edoi_object_at(NULL, pc);
}

/* Where in the kernel the thread waits: for a process that may not read "syscall", as after a
 * change of user. */
static void name_place(edoi_thread_call *out, uint32_t tid) {
    const char *place = thread_state_read_file(tid, "wchan");
    if (*place && *place != '0') (void)snprintf(out->name, sizeof out->name, "at %.48s", place);
}

void edoi_thread_find_call(edoi_thread_call *out, uint32_t tid) {
    int64_t number;
    *out = (edoi_thread_call){ .waits = edoi_thread_waits(tid) };
    if (out->waits == 0) return;
    bool is_read = read_call(out, tid, &number);
    if (is_read && number < 0) {
        (void)snprintf(out->name, sizeof out->name, "a page fault");
    } else if (is_read && thread_state_is_ours(out->pc)) {
        out->is_numbered = true;
        (void)snprintf(out->name, sizeof out->name, "system call %" PRId64, number);
    } else {
        out->sp = out->pc = 0;
        name_place(out, tid);
    }
    if (edoi_thread_waits(tid) != out->waits) *out = (edoi_thread_call){ .waits = 0 };
}

void edoi_thread_name_call(edoi_thread_call *call, const edoi_frame *frames, size_t n) {
    for (size_t i = 0; i < n && call->is_numbered; i++) {
        const char *name = frames[i].function;
        if (strncmp(frames[i].object, "libc.", 5) != 0) return;
        name += strspn(name, "_");
        if (*name == '\0' || strcmp(name, "syscall") == 0) continue;
        (void)snprintf(call->name, sizeof call->name, "%s", name);
        call->is_numbered = false;
    }
}
