/* SPDX-License-Identifier: MIT */
/* runtime/debug/cfi.h: how the frame of a function lies on its stack, by the tables of .eh_frame,
 * which every loaded program and library has for its exceptions. */
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
    EDOI_CFI_UNKNOWN, /* nowhere, or described in a way that is not read here */
} edoi_cfi_place;

typedef struct edoi_cfi_rule {
    edoi_cfi_place place;
    int64_t offset; /* from the frame's base, if EDOI_CFI_AT */
} edoi_cfi_rule;

/* The frame of a function as it is at one instruction. */
typedef struct edoi_cfi_frame {
    uintptr_t function; /* its first instruction */
    uint32_t
        base_from; /* EDOI_CFI_SP or _FP: the frame's base, which is the caller's stack pointer,
                           is that register and `base_offset`; EDOI_CFI_REGISTERS: not known */
    int64_t base_offset;
    edoi_cfi_rule rules[EDOI_CFI_REGISTERS];
} edoi_cfi_frame;

/* The frame at instruction `pc`. False: no table knows it, or it is the frame of a signal's
 * handler. */
bool edoi_cfi_find(edoi_cfi_frame *out, uintptr_t pc);

#endif
