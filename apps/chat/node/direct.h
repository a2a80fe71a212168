/* SPDX-License-Identifier: MIT */
/* direct.h: what is written to one person who is at another program. The author's program publishes
 * a letter to the program at which the store has the person, and waits for its reply: a letter that
 * is lost on the way, as Redis may lose it, fails at its author. What a page has not said that it
 * has, when its person goes, comes back in the same way.
 *
 * Threads: all functions may be called from any, at once. */
#ifndef CHAT_DIRECT_H
#define CHAT_DIRECT_H

#include "node/hearing.h"

#define DIRECT_WAIT       edo_s(2)           /* for a reply */
#define DIRECT_AT_ONCE    1024               /* letters of this program that wait for one */
#define DIRECT_TOLD_MAX   1024               /* letters of others of which people are being told */
#define DIRECT_TOLD_BYTES ((size_t)16 << 20) /* of their texts */

typedef struct direct direct;

/* Publishes a text to that program, without a wait. Owns: takes what is in the text. Returns 0 or a
 * negative code: it is not published. */
typedef int direct_publish(void *arg, uint64_t program, edo_buf *text);

/* Makes one for people of that directory; `by` is what gives back what these do not get. Owns:
 * borrows all; returns new: direct_close(). Returns 0 or -ENOMEM. */
EDO_MUST_USE int direct_open(direct **out, directory *in, const room_carrier *by,
                             direct_publish *publish, void *arg);

/* Nobody calls it any more. Waits for those who are being told. NULL is allowed. */
void direct_close(direct *self);

/* Tells the person, who is at another program. Waits for its reply. Returns 0: it is told as of
 * reach_tell(); -EDO_ECLOSED: the person has gone; -EAGAIN: it does not read, or too many wait;
 * -EHOSTUNREACH: it is not told, as nothing can be published; -ETIMEDOUT: it is not known whether
 * it is told; -ENOMEM or -ECANCELED: likewise. */
EDO_MUST_USE int direct_tell(direct *self, const letter *what);

/* Tells an author at another program that its letters were not delivered, without a wait. What is
 * lost on the way is not told. */
void direct_give_back(direct *self, const returned *what);

/* Another program has told that. */
void direct_hear(direct *self, edo_str text, edo_arena *of);

#endif
