/* SPDX-License-Identifier: MIT */
/* console/serve.h: the server of the console: its services of gRPC, on one listener. */
#ifndef EDOI_CONSOLE_SERVE_H
#define EDOI_CONSOLE_SERVE_H

#include "console/settings/settings.h"
#include "console/tokio/tokio.h"

#include <edo/cancel.h>

/* Serves until `stop` fires, in a fiber of the console's runtime. Calls `listens` once, with the
 * address or the failure that kept it from listening, which it then returns. Borrows all: until the
 * runtime has ended, since a handler may outlive the server. */
typedef void edoi_console_listens_fn(void *arg, int err, const edo_addr *addr);
EDO_MUST_USE int edoi_console_serve(const edoi_console_settings *s, edoi_tokio *tokio,
                                    edo_cancel_token *stop, edoi_console_listens_fn *listens,
                                    void *arg);

#endif
