/* SPDX-License-Identifier: MIT */
/* console/settings/local.h: requests that come from this machine and are meant for it: they need
 * no token if the program has no token. */
#ifndef EDOI_CONSOLE_SETTINGS_LOCAL_H
#define EDOI_CONSOLE_SETTINGS_LOCAL_H

#include <edo/web.h>

/* Is the peer an address of loopback, and the client behind it, has no proxy sent the request, and
 * does its `Host` name loopback? */
bool edoi_is_local(edo_web *w);

/* A layer for routers that lets those alone pass; others get PERMISSION_DENIED. */
EDO_MUST_USE edo_layer edoi_local_layer(void);

#endif
