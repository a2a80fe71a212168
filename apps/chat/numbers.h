/* SPDX-License-Identifier: MIT */
/* numbers.h: what the chat counts, for those who watch it. */
#ifndef CHAT_NUMBERS_H
#define CHAT_NUMBERS_H

#include <edo/metrics.h>

struct server;

/* Adds the numbers of the chat, and those of its process and runtime. Errors: as
 * edo_metrics_callback(). */
EDO_MUST_USE int numbers_add(edo_metrics *m, struct server *of);

#endif
