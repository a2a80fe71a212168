/* SPDX-License-Identifier: MIT */
/* web/request/origin.h: where a request is sent to, and the page that has it sent. */
#ifndef EDOI_WEB_REQUEST_ORIGIN_H
#define EDOI_WEB_REQUEST_ORIGIN_H

#include <edo/http_server.h>

/* The host that the client asks, in any case of letters, without its port; perhaps no bytes. */
edo_str edoi_request_host(const edo_request *req);

/* The value of `Origin`: NULL as its pointer without the field; no bytes if there are several,
 * since nobody can tell which of them is meant. */
edo_str edoi_request_origin(const edo_request *req);

/* Is `origin` the one that the request is sent to? Host and port have to be equal, but not the
 * scheme: a proxy may have taken TLS off. A port that is not written is that of the origin's
 * scheme. */
bool edoi_is_own_origin(const edo_request *req, edo_str origin);

#endif
