/* SPDX-License-Identifier: MIT */
/* http/headers/text.h: memory for the names and values that a map copied. */
#ifndef EDOI_HTTP_HEADERS_TEXT_H
#define EDOI_HTTP_HEADERS_TEXT_H

#include <edo/headers.h>

/* Returns room for `n` bytes that lives as long as the map's content; NULL without memory. */
char *edoi_texts_take(edo_headers *h, size_t n);

/* Frees all of it. */
void edoi_texts_free(edo_headers *h);

#endif
