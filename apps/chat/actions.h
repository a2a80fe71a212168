/* SPDX-License-Identifier: MIT */
/* actions.h: what a client does. */
#ifndef CHAT_ACTIONS_H
#define CHAT_ACTIONS_H

#include "client.h"

/* Does what the line says; it is not too long, nothing else is known of it. */
void action_line(client *self, const char *line, size_t bytes);

/* Goes from its room, if it is in one, to another and is shown what was said there. On failure it
 * stays where it is. Answers 0 or -ENOMEM. */
int action_enter(client *self, const name *to);

/* Leaves its room; the others are told unless `silently`. */
void action_leave(client *self, bool silently);

#endif
