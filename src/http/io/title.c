/* SPDX-License-Identifier: MIT */
/* http/io/title.c: see pen.h. Heads are printed in lower case, and changed in place, so an output
 * in lower case costs nothing more. */
#include "http/h1/pen.h"

#include <string.h>

static bool title_is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

static bool has_capital(const char *name, const char *end) {
    for (; name < end; name++)
        if (*name >= 'A' && *name <= 'Z') return true;
    return false;
}

static void capitalise(char *name, const char *end) {
    if (has_capital(name, end)) return;
    bool begins = true;
    for (; name < end; name++) {
        if (begins && title_is_lower(*name)) *name = (char)(*name - 'a' + 'A');
        begins = *name == '-';
    }
}

void edoi_title_case(char *head, const char *end) {
    for (;;) {
        char *line_end = memchr(head, '\n', (size_t)(end - head));
        if (!line_end) return;
        head = line_end + 1;
        char *colon = memchr(head, ':', (size_t)(end - head));
        if (!colon) return;
        capitalise(head, colon);
        head = colon;
    }
}
