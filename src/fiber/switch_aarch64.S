/* SPDX-License-Identifier: MIT */
/* switch_aarch64.S: the stack switch for the 64-bit ARM convention.
 *
 * A suspended context, from its saved stack pointer up (tools/edo-gdb.py reads it too):
 *
 *       +0 x19 x20   +16 x21 x22   +32 x23 x24   +48 x25 x26   +64 x27 x28
 *      +80 x29 (frame pointer), x30 (address to return to)
 *      +96 d8 d9   +112 d10 d11   +128 d12 d13   +144 d14 d15
 *     +160 FPCR, unused
 *     +176 the stack pointer of the caller: the canonical frame address
 *
 * It leaves by br, as the CPU's return predictor would mispredict a ret; so the object carries no
 * note for branch target identification. Writing FPCR is expensive and it rarely differs, so it is
 * compared first. The status bits are in a separate register, which is not callee-saved. */

    .text

    /* Unwind information of a saved context at sp; 72 to 79 are d8 to d15. */
    .macro describe_saved
    .cfi_def_cfa sp, 176
    .cfi_offset x19, -176
    .cfi_offset x20, -168
    .cfi_offset x21, -160
    .cfi_offset x22, -152
    .cfi_offset x23, -144
    .cfi_offset x24, -136
    .cfi_offset x25, -128
    .cfi_offset x26, -120
    .cfi_offset x27, -112
    .cfi_offset x28, -104
    .cfi_offset x29, -96
    .cfi_offset x30, -88
    .cfi_offset 72, -80
    .cfi_offset 73, -72
    .cfi_offset 74, -64
    .cfi_offset 75, -56
    .cfi_offset 76, -48
    .cfi_offset 77, -40
    .cfi_offset 78, -32
    .cfi_offset 79, -24
    .endm

    .globl  edoi_switch_swap
    .hidden edoi_switch_swap
    .type   edoi_switch_swap, %function
    .p2align 5
