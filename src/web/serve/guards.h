/* SPDX-License-Identifier: MIT */
/* web/serve/guards.h: what a server puts in front of all routes by itself: edo_web_guards. */
#ifndef EDOI_WEB_SERVE_GUARDS_H
#define EDOI_WEB_SERVE_GUARDS_H

#include "web/layers/fields.h"
#include "web/request/web.h"

#include <edo/web_guard.h>

typedef struct edoi_guards {
    edoi_web_door door; /* first */
    edo_web_guards opts;
    edo_csrf_opts csrf;
    edoi_security security;
} edoi_guards;

/* Checks the options, and what they point to, which is borrowed. Returns 0, or -EINVAL with a
 * trail. */
int edoi_guards_init(edoi_guards *g, const edo_web_guards *opts);

/* Leaves the fields of a response as they are, which another server has made. */
void edoi_guards_leave_fields(edo_response *res);

#endif
