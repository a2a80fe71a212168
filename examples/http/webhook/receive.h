/* SPDX-License-Identifier: MIT */
/* receive.h: the other side: a server that prints events whose signature holds. */
#ifndef WEBHOOK_RECEIVE_H
#define WEBHOOK_RECEIVE_H

#include <edo/bytes.h>

/* Serves POST /hook at `address` until this task is cancelled. Returns 0 or a negative code. */
int receive_events(const char *address, edo_str key);

#endif
