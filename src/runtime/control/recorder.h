/* SPDX-License-Identifier: MIT */
/* runtime/control/recorder.h: the flight recorder, for others than the program: its environment,
 * reports, a console. */
#ifndef EDOI_RUNTIME_CONTROL_RECORDER_H
#define EDOI_RUNTIME_CONTROL_RECORDER_H

#include <edo/base.h>

/* Before the first runtime is made: starts the recorder as EDO_RECORDER says. What is wrong with
 * that is said on standard error, and nothing is recorded. */
void edoi_recorder_begin(void);

/* From the first to the second, all is recorded, whatever depth the program wants, which is that
 * again afterwards; a child of fork() has left it. If the program has never started the recorder
 * its memory is that of the default options, and reports are what the program may still say. One
 * console at a time. Errors: -ENOMEM. */
EDO_MUST_USE EDO_API int edoi_recorder_tap_begin(void);
EDO_API void edoi_recorder_tap_end(void);

#endif
