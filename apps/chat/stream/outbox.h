/* SPDX-License-Identifier: MIT */
/* outbox.h: what waits for one stream to be sent: a bounded queue, which is the outlet of its
 * person. One task takes from it. Others put into it, and never wait, but for the one that sends to
 * its own person.
 *
 * Threads: unless a function says otherwise, any, at once. */
#ifndef CHAT_OUTBOX_H
#define CHAT_OUTBOX_H

#include "room/outlet.h"

#include <edo/cancel.h>

/* What may wait when one more of much is sent: the client has read nearly all. One that is larger
 * is alone, and its sender waits until it was taken and sent. */
#define OUTBOX_AHEAD       32
#define OUTBOX_AHEAD_BYTES (64u << 10)

/* Why it takes nothing any more. */
typedef enum outbox_end {
    OUTBOX_OPEN,
    OUTBOX_DONE,  /* its owner has closed it: what is in it may still be sent */
    OUTBOX_TAKEN, /* the session has another connection */
    OUTBOX_FULL,  /* its client does not read */
    OUTBOX_LOST,  /* its client is gone */
} outbox_end;

typedef struct outbox outbox;

/* An empty one; its token fires with `parent`, too. Owns: shares `parent`; returns new:
 * outbox_unref(). NULL without memory. */
outbox *outbox_new(edo_cancel_token *parent);
void outbox_unref(outbox *self);

/* The box as an outlet, which shares it. */
outlet outbox_outlet(outbox *self);

/* Takes the next message. Waits for one. Owns: returns a share. Returns 0; -EDO_ECLOSED if the box
 * has ended, and nothing of it is to be sent; -ECANCELED. Threads: one. */
EDO_MUST_USE int outbox_take(outbox *self, message **out);

/* Ends it, unless it has ended. */
void outbox_close(outbox *self, outbox_end why);

outbox_end outbox_why(outbox *self);

/* Fires when the box ends. Owns: lends it. */
edo_cancel_token *outbox_over(const outbox *self);

#endif
