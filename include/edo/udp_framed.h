/* SPDX-License-Identifier: MIT */
/* edo/udp_framed.h: frames over a datagram socket: each datagram is cut by a codec.
 *
 *     edo_codec_lines codec;
 *     edo_udp_framed peers;
 *     edo_bytes line;
 *     edo_addr from;
 *     int rc = edo_codec_lines_init(&codec, NULL);
 *     if (rc == 0) rc = edo_udp_framed_init(&peers, s, &codec.base);
 *     while (rc >= 0) {
 *         rc = edo_udp_framed_recv(&peers, &line, &from);
 *         if (rc == 1) rc = edo_udp_framed_send(&peers, &line, &from);
 *     }
 *     edo_udp_framed_deinit(&peers);
 *
 * A datagram that is received holds any number of frames. It ends as an input of the codec does: a
 * frame never goes on in the next one. A frame that is sent becomes a datagram of its own.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_UDP_FRAMED_H
#define EDO_UDP_FRAMED_H

#include <edo/codec.h>
#include <edo/udp.h>

EDO_BEGIN_DECLS

#define EDO_DATAGRAM_MAX 65535u /* bytes of the longest datagram */

/* Frames over a datagram socket. You place it. One task may receive while another sends. While it
 * waits it holds no input buffer, and no output buffer once all is sent. */
typedef struct edo_udp_framed {
    edo_codec *codec;   /* borrowed */
    edo_stream *socket; /* borrowed */
    edo_buf in;         /* yours to read: what is left of the datagram that was received last */
    edo_addr from;      /* yours to read: its sender */
    /* Fields from here on are edo's; `out` is yours to read. */
    edo_bytes_chain out; /* a datagram that is not yet sent */
    edo_addr to;         /* its receiver; all zero: the connected one */
    edo_buf room;        /* for a datagram of any length */
    bool is_open;        /* there may be frames in `in` */
    bool is_unsent;      /* `out` is a datagram, which may be empty */
} edo_udp_framed;

/** Starts receiving and sending frames over `s`, a UDP or Unix datagram socket, connected or not.
 * It must not put datagrams together (edo_udp_set_gro()).
 * Owns:    borrows `s` and `codec` until edo_udp_framed_deinit().
 * Errors:  -ENOTSUP  not a datagram socket */
EDO_MUST_USE EDO_API int edo_udp_framed_init(edo_udp_framed *self, edo_stream *s, edo_codec *codec);

/** Frees the buffers; a datagram in them is lost. The socket stays open. All zero is allowed.
 * Owns:    no operation on it may be waiting. */
EDO_API void edo_udp_framed_deinit(edo_udp_framed *self);

/* Future behind edo_udp_framed_recv(). */
typedef struct edo_udp_framed_recv_future {
    edo_future base;
    edo_udp_framed *framed;
    void *frame;
    edo_addr *from;
    edo_udp_recv_from_future io; /* pending while this one is */
} edo_udp_framed_recv_future;

/** Receives a frame: returns 1, and writes it to `frame` and the sender of its datagram to `*from`.
 * It never returns 0: datagrams have no end, and those without a frame are skipped.
 *
 * A failure of the codec that took the bad bytes concerns one frame, and otherwise the rest of one
 * datagram. The next call goes on behind it.
 * Owns:    returns new in `frame`: that of the codecs of edo/codec.h by edo_bytes_unref(). Borrows
 *          `from` (may be NULL) until return. Holds a reference to the socket while it waits.
 * Errors:  -EDO_EEOF  a datagram ended within a frame;  -EDO_ETOOLONG, -EBADMSG, -ENOTSUP and other
 *                     codes of the codec: as edo_framed_recv(). `*from` says whose fault it is
 *          -EMSGSIZE  a datagram was longer than EDO_DATAGRAM_MAX, and is lost (Unix sockets)
 *          -ENOMEM    nothing is lost; the call can be repeated
 *          else as edo_udp_recv_from()
 * Cancel:  safe: datagrams stay in the socket, and the rest of one stays in `in`.
 * Threads: any, one at a time.   Waits: for a frame. */
