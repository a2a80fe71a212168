/* SPDX-License-Identifier: MIT */
/* web/ws/codec/deflate.h: permessage-deflate (RFC 7692): the agreement of two ends, and messages
 * through zlib.
 *
 * Without a context each message is compressed by itself, and zlib's machines come from a pool of
 * the process: a socket has none between messages. With a context a socket keeps its own. */
#ifndef EDOI_WEB_WS_CODEC_DEFLATE_H
#define EDOI_WEB_WS_CODEC_DEFLATE_H

#include <edo/bytes.h>
#include <edo/ws.h>

#define EDOI_WS_DEFLATE_MIN 64u /* bytes; a shorter message is not compressed */
#define EDOI_WS_RSV1        0x40u
#define EDOI_WS_BITS_MIN    9u /* bits of a server's window, at least */
#define EDOI_WS_BITS_MAX    15u

/* The agreement, for each direction. */
typedef struct edoi_ws_agreed {
    uint8_t our_bits;    /* bits of the window of what we send, of a server from 9, of a client from
                            8; 0: no compression at all */
    uint8_t their_bits;  /* bits of the window of what the peer sends */
    bool our_context;    /* we keep the window from message to message */
    bool their_context;  /* the peer does */
    bool has_our_bits;   /* the response names the server's window */
    bool has_their_bits; /* and the client's */
} edoi_ws_agreed;

/* Server: parses a Sec-WebSocket-Extensions field, and takes the first offer that can be agreed on.
 * Returns whether there is one. */
bool edoi_ws_agree(edoi_ws_agreed *out, edo_str field, const edo_ws_opts *opts);

#define EDOI_WS_EXTENSION_MAX 160u

/* Prints the server's response, or the client's offer, with a NUL; returns its length. */
size_t edoi_ws_print_agreed(char to[EDOI_WS_EXTENSION_MAX], const edoi_ws_agreed *a);
size_t edoi_ws_print_offer(char to[EDOI_WS_EXTENSION_MAX], const edo_ws_opts *opts);

/* Client: parses the server's response to the offer. Returns 0, also without an extension
 * (`out->our_bits` is 0), or -EPROTO if it names what was not offered. */
int edoi_ws_take_response(edoi_ws_agreed *out, edo_str field, const edo_ws_opts *opts);

/* A socket's compression. All zero: none. */
typedef struct edoi_ws_deflate {
    edoi_ws_agreed agreed;
    void *deflater, *inflater; /* kept for their contexts; NULL: none yet */
    int level;
    uint32_t ratio_max; /* how far a message may expand, behind 1 MiB; 0: 100 */
} edoi_ws_deflate;

/* Was the library built with zlib? */
bool edoi_ws_can_deflate(void);

void edoi_ws_deflate_deinit(edoi_ws_deflate *d);

/* Compresses a message into `out`, which is empty, without the last four bytes. In a fiber it gives
 * way between pieces. Returns 0 or -ENOMEM. */
int edoi_ws_compress(edoi_ws_deflate *d, edo_str message, edo_buf *out);

/* A message that is being expanded. Without a machine: none. */
typedef struct edoi_ws_expansion {
    void *machine; /* owned; NULL: no expansion is under way */
    edo_str left;  /* borrowed: the rest of the message, or the bytes behind it */
    size_t first;  /* bytes of room to begin with */
    size_t used;   /* bytes of the message */
    bool in_tail;
} edoi_ws_expansion;

/* Expands one more piece of a message into `out`. Returns 1 if there is more: the caller gives way
 * and calls again with all as it is; 0 at the end; -EMSGSIZE if there are more than `most` bytes,
 * or more than the ratio allows, which is noticed at most 32 KiB behind the first 1 MiB; -EILSEQ if
 * it is no such message; or -ENOMEM. */
int edoi_ws_expand(edoi_ws_deflate *d, edoi_ws_expansion *e, edo_str message, size_t most,
                   edo_buf *out);

/* Gives up an expansion that is under way. */
void edoi_ws_expansion_deinit(edoi_ws_expansion *e);

#endif
