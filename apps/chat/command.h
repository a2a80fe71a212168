/* SPDX-License-Identifier: MIT */
/* command.h: what a client does. Results: 0; negative: the client goes. */
#ifndef CHAT_COMMAND_H
#define CHAT_COMMAND_H

#include "client.h"

/* Comes into the first room, and is shown what was said there. */
int command_arrive(client *self);

/* Does what the line says. */
int command_run(client *self, const char *line, size_t bytes);

/* Leaves its room and gives up its name; the others are told unless the server closes. */
void command_leave(client *self);

#endif