EDO_MUST_USE EDO_API int edo_udp_framed_recv(edo_udp_framed *self, void *frame, edo_addr *from);
EDO_MUST_USE EDO_API edo_future *edo_udp_framed_recv_init(edo_udp_framed_recv_future *f,
                                                          edo_udp_framed *self, void *frame,
                                                          edo_addr *from);

/** As edo_udp_framed_recv(), but returns -EAGAIN instead of waiting.
 * Owns:    returns new in `frame`. Borrows `from` (may be NULL) until return.
 * Errors: -EAGAIN;  else as edo_udp_framed_recv()   Threads: any, one at a time. */
EDO_MUST_USE EDO_API int edo_udp_framed_try_recv(edo_udp_framed *self, void *frame, edo_addr *from);

/* Future behind edo_udp_framed_send() and edo_udp_framed_flush(). */
typedef struct edo_udp_framed_send_future {
    edo_future base;
    edo_udp_framed *framed;
    void *frame;
    const edo_addr *to;
    edo_sendmsg_future io; /* pending while this one is */
    /* yours to read: the frame was taken, and its datagram is in `out`, sent, or lost */
    bool taken;
} edo_udp_framed_send_future;

typedef edo_udp_framed_send_future edo_udp_framed_flush_future;

/** Sends a frame as one datagram to `to`. Returns 0 once the kernel has it. A datagram that an
 * earlier call has left in `out` is sent before.
 * Owns:    takes what `frame` owns, unless it fails before: the codecs of edo/codec.h make the
 *          edo_bytes all zero when they take it. Borrows `to` (NULL: the address that the socket is
 *          connected to) until return. Holds a reference to the socket while it waits.
 * Errors:  -EDO_ETOOLONG, -EINVAL, -ENOTSUP, -ENOMEM  as edo_framed_feed(): the frame was not taken
 *          -EMSGSIZE  too long for a datagram, -ENOMEM  a frame of more than 24 long pieces could not
 *                     be copied into one, and other codes of edo_udp_send_to(): the datagram that
 *                     failed is lost; `taken` of the future says so. If that was the earlier one, the frame was not taken
 * Cancel:  safe: the frame was not taken, and is yours; or its datagram is in `out`, and the next
 *          send or flush sends it.
 * Threads: any, one at a time.   Waits: for room in the kernel's buffer. */
EDO_MUST_USE EDO_API int edo_udp_framed_send(edo_udp_framed *self, void *frame, const edo_addr *to);
EDO_MUST_USE EDO_API edo_future *edo_udp_framed_send_init(edo_udp_framed_send_future *f,
                                                          edo_udp_framed *self, void *frame,
                                                          const edo_addr *to);

/** Sends the datagram that a cancelled send has left in `out`, if there is one. Returns 0.
 * Owns:   borrows `self` until it returns; holds a reference to the socket while it waits.
 * Errors: as edo_udp_send_to(): the datagram is lost   Cancel: safe: the datagram stays in `out`.
 * Threads: any, one at a time, together with edo_udp_framed_send().
 * Waits:   for room in the kernel's buffer. */
EDO_MUST_USE EDO_API int edo_udp_framed_flush(edo_udp_framed *self);
EDO_MUST_USE EDO_API edo_future *edo_udp_framed_flush_init(edo_udp_framed_flush_future *f,
                                                           edo_udp_framed *self);

/* An item of edo_seq_from_udp_framed(). */
typedef struct edo_udp_frame {
    edo_bytes bytes; /* edo_bytes_unref() */
    edo_addr from;
} edo_udp_frame;

/** The frames of `self` with their senders as a sequence, of items edo_udp_frame. It reads as
 * edo_udp_framed_recv(), and has no end. edo_seq_from_framed() says what steps must do that drop
 * items or copy them.
 * Owns:    returns new: edo_seq_free(). Borrows `self` until then.
 * Errors: NULL without memory, and for a codec whose frames are not edo_bytes.   Threads: any. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_from_udp_framed(edo_udp_framed *self);

EDO_END_DECLS

#endif
