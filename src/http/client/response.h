/* SPDX-License-Identifier: MIT */
/* http/client/response.h: what differs between responses by whoever made them. The table is known
 * to libedo-client, too, which has responses of its own. */
#ifndef EDOI_HTTP_CLIENT_RESPONSE_H
#define EDOI_HTTP_CLIENT_RESPONSE_H

#include <edo/http_message.h>

typedef struct edoi_response_ops {
    /* As edo_http_response_trailers(). */
    const edo_headers *(*trailers)(edo_http_response *res);
    /* Ends the response. NULL: it belongs to its connection. */
    void (*free)(edo_http_response *res);
    /* Sends more of a request of which some is left, as reads of the body do, and links the waits
     * of that; the body's `unwait` ends them. NULL: nothing is left. */
    void (*upload)(edo_http_response *res, edo_cx *cx);
} edoi_response_ops;

/* Gives a response of edo_http_response_make() copies of trailers, which are there at once. Returns
 * 0 or -ENOMEM. */
EDO_API int edoi_response_made_trailers(edo_http_response *made, const edo_headers *from);

#endif
