/* SPDX-License-Identifier: MIT */
/* outbox.h: bytes on their way to one client.
 *
 * A client that does not read fills it up to its bound; what comes then is counted instead of kept,
 * and told when there is room again. Empty, it holds no memory. */
#ifndef CHAT_OUTBOX_H
#define CHAT_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTBOX_AMPLE 16384u /* fewer bytes than this: it is worth taking more */

typedef struct outbox {
    char *bytes;
    size_t begin, end, room; /* bytes[begin] to bytes[end] is to be written */
    size_t most;             /* nothing is added beyond; the last piece may reach over */
    uint64_t missed;         /* messages that were not kept */
} outbox;

/* Adds a message, or counts it as missed. */
void outbox_add(outbox *self, const char *text, size_t bytes);

/* What is to be written next: its place (NULL if there is nothing) and how many bytes. */
const char *outbox_front(const outbox *self);
size_t outbox_bytes(const outbox *self);

/* The first `bytes` have been written. */
void outbox_wrote(outbox *self, size_t bytes);

bool outbox_is_empty(const outbox *self);

/* Returns whether it holds less than OUTBOX_AMPLE. */
bool outbox_is_ample(const outbox *self);

/* Nobody reads it any more: it holds nothing, and keeps nothing that is added. */
void outbox_end(outbox *self);

void outbox_deinit(outbox *self);

#endif
