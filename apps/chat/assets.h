/* SPDX-License-Identifier: MIT */
/* assets.h: the files of the page, which are parts of the program: those of apps/chat/page. The
 * table is made from them by cmake/embed.cmake. */
#ifndef CHAT_ASSETS_H
#define CHAT_ASSETS_H

#include <stddef.h>

typedef struct asset {
    const char *path; /* of its URL: "/" is index.html, others have their name behind a slash */
    const char *type; /* for Content-Type */
    const char *etag; /* a strong one, with its quotes: of the bytes */
    const unsigned char *data;
    size_t bytes;
} asset;

extern const asset assets[]; /* the last has no path */

#endif
