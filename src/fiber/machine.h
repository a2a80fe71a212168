/* SPDX-License-Identifier: MIT */
/* machine.h: the registers of interrupted code, for a signal handler. */
#ifndef EDOI_FIBER_MACHINE_H
#define EDOI_FIBER_MACHINE_H

#include <stdint.h>
#include <ucontext.h>

#include <edo/compiler.h>

/* Stack pointer and program counter of the interrupted code; 0 on an unknown machine. */
EDOI_INLINE uintptr_t edoi_machine_sp(const ucontext_t *uc) {
#if defined(__x86_64__)
    return (uintptr_t)uc->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    return (uintptr_t)uc->uc_mcontext.sp;
#else
    (void)uc;
    return 0;
#endif
}

EDOI_INLINE uintptr_t edoi_machine_pc(const ucontext_t *uc) {
#if defined(__x86_64__)
    return (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)uc->uc_mcontext.pc;
#else
    (void)uc;
    return 0;
#endif
}

#endif
