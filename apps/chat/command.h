/* SPDX-License-Identifier: MIT */
/* command.h: what a line says. */
#ifndef CHAT_COMMAND_H
#define CHAT_COMMAND_H

#include "text.h"

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
    COMMAND_QUIT,
} command_kind;

typedef struct command {
    command_kind kind;
    name name;
    const char *text; /* in the line */
    size_t text_bytes;
    const char *fault; /* static */
} command;

/* Reads a line, which must have passed text_fault(). The answer borrows from it. */
command command_parse(const char *line, size_t bytes);

/* The lines that /help returns, without the last line end. */
extern const char command_help[];

#endif
