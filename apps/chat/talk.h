/* SPDX-License-Identifier: MIT */
/* talk.h: how one person is told something, in a terminal or on a page. */
#ifndef CHAT_TALK_H
#define CHAT_TALK_H

#include "directory.h"

/* Tells one person, of directory_find(). Waits up to a second for a place in a terminal's mailbox.
 * Owns: takes `m`; NULL: there was no memory for it. Returns 0, -EDO_ECLOSED if the person has
 * gone, -EAGAIN if it has not read earlier messages, -ENOMEM or -ECANCELED. */
int talk_tell(const reach *to, message *m);

#endif
