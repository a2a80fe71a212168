/* SPDX-License-Identifier: MIT */
/* runtime/control/signal_hub.h: the handler of signals that programs await. SIGINT and SIGTERM of
 * edo_main() have another one, in main.c, until a program awaits them.
 *
 * The handler counts and writes to one descriptor; each listener waits for a copy of that
 * descriptor and then reads the count of its signal. */
#ifndef EDOI_RUNTIME_CONTROL_SIGNAL_HUB_H
#define EDOI_RUNTIME_CONTROL_SIGNAL_HUB_H

#include "driver/driver.h"

#include <sys/types.h>

/* Installs the handler for `signo`, which stays. `*out`, owned by the caller (edoi_source_free()),
 * becomes readable after each signal of any kind. Errors: -EINVAL, -ENOMEM, -EMFILE. */
EDO_MUST_USE int edoi_signal_hub_open(edoi_source **out, int signo);

/* Where a signal comes from, as siginfo_t has it. */
typedef struct edoi_signal_from {
    int code;
    pid_t pid;
    uid_t uid;
    int64_t value;
} edoi_signal_from;

/* Of the newest signal that was counted. Any thread. */
edoi_signal_from edoi_signal_hub_from(int signo);

/* The program's disposition holds again, until the next edoi_signal_hub_open(). Errors: -EINVAL. */
int edoi_signal_hub_restore(int signo);

/* ---- In a world ------------------------------------------------------------------------------
 *
 * A runtime of a world has a hub of its own, which the functions above use when it calls them, and
 * no handler. */

typedef struct edoi_signal_hub edoi_signal_hub;

/* NULL without memory. */
EDO_MUST_USE edoi_signal_hub *edoi_signal_hub_new(void);
void edoi_signal_hub_free(edoi_signal_hub *self);

/* A signal comes. False: nobody has asked for it. */
bool edoi_signal_hub_raise(edoi_signal_hub *self, int signo);

/* ---- Counting -------------------------------------------------------------------------------- */

/* How often the signal came since its handler was installed. Any thread. */
uint32_t edoi_signal_hub_count(int signo);

#endif
