/* SPDX-License-Identifier: MIT */
/* describe.h: a symbol as the text of a .proto. */
#ifndef GRPCURL_DESCRIBE_H
#define GRPCURL_DESCRIBE_H

#include "symbol.h"

/* Appends the text. Types are full names, with a '.' before them. */
int describe_symbol(edo_buf *out, const symbol *s);

#endif
