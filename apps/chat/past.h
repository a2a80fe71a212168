/* SPDX-License-Identifier: MIT */
/* past.h: what was said, and which rooms there are, as JSON: for pages and for the JSON API. */
#ifndef CHAT_PAST_H
#define CHAT_PAST_H

#include "directory.h"

#include <edo/value.h>

#define PAST_LIMIT     50 /* messages, if nobody says how many */
#define PAST_LIMIT_MAX 200
#define ROOMS_LISTED   200

/* Appends {"type", "room", "messages", "more"}: the newest messages with numbers below `before` (0:
 * any), of the room's past and of its store. Those of `session` have their references. Waits for
 * the store for a bounded time. `type` NULL: without it. Returns 0, -ENOMEM or -ECANCELED. */
EDO_MUST_USE int past_print(edo_buf *out, room *of, const char *type, uint64_t before,
                            uint32_t limit, edo_str session);

/* A message as past_print() has it. */
EDO_MUST_USE int past_print_one(edo_buf *out, const message *m, edo_str session);

/* Appends {"type", "rooms"}: the rooms that have members; `type` NULL: without it. */
EDO_MUST_USE int past_print_rooms(edo_buf *out, directory *self, const char *type);

/* The forms that the functions above print, for the API: a message, a page, the rooms. */
extern const edo_desc *const past_message_form, *const past_page_form, *const past_rooms_form;

/* The rooms that have members, as a frame. NULL without memory. */
message *past_rooms(directory *self);

#endif
