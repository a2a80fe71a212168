/* SPDX-License-Identifier: MIT */
/* stacks/frames.h: addresses of code as function, file and line, and the stack of a thread
 * that waits: by elfutils' libdw, where that is installed. Elsewhere a place is known by its
 * program or library and the offset there, as addr2line takes it. */
#ifndef EDOI_STACKS_FRAMES_H
#define EDOI_STACKS_FRAMES_H

#include "stacks/frame.h"

#include <stdio.h>

#define EDOI_FRAMES_MAX 64u /* of one stack */

/* Loads libdw. Called when a watchdog or a dump is switched on, so that a report of a thread that
 * hangs in dlopen() need not load it. Never in a signal handler. */
void edoi_frames_load(void);

/* Between these two the thread that uses libdw is there; the last end closes what it has opened, so
 * a report with many places stands between two of them. All the rest is called inside. Any
 * thread. */
EDO_API void edoi_frames_begin(void);
EDO_API void edoi_frames_end(void);

/* Between these two that thread is there, too, for reports that come when none can be made. They do
 * not keep open what it opens. */
void edoi_frames_keep_begin(void);
void edoi_frames_keep_end(void);

/* Finds what is at the `n` addresses: the innermost first, a return address unless
 * `first_is_exact`, and return addresses after it; of each return address the call before it. Any
 * thread, also one with a small stack. False: what was asked has not been found in time; there is
 * program and offset alone, and the next question may find more. */
EDO_API bool edoi_frames_find(edoi_frame *out, void *const *pcs, size_t n, bool first_is_exact);

/* Writes the addresses on the stack of a thread that waits in the kernel, with the program counter
 * `pc` and the stack pointer `sp`, innermost first, the first one exact; returns how many. If the
 * thread wakes meanwhile the result is meaningless; memory that is unmapped then is not touched. */
size_t edoi_frames_unwind(uintptr_t pc, uintptr_t sp, void **pcs, size_t max);

/* Prints a line for each frame; and one for addr2line if no function is known. */
void edoi_frames_print(FILE *out, const edoi_frame *frames, size_t n);

/* As edoi_frames_print(), but of successive frames of edo's only the number, and of those on top
 * the function that the program has called. All, if none is the program's. */
void edoi_frames_print_folded(FILE *out, const edoi_frame *frames, size_t n);

/* Writes "file:line", or what is known instead, to `to`. */
EDO_API void edoi_frame_tell_place(char *to, size_t bytes, const edoi_frame *f);

/* Writes "file:line", or what is known instead, to `to`; "an unknown place" for NULL. Also outside
 * of begin and end. */
EDO_API void edoi_place_tell(char *to, size_t bytes, const void *return_address);

#endif
