/* SPDX-License-Identifier: MIT */
/* chat_say.c: says lines in a room of edo-chat, by the protocol of its page, and waits until each
 * is there.
 *
 *     chat_say ws://127.0.0.1:8080/ws ROOM NAME TEXT...
 *
 * What goes over the socket are the structs below as JSON. */
#include <edo/edo.h>
#include <edo/json.h>
#include <edo/ws_client.h>

#include <errno.h>
#include <stdio.h>

typedef struct wanted_room {
    const char *room;
    uint64_t after; /* the number of the last message seen; 0: none */
} wanted_room;
EDO_DESCRIBE(wanted_room, EDO_FIELD(wanted_room, room), EDO_FIELD(wanted_room, after))

typedef struct hello {
    const char *type, *session, *nick;
    const wanted_room *rooms;
    size_t rooms_n;
} hello;
EDO_DESCRIBE(hello, EDO_FIELD(hello, type), EDO_FIELD(hello, session), EDO_FIELD(hello, nick),
             EDO_FIELD_LIST_OF(hello, rooms, rooms_n, wanted_room_desc))

typedef struct say {
    const char *type, *room, *text, *ref;
} say;
EDO_DESCRIBE(say, EDO_FIELD(say, type), EDO_FIELD(say, room), EDO_FIELD(say, text),
             EDO_FIELD(say, ref))

/* What the server says, as far as it matters here: other members and types are passed over. */
typedef struct heard {
    edo_str type, nick, text, ref, code;
    uint64_t number;
} heard;
EDO_DESCRIBE(heard, EDO_FIELD(heard, type), EDO_FIELD(heard, nick, .optional = true),
             EDO_FIELD(heard, text, .optional = true), EDO_FIELD(heard, ref, .optional = true),
             EDO_FIELD(heard, code, .optional = true), EDO_FIELD(heard, number, .optional = true))

static int send_json(edo_ws *ws, const void *value, const edo_desc *desc) {
    edo_buf text = { 0 };
    int err = edo_json_encode(&text, value, desc);
    if (err == 0) err = edo_ws_send_text(ws, edo_buf_str(&text));
    edo_buf_deinit(&text);
    return err;
}

/* Waits for a message of that type with that reference, NULL: any. */
static int hear(edo_ws *ws, heard *h, edo_arena *memory, const char *type, const char *ref) {
    const edo_json_opts opts = { .arena = memory };
    for (;;) {
        edo_ws_message m;
        int err = edo_ws_recv(ws, &m);
        if (err == 0) err = edo_json_decode_with(h, &heard_desc, m.data, &opts);
        if (err < 0) return err;
        if (ref && !edo_str_equal(h->ref, edo_str_of(ref))) continue;
        if (edo_str_equal(h->type, edo_str_of(type))) return 0;
        if (edo_str_equal(h->type, EDO_STR("error")))
            return edo_fail(-EPROTO, "%.*s", (int)h->text.len, h->text.ptr);
    }
}

static int say_all(edo_ws *ws, char **args, edo_arena *memory) {
    const wanted_room rooms[] = { { args[0], 0 } };
    const hello first = { "hello", "", args[1], rooms, 1 };
    heard h;
    int err = send_json(ws, &first, &hello_desc);
    if (err == 0) err = hear(ws, &h, memory, "welcome", NULL);
    if (err == 0) printf("I am %.*s\n", (int)h.nick.len, h.nick.ptr);
    for (int i = 0; err == 0 && args[2 + i]; i++) {
        char ref[16];
        (void)snprintf(ref, sizeof ref, "line-%d", i);
        err = send_json(ws, &(say){ "say", args[0], args[2 + i], ref }, &say_desc);
        if (err == 0) err = hear(ws, &h, memory, "message", ref);
        if (err == 0) printf("said: %.*s\n", (int)h.text.len, h.text.ptr);
    }
    return err;
}

static int app(void *arg) {
    char **args = arg;
    edo_arena memory = { 0 };
    edo_ws *ws;
    int err = edo_ws_connect(&ws, edo_str_of(args[0]), NULL);
    if (err < 0) return edo_fail(err, "connecting to %s", args[0]);
    err = edo_ws_end(ws, say_all(ws, args + 1, &memory));
    edo_arena_deinit(&memory);
    return err;
}

int main(int argc, char **argv) {
    return argc >= 4 ? edo_main(app, argv + 1) : 2;
}
