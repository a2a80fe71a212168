/* SPDX-License-Identifier: MIT */
/* apps/look/plain.c: see plain.h. */
#include "plain.h"

#include <stdbool.h>
#include <stdio.h>

/* How many bytes of a control character there are; 0: it is another one. */
static size_t control_bytes(const char *text, size_t n) {
    const unsigned char first = (unsigned char)text[0];
    if (first == '\t') return 0;
    if (first < 0x20 || first == 0x7f) return 1;
    return first == 0xc2 && n > 1 && (unsigned char)text[1] < 0xa0 ? 2 : 0; // U+0080 to U+009F
}

void look_print_plainly(const char *text, size_t n) {
    for (size_t i = 0, control_n; i<n; i += control_n> 0 ? control_n : 1) {
        control_n = control_bytes(text + i, n - i);
        (void)putchar(control_n > 0 ? '?' : text[i]);
    }
}
