/* SPDX-License-Identifier: MIT */
/* base/error/end_soon.c: see end_soon.h. */
#include "base/error/end_soon.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static void end_on_alarm(int signo) {
    (void)signo;
    abort();
}

/* As alarm(), which a simulated host has not. */
static void end_alarm(unsigned seconds) {
    const struct itimerval after = { .it_value.tv_sec = (time_t)seconds };
    (void)syscall(SYS_setitimer, ITIMER_REAL, &after, NULL);
}

void edoi_end_soon(void) {
    // Any thread may get the signal, and be on a small stack.
    struct sigaction end = { .sa_handler = end_on_alarm, .sa_flags = SA_ONSTACK };
    sigset_t alarms;
    (void)sigemptyset(&end.sa_mask);
    (void)sigaction(SIGALRM, &end, NULL);
    (void)sigemptyset(&alarms);
    (void)sigaddset(&alarms, SIGALRM);
    (void)pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
    end_alarm(EDOI_END_SOON_S);
}

void edoi_end_not_yet(void) {
    end_alarm(0);
}

void edoi_end_say(const char *format, ...) {
    va_list args;
    va_start(args, format);
    edoi_end_soon();
    (void)vfprintf(stderr, format, args);
    edoi_end_not_yet();
    va_end(args);
}
