/* SPDX-License-Identifier: MIT */
/* grpc_chat: a client of edo-chat's gRPC: says each line of its input in a room, and prints what is
 * heard there.
 *
 *     edo-chat --grpc 127.0.0.1:50051
 *     grpc_chat 127.0.0.1:50051 general ann */
#include "chat.edo.h"

#include <edo/edo.h>
#include <edo/pipe.h>

#include <stdio.h>

typedef struct client {
    const char *target, *room, *nick;
    edo_grpc_call *call;
} client;

static int print(edo_str a, const char *between, edo_str b) {
    int n = printf("%.*s%s%.*s\n", (int)a.len, a.len > 0 ? a.ptr : "", between, (int)b.len,
                   b.len > 0 ? b.ptr : "");
    return n < 0 || fflush(stdout) ? -EIO : 0;
}

static int show(const chat_v1_event *e) {
    switch (e->kind) {
    case CHAT_V1_EVENT_KIND_WELCOME: return print(EDO_STR("* you are "), "", e->welcome->nick);
    case CHAT_V1_EVENT_KIND_MESSAGE: return print(e->message->from, ": ", e->message->text);
    case CHAT_V1_EVENT_KIND_DIRECT: return print(e->direct->from, " -> you: ", e->direct->text);
    case CHAT_V1_EVENT_KIND_JOINED: return print(EDO_STR("* "), "joined: ", e->joined->nick);
    case CHAT_V1_EVENT_KIND_LEFT: return print(EDO_STR("* "), "left: ", e->left->nick);
    case CHAT_V1_EVENT_KIND_ERROR: return print(EDO_STR("* error"), ": ", e->error->text);
    default: return 0; // a kind that is not for this program, or newer than it
    }
}

/* Prints what comes until the call ends. Returns 0, or the code of its status. */
static int hear(void *arg) {
    const client *c = arg;
    chat_v1_event event; // its texts live until the next one
    int got;
    while ((got = chat_v1_chat_talk_client_recv(c->call, &event)) == 1) {
        int err = show(&event);
        if (err < 0) return err;
    }
    return got;
}

static int say(const client *c, char *line, size_t n) {
    chat_v1_say said = { .room = edo_str_of(c->room), .text = { line, n } };
    chat_v1_request request = { .kind = CHAT_V1_REQUEST_KIND_SAY, .say = &said };
    return chat_v1_chat_talk_client_send(c->call, &request);
}

static int say_hello(const client *c) {
    chat_v1_join room = { .room = edo_str_of(c->room) };
    chat_v1_hello hello = { .nick = edo_str_of(c->nick), .rooms = &room, .rooms_n = 1 };
    chat_v1_request request = { .kind = CHAT_V1_REQUEST_KIND_HELLO, .hello = &hello };
    return chat_v1_chat_talk_client_send(c->call, &request);
}

/* Says hello and each line, and at their end that there are no more: so the server sends what is
 * left, and ends the call. */
static int talk(void *arg) {
    const client *c = arg;
    edo_stream *input;
    edo_buf_reader lines;
    char *line;
    int n = edo_stdin(&input);
    if (n < 0) return n;
    n = edo_buf_reader_init(&lines, input, NULL);
    if (n >= 0) n = say_hello(c);
    while (n >= 0 && (n = edo_read_line(&lines, &line)) >= 0) n = say(c, line, (size_t)n);
    edo_buf_reader_deinit(&lines);
    edo_close(input);
    if (n == -EPIPE) return 0; // the server wants no more: its status says why
    return n == -EDO_EEOF ? edo_grpc_close_send(c->call) : n;
}

/* One task says what is typed, one prints what is heard; a call that fails ends both. */
static int converse(client *c) {
    EDO_SCOPE(both, NULL);
    edo_scope_spawn(&both, talk, c);
    edo_scope_spawn(&both, hear, c);
    return edo_scope_end(&both, 0);
}

static int run(void *arg) {
    client *c = arg;
    edo_grpc_channel *ch;
    int err = edo_grpc_channel_new(&ch, edo_str_of(c->target), NULL);
    if (err < 0) return err;
    err = chat_v1_chat_talk(ch, &c->call, NULL);
    if (err == 0) {
        err = converse(c);
        edo_grpc_call_free(c->call);
    }
    edo_grpc_channel_unref(ch);
    return err;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        (void)fputs("usage: grpc_chat TARGET ROOM NAME\n", stderr);
        return 2;
    }
    client c = { argv[1], argv[2], argv[3], NULL };
    return edo_main(run, &c);
}
