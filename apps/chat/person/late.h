/* SPDX-License-Identifier: MIT */
/* late.h: people with sessions who came back to a room while the store did not respond. What they
 * have not seen is in the store, so they are not told that it is missing: the place that they have
 * told is kept, they hear who comes and goes meanwhile, and nothing that was said. Once the store
 * responds they are shown what is behind their place. A terminal does so by itself: see
 * line/client.c. docs/design/chat-nodes-carried.md has why.
 *
 * Threads: one task looks. */
#ifndef CHAT_LATE_H
#define CHAT_LATE_H

#include <edo/scope.h>

struct server;

/* If the store responds, all for whom a place is kept are shown what is behind it, by tasks in that
 * scope: each has one, in which it waits for its page, and for nobody else. A few read at once, and
 * a few of one address are shown that at once, so pages that do not read hold up others of their
 * own address alone: see late_place.h. */
void late_look(struct server *at, edo_scope *tellers);

#endif
