/* SPDX-License-Identifier: MIT */
/* net/proxy/proxy.h: the two versions of the PROXY protocol.
 *
 * A parse returns the length of the header, or, if that is more than `n`, how many bytes it needs
 * at least; `*out` is filled only with a whole header. */
#ifndef EDOI_NET_PROXY_PROXY_H
#define EDOI_NET_PROXY_PROXY_H

#include <edo/proxy_header.h>

/* `bytes` begins with "PROXY ", or with as much of it as there is. */
EDO_MUST_USE int edoi_proxy_text_parse(edo_proxy_header *out, const char *bytes, size_t n);

/* `bytes` begins with edoi_proxy_signature, or with as much of it as there is. */
EDO_MUST_USE int edoi_proxy_binary_parse(edo_proxy_header *out, const unsigned char *bytes,
                                         size_t n);

/* As edo_proxy_header_print(). */
EDO_MUST_USE int edoi_proxy_text_print(const edo_proxy_header *h, void *bytes, size_t room);
EDO_MUST_USE int edoi_proxy_binary_print(const edo_proxy_header *h, void *bytes, size_t room);

#define EDOI_PROXY_SIGNATURE_BYTES 12
extern const unsigned char edoi_proxy_signature[EDOI_PROXY_SIGNATURE_BYTES];

/* Does the header tell addresses? */
EDOI_INLINE bool edoi_proxy_tells(const edo_proxy_header *h) {
    return !h->is_local && h->source.bytes > 0;
}

/* Goes on with a CRC32c (Castagnoli), which begins with 0. */
uint32_t edoi_crc32c(uint32_t crc, const void *bytes, size_t n);

#endif
