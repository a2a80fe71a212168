/* SPDX-License-Identifier: MIT */
/* http/client/upload.h: a request that is being sent: its head, and its body as it comes.
 *
 * inv. 1: it moves on in polls of the task that waits for the response, so it needs no task of its
 *         own, and ends with that wait.
 * inv. 2: `from` is set while bytes of the caller's stream are wanted, and is not touched later.
 * inv. 1 is not asserted: a task that is not there leaves no trace. */
#ifndef EDOI_HTTP_CLIENT_UPLOAD_H
#define EDOI_HTTP_CLIENT_UPLOAD_H

#include "http/io/output.h"

#include <edo/headers.h>

typedef struct edoi_upload {
    edo_io_wait from_wait, to_wait;
    edo_stream *from;                   /* borrowed; inv. 2 */
    const edo_headers *trailers, *head; /* borrowed with `from`; may be NULL */
    uint64_t left;                      /* bytes of `from` that were not read yet, if it is not
                                           chunked */
    edo_str data;                       /* the rest of a body that lies in memory */
    bool title_case;                    /* the names of trailers are put into title case */
    bool is_chunked;                    /* `from` is sent in chunks */
    bool is_held;                       /* the body waits for "100 Continue" */
    bool has_begun;                     /* a byte of the request has left */
    bool is_unflushed;                  /* the stream may keep bytes back */
    bool is_over;                       /* all bytes have left */
    uint64_t sent;                      /* bytes that have left, with head and framing */
    int failed;                         /* the code of a failed write; a response may have come
                                           nevertheless */
    int source_failed;                  /* the code of a failure of `from`, or of writing if the
                                           server waits for the rest: no response comes */
    edoi_http_output out;
} edoi_upload;

void edoi_upload_init(edoi_upload *u, edo_stream *to);

/* Moves on as far as possible, and links its waits for the rest. With a NULL `cx` it does not
 * wait. */
void edoi_upload_poll(edoi_upload *u, edo_cx *cx);

/* Does it wait for bytes of the caller's stream, and so not for the server? */
bool edoi_upload_lacks_source(const edoi_upload *u);

/* Ends the waits. */
void edoi_upload_unwait(edoi_upload *u);

#endif
