/* SPDX-License-Identifier: MIT */
/* trouble.h: what is away that people would miss: the database, or the other nodes. They are told
 * when that begins and when it is over; who comes meanwhile is told behind the welcome.
 *
 * Threads: trouble_look() is one task's; all else any, at once. */
#ifndef CHAT_TROUBLE_H
#define CHAT_TROUBLE_H

#include "room/page_socket.h"

#include <stdatomic.h>

/* Looks, one each second, for which something has to be away before anybody is told: a write that
 * takes a while is no trouble yet. */
#define TROUBLE_LOOKS 2

typedef struct trouble {
    atomic_bool is_store_away, are_nodes_away; /* as people are told */
    atomic_uint changes_n;                     /* of these */
    unsigned store_n, nodes_n;                 /* looks in a row that have found it so */
} trouble;

/* What a look has found. Returns whether people are to be told something new, which is what is told
 * to all who come from here on. */
bool trouble_look(trouble *self, bool is_store_away, bool are_nodes_away);

/* For people: what is there, and what is not. NULL without memory. */
message *trouble_frame(const trouble *self);

/* Sends one that was welcomed what is away, if anything is. The page may read late, and be posted
 * what has changed before: then it is sent that again. Returns as page_socket_send(). */
int trouble_send(const trouble *self, page_socket *to);

#endif
