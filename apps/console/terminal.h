/* SPDX-License-Identifier: MIT */
/* apps/console/terminal.h: the terminal, by ncurses. */
#ifndef CONSOLE_TERMINAL_H
#define CONSOLE_TERMINAL_H

#include "app.h"

/* Is it built with ncurses, and are input and output a terminal? */
bool terminal_is_there(void);

/* Takes the terminal. Errors: -ENOTTY  there is none, or it is of a kind that ncurses does not
 * know; -ENOMEM; -ENOTSUP. */
int terminal_begin(bool no_colors);

/* Draws the app. */
void terminal_draw(app *a);

/* Waits for keys and changes of the size, and draws, until the app is over. */
int terminal_run(app *a);

/* Gives it back as it was; no effect if it was not taken. */
void terminal_end(void);

#endif
