/* SPDX-License-Identifier: MIT */
/* runtime/control/dump_signal.h: the dump that edo_main() makes when a signal comes. */
#ifndef EDOI_RUNTIME_CONTROL_DUMP_SIGNAL_H
#define EDOI_RUNTIME_CONTROL_DUMP_SIGNAL_H

#include <stdbool.h>

/* Until edoi_dump_signal_end() `signo` makes a dump. False, and nothing to end: the program, or
 * the one that has started it, ignores or handles the signal, or there is no thread for dumps. The
 * names of functions are looked for by what is loaded at the first dump, unlike after
 * edo_dump_on_signal(). */
bool edoi_dump_signal_begin(int signo);

/* The signal has its default effect again, unless the program has set another one, or has called
 * edo_dump_on_signal(), meanwhile. The thread ends, a dump that is being written first. */
void edoi_dump_signal_end(int signo);

#endif
