/* SPDX-License-Identifier: MIT */
/* peer-lws HOST:PORT: an echo of WebSocket messages on libwebsockets, as its documentation has it:
 * what was received is kept until the socket is writable. At /fan the latest message goes to all,
 * as in the library's smallest server. */
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX (64 * 1024)

/* A message that waits. */
typedef struct message {
    struct message *next;
    size_t n;
    unsigned char bytes[]; /* behind LWS_PRE */
} message;

/* Of each connection, made by the library. */
typedef struct session {
    message *first, *last;
    bool is_in_room;
    unsigned long seen; /* of the messages to all */
} session;

/* To all. */
static struct {
    unsigned long number;
    size_t n;
    unsigned char bytes[LWS_PRE + MESSAGE_MAX];
} latest;

static int keep(session *s, struct lws *wsi, const void *bytes, size_t n) {
    message *m = malloc(sizeof *m + LWS_PRE + n);
    if (!m) return -1;
    m->next = NULL;
    m->n = n;
    memcpy(m->bytes + LWS_PRE, bytes, n);
    if (s->last)
        s->last->next = m;
    else
        s->first = m;
    s->last = m;
    lws_callback_on_writable(wsi);
    return 0;
}

static int send_first(session *s, struct lws *wsi) {
    message *m = s->first;
    if (!m) return 0;
    s->first = m->next;
    if (!s->first) s->last = NULL;
    int done = lws_write(wsi, m->bytes + LWS_PRE, m->n, LWS_WRITE_BINARY);
    int err = done < (int)m->n ? -1 : 0;
    free(m);
    if (s->first) lws_callback_on_writable(wsi);
    return err;
}

static int tell_all(struct lws *wsi, const void *bytes, size_t n) {
    if (n > MESSAGE_MAX) return -1;
    memcpy(latest.bytes + LWS_PRE, bytes, n);
    latest.n = n;
    latest.number++;
    lws_callback_on_writable_all_protocol(lws_get_context(wsi), lws_get_protocol(wsi));
    return 0;
}

static int send_latest(session *s, struct lws *wsi) {
    if (s->seen == latest.number) return 0;
    s->seen = latest.number;
    int done = lws_write(wsi, latest.bytes + LWS_PRE, latest.n, LWS_WRITE_BINARY);
    return done < (int)latest.n ? -1 : 0;
}

static int enter(session *s, struct lws *wsi) {
    char path[8] = "";
    int n = lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI);
    s->is_in_room = n > 0 && strcmp(path, "/fan") == 0;
    s->seen = latest.number;
    return 0;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in,
                    size_t n) {
    session *s = user;
    if (why == LWS_CALLBACK_ESTABLISHED) return enter(s, wsi);
    if (why == LWS_CALLBACK_RECEIVE)
        return s->is_in_room ? tell_all(wsi, in, n) : keep(s, wsi, in, n);
    if (why == LWS_CALLBACK_SERVER_WRITEABLE)
        return s->is_in_room ? send_latest(s, wsi) : send_first(s, wsi);
    if (why != LWS_CALLBACK_CLOSED) return 0;
    while (s->first) {
        message *m = s->first;
        s->first = m->next;
        free(m);
    }
    return 0;
}

int main(int argc, char **argv) {
    static const struct lws_protocols protocols[] = { { "echo", on_event, sizeof(session),
                                                        MESSAGE_MAX, 0, NULL, 0 },
                                                      { NULL, NULL, 0, 0, 0, NULL, 0 } };
    char *colon = argc > 1 ? strrchr(argv[argc - 1], ':') : NULL;
    if (!colon) {
        fprintf(stderr, "usage: peer-lws HOST:PORT\n");
        return 2;
    }
    *colon = '\0';
    lws_set_log_level(LLL_ERR, NULL);
    struct lws_context_creation_info info = { .port = (int)strtol(colon + 1, NULL, 10),
                                              .iface = argv[argc - 1],
                                              .protocols = protocols,
                                              .gid = -1,
                                              .uid = -1 };
    struct lws_context *context = lws_create_context(&info);
    while (context && lws_service(context, 0) >= 0) continue;
    return 1;
}
