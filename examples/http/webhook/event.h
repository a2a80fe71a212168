/* SPDX-License-Identifier: MIT */
/* event.h: what has happened, as both sides know it. */
#ifndef WEBHOOK_EVENT_H
#define WEBHOOK_EVENT_H

#include <edo/value.h>

typedef struct event {
    edo_str kind;
    int64_t number;
} event;
EDO_DESCRIBE(event, EDO_FIELD(event, kind), EDO_FIELD(event, number))

#endif
