/* SPDX-License-Identifier: MIT */
/* runtime/debug/unwind.c: see unwind.h.
 *
 * The kernel reports only the stack pointer and the program counter of a waiting thread. With the
 * .eh_frame tables most frames are found by the stack pointer alone. The frame of a function with a
 * frame pointer, such as one compiled without optimisation, is found by that register; and if the
 * functions it called have not saved the register, only the kernel has its value. Then it is
 * computed: from the stack pointer at the call, and from how far the function's prologue has moved
 * the stack pointer.
 *
 * inv. 1: the thread's stack and code are read only by edoi_peek(): the thread may wake, and its
 *         memory may be unmapped. */
#include "runtime/debug/unwind.h"

#include "runtime/debug/cfi.h"
#include "runtime/debug/peek.h"

#include <string.h>

/* The current frame of a walk. */
typedef struct position {
    uintptr_t pc; /* in the function: exact for the first frame, else a return address */
    uintptr_t sp; /* at the call */
    uintptr_t fp; /* 0: unknown */
} position;

static bool peek_word(uintptr_t *out, uintptr_t at) {
    return edoi_peek(out, at, sizeof *out);
}

#if defined(__x86_64__)

#    define PROLOGUE_BYTES 96u
#    define ARGUMENTS_MAX  8u /* words that a call may have pushed */
#    define CALL_BYTES_MAX 7u

/* Is the instruction before `pc` a call, and of `function` if that can be seen? */
static bool follows_call(uintptr_t pc, uintptr_t function, bool must_be_seen) {
    uint8_t code[CALL_BYTES_MAX];
    int32_t distance;
    if (!edoi_peek(code, pc - sizeof code, sizeof code)) return false;
    const uint8_t *end = code + sizeof code;
    memcpy(&distance, end - 4, sizeof distance);
    if (end[-5] == 0xe8 && pc + (uintptr_t)(intptr_t)distance == function) return true;
    if (must_be_seen) return false;
    if (end[-5] == 0xe8) return true;                             // through a jump table
    if (end[-2] == 0xff && (end[-1] & 0x38) == 0x10) return true; // call *reg, *(reg)
    if (end[-3] == 0xff && (end[-2] & 0x38) == 0x10) return true; // call *small(reg)
    if (end[-6] == 0xff && (end[-5] & 0x38) == 0x10) return true; // call *large(reg)
    return end[-7] == 0xff && (end[-6] & 0x38) == 0x10;           // call *large(reg,reg)
}

/* Returns the length of a prologue instruction, 0: it is none; `*moves` is how far it moves the
 * stack pointer. */
static size_t read_prologue_step(const uint8_t *code, intptr_t *moves) {
    static const uint8_t probe[] = { 0x48, 0x83, 0x0c, 0x24, 0x00 }; // orq $0,(%rsp)
    int32_t large;
    memcpy(&large, code + 3, sizeof large);
    *moves = 8;
    if ((code[0] & 0xf8) == 0x50) return 1;                              // push
    if (code[0] == 0x41 && (code[1] & 0xf8) == 0x50) return 2;           // push
    *moves = (intptr_t)(code[3] ^ 0x80) - 0x80;                          // signed 8 bits
    if (code[0] == 0x48 && code[1] == 0x83 && code[2] == 0xec) return 4; // sub $,%rsp
    *moves = -*moves;
    if (code[0] == 0x48 && code[1] == 0x83 && code[2] == 0xc4) return 4; // add $-,%rsp
    *moves = large;
    if (code[0] == 0x48 && code[1] == 0x81 && code[2] == 0xec) return 7; // sub $,%rsp
    *moves = 0;
    return memcmp(code, probe, sizeof probe) == 0 ? sizeof probe : 0;
}

/* How far the stack pointer of `function` is below its frame pointer when it calls; negative:
 * unknown. */
static intptr_t frame_bytes(uintptr_t function) {
    static const uint8_t branch_target[] = { 0xf3, 0x0f, 0x1e, 0xfa };
    static const uint8_t begin[] = { 0x55, 0x48, 0x89, 0xe5 }; // push %rbp; mov %rsp,%rbp
    uint8_t code[PROLOGUE_BYTES];
    if (!edoi_peek(code, function, sizeof code)) return -1;
    size_t at = memcmp(code, branch_target, sizeof branch_target) == 0 ? sizeof branch_target : 0;
    if (memcmp(code + at, begin, sizeof begin) != 0) return -1;
    at += sizeof begin;
    intptr_t bytes = 0, moves;
    for (size_t n; at + CALL_BYTES_MAX <= sizeof code; at += n, bytes += moves) {
        n = read_prologue_step(code + at, &moves);
        if (n == 0) return bytes;
    }
    return -1;
}

/* The frame pointer of the function at `here`; 0: not found. Its frame must be right there: with a
 * return address that follows a call of this function. */
static uintptr_t find_fp(const position *here, uintptr_t function) {
    intptr_t bytes = frame_bytes(function);
    if (bytes < 0) return 0;
    uintptr_t fp = here->sp + (uintptr_t)bytes, returns_to;
    for (uint32_t i = 0; i <= ARGUMENTS_MAX; i++, fp += sizeof fp)
        if (peek_word(&returns_to, fp + sizeof fp) && follows_call(returns_to, function, i > 0))
            return fp;
    return 0;
}

#else

/* On other machines a function that calls saves the frame pointer, so it is known from the first
 * frame on. */
static uintptr_t find_fp(const position *here, uintptr_t function) {
    (void)here;
    (void)function;
    return 0;
}

#endif

/* The address without the signature that a machine may store in its upper bits. */
static uintptr_t address_of(uintptr_t word) {
#if defined(__aarch64__)
    return word & (((uintptr_t)1 << 48) - 1);
#else
    return word;
#endif
}

/* Moves from a frame to its caller's. */
static bool step(position *here, bool is_exact) {
    edoi_cfi_frame frame;
    // A call may be the last instruction of its function.
    if (!edoi_cfi_find(&frame, is_exact ? here->pc : here->pc - 1)) return false;
    uintptr_t base = here->sp;
    if (frame.base_from == EDOI_CFI_FP) {
        base = here->fp ? here->fp : find_fp(here, frame.function);
        here->fp = base;
    }
    if (base == 0 || frame.base_from == EDOI_CFI_REGISTERS) return false;
    base += (uintptr_t)frame.base_offset;
    const edoi_cfi_rule *fp = &frame.rules[EDOI_CFI_FP], *back = &frame.rules[EDOI_CFI_RETURN];
    if (back->place != EDOI_CFI_AT || base <= here->sp) return false;
    uintptr_t next;
    if (!peek_word(&next, base + (uintptr_t)back->offset)) return false;
    if (fp->place == EDOI_CFI_UNKNOWN) here->fp = 0;
    if (fp->place == EDOI_CFI_AT && !peek_word(&here->fp, base + (uintptr_t)fp->offset))
        return false;
    here->pc = address_of(next);
    here->sp = base;
    return here->pc != 0;
}

size_t edoi_unwind(const edoi_thread_call *call, void **pcs, size_t max) {
    position here = { .pc = call->pc, .sp = call->sp };
    size_t n = 0;
    if (call->pc == 0) return 0;
    while (n < max) {
        pcs[n++] = (void *)here.pc;
        if (!step(&here, n == 1)) break;
    }
    return n;
}
