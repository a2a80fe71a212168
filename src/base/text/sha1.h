/* SPDX-License-Identifier: MIT */
/* base/text/sha1.h: SHA-1 (RFC 3174), which a WebSocket's handshake, names of Redis' scripts and
 * checksums of migrations use. Nothing depends on its strength: both sides know all that is
 * hashed. */
#ifndef EDOI_BASE_TEXT_SHA1_H
#define EDOI_BASE_TEXT_SHA1_H

#include <edo/bytes.h>

#define EDOI_SHA1_BYTES 20u

/* Hashes a short text, of at most 2^32 bytes. */
EDO_API void edoi_sha1(unsigned char out[EDOI_SHA1_BYTES], edo_str text);

#endif
