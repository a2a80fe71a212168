/* SPDX-License-Identifier: MIT */
/* web/request/slash.h: the slash at the end of a request's path. */
#ifndef EDOI_WEB_REQUEST_SLASH_H
#define EDOI_WEB_REQUEST_SLASH_H

#include "web/request/web.h"

#include <edo/web_layers.h>

/* Makes the end of the path as the router wants it. Returns 0 or -ENOMEM. */
int edoi_web_normalize(edo_web *w, edo_path_slash slash);

/* Writes the path with a slash at its end if it has none, and without it if it has one; NULL as the
 * pointer: nothing is to be redirected there. Returns 0 or -ENOMEM. */
int edoi_web_other_slash(edo_web *w, edo_str *out);

/* The handler where only that path has a route: 308. */
int edoi_web_to_other_slash(edo_web *w);

#endif
