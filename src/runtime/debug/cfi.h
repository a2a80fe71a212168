/* SPDX-License-Identifier: MIT */
/* runtime/debug/cfi.h: the layout of a function's stack frame, from the .eh_frame tables, which
 * every loaded program and library has for exceptions. */
#ifndef EDOI_RUNTIME_DEBUG_CFI_H
#define EDOI_RUNTIME_DEBUG_CFI_H

#include <stdbool.h>
#include <stdint.h>

/* The registers that a walk over frames needs. */
enum { EDOI_CFI_SP, EDOI_CFI_FP, EDOI_CFI_RETURN, EDOI_CFI_REGISTERS };

/* Where the caller's value of a register is. */
typedef enum edoi_cfi_place {
    EDOI_CFI_SAME,    /* still in the register */
    EDOI_CFI_AT,      /* in the frame */
    EDOI_CFI_UNKNOWN, /* lost, or described in an unsupported way */
} edoi_cfi_place;

typedef struct edoi_cfi_rule {
    edoi_cfi_place place;
    int64_t offset; /* from the frame's base, if EDOI_CFI_AT */
} edoi_cfi_rule;

/* A function's frame at one instruction. */
typedef struct edoi_cfi_frame {
    uintptr_t function; /* its first instruction */
    uint32_t
        base_from; /* EDOI_CFI_SP or _FP: the frame's base, which is the caller's stack pointer, is
                      that register plus `base_offset`; EDOI_CFI_REGISTERS: unknown */
    int64_t base_offset;
    edoi_cfi_rule rules[EDOI_CFI_REGISTERS];
} edoi_cfi_frame;

/* The frame at instruction `pc`. False: no table covers it, or it is the frame of a signal
 * handler. */
bool edoi_cfi_find(edoi_cfi_frame *out, uintptr_t pc);

#endif
