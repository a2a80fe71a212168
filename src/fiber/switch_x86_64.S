/* SPDX-License-Identifier: MIT */
/* switch_x86_64.S: the stack switch for the System V x86-64 convention.
 *
 * A suspended context, from its saved stack pointer up (tools/edo-gdb.py reads it too):
 *
 *      +0  MXCSR (4 bytes), x87 control word (2 bytes), unused (2 bytes)
 *      +8  r15   +16 r14   +24 r13   +32 r12   +40 rbx   +48 rbp
 *     +56  address to return to
 *     +64  the stack pointer of the caller after the return: the canonical frame address
 *
 * It leaves by jmp: the CPU would mispredict a ret, which costs three times as much. Storing MXCSR
 * costs 2.5 ns on Zen 4, as much as all the rest; so a context that knows its control words skips
 * the store. MXCSR is always loaded: reading back what stmxcsr has just stored, to skip the load,
 * takes longer than the load (10 against 5 ns per switch). The x87 control word is cheap to read,
 * expensive to load, and rarely differs.
 * The object carries no note for shadow stacks: they are not switched, so they must stay off. */

    .text

    .globl  edoi_switch_swap
    .hidden edoi_switch_swap
    .type   edoi_switch_swap, @function
    .p2align 5
edoi_switch_swap: /* rdi: where to save the stack pointer, rsi: that to resume, edx: the word */
    .cfi_startproc
    pushq   %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    pushq   %rbx
    .cfi_def_cfa_offset 24
    .cfi_offset %rbx, -24
    pushq   %r12
    .cfi_def_cfa_offset 32
    .cfi_offset %r12, -32
    pushq   %r13
    .cfi_def_cfa_offset 40
    .cfi_offset %r13, -40
    pushq   %r14
    .cfi_def_cfa_offset 48
    .cfi_offset %r14, -48
    pushq   %r15
    .cfi_def_cfa_offset 56
    .cfi_offset %r15, -56
    subq    $8, %rsp
    .cfi_def_cfa_offset 64
    stmxcsr (%rsp)
    fnstcw  4(%rsp)
    movzwl  4(%rsp), %ecx
    movl    %edx, %eax
    movq    %rsp, (%rdi)
    movq    %rsi, %rsp /* from here on the other stack, whose frame looks the same */
    ldmxcsr (%rsp)
    cmpw    4(%rsp), %cx
    jne     .Lload_x87
.Lrestore:
    addq    $8, %rsp
    .cfi_def_cfa_offset 56
    popq    %r15
    .cfi_def_cfa_offset 48
    .cfi_restore %r15
    popq    %r14
    .cfi_def_cfa_offset 40
    .cfi_restore %r14
    popq    %r13
    .cfi_def_cfa_offset 32
    .cfi_restore %r13
    popq    %r12
    .cfi_def_cfa_offset 24
    .cfi_restore %r12
    popq    %rbx
    .cfi_def_cfa_offset 16
    .cfi_restore %rbx
    popq    %rbp
    .cfi_def_cfa_offset 8
    .cfi_restore %rbp
    popq    %rcx
    .cfi_def_cfa_offset 0
    .cfi_register %rip, %rcx
    jmpq    *%rcx
    .cfi_def_cfa_offset 64
    .cfi_offset %rip, -8
    .cfi_offset %rbp, -16
    .cfi_offset %rbx, -24
    .cfi_offset %r12, -32
    .cfi_offset %r13, -40
    .cfi_offset %r14, -48
    .cfi_offset %r15, -56
.Lload_x87:
    fldcw   4(%rsp)
    jmp     .Lrestore
    .cfi_endproc
    .size   edoi_switch_swap, . - edoi_switch_swap

/* As edoi_switch_swap() for a context whose control words are known: rcx holds them as stored on
 * the stack. */
    .globl  edoi_switch_swap_known
    .hidden edoi_switch_swap_known
    .type   edoi_switch_swap_known, @function
    .p2align 5
edoi_switch_swap_known: /* rdi, rsi, edx: as above; rcx */
    .cfi_startproc
    pushq   %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    pushq   %rbx
    .cfi_def_cfa_offset 24
    .cfi_offset %rbx, -24
    pushq   %r12
    .cfi_def_cfa_offset 32
    .cfi_offset %r12, -32
    pushq   %r13
    .cfi_def_cfa_offset 40
    .cfi_offset %r13, -40
    pushq   %r14
    .cfi_def_cfa_offset 48
    .cfi_offset %r14, -48
    pushq   %r15
    .cfi_def_cfa_offset 56
    .cfi_offset %r15, -56
    pushq   %rcx
    .cfi_def_cfa_offset 64
    shrq    $32, %rcx
    movl    %edx, %eax
    movq    %rsp, (%rdi)
    movq    %rsi, %rsp
    ldmxcsr (%rsp)
    cmpw    4(%rsp), %cx
    jne     .Lload_x87
    jmp     .Lrestore
    .cfi_endproc
    .size   edoi_switch_swap_known, . - edoi_switch_swap_known

