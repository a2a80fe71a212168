/* SPDX-License-Identifier: MIT */
/* http/client/host.h: the Host of a connection that was made to an address. */
#ifndef EDOI_HTTP_CLIENT_HOST_H
#define EDOI_HTTP_CLIENT_HOST_H

#include <edo/compiler.h>

#define EDOI_CLIENT_HOST_BYTES 300u

/* Writes the Host of requests over a connection to `addr`, "name:port", to `host`: without the port
 * 80, which is that of http. Returns `host`, or NULL for an address that is too long for it. */
EDO_API const char *edoi_client_host_of(char host[EDOI_CLIENT_HOST_BYTES], const char *addr);

#endif
