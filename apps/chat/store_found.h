/* SPDX-License-Identifier: MIT */
/* store_found.h: how the forms of the store gather what they have found. */
#ifndef CHAT_STORE_FOUND_H
#define CHAT_STORE_FOUND_H

#include "store.h"

/* Copies of messages, newest first. All zero is empty. */
typedef struct gathering {
    struct gathered *rows;
    char *texts;
    size_t n, rows_max, bytes, bytes_max;
} gathering;

/* Adds a copy of the next older message. Returns 0 or -ENOMEM. */
int gathering_add(gathering *self, const store_message *m);

/* Makes the result of the first `limit` messages, oldest first, and frees the gathering. Returns 0
 * or -ENOMEM. */
int gathering_end(gathering *self, size_t limit, store_found **out);

/* Frees it without a result. */
void gathering_drop(gathering *self);

#endif
