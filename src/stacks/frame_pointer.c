/* SPDX-License-Identifier: MIT */
/* stacks/frame_pointer.c: see frame_pointer.h. Linux: the kernel reads, and returns EFAULT
 * where a load would fault. */
#include "stacks/frame_pointer.h"

#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

bool edoi_peek(void *to, uintptr_t at, size_t bytes) {
    struct iovec here = { .iov_base = to, .iov_len = bytes };
    struct iovec there = { .iov_base = (void *)at, .iov_len = bytes };
    pid_t self = (pid_t)syscall(SYS_getpid); // of the kernel: a simulated host has another one
    return process_vm_readv(self, &here, 1, &there, 1, 0) == (ssize_t)bytes;
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

uintptr_t edoi_frame_pointer_find(uintptr_t sp, uintptr_t function) {
    intptr_t bytes = frame_bytes(function);
    if (bytes < 0) return 0;
    uintptr_t fp = sp + (uintptr_t)bytes, returns_to;
    for (uint32_t i = 0; i <= ARGUMENTS_MAX; i++, fp += sizeof fp)
        if (edoi_peek(&returns_to, fp + sizeof fp, sizeof returns_to) &&
            follows_call(returns_to, function, i > 0))
            return fp;
    return 0;
}

#else

uintptr_t edoi_frame_pointer_find(uintptr_t sp, uintptr_t function) {
    (void)sp;
    (void)function;
    return 0;
}

#endif
