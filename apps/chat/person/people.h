/* SPDX-License-Identifier: MIT */
/* people.h: the people with a session, all together: the server's `sessions`. */
#ifndef CHAT_PEOPLE_H
#define CHAT_PEOPLE_H

#include "person/sessions.h"

/* Makes the server's `sessions`. Returns 0 or -ENOMEM. */
EDO_MUST_USE int people_open(struct server *at);

/* Nobody has a connection any more. */
void people_close(struct server *at);

/* Each second: lets those go who have been without a connection for too long, and tells all others
 * which rooms there are, if that has changed. `arg` is the server; a task's function. */
int people_run(void *arg);

#endif
