/* SPDX-License-Identifier: MIT */
/* client/send/redirect.h: where a Location leads. */
#ifndef EDOI_CLIENT_SEND_REDIRECT_H
#define EDOI_CLIENT_SEND_REDIRECT_H

#include <edo/bytes.h>
#include <edo/uri.h>

/* Appends a Location whose bytes behind the host may all stand in a URL: what servers send besides,
 * as blanks and letters beyond ASCII, is encoded, as curl and browsers do. Returns 0 or -ENOMEM. */
int edoi_redirect_clean(edo_buf *to, edo_str location);

/* Resolves `location` against `from`, and appends the URL to `url`, which is empty; `to` has views
 * into it. Without a fragment it gets the fragment of `from`. A Location that is no URL is cleaned.
 * Returns 0, or -EINVAL or another code of edo/uri.h. Spec: RFC 9110 section 10.2.2. */
int edoi_redirect_resolve(edo_buf *url, edo_uri *to, const edo_uri *from, edo_str location);

/* May secrets for `a` be sent to `b`? */
bool edoi_redirect_is_same_origin(const edo_uri *a, const edo_uri *b);

#endif
