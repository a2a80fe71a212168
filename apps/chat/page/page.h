/* SPDX-License-Identifier: MIT */
/* page.h: one connection of a page: a WebSocket without a fiber of its own. */
#ifndef CHAT_PAGE_H
#define CHAT_PAGE_H

#include <edo/delayq.h>
#include <edo/limiter.h>
#include <edo/ws.h>

#include <stdatomic.h>

typedef struct page page;

/* All connections; a part of the server. */
typedef struct pages {
    edo_ws_opts socket;        /* const once served */
    edo_keyed_limiter *speech; /* of each address; NULL: no limit */
    edo_delayq silent;         /* sockets, each a share, of pages that have not said hello */
    atomic_size_t open_n;
} pages;

struct server;

/* Returns 0 or -ENOMEM. */
EDO_MUST_USE int pages_init(pages *self, const struct server *at);

/* No page is left. */
void pages_deinit(pages *self);

/* Closes those that have been silent for too long. */
void pages_reap(pages *self);

/* The key of its address, which is borrowed. */
edo_str page_address(const page *self);

/* Whether the address of a page may say one thing more now, whoever says it there. */
bool page_may_speak(const page *self);

/* GET /ws: turns a connection away if there are too many, or makes it a page. */
int page_open(edo_web *w);

#endif
