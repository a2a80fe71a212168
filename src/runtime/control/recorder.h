/* SPDX-License-Identifier: MIT */
/* runtime/control/recorder.h: the flight recorder of a program that has said nothing about it. */
#ifndef EDOI_RUNTIME_CONTROL_RECORDER_H
#define EDOI_RUNTIME_CONTROL_RECORDER_H

/* Before the first runtime is made: starts the recorder as EDO_RECORDER says. What is wrong with
 * that is said on standard error, and nothing is recorded. */
void edoi_recorder_begin(void);

#endif
