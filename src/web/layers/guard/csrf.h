/* SPDX-License-Identifier: MIT */
/* web/layers/guard/csrf.h: requests that a page of another origin has a browser send, for the layer
 * and for what edo_web_serve() guards by itself. */
#ifndef EDOI_WEB_LAYERS_GUARD_CSRF_H
#define EDOI_WEB_LAYERS_GUARD_CSRF_H

#include <edo/web_guard.h>

/* Returns 0, or -EINVAL with a trail that names `whose` options they are. */
int edoi_csrf_check(const edo_csrf_opts *o, const char *whose);

/* Does the request come in? */
bool edoi_csrf_passes(const edo_csrf_opts *o, edo_web *w);

/* Makes the response for one that does not. Returns as edoi_web_turn_away(). */
int edoi_csrf_refuse(edo_web *w);

#endif