edoi_switch_swap: /* x0: where to save the stack pointer, x1: that to resume, w2: the word */
    .cfi_startproc
    sub     sp, sp, #176
    .cfi_def_cfa_offset 176
    stp     x19, x20, [sp]
    stp     x21, x22, [sp, #16]
    stp     x23, x24, [sp, #32]
    stp     x25, x26, [sp, #48]
    stp     x27, x28, [sp, #64]
    stp     x29, x30, [sp, #80]
    stp     d8, d9, [sp, #96]
    stp     d10, d11, [sp, #112]
    stp     d12, d13, [sp, #128]
    stp     d14, d15, [sp, #144]
    describe_saved
    mrs     x3, fpcr
    str     x3, [sp, #160]
    mov     x4, sp
    str     x4, [x0]
    mov     w0, w2
    mov     sp, x1 /* from here on the other stack, whose frame looks the same */
    ldr     x4, [sp, #160]
    cmp     x3, x4
    b.eq    .Lrestore
    msr     fpcr, x4
.Lrestore:
    ldp     d14, d15, [sp, #144]
    ldp     d12, d13, [sp, #128]
    ldp     d10, d11, [sp, #112]
    ldp     d8, d9, [sp, #96]
    ldp     x27, x28, [sp, #64]
    ldp     x25, x26, [sp, #48]
    ldp     x23, x24, [sp, #32]
    ldp     x21, x22, [sp, #16]
    ldp     x19, x20, [sp]
    ldp     x29, x30, [sp, #80]
    add     sp, sp, #176
    .cfi_def_cfa_offset 0
    .cfi_restore x19
    .cfi_restore x20
    .cfi_restore x21
    .cfi_restore x22
    .cfi_restore x23
    .cfi_restore x24
    .cfi_restore x25
    .cfi_restore x26
    .cfi_restore x27
    .cfi_restore x28
    .cfi_restore x29
    .cfi_restore x30
    .cfi_restore 72
    .cfi_restore 73
    .cfi_restore 74
    .cfi_restore 75
    .cfi_restore 76
    .cfi_restore 77
    .cfi_restore 78
    .cfi_restore 79
    br      x30
    .cfi_endproc
    .size   edoi_switch_swap, . - edoi_switch_swap

/* Reading FPCR is cheap, so a context that knows it saves nothing. */
    .globl  edoi_switch_swap_known
    .hidden edoi_switch_swap_known
    .set    edoi_switch_swap_known, edoi_switch_swap

/* Leaves a context that is never resumed. */
    .globl  edoi_switch_leave
    .hidden edoi_switch_leave
    .type   edoi_switch_leave, %function
    .p2align 4
edoi_switch_leave: /* x0: stack pointer to resume, w1: the word */
    .cfi_startproc
    mrs     x3, fpcr
    mov     sp, x0
    describe_saved
    mov     w0, w1
    ldr     x4, [sp, #160]
    cmp     x3, x4
    b.eq    .Lrestore
    msr     fpcr, x4
    b       .Lrestore
    .cfi_endproc
    .size   edoi_switch_leave, . - edoi_switch_leave

    .globl  edoi_switch_modes
    .hidden edoi_switch_modes
    .type   edoi_switch_modes, %function
    .p2align 4
edoi_switch_modes:
    .cfi_startproc
    mrs     x0, fpcr
    ret
    .cfi_endproc
    .size   edoi_switch_modes, . - edoi_switch_modes

/* The entry of a first context: x19 is the function, x20 its argument. The unwinder looks up the
 * instruction before a return address, hence the nop: so it finds the first frame too. */
    .globl  edoi_switch_begin
    .hidden edoi_switch_begin
    .type   edoi_switch_begin, %function
    .p2align 4
edoi_switch_begin:
    .cfi_startproc
    .cfi_undefined x30 /* no caller: a backtrace ends here */
    nop
.Lbegin:
    mov     x0, x20
    blr     x19
    brk     #1
    .cfi_endproc
    .size   edoi_switch_begin, . - edoi_switch_begin

    .globl  edoi_switch_prepare
    .hidden edoi_switch_prepare
    .type   edoi_switch_prepare, %function
    .p2align 4
edoi_switch_prepare: /* x0: end of the stack, x1: function, x2: its argument, x3: modes */
    .cfi_startproc
    and     x0, x0, #-16
    sub     x0, x0, #176
    stp     x1, x2, [x0]
    stp     xzr, xzr, [x0, #16]
    stp     xzr, xzr, [x0, #32]
    stp     xzr, xzr, [x0, #48]
    stp     xzr, xzr, [x0, #64]
    adr     x4, .Lbegin
    stp     xzr, x4, [x0, #80] /* x29 0: a walk over frame pointers ends here too */
    stp     xzr, xzr, [x0, #96]
    stp     xzr, xzr, [x0, #112]
    stp     xzr, xzr, [x0, #128]
    stp     xzr, xzr, [x0, #144]
    stp     x3, xzr, [x0, #160]
    ret
    .cfi_endproc
    .size   edoi_switch_prepare, . - edoi_switch_prepare

/* While the function runs, this frame's unwind information equals that of the suspended context's
 * edoi_switch_swap(), so the function seems to be called by that. */
    .globl  edoi_switch_call_on
    .hidden edoi_switch_call_on
    .type   edoi_switch_call_on, %function
    .p2align 4
edoi_switch_call_on: /* x0: saved stack pointer, x1: function, x2: its argument */
    .cfi_startproc
    stp     x29, x30, [sp, #-16]!
    .cfi_def_cfa_offset 16
    .cfi_offset x29, -16
    .cfi_offset x30, -8
    mov     x29, sp
    .cfi_def_cfa_register x29
    .cfi_remember_state
    mov     sp, x0
    describe_saved
    mov     x0, x2
    blr     x1
    mov     sp, x29
    .cfi_restore_state
    mov     w0, #0
    ldp     x29, x30, [sp], #16
    .cfi_restore x29
    .cfi_restore x30
    .cfi_def_cfa sp, 0
    ret
    .cfi_endproc
    .size   edoi_switch_call_on, . - edoi_switch_call_on

    .section .note.GNU-stack, "", %progbits
