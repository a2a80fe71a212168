/* SPDX-License-Identifier: MIT */
/* Goal: the first instructions of a function show how far its stack pointer is below its frame
 * pointer. Method: code bytes by hand, as compilers write them. */
#include "stacks/frame_pointer.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#if defined(__x86_64__)

static void prologues_give_the_stack_adjustment(void **state) {
    static const struct {
        const char *name;
        uint8_t code[PROLOGUE_BYTES];
        intptr_t bytes;
    } functions[] = {
        { "none", { 0x48, 0x83, 0xec, 0x18, 0xc3 }, -1 },
        { "empty", { 0x55, 0x48, 0x89, 0xe5, 0xc3 }, 0 },
        { "branch target", { 0xf3, 0x0f, 0x1e, 0xfa, 0x55, 0x48, 0x89, 0xe5, 0xc3 }, 0 },
        { "pushes", { 0x55, 0x48, 0x89, 0xe5, 0x41, 0x57, 0x53, 0xc3 }, 16 },
        { "small", { 0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x70, 0xc3 }, 0x70 },
        { "128", { 0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xc4, 0x80, 0xc3 }, 128 },
        { "large",
          { 0x55, 0x48, 0x89, 0xe5, 0x53, 0x48, 0x81, 0xec, 0x00, 0x20, 0x00, 0x00, 0xc3 },
          0x2008 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        intptr_t bytes = frame_bytes((uintptr_t)functions[i].code);
        if (bytes != functions[i].bytes)
            fail_msg("%s: %ld, not %ld", functions[i].name, (long)bytes, (long)functions[i].bytes);
    }
}

#else

/* There the register is known. */
static void prologues_give_the_stack_adjustment(void **state) {
    (void)state;
    assert_int_equal(edoi_frame_pointer_find(1, 1), 0);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prologues_give_the_stack_adjustment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
