/* SPDX-License-Identifier: MIT */
/* http2/both/memory.h: what nghttp2 takes is memory of edo, as all else, at both ends. */
#ifndef EDOI_HTTP2_BOTH_MEMORY_H
#define EDOI_HTTP2_BOTH_MEMORY_H

#include <nghttp2/nghttp2.h>

/* Returns the functions that a session, its streams and frames get their memory by. */
nghttp2_mem *edoi_h2_memory(void);

#endif
