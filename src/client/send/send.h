/* SPDX-License-Identifier: MIT */
/* client/send/send.h: one attempt of edo_http_client_send(): the request as it is sent now,
 * which redirects change, and the response that it ends with. */
#ifndef EDOI_CLIENT_SEND_SEND_H
#define EDOI_CLIENT_SEND_SEND_H

#include "client/client.h"
#include "coding/expand.h"
#include "http/headers/map.h"

typedef struct edoi_call {
    edo_http_client *client;      /* borrowed */
    const edo_http_request *req;  /* borrowed; as the program has made it */
    edo_http_request now;         /* as it is sent */
    edo_str url;                  /* where it is sent: the request's, or `led_to` */
    edo_uri uri;                  /* has views into `url` */
    edoi_client_pool_host *host;  /* a reference: that of `uri`; NULL: it is to be found */
    edo_buf led_to;               /* the URL that a redirect has led to */
    edo_buf target;               /* of `now`, if it is no view into `url` */
    edo_buf basic, from, cookies; /* values that are made: of Authorization, Referer, Cookie */
    edo_str referer;              /* NULL: none */
    edo_buf been;                 /* URLs before `url`, each with a line end; for `redirect` */
    uint32_t redirects_n;
    bool drops_secrets;       /* a redirect has led to another origin */
    bool drops_body;          /* a redirect has made it a GET */
    bool is_sent;             /* a byte of it has left */
    bool was_misdirected;     /* it was sent again for that */
    bool wants_new;           /* the next exchange goes over a connection of its own */
    edo_instant ends_at;      /* the end of `timeout`; EDO_FOREVER_NS: none */
    edoi_request_count count; /* goes on in the response */
    edo_headers headers;      /* of `now` */
    edoi_headers_room room;   /* of `headers` */
} edoi_call;

/* Sends a request, in the middle of the layers of its client. Returns as edo_http_client_send(). */
int edoi_client_send(edo_http_client *c, const edo_http_request *req, edo_http_response **out);

/* Sets the fields of `now`, which goes to `proxy` itself, or to no proxy. Returns 0, -ENOMEM, or
 * -EINVAL. */
int edoi_call_set_fields(edoi_call *k, const edoi_proxy *proxy);

/* Fills in `codings` of the client: those that the build can decode. */
void edoi_client_name_codings(edo_http_client *c);

/* Looks at a response. Returns 1 if it is a redirect that is to be followed, to which `k` was
 * changed; 0 if it is the last response; or a negative code. */
int edoi_call_follow(edoi_call *k, const edo_http_response *res);

/* Is the whole body there, also if something of it was read? */
bool edoi_call_has_body(const edoi_call *k);

/* When a response was freed, which may have read on in the body: makes the body ready to be sent
 * again. Returns 0 or -EMSGSIZE. */
int edoi_call_rewind(const edoi_call *k);

/* Does the program ask for another protocol? */
bool edoi_call_upgrades(const edoi_call *k);

/* May a tunnel over HTTP/2 be what the program asks for? */
bool edoi_call_may_tunnel(const edoi_call *k);

/* Asks for that. Returns 0; -ENOTSUP: HTTP/1.1 is to be asked; or another negative code. */
int edoi_call_tunnel(edoi_call *k, edoi_client_pool_host *host, edo_http_response **out);

/* Is the body of the response decoded? Not if the program has chosen what it gets. */
bool edoi_call_decodes(const edoi_call *k);

/* ---- Responses ------------------------------------------------------------------------------- */

/* What was made to be sent as a body. A response may come before all of it was sent: then it ends
 * with that. */
typedef struct edoi_sent_body {
    edo_stream *stream; /* owned; NULL: none */
    edo_buf memory;
} edoi_sent_body;

void edoi_sent_body_deinit(edoi_sent_body *self);

/* The owner of a response of a client, which is that of the connection with another body.
 *
 * inv. 1: the timer is set while a read of the body waits, for the task that waits. */
typedef struct edoi_fetched {
    edo_stream body;
    edo_http_client *client;     /* a reference */
    edoi_client_pool_conn *conn; /* lent */
    edo_http_response *res;      /* of the connection */
    edo_stream *from;            /* borrowed: the body of the connection, or the last stage */
    edo_stream *raw;             /* borrowed: the body of the connection */
    const struct edoi_response_ops *of_conn; /* what the response did before */
    edoi_expand_all *decoding;               /* NULL: none */
    edo_duration read_timeout; /* EDO_FOREVER_NS: none. No limit of a response holds for what
                                  follows an upgrade */
    edo_instant ends_at;       /* EDO_FOREVER_NS: never */
    uint64_t left;             /* bytes that the body has still to have, if it `is_measured` */
    bool is_measured;
    bool is_timed; /* inv. 1 */
    edo_sleep_future timer;
    edoi_sent_body sent;
    edo_stream *sent_again; /* owned; the body that is being sent, over `sent` or a stream of the
                               program; NULL: none */
    int failure;            /* of reads of the body; 0: none */
    edoi_request_count count;
    size_t url_bytes;
    char url[];
} edoi_fetched;

/* Has the response of a connection of HTTP/1.1, which is not owned yet, a body? */
bool edoi_response_has_body(const edo_http_response *res);

/* Makes the owner of a response. Takes `conn` on success, and copies the URL. `decodes`: its
 * body is decoded. Returns 0 or -ENOMEM. */
int edoi_fetched_new(edo_http_client *client, edoi_client_pool_conn *conn, edo_http_response *res,
                     const edoi_call *k, bool decodes);

/* Moves what is being sent to the owner of the response, unless that was made by a layer. */
void edoi_fetched_take_sent(edo_http_response *res, edoi_sent_body *sent);

/* Ends the stream of a body with the response, or at once if that is NULL or a layer's own. */
void edoi_fetched_take_body(edo_http_response *res, edo_stream *body);

/* Says how many bytes the body has to have, whose length its head does not tell: reads fail with
 * -EPROTO beyond them, and with -EDO_ETRUNCATED at an end before. Before the first read. */
void edoi_fetched_expect(edo_http_response *res, uint64_t bytes);

/* The owner of a response; NULL: it is none of a client. */
edoi_fetched *edoi_fetched_of(const edo_http_response *res);

#endif
