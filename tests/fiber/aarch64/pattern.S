/* SPDX-License-Identifier: MIT */
/* pattern.S: void pattern_switch(edoi_fiber *from, edoi_fiber *to, uint64_t regs[18])
 *
 * Fills x19 to x28 and d8 to d15 from `regs`, switches, and puts back into `regs` what the registers
 * hold after the return. */

    .text
    .globl  pattern_switch
    .type   pattern_switch, %function
pattern_switch:
    .cfi_startproc
    stp     x29, x30, [sp, #-192]!
    .cfi_def_cfa_offset 192
    .cfi_offset x29, -192
    .cfi_offset x30, -184
    mov     x29, sp
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    stp     d8, d9, [sp, #96]
    stp     d10, d11, [sp, #112]
    stp     d12, d13, [sp, #128]
    stp     d14, d15, [sp, #144]
    str     x2, [sp, #160]
    ldp     x19, x20, [x2]
    ldp     x21, x22, [x2, #16]
    ldp     x23, x24, [x2, #32]
    ldp     x25, x26, [x2, #48]
    ldp     x27, x28, [x2, #64]
    ldp     d8, d9, [x2, #80]
    ldp     d10, d11, [x2, #96]
    ldp     d12, d13, [x2, #112]
    ldp     d14, d15, [x2, #128]
    bl      edoi_fiber_switch
    ldr     x2, [sp, #160]
    stp     x19, x20, [x2]
    stp     x21, x22, [x2, #16]
    stp     x23, x24, [x2, #32]
    stp     x25, x26, [x2, #48]
    stp     x27, x28, [x2, #64]
    stp     d8, d9, [x2, #80]
    stp     d10, d11, [x2, #96]
    stp     d12, d13, [x2, #112]
    stp     d14, d15, [x2, #128]
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     d8, d9, [sp, #96]
    ldp     d10, d11, [sp, #112]
    ldp     d12, d13, [sp, #128]
    ldp     d14, d15, [sp, #144]
    ldp     x29, x30, [sp], #192
    .cfi_restore x29
    .cfi_restore x30
    .cfi_def_cfa_offset 0
    ret
    .cfi_endproc
    .size   pattern_switch, . - pattern_switch

    .section .note.GNU-stack, "", %progbits
