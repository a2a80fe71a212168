/* SPDX-License-Identifier: MIT */
/* web/request/slash.h: the slash at the end of a request's path. */
#ifndef EDOI_WEB_REQUEST_SLASH_H
#define EDOI_WEB_REQUEST_SLASH_H

#include "web/request/web.h"

#include <edo/web_layers.h>

/* Changes the end of the path as the router says. Returns 0 or -ENOMEM. */
int edoi_web_normalize(edo_web *w, edo_path_slash slash);

/* Sets `*out` to the path with a slash at its end if it has none, and without it otherwise. NULL as
 * its pointer: there is no such path. Returns 0 or -ENOMEM. */
int edoi_web_other_slash(edo_web *w, edo_str *out);

/* The handler of a path of which only the other form has a route: responds with 308. */
int edoi_web_to_other_slash(edo_web *w);

#endif
