/* SPDX-License-Identifier: MIT */
/* console/settings/text.h: texts of the program in messages, whose strings have to be UTF-8. */
#ifndef EDOI_CONSOLE_SETTINGS_TEXT_H
#define EDOI_CONSOLE_SETTINGS_TEXT_H

#include <edo/arena.h>
#include <edo/str.h>

/* A copy of a text of the program: valid UTF-8, without control characters, at most `max` bytes; of
 * NULL none. Without memory it is empty, too: the message goes on. */
edo_str edoi_console_text(edo_arena *arena, const char *text, size_t max);

/* Is `told` what a message has of `text`? It takes no memory. */
EDO_MUST_USE bool edoi_console_text_is(edo_str told, const char *text, size_t max);

#endif
