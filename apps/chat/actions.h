/* SPDX-License-Identifier: MIT */
/* actions.h: what a client does. */
#ifndef CHAT_ACTIONS_H
#define CHAT_ACTIONS_H

#include "client.h"

/* Does what the line says; it is not too long, nothing else is known of it. */
void action_line(client *self, const char *line, size_t bytes);

/* Comes into the first room, and is shown what was said there. Returns 0, -ENOMEM or -ECANCELED. */
int action_arrive(client *self);

/* Tells it what became of a private message: 0, -ENOENT, -EDO_ECLOSED, -EAGAIN, -ENOMEM. */
void action_sent(client *self, const name *to, int err);

/* Leaves its room, but listens up to here; the others are told unless `silently`. */
void action_leave(client *self, bool silently);

#endif
