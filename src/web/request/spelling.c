/* SPDX-License-Identifier: MIT */
/* web/request/spelling.c: see spelling.h. */
#include "web/request/spelling.h"

#include <stdbool.h>
#include <string.h>

static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Is it one of those that mean the same with and without percent encoding? */
static bool is_unreserved(int c) {
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return is_letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

size_t edoi_path_respell(char *text, size_t n) {
    static const char digits[] = "0123456789ABCDEF";
    const char *percent = memchr(text, '%', n);
    if (!percent) return n;
    size_t to = (size_t)(percent - text);
    for (size_t i = to; i < n; i++) {
        if (text[i] != '%') {
            text[to++] = text[i];
            continue;
        }
        int high = n - i > 2 ? digit_of(text[i + 1]) : -1;
        int low = n - i > 2 ? digit_of(text[i + 2]) : -1;
        if (high < 0 || low < 0) { // with what is decoded behind it, it would become an encoding
            memmove(text + to, text + i, n - i);
            return to + n - i;
        }
        i += 2;
        if (is_unreserved(high * 16 + low)) {
            text[to++] = (char)(high * 16 + low);
            continue;
        }
        text[to++] = '%';
        text[to++] = digits[high];
        text[to++] = digits[low];
    }
    return to;
}
