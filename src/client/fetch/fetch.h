/* SPDX-License-Identifier: MIT */
/* client/fetch/fetch.h: a request that is made of the options of edo_fetch(). */
#ifndef EDOI_CLIENT_FETCH_FETCH_H
#define EDOI_CLIENT_FETCH_FETCH_H

#include "client/send/send.h"

/* A request, and what it borrows. */
typedef struct edoi_fetch_request {
    edo_http_request req;
    edo_headers headers;
    edo_buf url, auth;
    edoi_sent_body sent;
    edoi_headers_room room; /* of `headers` */
} edoi_fetch_request;

/* Makes the request. Returns 0 or a negative code; edoi_fetch_request_deinit() in any case. */
int edoi_fetch_request_init(edoi_fetch_request *f, edo_str url, const edo_fetch_opts *o);
void edoi_fetch_request_deinit(edoi_fetch_request *f);

/* Makes a stream of the items of the options, which are taken in any case; sets the body that they
 * say. Return 0 or a negative code. */
int edoi_fetch_own_items(edoi_fetch_request *f, const edo_fetch_opts *o);
int edoi_fetch_set_body(edoi_fetch_request *f, const edo_fetch_opts *o);
bool edoi_fetch_has_body(const edo_fetch_opts *o);

/* ---- coding.c -------------------------------------------------------------------------------- */

/* Codes the body, if the options say so. Returns 0 or a negative code. */
int edoi_fetch_code_body(edoi_fetch_request *f, const edo_fetch_opts *o);

/* Takes what it wants of a response that is none of a failure. Returns 0 or a negative code. */
typedef int edoi_fetch_take_fn(void *arg, edo_http_response *res);

/* As edo_fetch(). `take` is a part of each attempt, so a body that it reads and that breaks off is
 * asked for again where attempts are left; it is called once more then. NULL: none. */
int edoi_fetch(edo_http_response **out, edo_str url, const edo_fetch_opts *opts,
               edoi_fetch_take_fn *take, void *arg);

/* ---- span.c ---------------------------------------------------------------------------------- */

/* The span of a call; NULL: no span is wanted. */
EDO_API struct edo_span *edoi_fetch_span(edo_str url, const edo_fetch_opts *o);

/* Adds to a span, which may be NULL, the URL that a request without a host was sent to. */
EDO_API void edoi_fetch_span_place(struct edo_span *s, edo_str url);

/* Adds to a span, which may be NULL, the response and the number of its attempt. */
EDO_API void edoi_fetch_span_tell(struct edo_span *s, const edo_http_response *res, uint32_t tried);

/* ---- form.c ---------------------------------------------------------------------------------- */

/* Appends a value as a form has it (WHATWG URL, application/x-www-form-urlencoded): a name and a
 * value for each element of each field. Returns 0, -ENOMEM, or -EINVAL for a field that has no
 * text. */
int edoi_form_print(edo_buf *out, const void *value, const edo_desc *desc);

#endif
