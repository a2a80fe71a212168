/* SPDX-License-Identifier: MIT */
/* http/client/upload.h: a request on its way: its head, and its body as it comes.
 *
 * inv. 1: it moves on in polls of the task that waits for the response, so it needs no task of its
 *         own, and ends with that wait.
 * inv. 2: `from` is set while bytes of the caller's stream are wanted, and not touched later. */
#ifndef EDOI_HTTP_CLIENT_UPLOAD_H
#define EDOI_HTTP_CLIENT_UPLOAD_H

#include "http/io/output.h"

#include <edo/headers.h>

typedef struct edoi_upload {
    edo_io_wait from_wait, to_wait;
    edo_stream *from;                   /* borrowed; inv. 2 */
    const edo_headers *trailers, *head; /* borrowed with `from`; may be NULL */
    uint64_t left;                      /* of `from`, if it is not chunked */
    edo_str data;                       /* what is left of a body that lies in memory */
    bool title_case;                    /* of trailers */
    bool is_chunked;                    /* `from` is sent in chunks */
    bool is_held;                       /* the body waits for "100 Continue" */
    bool has_begun;                     /* a byte of the request has left */
    bool is_unflushed;                  /* the stream may keep bytes back */
    bool is_over;                       /* all has left */
    int failed;                         /* of writing: a response may have come all the same */
    int source_failed;                  /* of `from`, or of writing if the server waits for the
                                           rest: no response comes */
    edoi_http_output out;
} edoi_upload;

void edoi_upload_init(edoi_upload *u, edo_stream *to);

/* Moves on as far as it can, and links its waits for the rest. A NULL `cx`: without a wait. */
void edoi_upload_poll(edoi_upload *u, edo_cx *cx);

/* Ends the waits. */
void edoi_upload_unwait(edoi_upload *u);

#endif
