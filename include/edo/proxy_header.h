/* SPDX-License-Identifier: MIT */
/* edo/proxy_header.h: the PROXY protocol, versions 1 and 2: a proxy or load balancer says at the
 * beginning of a connection from where it got it.
 *
 *     edo_buf_reader in;
 *     edo_proxy_header from;
 *     int err = edo_buf_reader_init(&in, peer, NULL);
 *     edo_deadline limit;
 *     edo_deadline_begin(&limit, edo_s(5));
 *     if (err == 0) err = edo_read_proxy_header(&in, &from);
 *     err = edo_deadline_end(&limit, err);          // from.source: the client's address
 *
 * Any client can send such a header. So read one only from peers that are your proxies, and from
 * those always: edo_stream_peer_addr() tells. The form is that of HAProxy's proxy-protocol.txt.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_PROXY_HEADER_H
#define EDO_PROXY_HEADER_H

#include <edo/buf_io.h>
#include <edo/bytes.h>
#include <edo/net.h>

EDO_BEGIN_DECLS

#define EDO_PROXY_HEADER_MAX 239 /* bytes of the longest header without TLVs */

/* Types of TLVs, the fields that may follow the addresses in version 2. */
#define EDO_PROXY_TLV_ALPN      0x01 /* the protocol that TLS agreed on: "h2" */
#define EDO_PROXY_TLV_AUTHORITY 0x02 /* the name of the host that the client asked for */
#define EDO_PROXY_TLV_CRC32C    0x03 /* see `has_checksum` */
#define EDO_PROXY_TLV_NOOP      0x04 /* padding */
#define EDO_PROXY_TLV_UNIQUE_ID 0x05
#define EDO_PROXY_TLV_SSL       0x20
#define EDO_PROXY_TLV_NETNS     0x30

/* A header. All zero but `source` and `dest` is right for one to send. */
typedef struct edo_proxy_header {
    uint8_t version;      /* 1 or 2; to send: 0 is 2 */
    bool is_local;        /* version 2: the proxy speaks for itself, to check the server's health */
    bool is_dgram;        /* version 2: the connection was one of datagrams: UDP, Unix datagram */
    bool has_checksum;    /* version 2: there was a CRC32c, and it is right; to send: add one */
    edo_addr source;      /* of the client; all zero: not told, use edo_stream_peer_addr() */
    edo_addr dest;        /* that the client connected to; all zero: not told */
    const void *tlvs;     /* version 2: edo_proxy_tlv_next() */
    size_t tlvs_n;        /* bytes */
    uint64_t reserved[4]; /* must be 0 */
} edo_proxy_header;

/** Reads the header from the beginning of a connection. What follows it stays in the reader; after
 * an error all bytes do. It reads as much as it needs to tell that the bytes are no header, and
 * never waits for more than the header.
 *
 * A header may be as long as the reader's `line_max`, and two bytes. A peer that sends nothing, or
 * slowly, holds the caller: set a deadline around it.
 * Owns:    fills `*out` only on success; its TLVs lie in the reader, until its next operation.
 * Errors:  -EPROTO        the input does not begin like a header
 *          -EBADMSG       a bad header: bad text, a version, family or length that does not exist,
 *                         the checksum is wrong
 *          -EDO_ETOOLONG  the header says that it is longer than the reader allows
 *          -EDO_EEOF      the input ended before or inside it
 *          else as edo_fill()
 * Cancel: safe: bytes that were read stay in the reader.   Threads: one at a time.
 * Waits:   for the whole header. */
EDO_MUST_USE EDO_API int edo_read_proxy_header(edo_buf_reader *self, edo_proxy_header *out);

/** As edo_read_proxy_header(), from the stream itself, of which it takes no byte behind the header:
 * so TLS, or a reader, goes on with what comes after it. A header may be as long as `bytes_max`.
 * Without a header bytes have been taken as well: edo_peek() tells one that begins with another
 * byte than 'P' or '\r', as TLS does.
 * Owns:    `bytes` is empty at first, and gets what was read, also with a failure; the header's
 *          TLVs lie in it. edo_buf_deinit() frees it.
 * Errors:  as edo_read_proxy_header(); -ENOMEM
 * Cancel: bytes that were read are lost to the stream; they are in `bytes`.
 * Threads: one at a time.   Waits: for the whole header. */
EDO_MUST_USE EDO_API int edo_take_proxy_header(edo_stream *s, edo_proxy_header *out, edo_buf *bytes,
                                               size_t bytes_max);

/** Reads a header of which `n` bytes are there: returns its length. A result of more than `n` says
 * that it needs as many bytes at least, and `*out` is as before. State machines call it after
 * edo_fill_init().
 * Owns:    borrows `bytes`; fills `*out` once the whole header is there; its TLVs lie in `bytes`.
 * Errors:  -EPROTO, -EBADMSG: as edo_read_proxy_header() */
EDO_MUST_USE EDO_API int edo_proxy_header_parse(edo_proxy_header *out, const void *bytes, size_t n);

/** Writes a header to `bytes`: returns its length. A client sends it before anything else.
 *
 * Without addresses, or with `is_local`, it tells none. Version 1 knows only IPv4 and IPv6 over
 * TCP, and no TLVs.
 * Owns:    borrows `h`; fills `bytes`, of `room` bytes.
 * Errors:  -ENOSPC        `room` is too small (EDO_PROXY_HEADER_MAX and `tlvs_n` never is)
 *          -EAFNOSUPPORT  this version has no such addresses
 *          -EINVAL        addresses of two families; a version that does not exist; what version 1
 *                         does not have; TLVs that are malformed, longer than the header can be, or
 *                         hold a checksum; `reserved` not 0 */
EDO_MUST_USE EDO_API int edo_proxy_header_print(const edo_proxy_header *h, void *bytes,
                                                size_t room);

/* One TLV. All zero before the first one. */
typedef struct edo_proxy_tlv {
    uint8_t type;  /* EDO_PROXY_TLV_ALPN and so on; an application's own: 0xe0 to 0xef */
    edo_str value; /* lies in the header */
    size_t next;   /* edo's */
} edo_proxy_tlv;

/** Writes the next TLV of the header to `*tlv`; false after the last.
 *
 *     for (edo_proxy_tlv tlv = { 0 }; edo_proxy_tlv_next(&from, &tlv);) … */
EDO_API bool edo_proxy_tlv_next(const edo_proxy_header *h, edo_proxy_tlv *tlv);

EDO_END_DECLS

#endif
