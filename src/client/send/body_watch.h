/* SPDX-License-Identifier: MIT */
/* client/send/body_watch.h: watched bodies of responses, for edo_http_body_layer(). */
#ifndef EDOI_CLIENT_SEND_BODY_WATCH_H
#define EDOI_CLIENT_SEND_BODY_WATCH_H

#include <edo/http_message.h>

/* Reports the end of a body if that was not done yet, and ends its watches, if it has any. Called
 * before the response is freed, while its body can still be read. */
void edoi_body_watch_end(edo_http_response *res);

#endif
