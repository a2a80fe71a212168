/* SPDX-License-Identifier: MIT */
/* web/request/origin.h: the host that a request is sent to, and the page that sends it. */
#ifndef EDOI_WEB_REQUEST_ORIGIN_H
#define EDOI_WEB_REQUEST_ORIGIN_H

#include <edo/http_server.h>
#include <edo/uri.h>

/* Finds the host and port that the client asks; `*out` has no scheme. False: there are none. */
bool edoi_request_authority(edo_uri *out, const edo_request *req);

/* Returns the host that the client asks, as it wrote it, without the port; perhaps no bytes. */
edo_str edoi_request_host(const edo_request *req);

/* Returns the value of `Origin`: NULL as its pointer without the field; no bytes if there are
 * several, since none of them can be believed. */
edo_str edoi_request_origin(const edo_request *req);

/* Is `origin` the host that the request is sent to? Host and port have to be equal, but not the
 * scheme, since a proxy may have taken TLS off. The default port is that of the origin's scheme. */
bool edoi_is_own_origin(const edo_request *req, edo_str origin);

#endif
