/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/root.h: the root of edo_main() is cancelled when a signal has come. */
#ifndef EDOI_RUNTIME_SCHEDULER_ROOT_H
#define EDOI_RUNTIME_SCHEDULER_ROOT_H

#include <edo/runtime.h>

/* The task that a signal cancels; NULL: there is none any more. Owns: shares it. */
void edoi_runtime_set_root(edo_runtime *rt, edo_task *root);

/* Cancels the root if edo_main's signal handler asked for it. Driving thread. */
void edoi_runtime_look_at_signal(edo_runtime *rt);

#endif
