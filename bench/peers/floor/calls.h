/* SPDX-License-Identifier: MIT */
/* calls.h: an echo server counts its system calls and its echoes, and SIGTERM makes it print both
 * as one line of JSON and end. */
#ifndef FLOOR_CALLS_H
#define FLOOR_CALLS_H

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static volatile uint64_t calls_n, echoes_n; /* written by the server's thread alone */

/* Runs on the thread that it interrupts, which holds no lock of stdio: it prints nothing else. */
static void calls_print(int signal_number) {
    (void)signal_number;
    char line[96];
    int n = snprintf(line, sizeof line, "{\"calls\":%llu,\"echoes\":%llu}\n",
                     (unsigned long long)calls_n, (unsigned long long)echoes_n);
    _exit(write(STDOUT_FILENO, line, (size_t)n) == n ? 0 : 1);
}

static void calls_on_sigterm(void) {
    struct sigaction a = { .sa_handler = calls_print };
    sigaction(SIGTERM, &a, NULL);
}

#endif
