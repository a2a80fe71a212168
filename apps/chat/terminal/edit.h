/* SPDX-License-Identifier: MIT */
/* edit.h: the line that is typed at a terminal, and edited before it is sent. Arriving lines are
 * printed above it. Two forms: edit.c by libedit, and no_edit.c where that was not found.
 *
 * Threads: those of one runtime thread. */
#ifndef CHAT_EDIT_H
#define CHAT_EDIT_H

#include <edo/bytes.h>
#include <edo/io.h>

#include <stdbool.h>

typedef struct edit edit;

/* An editor on standard input and output, which are a terminal. Owns: borrows `input`, standard
 * input. Returns 0, -ENOMEM, or -ENOTSUP: there is none, or the terminal is too simple. */
EDO_MUST_USE int edit_new(edit **out, edo_stream *input);

/* Waits until the user has typed a line, while other fibers run. `*line` is valid until the next
 * call; the line end counts. Returns its bytes, 0 at the end of the input, or a negative code.
 * Needs EDIT_STACK bytes of stack. */
#define EDIT_STACK ((size_t)256 << 10)
EDO_MUST_USE int edit_line(edit *self, const char **line);

/* What stands before the line from now on, EDIT_PROMPT_MAX bytes of it at most. At first "> ". */
#define EDIT_PROMPT_MAX 95 /* a room's name, a person's, and what is between them */
void edit_prompt(edit *self, const char *text);

/* What TAB does: `before` is the line up to the cursor, of which the last `*drop_bytes` bytes, all
 * of ASCII, give way to `text` of `size` bytes. Returns false if TAB is a character here. It may
 * print. */
typedef bool edit_tab_fn(void *arg, edo_str before, char *text, size_t size, size_t *drop_bytes);

/* From now on TAB does that, but in what is pasted: there more stands behind it. */
void edit_on_tab(edit *self, edit_tab_fn *fn, void *arg);

/* Has the user typed something that is not sent yet? */
bool edit_has_text(const edit *self);

/* Takes the line that edit_line() has just returned off the screen, which shows it above the
 * cursor. Before any await. */
void edit_take_back(edit *self, const char *line);

/* Take the half-typed line off the screen, and put it back, beneath what was printed meanwhile. Do
 * nothing between lines. */
void edit_hide(edit *self);
void edit_show(edit *self);

/* The terminal has another size, or was another program's for a while. */
void edit_restore(edit *self);

/* Gives the terminal back. NULL is allowed. */
void edit_free(edit *self);

#endif
