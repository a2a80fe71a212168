/* SPDX-License-Identifier: MIT */
/* line.h: what a line from a client may consist of, and what it says. */
#ifndef CHAT_LINE_H
#define CHAT_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_BYTES_MAX 24 /* of a nickname or a room, without the room's # */

/* A nickname or the name of a room. Names that differ in case only are one name. */
typedef struct name {
    char text[NAME_BYTES_MAX + 1]; /* 1 to 24 ASCII letters, digits, '_' or '-', and a NUL */
} name;

typedef enum command_kind {
    COMMAND_NONE,  /* an empty line */
    COMMAND_FAULT, /* `fault` says what is wrong */
    COMMAND_SAY,   /* text */
    COMMAND_ME,    /* text */
    COMMAND_MSG,   /* name, text */
    COMMAND_NICK,  /* name */
    COMMAND_JOIN,  /* name, without its # */
    COMMAND_ROOMS,
    COMMAND_WHO,
    COMMAND_HELP,
    COMMAND_QUIT, /* text, perhaps empty */
} command_kind;

typedef struct command {
    command_kind kind;
    name name;
    const char *text; /* in the line */
    size_t text_bytes;
    const char *fault; /* static */
} command;

/* Reads a line of `bytes` bytes; the result borrows from it. A line must be UTF-8 without what
 * moves a terminal or ends a line: the control characters (U+0000 to U+001F but for TAB, U+007F to
 * U+009F) and the separators U+2028 and U+2029. Marks of writing direction pass: they are part of
 * ordinary text in some scripts, and a terminal ends their effect with the line. A CR at the end
 * belongs to the line end. */
command line_parse(const char *line, size_t bytes);

/* The lines that /help returns, without the last line end. */
extern const char line_help[];

#endif
