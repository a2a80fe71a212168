/* SPDX-License-Identifier: MIT */
/* page.h: one connection of a page: a WebSocket without a fiber of its own. */
#ifndef CHAT_PAGE_H
#define CHAT_PAGE_H

#include "room/outlet.h"

#include <edo/delayq.h>
#include <edo/ws.h>

typedef struct page page;

/* All connections; a part of the server. */
typedef struct pages {
    edo_ws_opts socket; /* const once served */
    edo_delayq silent;  /* sockets, each a share, of pages that have not said hello */
} pages;

struct server;

void pages_init(pages *self, const struct server *at);

/* No page is left. */
void pages_deinit(pages *self);

/* Closes those that have been silent for too long. */
void pages_reap(pages *self);

/* GET /ws: turns a connection away if there are too many, or makes it a page. */
int page_open(edo_web *w);

/* The outlet of a WebSocket. Owns: borrows `ws`; a share of the outlet is one of it. */
outlet page_outlet(edo_ws *ws);

#endif
