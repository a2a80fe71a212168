/* SPDX-License-Identifier: MIT */
/* stacks/libdw.h: what elfutils' libdw is asked. It allocates, opens files and needs a large
 * stack, so only the thread of frames.c asks. Built without its headers, or with those of a version
 * before 0.188, edo does as where libdw is not installed. */
#ifndef EDOI_STACKS_LIBDW_H
#define EDOI_STACKS_LIBDW_H

#include "stacks/frame.h"

/* Loads the library; false: it is not there, or the program is linked statically, and the library
 * would bring a second libc. One thread, once. */
EDO_MUST_USE bool edoi_libdw_load(void);

/* Gets to know what is loaded at present; false: no memory. */
EDO_MUST_USE bool edoi_libdw_open(void);

/* Closes all files. */
void edoi_libdw_close(void);

/* In a child of fork(): what was open is in an unknown state, and is left. */
void edoi_libdw_forget(void);

/* Finds function and line of the instruction `at`. */
void edoi_libdw_find(edoi_frame *out, uintptr_t at);

/* As edoi_frames_unwind(). */
size_t edoi_libdw_unwind(uintptr_t pc, uintptr_t sp, void **pcs, size_t max);

#endif