/* Leaves a context that is never resumed. */
    .globl  edoi_switch_leave
    .hidden edoi_switch_leave
    .type   edoi_switch_leave, @function
    .p2align 4
edoi_switch_leave: /* rdi: stack pointer to resume, esi: the word */
    .cfi_startproc
    fnstcw  -8(%rsp) /* the 128 bytes below the stack pointer are ours */
    movzwl  -8(%rsp), %ecx
    movl    %esi, %eax
    movq    %rdi, %rsp
    .cfi_def_cfa_offset 64
    .cfi_offset %rbp, -16
    .cfi_offset %rbx, -24
    .cfi_offset %r12, -32
    .cfi_offset %r13, -40
    .cfi_offset %r14, -48
    .cfi_offset %r15, -56
    ldmxcsr (%rsp)
    cmpw    4(%rsp), %cx
    jne     .Lload_x87
    jmp     .Lrestore
    .cfi_endproc
    .size   edoi_switch_leave, . - edoi_switch_leave

    .globl  edoi_switch_modes
    .hidden edoi_switch_modes
    .type   edoi_switch_modes, @function
    .p2align 4
edoi_switch_modes:
    .cfi_startproc
    movq    $0, -8(%rsp)
    stmxcsr -8(%rsp)
    fnstcw  -4(%rsp)
    movq    -8(%rsp), %rax
    retq
    .cfi_endproc
    .size   edoi_switch_modes, . - edoi_switch_modes

/* The entry of a first context: rbx is the function, r12 its argument. The unwinder looks up the
 * byte before a return address, hence the nop: so it finds the first frame too. */
    .globl  edoi_switch_begin
    .hidden edoi_switch_begin
    .type   edoi_switch_begin, @function
    .p2align 4
edoi_switch_begin:
    .cfi_startproc
    .cfi_undefined %rip /* no caller: a backtrace ends here */
    .cfi_def_cfa %rsp, 0
    nop
.Lbegin:
    movq    %r12, %rdi
    callq   *%rbx
    ud2
    .cfi_endproc
    .size   edoi_switch_begin, . - edoi_switch_begin

    .globl  edoi_switch_prepare
    .hidden edoi_switch_prepare
    .type   edoi_switch_prepare, @function
    .p2align 4
edoi_switch_prepare: /* rdi: end of the stack, rsi: function, rdx: its argument, rcx: modes */
    .cfi_startproc
    andq    $-16, %rdi
    leaq    -64(%rdi), %rax
    movq    %rcx, (%rax)
    xorl    %ecx, %ecx
    movq    %rcx, 8(%rax)
    movq    %rcx, 16(%rax)
    movq    %rcx, 24(%rax)
    movq    %rdx, 32(%rax)
    movq    %rsi, 40(%rax)
    movq    %rcx, 48(%rax) /* rbp 0: a walk over frame pointers ends here too */
    leaq    .Lbegin(%rip), %rcx
    movq    %rcx, 56(%rax)
    retq
    .cfi_endproc
    .size   edoi_switch_prepare, . - edoi_switch_prepare

/* While the function runs, this frame's unwind information equals that of the suspended context's
 * edoi_switch_swap(), so the function seems to be called by that. */
    .globl  edoi_switch_call_on
    .hidden edoi_switch_call_on
    .type   edoi_switch_call_on, @function
    .p2align 4
edoi_switch_call_on: /* rdi: saved stack pointer, rsi: function, rdx: its argument */
    .cfi_startproc
    pushq   %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    movq    %rsp, %rbp
    .cfi_def_cfa_register %rbp
    .cfi_remember_state
    movq    %rdi, %rsp
    .cfi_def_cfa %rsp, 64
    .cfi_offset %rbx, -24
    .cfi_offset %r12, -32
    .cfi_offset %r13, -40
    .cfi_offset %r14, -48
    .cfi_offset %r15, -56
    movq    %rdx, %rdi
    callq   *%rsi
    movq    %rbp, %rsp
    .cfi_restore_state
    xorl    %eax, %eax
    popq    %rbp
    .cfi_restore %rbp
    .cfi_def_cfa %rsp, 8
    retq
    .cfi_endproc
    .size   edoi_switch_call_on, . - edoi_switch_call_on

    .section .note.GNU-stack, "", @progbits
