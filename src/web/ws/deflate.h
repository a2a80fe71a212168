/* SPDX-License-Identifier: MIT */
/* web/ws/deflate.h: permessage-deflate (RFC 7692): what two ends agree on, and messages through
 * zlib.
 *
 * Without a context each message is compressed for itself, and the machines of zlib come from a
 * pool of the process: a socket has none between messages. With one it keeps its own. */
#ifndef EDOI_WEB_WS_DEFLATE_H
#define EDOI_WEB_WS_DEFLATE_H

#include <edo/bytes.h>
#include <edo/ws.h>

#define EDOI_WS_DEFLATE_MIN 64u /* bytes of a message that is worth it */
#define EDOI_WS_RSV1        0x40u
#define EDOI_WS_BITS_MIN    9u /* of a window of ours */
#define EDOI_WS_BITS_MAX    15u

/* The agreement, for each direction. */
typedef struct edoi_ws_agreed {
    uint8_t our_bits;    /* of the window of what we send, from 9; 0: no compression at all */
    uint8_t their_bits;  /* of what the peer sends */
    bool our_context;    /* we keep the window from message to message */
    bool their_context;  /* the peer does */
    bool has_our_bits;   /* the server's window is to be named in the response */
    bool has_their_bits; /* the client's */
} edoi_ws_agreed;

/* Server: reads a Sec-WebSocket-Extensions field, and takes the first offer that can be agreed on.
 * Returns whether there is one. */
bool edoi_ws_agree(edoi_ws_agreed *out, edo_str field, const edo_ws_opts *opts);

#define EDOI_WS_EXTENSION_MAX 160u

/* Prints the server's response, or the client's offer, with a NUL; returns its length. */
size_t edoi_ws_print_agreed(char to[EDOI_WS_EXTENSION_MAX], const edoi_ws_agreed *a);
size_t edoi_ws_print_offer(char to[EDOI_WS_EXTENSION_MAX], const edo_ws_opts *opts);

/* Client: reads the server's response to the offer. Returns 0, also if there is no extension
 * (`out->our_bits` is 0), or -EPROTO: it says what was not offered. */
int edoi_ws_take_response(edoi_ws_agreed *out, edo_str field, const edo_ws_opts *opts);

/* A socket's side of it. All zero: no compression. */
typedef struct edoi_ws_deflate {
    edoi_ws_agreed agreed;
    void *deflater, *inflater; /* kept for their contexts; NULL: none so far */
    int level;
    uint32_t ratio_max; /* of what a message expands to, behind 1 MiB; 0: 100 */
} edoi_ws_deflate;

/* Was the library built with zlib? */
bool edoi_ws_can_deflate(void);

void edoi_ws_deflate_deinit(edoi_ws_deflate *d);

/* Compresses a message into `out`, which is empty, without the last four bytes. Returns 0 or
 * -ENOMEM. In a fiber it gives way between pieces. */
int edoi_ws_compress(edoi_ws_deflate *d, edo_str message, edo_buf *out);

/* The reverse; -EMSGSIZE: more than `most` bytes, or than the ratio allows, which is found at most
 * 32 KiB behind the first 1 MiB; -EILSEQ: it is no such message. In a fiber it gives way between
 * pieces. */
int edoi_ws_expand(edoi_ws_deflate *d, edo_str message, size_t most, edo_buf *out);

#endif
