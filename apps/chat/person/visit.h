/* SPDX-License-Identifier: MIT */
/* visit.h: the time of one connection of a person, whichever kind it is: from its first message to
 * its end. Another connection of the session may take it over meanwhile.
 *
 * A connection is told from others by its address in memory, `connection`, which nobody reads. */
#ifndef CHAT_VISIT_H
#define CHAT_VISIT_H

#include "person/request.h"

/* A connection, as its person is reached by it. */
typedef struct visit {
    const void *connection;
    outlet by;       /* borrowed */
    edo_str address; /* the key of where it comes from */
} visit;

/* Says the first message: the person of that session, perhaps a new one, has the connection from
 * here on, and is sent what it has missed. Owns: returns a share in `*out`, also on some failures,
 * NULL: not; visit_end(). Returns 0 or why the connection is to end. */
EDO_MUST_USE int visit_begin(user **out, struct server *at, const visit *v, const char *session,
                             const hello *first);

/* Locks the person's `using`. Returns 0; 1: it has another connection now, and is not locked;
 * -ECANCELED. */
EDO_MUST_USE int visit_lock(user *u, const void *connection);

/* The connection is over, and its person goes at once; as visit_end(). */
void visit_leave(user *u, const void *connection);

/* The connection is over: its person is kept for a while. Owns: takes `u`; NULL is allowed. */
void visit_end(user *u, const void *connection);

#endif
