/* SPDX-License-Identifier: MIT */
/* ask.c: see stream.h. They ask for what the JSON API has: see page/api.c. */
#include "stream/stream.h"

#include "person/past.h"
#include "stream/translate.h"

#include <edo/http_server.h>

#include <errno.h>

/* Whether the address asks too often: then the call fails with the code in `*err`. */
static bool ask_is_early(edo_grpc_call *call, edo_str address, int *err) {
    const server *at = edo_grpc_arg(call);
    edo_keyed_limiter *asks = at->streams->asks;
    if (!asks || edo_keyed_limiter_check(asks, NULL, address, 1) == 0) return false;
    *err = edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED, "too fast: wait a moment");
    return true;
}

int ask_rooms(edo_grpc_call *call, chat_v1_room_list *out, const chat_v1_list_rooms_request *in) {
    server *at = edo_grpc_arg(call);
    char key[EDO_ADDR_KEY_BYTES];
    edo_str address = stream_address(call, key);
    int err;
    (void)in;
    if (ask_is_early(call, address, &err)) return err;
    message *m = past_rooms_frame(&at->directory, NULL, address);
    edo_str frame = m ? m->frame : (edo_str){ 0 };
    const char *copy = m ? edo_arena_copy(edo_grpc_arena(call), frame.ptr, frame.len) : NULL;
    edo_rc_unref(m);
    if (!copy) return -ENOMEM;
    return translate_frame(out, &chat_v1_room_list_desc, (edo_str){ copy, frame.len },
                           edo_grpc_arena(call));
}

/* With its place, which lasts as long as the request. */
static int ask_page(edo_grpc_call *call, past_reply *reply, chat_v1_history *out,
                    const chat_v1_read_history_request *in) {
    server *at = edo_grpc_arg(call);
    name of;
    room *r =
        room_name_parse(&of, in->room) ? directory_open_known_room(&at->directory, &of) : NULL;
    if (!r) return edo_grpc_fail(call, EDO_GRPC_NOT_FOUND, "there is no such room");
    room_recall(r);
    int err =
        past_page_frame(&reply->page, &reply->in, r, NULL, in->before, in->limit, (edo_str){ 0 });
    directory_close_room(&at->directory, r);
    if (err < 0) return err;
    return translate_frame(out, &chat_v1_history_desc, reply->page->frame, edo_grpc_arena(call));
}

int ask_history(edo_grpc_call *call, chat_v1_history *out, const chat_v1_read_history_request *in) {
    server *at = edo_grpc_arg(call);
    char key[EDO_ADDR_KEY_BYTES];
    edo_str address = stream_address(call, key);
    past_reply *reply;
    int err;
    if (ask_is_early(call, address, &err)) return err;
    err = past_reply_new(&reply, &edo_grpc_request(call)->ext, edo_grpc_arena(call),
                         &at->directory.turns, address);
    if (err == -EAGAIN)
        return edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED,
                             "other clients of this address have not taken what they asked for");
    return err < 0 ? err : ask_page(call, reply, out, in);
}
