/* SPDX-License-Identifier: MIT */
/* console/settings/send.h: messages of streams, which a client may not leave untaken. */
#ifndef EDOI_CONSOLE_SETTINGS_SEND_H
#define EDOI_CONSOLE_SETTINGS_SEND_H

#include <edo/grpc.h>

#define EDOI_CONSOLE_RECV_MAX 4096u /* bytes of what a client asks; a name has 160 */

/* Sends a message of a stream. A client that does not take it for ten seconds is dropped with
 * RESOURCE_EXHAUSTED: its place, and what is kept for it, are free again. Errors: as
 * edo_grpc_send(). */
EDO_MUST_USE int edoi_console_send(edo_grpc_call *call, const void *message, const edo_desc *desc);

#endif
