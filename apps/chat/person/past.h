/* SPDX-License-Identifier: MIT */
/* past.h: what was said, and which rooms there are, as frames: for pages and for the JSON API. */
#ifndef CHAT_PAST_H
#define CHAT_PAST_H

#include "room/directory.h"

#include <edo/ext.h>
#include <edo/value.h>

#define PAST_LIMIT     50 /* messages, if nobody says how many */
#define PAST_LIMIT_MAX 200
#define PAST_BYTES     (1u << 20)
#define ROOMS_LISTED   200

/* A place for a page of the past, which may be a megabyte: from before it is read until its client
 * has taken it, which may take its time. So the memory of an address is bounded, and those of its
 * clients that wait for a place hold nothing. All zero: none. */
typedef struct past_place {
    turns *of;
    edo_keyed_permit *at;
    edo_instant until; /* it waits no longer */
    char address[EDO_ADDR_KEY_BYTES];
} past_place;

/* Takes a place of the address, whose key has EDO_ADDR_KEY_BYTES bytes or none. Waits for one for
 * up to 2 s. Owns: returns new: past_place_return(). Returns 0; -EAGAIN: others of the address have
 * all; -ENOMEM or -ECANCELED. */
EDO_MUST_USE int past_place_take(past_place *out, turns *of, edo_str address);

/* One that was not taken is allowed. */
void past_place_return(past_place *self);

/* A page of the past that is a response, and its place. */
typedef struct past_reply {
    past_place in;
    message *page; /* NULL: not yet; for the caller to fill */
} past_reply;

/* Makes one with a place of that address, as past_place_take(), in an arena. Owns: `ext` drops it:
 * once the response was sent. Returns as that; `*out` is untouched on failure. */
EDO_MUST_USE int past_reply_new(past_reply **out, edo_ext *ext, edo_arena *arena, turns *of,
                                edo_str address);

/* Makes a frame {"type", "room", "messages", "more", "missing"}: the newest messages with numbers
 * below `before` (0: any), of the room's past and of its store: `limit` at most, and of long ones
 * no more than PAST_BYTES of their texts, but for one. Those of the session with that key have
 * their references. It is made in a turn of the address that has the place. Waits for that, and for
 * the store until the place's time is over. `type` NULL: without it. Returns 0, -ENOMEM or
 * -ECANCELED. */
EDO_MUST_USE int past_page_frame(message **out, const past_place *in, room *of, const char *type,
                                 uint64_t before, uint32_t limit, edo_str key);

/* A message as past_page_frame() has it. NULL without memory. */
message *past_message_frame(const message *m);

/* {"type", "rooms"}: the rooms that have members; `type` NULL: without it. It is made in a turn of
 * the address, for which it waits. NULL without memory. */
message *past_rooms_frame(directory *self, const char *type, edo_str address);

/* The forms of these frames, for the API: a message, a page, the rooms. */
extern const edo_desc *const past_message_form, *const past_page_form, *const past_rooms_form;

#endif
