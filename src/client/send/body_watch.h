/* SPDX-License-Identifier: MIT */
/* client/send/body_watch.h: bodies of responses whose reading edo_http_body_layer() tells of. */
#ifndef EDOI_CLIENT_SEND_BODY_WATCH_H
#define EDOI_CLIENT_SEND_BODY_WATCH_H

#include <edo/http_message.h>

/* Tells of the end of a body that was not told of, and ends its watches; nothing happens where
 * there are none. Called before the response is freed, while its body can still be read. */
void edoi_body_watch_end(edo_http_response *res);

#endif
