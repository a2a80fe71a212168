/* SPDX-License-Identifier: MIT */
/* console/page/who.h: who may look by the page: what the variables and the options say, and the
 * layer that asks for it. */
#ifndef EDOI_CONSOLE_PAGE_WHO_H
#define EDOI_CONSOLE_PAGE_WHO_H

#include <edo/console_page.h>

/* Const after it was read. */
typedef struct edoi_page_who {
    bool is_given;                          /* the token: loopback needs it, too */
    char token[EDO_CONSOLE_TOKEN_MAX + 1u]; /* never empty */
} edoi_page_who;

/* Reads both. Errors: -ENOENT  there shall be no page; -EINVAL, with a trail; as
 * getrandom(2). */
EDO_MUST_USE int edoi_page_who_read(edoi_page_who *out, const edo_console_page_opts *opts);

/* A layer for routers that lets those pass who may look, by a copy of `who`; others get
 * UNAUTHENTICATED. */
EDO_MUST_USE edo_layer edoi_page_who_layer(const edoi_page_who *who);

#endif
