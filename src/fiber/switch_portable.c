/* SPDX-License-Identifier: MIT */
/* switch_portable.c: the stack switch by <ucontext.h>, for machines without an assembly routine or
 * on request (EDO_FIBER_PORTABLE). It makes two system calls per switch, and the stack of a
 * suspended context cannot be read.
 *
 * A saved stack pointer is the address of a `saved` on the suspended stack. */
#include "switch.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

/* The stack size passed to makecontext(), which uses only the end. */
#define NOMINAL_BYTES ((size_t)16 * 1024)

typedef struct saved {
    ucontext_t context;
    int word; /* set by the context that resumes it */
} saved;

/* At the end of a fresh stack. */
typedef struct first {
    saved saved; /* first: its address is the saved stack pointer */
    void (*fn)(void *);
    void *arg;
} first;

int edoi_switch_swap(void **save_sp, void *to_sp, int word) {
    saved here, *to = to_sp;
    *save_sp = &here;
    to->word = word;
    if (swapcontext(&here.context, &to->context) != 0)
        abort(); // fails only for a bad signal mask, and it is ours
    return here.word;
}

int edoi_switch_swap_known(void **save_sp, void *to_sp, int word, uint64_t modes) {
    (void)modes; // swapcontext() keeps them itself
    return edoi_switch_swap(save_sp, to_sp, word);
}

void edoi_switch_leave(void *to_sp, int word) {
    saved *to = to_sp;
    to->word = word;
    (void)setcontext(&to->context);
    abort(); // as above
}

uint64_t edoi_switch_modes(void) {
    return 0;
}

/* makecontext() passes only ints. A backtrace ends at this name: the frames below are libc's. */
static void edoi_switch_portable_begin(unsigned high, unsigned low) {
    uintptr_t at = (uintptr_t)((uint64_t)high << 32 | low);
    const first *f = (const first *)at;
    f->fn(f->arg);
    abort(); // fn must not return
}

void *edoi_switch_prepare(void *top, void (*fn)(void *), void *arg, uint64_t modes) {
    (void)modes; // getcontext() takes the caller's modes
    size_t room = (sizeof(first) + 63) / 64 * 64;
    uintptr_t at = ((uintptr_t)top - room) / 64 * 64;
    first *f = (first *)at;
    f->fn = fn;
    f->arg = arg;
    if (getcontext(&f->saved.context) != 0) abort(); // as above
    f->saved.context.uc_link = NULL;
    f->saved.context.uc_stack.ss_sp = (char *)f - NOMINAL_BYTES;
    f->saved.context.uc_stack.ss_size = NOMINAL_BYTES;
    uint64_t bits = (uint64_t)at;
    makecontext(&f->saved.context, (void (*)(void))edoi_switch_portable_begin, 2,
                (unsigned)(bits >> 32), (unsigned)bits);
    return f;
}

int edoi_switch_call_on(void *sp, void (*fn)(void *), void *arg) {
    (void)sp, (void)fn, (void)arg;
    return -ENOTSUP;
}
