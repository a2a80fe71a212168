/* SPDX-License-Identifier: MIT */
/* runtime/thread_state.c: see thread_state.h. Linux: the clock of a thread has a number made from its
 * tid, as in clock_getcpuclockid(3); the rest stands in /proc. */
#include "runtime/thread_state.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CPU_CLOCK_OF_THREAD 6u /* scheduled time, of one thread */

int64_t edoi_thread_cpu_ns(uint32_t tid) {
    struct timespec ts;
    (void)tid; // the model checker has one clock for all
    if (clock_gettime((clockid_t)(~tid << 3 | CPU_CLOCK_OF_THREAD), &ts) < 0) return -1;
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* The text behind `name` in the lines of `status`, NULL if it is not there. */
static const char *field(const char *status, const char *name) {
    const char *at = strstr(status, name);
    return at ? at + strlen(name) : NULL;
}

uint64_t edoi_thread_waits(uint32_t tid) {
    static char status[4096]; // one asks at a time
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/task/%" PRIu32 "/status", tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t n = read(fd, status, sizeof status - 1);
    (void)close(fd);
    if (n <= 0) return 0;
    status[n] = '\0';
    const char *state = field(status, "\nState:\t");
    const char *waits = field(status, "\nvoluntary_ctxt_switches:\t");
    bool does = state && waits && (*state == 'S' || *state == 'D');
    return does ? strtoull(waits, NULL, 10) + 1 : 0;
}
