/* SPDX-License-Identifier: MIT */
/* web/request/spelling.c: see spelling.h. */
#include "web/request/spelling.h"

#include "base/text/hex.h"

#include <stdbool.h>
#include <string.h>

/* Is it one of those that mean the same with and without percent encoding? */
static bool is_unreserved(int c) {
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return is_letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

size_t edoi_path_respell(char *text, size_t n) {
    const char *percent = memchr(text, '%', n);
    if (!percent) return n;
    size_t to = (size_t)(percent - text);
    for (size_t i = to; i < n; i++) {
        if (text[i] != '%') {
            text[to++] = text[i];
            continue;
        }
        const int byte = edoi_percent_byte((edo_str){ text + i, n - i });
        if (byte < 0) { // with what is decoded behind it, it would become an encoding
            memmove(text + to, text + i, n - i);
            return to + n - i;
        }
        i += 2;
        if (is_unreserved(byte))
            text[to++] = (char)byte;
        else
            to = (size_t)(edoi_percent_put(text + to, (unsigned char)byte) - text);
    }
    return to;
}
