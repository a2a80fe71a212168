/* SPDX-License-Identifier: MIT */
/* translate.h: what pages are told, in the messages of chat.proto, and what its clients ask for, as
 * requests of pages. The members of a frame have the names that fields have there, and its type is
 * the name of a kind of event: so what is new for pages needs no more than its lines in
 * chat.proto. */
#ifndef CHAT_TRANSLATE_H
#define CHAT_TRANSLATE_H

#include "chat.edo.h" // first: its parameters have names of our types

#include "person/request.h"

/* Makes the message of a described type from a frame. Owns: it borrows from both. Returns 0, or as
 * edo_json_decode_with(). */
EDO_MUST_USE int translate_frame(void *out, const edo_desc *desc, edo_str frame, edo_arena *arena);

/* Makes the event of a frame. Owns: it borrows from both. Returns 0; -ENOENT: chat.proto does not
 * know its type; or as edo_json_decode_with(). */
EDO_MUST_USE int translate_event(chat_v1_event *out, edo_str frame, edo_arena *arena);

/* The request that pages would send. Owns: borrows the texts. Returns false if it is none of
 * those that come later than a hello. */
EDO_MUST_USE bool translate_request(user_request *out, const chat_v1_request *in);

/* The hello that pages would send. Owns: borrows the texts; the list lies in the arena. Returns 0
 * or -ENOMEM. */
EDO_MUST_USE int translate_hello(hello *out, const chat_v1_hello *in, edo_arena *arena);

#endif
