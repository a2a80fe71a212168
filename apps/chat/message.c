/* SPDX-License-Identifier: MIT */
/* message.c: see message.h. */
#include "message.h"

#include <stdarg.h>
#include <stdio.h>

message *message_new(uint64_t from, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int bytes = vsnprintf(NULL, 0, format, args);
    va_end(args);
    message *m = bytes < 0 ? NULL : edo_rc_new(sizeof *m + (size_t)bytes + 1, NULL);
    if (m) {
        *m = (message){ .from = from, .bytes = (size_t)bytes + 1 };
        vsnprintf(m->text, m->bytes, format, again);
        m->text[bytes] = '\n'; // in the place of the NUL
    }
    va_end(again);
    return m;
}

void message_clone(void *to, const void *from) {
    *(message **)to = edo_rc_ref(*(message *const *)from);
}

void message_drop(void *elem) {
    edo_rc_unref(*(message **)elem);
}
