/* SPDX-License-Identifier: MIT */
/* command.h: what a client does. Results: negative: the client goes. */
#ifndef CHAT_COMMAND_H
#define CHAT_COMMAND_H

#include "client.h"

/* Gets a name, comes into the first room, and is shown what was said there. */
int command_arrive(client *self);

/* Does what the line says; writes into it. */
int command_run(client *self, char *line, size_t bytes);

/* Leaves its room and gives up its name. The others are told unless the server stops. */
void command_leave(client *self);

#endif
