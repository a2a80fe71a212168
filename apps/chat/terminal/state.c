/* SPDX-License-Identifier: MIT */
/* state.c: see state.h. */
#include "terminal/state.h"

#include "terminal/screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void terminal_show_at(terminal *self, const char *line, size_t bytes, int64_t time_s) {
    if (self->edit) edit_hide(self->edit);
    screen_print(stdout, line, bytes, time_s, self->has_colours ? &self->me : NULL);
    if (self->edit) edit_show(self->edit);
    (void)fflush(stdout);
}

void terminal_say(terminal *self, const char *format, ...) {
    char *text;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0) return;
    terminal_show_at(self, text, strcspn(text, "\r\n"), (int64_t)time(NULL));
    free(text);
}

void terminal_say_doubtful(terminal *self) {
    if (self->doubtful.older_n > 0)
        terminal_say(self, "* perhaps not sent: %zu lines", self->doubtful.older_n);
    for (size_t i = 0; i < self->doubtful.n; i++)
        terminal_say(self, "* perhaps not sent: %s", self->doubtful.lines[i]);
    if (self->doubtful.n + self->doubtful.older_n > 0) self->is_incomplete = true;
    unsure_clear(&self->doubtful);
}
