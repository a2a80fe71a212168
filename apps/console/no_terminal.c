/* SPDX-License-Identifier: MIT */
/* apps/console/no_terminal.c: stands for terminal.c in a build without ncurses: edo console prints
 * and records. */
#include "terminal.h"

#include <edo/error.h>

#include <errno.h>

bool terminal_is_there(void) {
    return false;
}

int terminal_begin(bool no_colors) {
    (void)no_colors;
    return edo_fail(-ENOTSUP, "this build has no ncurses: see --print");
}

void terminal_draw(app *a) {
    (void)a;
}

int terminal_run(app *a) {
    (void)a;
    return -ENOTSUP;
}

void terminal_end(void) {}
