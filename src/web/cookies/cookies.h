/* SPDX-License-Identifier: MIT */
/* web/cookies/cookies.h: what other parts of libedo-web ask of cookies. */
#ifndef EDOI_WEB_COOKIES_COOKIES_H
#define EDOI_WEB_COOKIES_COOKIES_H

#include <edo/cookies.h>

/* Would edo_cookies_set() take the name and the attributes? Returns 0 or its error. */
int edoi_cookie_check(const char *name, const edo_cookie_opts *opts);

#endif
