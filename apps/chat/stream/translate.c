/* SPDX-License-Identifier: MIT */
/* translate.c: see translate.h. */
#include "stream/translate.h"

#include <edo/error.h>
#include <edo/json.h>

#include <errno.h>
#include <string.h>

/* ---- Events ---------------------------------------------------------------------------------- */

int translate_frame(void *out, const edo_desc *desc, edo_str frame, edo_arena *arena) {
    const edo_json_opts opts = { .arena = arena, .borrows = true };
    return edo_json_decode_with(out, desc, frame, &opts);
}

/* The type is the first member of a frame, and has no escapes; empty: there is none. */
static edo_str translate_type(edo_str frame) {
    const edo_str begin = EDO_STR("{\"type\":\"");
    if (frame.len < begin.len || memcmp(frame.ptr, begin.ptr, begin.len) != 0)
        return (edo_str){ 0 };
    const char *type = frame.ptr + begin.len;
    const char *end = memchr(type, '"', frame.len - begin.len);
    return end ? (edo_str){ type, (size_t)(end - type) } : (edo_str){ 0 };
}

int translate_event(chat_v1_event *out, edo_str frame, edo_arena *arena) {
    const edo_field *kind = edo_desc_find(&chat_v1_event_desc, translate_type(frame));
    if (!kind || !kind->desc) return -ENOENT;
    void *value = edo_arena_alloc(arena, kind->desc->size);
    if (!value) return -ENOMEM;
    *out = (chat_v1_event){ .kind = kind->number };
    memcpy((char *)out + kind->offset, &value, sizeof value);
    return translate_frame(value, kind->desc, frame, arena);
}

/* ---- Requests -------------------------------------------------------------------------------- */

bool translate_request(user_request *out, const chat_v1_request *in) {
    switch (in->kind) {
    case CHAT_V1_REQUEST_KIND_JOIN:
        *out = (user_request){ .type = EDO_STR("join"),
                               .room = in->join->room,
                               .after = in->join->after,
                               .life = in->join->life };
        return true;
    case CHAT_V1_REQUEST_KIND_LEAVE:
        *out = (user_request){ .type = EDO_STR("leave"), .room = in->leave->room };
        return true;
    case CHAT_V1_REQUEST_KIND_SAY:
        *out = (user_request){ .type = EDO_STR("say"),
                               .room = in->say->room,
                               .text = in->say->text,
                               .ref = in->say->ref,
                               .action = in->say->action };
        return true;
    case CHAT_V1_REQUEST_KIND_DIRECT:
        *out = (user_request){ .type = EDO_STR("direct"),
                               .to = in->direct->to,
                               .to_id = in->direct->to_id,
                               .text = in->direct->text,
                               .ref = in->direct->ref };
        return true;
    case CHAT_V1_REQUEST_KIND_GOT:
        *out = (user_request){ .type = EDO_STR("got"), .number = in->got->number };
        return true;
    case CHAT_V1_REQUEST_KIND_NICK:
        *out =
            (user_request){ .type = EDO_STR("nick"), .nick = in->nick->nick, .ref = in->nick->ref };
        return true;
    case CHAT_V1_REQUEST_KIND_TYPING:
        *out = (user_request){ .type = EDO_STR("typing"), .room = in->typing->room };
        return true;
    case CHAT_V1_REQUEST_KIND_MEMBERS:
        *out = (user_request){ .type = EDO_STR("members"), .room = in->members->room };
        return true;
    case CHAT_V1_REQUEST_KIND_HISTORY:
        *out = (user_request){ .type = EDO_STR("history"),
                               .room = in->history->room,
                               .before = in->history->before,
                               .limit = in->history->limit,
                               .ref = in->history->ref };
        return true;
    case CHAT_V1_REQUEST_KIND_ROOMS: *out = (user_request){ .type = EDO_STR("rooms") }; return true;
    default: return false;
    }
}

int translate_hello(hello *out, const chat_v1_hello *in, edo_arena *arena) {
    wanted_room *rooms = edo_arena_alloc(arena, (in->rooms_n + 1) * sizeof *rooms);
    if (!rooms) return -ENOMEM;
    for (size_t i = 0; i < in->rooms_n; i++) {
        const chat_v1_join *r = &in->rooms[i];
        rooms[i] = (wanted_room){ .room = r->room, .after = r->after, .life = r->life };
    }
    *out = (hello){ .type = EDO_STR("hello"),
                    .session = in->session,
                    .nick = in->nick,
                    .rooms = rooms,
                    .rooms_n = in->rooms_n,
                    .told = in->told,
                    .has_told = in->has_told };
    return 0;
}
