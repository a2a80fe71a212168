/* SPDX-License-Identifier: MIT */
/* web/ws/open/accept.h: the key of a handshake, and its response (RFC 6455 section 1.3). */
#ifndef EDOI_WEB_WS_OPEN_ACCEPT_H
#define EDOI_WEB_WS_OPEN_ACCEPT_H

#include <edo/bytes.h>
#include <edo/headers.h>

#define EDOI_WS_KEY_BYTES    24u
#define EDOI_WS_ACCEPT_BYTES 28u

/* Prints the `Sec-WebSocket-Accept` for a key of EDOI_WS_KEY_BYTES bytes. */
void edoi_ws_accept_of(char out[EDOI_WS_ACCEPT_BYTES], edo_str key);

/* Is the field there at most once? */
bool edoi_ws_is_single(const edo_headers *h, edo_header_id id);

/* Makes a random key. Returns 0 or a code. */
int edoi_ws_new_key(char out[EDOI_WS_KEY_BYTES]);

#endif
