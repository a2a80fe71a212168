/* SPDX-License-Identifier: MIT */
/* edo/web_compress.h: layers for routers that compress responses, and decode compressed requests.
 * In libedo-web.
 *
 *     edo_router_wrap_all(r, edo_compress_layer(NULL), edo_decompress_layer(NULL));
 *
 * The codings are gzip and deflate by zlib, br by brotli, and zstd: those whose library
 * libedo-client was built with, which has them.
 *
 * Unless a function says otherwise:
 * Waits: never.   Since: 0.1 */
#ifndef EDO_WEB_COMPRESS_H
#define EDO_WEB_COMPRESS_H

#include <edo/web.h>

EDO_BEGIN_DECLS

/* The codings, for options. */
#define EDO_CODING_ZSTD    1u
#define EDO_CODING_BR      2u
#define EDO_CODING_GZIP    4u
#define EDO_CODING_DEFLATE 8u

/** Returns the bits EDO_CODING_… of the codings that this build has.
 * Threads: any, at once. */
EDO_API uint32_t edo_web_codings(void);

#define EDO_COMPRESS_BYTES_MIN 1024u
#define EDO_COMPRESS_AT_ONCE   64u

/* Shall a response be compressed? Its head is whole, `length` is that of its body, or -1 if it is
 * not known, and `is_usual` is what the layer would do without this function, by length and type.
 * Must not wait. */
typedef bool edo_compress_when_fn(void *arg, const edo_request *req, const edo_response *res,
                                  int64_t length, bool is_usual);

/* Options of edo_compress_layer(); all zero is the default. */
typedef struct edo_compress_opts {
    uint32_t codings;   /* bits EDO_CODING_… that are offered; 0: all that the build has */
    int level;          /* 1 (fast) to 9; 0: the usual one of each: gzip 6, br 4, zstd 3 */
    uint32_t bytes_min; /* a body that is shorter stays as it is; 0: 1,024 */
    uint32_t at_once;   /* responses that are compressed at once; more are sent as they are;
                             0: 64 */
    bool gathers;       /* writes to a stream without a length gather until edo_flush() */
    edo_compress_when_fn *when; /* which responses; NULL: by length and type, as said below */
    void *arg;                  /* of `when`; borrowed */
    uint64_t reserved[2];       /* must be 0 */
} edo_compress_opts;

/** Compresses responses for clients that say what they take by `Accept-Encoding`: the coding of the
 * highest weight, of equals zstd, br, gzip, deflate in this order. A client that takes none of them
 * nor the body as it is ("identity;q=0") is responded to with 406, and no handler is called.
 *
 * A response stays as it is if it is shorter than `bytes_min`; has `Content-Encoding` or
 * `Content-Range`, or "no-transform" in `Cache-Control`; is no success and no error (1xx, 3xx, 204,
 * 206); or is of a type that is compressed already, or must not wait: images but SVG, audio, video,
 * archives, WOFF, "text/event-stream", gRPC. The function `when` has the last word on lengths and
 * types: `return is_usual && …` leaves more as they are, and a type of one's own that shrinks can
 * be compressed; it is not asked where a field or the status forbids it. Those that depend on the
 * request, compressed or not, and parts of them (206), say so in `Vary`.
 *
 * A compressed response has `Content-Encoding`, no `Accept-Ranges`, no digest of the body, and a
 * weak `ETag` in place of a strong one, as has a 304, unless the request names the strong one
 * alone: then the client has the body as it is. Trailers stay. A whole body of at most 1 MiB
 * is compressed before its head is sent, which then has its length, unless it does not shrink;
 * others are compressed while they are sent, in chunks. Without a length each write to
 * edo_response_stream() can be read by the client at once, which costs some ratio: see `gathers`.
 * After 32 KiB other tasks have their turn.
 *
 * A client that has text of its own in a response, beside a secret of another, can guess the
 * secret by the lengths (BREACH): put no such responses behind this layer.
 * Owns:    copies `opts` (may be NULL).
 * Errors:  of the build: -EINVAL  the level, an unknown coding, or `reserved`
 * Limits: in a build without any of the codings the layer does nothing.   Threads: any. */
EDO_MUST_USE EDO_API edo_layer edo_compress_layer(const edo_compress_opts *opts);

#define EDO_DECOMPRESS_BYTES_MAX (64u << 20)
#define EDO_DECOMPRESS_RATIO_MAX 100u

/* Options of edo_decompress_layer(); all zero is the default. */
typedef struct edo_decompress_opts {
    uint32_t codings;     /* bits EDO_CODING_… that are taken; 0: all that the build has */
    uint64_t bytes_max;   /* of a decoded body; 0: 64 MiB */
    uint32_t ratio_max;   /* decoded bytes for each byte that they were made of, behind the first
                             64 KiB; 0: 100. JSON with rows that repeat has 20 to 50, zeros 1,000 */
    uint32_t at_once;     /* bodies that are decoded at once, each from the first byte that has come
                             to its end; 0: 64. A coding takes 60 KB of memory with gzip and
                             deflate, and as much as its sender has chosen with br and zstd: up to
                             13 MiB */
    bool passes_unknown;  /* a request with a coding that is not known goes to the handler as it is;
                             else it is refused */
    uint32_t client_max;  /* of `at_once`, those of one client: of an address as
                             edo_request_client() and edo_addr_key() say, so behind a proxy
                             edo_real_ip_layer() stands around this layer; 0: a quarter */
    uint32_t reserved0;   /* must be 0 */
    uint64_t reserved[3]; /* must be 0 */
} edo_decompress_opts;

/** Decodes the bodies of requests with `Content-Encoding`: handlers read them as if they had been
 * sent without. The field is removed, and the length is not known. Of several codings, three at
 * most, the last one is decoded first. An unknown one is refused with 415 and `Accept-Encoding`.
 *
 * The first read of the body fails with -EDO_EOVERLOADED if all places, or those of the client, are
 * taken: for a handler that returns this the response is 503 with `Retry-After`. A read fails with
 * -EMSGSIZE beyond `bytes_max` or `ratio_max`, or if br or zstd want a window of more than 8 MiB
 * (RFC 9659), and with -EBADMSG if the body is broken, ends early, or
 * has something behind its end; members of gzip and frames of zstd may follow each other. Nothing
 * is decoded before the handler reads, and then at most 16 KiB at a time: so a bomb is refused
 * after 80 KiB. After 32 KiB, in and out, other tasks have their turn.
 * Owns: copies `opts` (may be NULL).   Errors: of the build: as edo_compress_layer()
 * Limits: in a build without any of the codings each is unknown.   Threads: any. */
EDO_MUST_USE EDO_API edo_layer edo_decompress_layer(const edo_decompress_opts *opts);

EDO_END_DECLS

#endif
