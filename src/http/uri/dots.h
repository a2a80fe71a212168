/* SPDX-License-Identifier: MIT */
/* http/uri/dots.h: "." and ".." in paths. */
#ifndef EDOI_HTTP_URI_DOTS_H
#define EDOI_HTTP_URI_DOTS_H

#include <stddef.h>

/* Removes "." and ".." from the path in place (RFC 3986 section 5.2.4). Returns its new length. */
size_t edoi_remove_dots(char *path, size_t n);

#endif
