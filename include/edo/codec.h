/* SPDX-License-Identifier: MIT */
/* edo/codec.h: frames over a stream: a codec finds where a message begins and ends.
 *
 *     edo_codec_length codec;                      // a length of 4 bytes, then the message
 *     edo_framed peer;
 *     edo_bytes frame;
 *     int rc = edo_codec_length_init(&codec, NULL);
 *     if (rc == 0) rc = edo_framed_init(&peer, s, &codec.base, NULL);
 *     if (rc < 0) return rc;
 *     while ((rc = edo_framed_recv(&peer, &frame)) == 1)
 *         if ((rc = edo_framed_send(&peer, &frame)) < 0) {
 *             edo_bytes_unref(&frame);             // it was not taken
 *             break;
 *         }
 *     edo_framed_deinit(&peer);                    // rc: 0 the end, or a negative code
 *
 * The codecs of this header have frames of type edo_bytes, which are slices of the input buffer:
 * nothing is copied, and a frame keeps that whole buffer alive until edo_bytes_unref(). So copy
 * small frames that are kept for long.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_CODEC_H
#define EDO_CODEC_H

#include <edo/bytes.h>
#include <edo/io.h>
#include <edo/seq.h>

EDO_BEGIN_DECLS

/* ---- Codecs ---------------------------------------------------------------------------------- */

typedef struct edo_codec edo_codec;

/* The operations of one kind of codec; `decode` or `encode` may be NULL: -ENOTSUP. They are called
 * inside a poll and must not await. Const and static; later versions give reserved entries a
 * meaning, so initialise by name. */
typedef struct edo_codec_ops {
    const char *name;
    size_t frame_size; /* bytes of the type of a frame */
    /* Takes one frame off the front of `in`, which holds some bytes, and writes it to `frame`;
     * returns 1. Returns 0 if more input is needed: it has taken nothing, or bytes that belong to
     * no frame. It may call edo_buf_reserve() for input that it knows to be missing.
     * Returns a negative code for bad input. If it has taken the bad bytes, the next
     * edo_framed_recv() goes on behind them. */
    int (*decode)(edo_codec *self, edo_buf *in, void *frame);
    /* As decode(), at the end of the input, also with an empty `in`; 0: there are no more frames.
     * After 0 or a failure the codec remembers nothing of this input. NULL: decode() is called, and
     * bytes that make no frame are -EDO_EEOF. */
    int (*decode_eof)(edo_codec *self, edo_buf *in, void *frame);
    /* Appends `frame` to `out`, and takes what it owns; returns 0. On failure it returns a negative
     * code and leaves the frame with the caller; what it has appended is removed. */
    int (*encode)(edo_codec *self, void *frame, edo_bytes_chain *out);
    void (*reserved[4])(void); /* must be NULL */
} edo_codec_ops;

/* First member of every codec. A codec serves one edo_framed. Its decode and its encode may run on
 * two threads at once, so they change no common member. */
struct edo_codec {
    const edo_codec_ops *ops;
};

/* ---- A stream of frames ---------------------------------------------------------------------- */

#define EDO_FRAMED_BOUNDARY 8192u /* by default */

/* Options; all zero is the default. */
typedef struct edo_framed_opts {
    size_t boundary;      /* edo_framed_feed() first writes once that many bytes are gathered; 0:
                             EDO_FRAMED_BOUNDARY */
    uint64_t reserved[4]; /* must be 0 */
} edo_framed_opts;

/* Frames over a stream. You place it. One task may receive while another sends. While it waits for
 * a frame of which nothing has come, it has no input buffer, and no output buffer once all is
 * written. */
typedef struct edo_framed {
    /* Yours to read and to change while no operation waits: another codec may go on with the bytes
     * that are held, and bytes that were read elsewhere may be put in front. A codec remembers
     * which bytes of `in` it has looked at: initialise it anew after anything but its own receives
     * has changed `in`, and before it serves another edo_framed. */
    edo_codec *codec; /* borrowed */
    edo_buf in;       /* read, and not yet received */
    /* Fields from here on are edo's; `out` is yours to read. */
    edo_bytes_chain out; /* sent, and not yet written */
    edo_stream *stream;  /* borrowed */
    size_t boundary;
    uint32_t large;   /* bytes of the last frame that was larger than a buffer; 0: none */
    bool roomy;       /* a read filled its buffer: take a larger one next time */
    bool at_end;      /* the stream has ended */
    bool out_of_step; /* bad input was not taken: the next receive returns 0 */
} edo_framed;

/** Starts reading and writing frames over `s`.
 * Owns:    borrows `s` and `codec` until edo_framed_deinit().
 * Errors:  -EINVAL  `reserved` of the options is not 0 */
EDO_MUST_USE EDO_API int edo_framed_init(edo_framed *self, edo_stream *s, edo_codec *codec,
                                         const edo_framed_opts *opts);

/** Frees the buffers; bytes in them are lost. The stream stays open. All zero is allowed.
 * Owns:    no operation on it may be waiting. */
EDO_API void edo_framed_deinit(edo_framed *self);

/* What a framed stream was made of, and what it held. */
typedef struct edo_framed_parts {
    edo_stream *stream;
    edo_codec *codec;
    edo_buf in;          /* read, and not received: edo_buf_deinit() */
    edo_bytes_chain out; /* sent, and not written: edo_bytes_chain_deinit() */
} edo_framed_parts;

/** Ends it as edo_framed_deinit(), but loses nothing: its parts are returned.
 * Owns:    returns new: the two buffers. No operation may be waiting. */
EDO_API edo_framed_parts edo_framed_release(edo_framed *self);

/* Future behind edo_framed_recv(). */
typedef struct edo_framed_recv_future {
    edo_future base;
    edo_framed *framed;
    void *frame;
    edo_io_wait wait;
    bool starved; /* what is held makes no frame */
} edo_framed_recv_future;

/** Receives a frame: returns 1 and writes it to `frame`, or 0 at the end of the input, or a
 * negative code.
 *
 * A failure of the codec that took the bad bytes concerns one frame: the next call goes on behind
 * it. After any other failure of the codec, the next call returns 0, and a call after that tries
 * again; so every loop ends. A call after the end reads again, for inputs that grow.
 * Owns:    returns new in `frame`: that of the codecs here by edo_bytes_unref(). Holds a reference
 *          to the stream while it waits.
 * Errors:  -EDO_EEOF      the input ended within a frame
 *          -EDO_ETOOLONG  a frame is longer than the codec's limit
 *          -EBADMSG       bad input
 *          -ENOTSUP       the codec does not decode
 *          -ENOMEM        nothing is lost; the call can be repeated
 *          other codes of the codec;  else as edo_read()
 * Cancel: safe: bytes that were read stay in `in`.   Threads: any, one at a time.
 * Waits:   for a whole frame. */
EDO_MUST_USE EDO_API int edo_framed_recv(edo_framed *self, void *frame);
EDO_MUST_USE EDO_API edo_future *edo_framed_recv_init(edo_framed_recv_future *f, edo_framed *self,
                                                      void *frame);

/** As edo_framed_recv(), but returns -EAGAIN instead of waiting.
 * Owns: returns new in `frame`.   Errors: -EAGAIN;  else as edo_framed_recv()
 * Threads: any, one at a time. */
EDO_MUST_USE EDO_API int edo_framed_try_recv(edo_framed *self, void *frame);

/* Future behind edo_framed_send(), edo_framed_feed() and edo_framed_flush(). */
typedef struct edo_framed_send_future {
    edo_future base;
    edo_framed *framed;
    void *frame;
    edo_io_wait wait;
    bool taken; /* yours to read: the frame was taken, and is in `out` or written */
} edo_framed_send_future;

typedef edo_framed_send_future edo_framed_feed_future;
typedef edo_framed_send_future edo_framed_flush_future;

/** Sends a frame: as edo_framed_feed(), then edo_framed_flush(). Returns 0.
 * Owns:    takes what `frame` owns, unless it fails before: the codecs here make the edo_bytes all
 *          zero when they take it. Holds a reference to the stream while it waits.
 * Errors:  as edo_framed_feed() and edo_framed_flush()
 * Cancel:  safe: the frame was not taken, and is yours; or it is in `out`, and the next flush
 *          writes the rest.
 * Threads: any, one at a time.   Waits: for room. */
EDO_MUST_USE EDO_API int edo_framed_send(edo_framed *self, void *frame);
EDO_MUST_USE EDO_API edo_future *edo_framed_send_init(edo_framed_send_future *f, edo_framed *self,
                                                      void *frame);

/** Gathers a frame in `out`, to be written by a later flush. Once `boundary` bytes are gathered, it
 * writes them first. Returns 0.
 * Owns:    as edo_framed_send().
 * Errors:  -EDO_ETOOLONG  the frame is longer than the codec's limit, or than its length field can
 *                         say
 *          -EINVAL        the codec cannot encode such a frame
 *          -ENOTSUP       the codec does not encode
 *          -ENOMEM        the frame was not taken
 *          else as edo_write(): the frame was not taken
 * Cancel: safe: the frame was not taken, and is yours.   Threads: any, one at a time.
 * Waits:   for room, at the boundary. */
EDO_MUST_USE EDO_API int edo_framed_feed(edo_framed *self, void *frame);
EDO_MUST_USE EDO_API edo_future *edo_framed_feed_init(edo_framed_feed_future *f, edo_framed *self,
                                                      void *frame);

/** Writes what was gathered, and flushes the stream. Returns 0.
 * Owns:    borrows `self` until it returns; holds a reference to the stream while it waits.
 * Errors:  as edo_write(); what was not written stays in `out`
 * Cancel:  safe: the rest stays in `out`, and a later flush goes on.
 * Threads: any, one at a time, together with edo_framed_send() and edo_framed_feed().
 * Waits:   for room. */
EDO_MUST_USE EDO_API int edo_framed_flush(edo_framed *self);
EDO_MUST_USE EDO_API edo_future *edo_framed_flush_init(edo_framed_flush_future *f,
                                                       edo_framed *self);

/** The frames of `self` as a sequence, of items of the codec's frame_size. It reads as
 * edo_framed_recv().
 *
 * Sequences copy items as plain bytes and release none: a step that drops an item (as
 * edo_seq_filter() does) or copies it without taking it (edo_seq_peekable()) must see to it that
 * each frame is released once.
 * Owns: returns new: edo_seq_free(). Borrows `self` until then.   Errors: NULL without memory.
 * Threads: any. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_from_framed(edo_framed *self);

/* ---- The codecs ------------------------------------------------------------------------------ */

/* Members of the codecs are edo's, except `max`: it is yours to read, and to change while no
 * operation waits. */

#define EDO_FRAME_MAX_DEFAULT (8u * 1024 * 1024) /* of codecs whose frames say their length */

/* Options of lines; all zero is the default. */
typedef struct edo_codec_lines_opts {
    size_t max;           /* longest line, without its end; 0: no limit. Set it for peers that you
                             do not trust */
    bool skip_empty;      /* empty lines are no frames, as in JSON lines */
    uint64_t reserved[4]; /* must be 0 */
} edo_codec_lines_opts;

/* Options of pieces; all zero is the default. */
typedef struct edo_codec_delim_opts {
    edo_str ends;         /* each of these bytes ends a piece; copied. None: ",;\n\r" */
    edo_str end;          /* is written behind each piece; borrowed. None: "," */
    size_t max;           /* longest piece, without its end; 0: no limit */
    uint64_t reserved[4]; /* must be 0 */
} edo_codec_delim_opts;

/* Cuts the input at the ends of lines, or of other pieces. */
typedef struct edo_codec_lines {
    edo_codec base;
    size_t max;
    size_t seen; /* bytes at the front of the input that hold no end */
    edo_str end;
    uint64_t ends[4]; /* a set of bytes */
    bool skip_empty;
    bool strips_cr;
    bool dropping; /* the rest of a piece that was too long, up to its end */
} edo_codec_lines;

typedef edo_codec_lines edo_codec_delim;

/** Lines: ended by \n or \r\n, which is not part of the frame; written with \n. A last line without
 * an end is a line. A line that is too long is -EDO_ETOOLONG once, and dropped up to its end.
 * Owns: nothing to release.   Errors: -EINVAL  `reserved` of the options is not 0 */
EDO_MUST_USE EDO_API int edo_codec_lines_init(edo_codec_lines *self,
                                              const edo_codec_lines_opts *opts);

/** Pieces between any bytes of a set. A last piece without an end is a piece, unless it is empty. A
 * piece that is too long is -EDO_ETOOLONG once, and dropped up to its end.
 * Owns: borrows `end` of the options.   Errors: -EINVAL  `reserved` of the options is not 0 */
EDO_MUST_USE EDO_API int edo_codec_delim_init(edo_codec_delim *self,
                                              const edo_codec_delim_opts *opts);

/* In which order the bytes of a length stand. */
typedef enum edo_byte_order { EDO_BIG_ENDIAN, EDO_LITTLE_ENDIAN, EDO_NATIVE_ENDIAN } edo_byte_order;

/* Options of frames with a length in front; all zero is the default: 4 bytes, big endian.
 *
 *     | offset bytes | length field | … |  length + adjustment bytes  |
 *     | <-- skipped: `skip` bytes ----> |  <-- the frame ----------->  |
 */
typedef struct edo_codec_length_opts {
    edo_byte_order order;
    uint32_t offset;    /* bytes in front of the length field */
    uint32_t length;    /* bytes of the length field, 1 to 8; 0: 4 */
    int64_t adjustment; /* is added to the length that was read; subtracted when written */
    uint32_t skip;      /* bytes that are not part of the frame; 0: up to the length field's end */
    bool keep_head;     /* nothing is skipped: the frame begins with the head */
    uint64_t max;       /* longest length; 0: EDO_FRAME_MAX_DEFAULT. At most what the field holds */
    uint64_t reserved[4]; /* must be 0 */
} edo_codec_length_opts;

/* Frames with their length in front. */
typedef struct edo_codec_length {
    edo_codec base;
    uint64_t max;
    edo_codec_length_opts opts;
} edo_codec_length;

/** Frames with their length in front. The limit is checked before memory is asked for. Then memory
 * grows with what has come: twice as many bytes and 64 KiB at most. So a peer that only announces a
 * large frame costs little.
 *
 * Encoding writes the length field and the frame; bytes in front of the length field, and others
 * that are skipped, are part of no frame, and not written.
 * Errors:  -EINVAL  a length field of more than 8 bytes; `skip` with `keep_head`; `reserved` not 0.
 *          Receiving, besides -EDO_ETOOLONG: -EBADMSG  with its adjustment a frame would end within
 *          its own head, or its length overflows */
EDO_MUST_USE EDO_API int edo_codec_length_init(edo_codec_length *self,
                                               const edo_codec_length_opts *opts);

/* Codecs whose only option is a limit: 0 stands for the default. */
typedef struct edo_codec_bytes {
    edo_codec base;
} edo_codec_bytes;

typedef struct edo_codec_limited {
    edo_codec base;
    size_t max;
    size_t seen;   /* COBS, SLIP: bytes at the front of the input that hold no end */
    bool dropping; /* COBS, SLIP: the rest of a frame that was too long, up to its end */
} edo_codec_limited;

typedef edo_codec_limited edo_codec_varint;
typedef edo_codec_limited edo_codec_netstring;
typedef edo_codec_limited edo_codec_cobs;
typedef edo_codec_limited edo_codec_slip;

/** No frames at all: each receive gives whatever is there. */
EDO_API void edo_codec_bytes_init(edo_codec_bytes *self);

/** Frames with their length in front as a variable-length integer: seven bits a byte, least first,
 * as protobuf writes messages to a file. A limit of 0 is EDO_FRAME_MAX_DEFAULT. Receiving: -EBADMSG
 * if the length has more than 64 bits. */
EDO_API void edo_codec_varint_init(edo_codec_varint *self, size_t max);

/** Netstrings: "5:hello,". A limit of 0 is EDO_FRAME_MAX_DEFAULT. Receiving: -EBADMSG if it is
 * none, also with a leading zero. */
EDO_API void edo_codec_netstring_init(edo_codec_netstring *self, size_t max);

/** Consistent overhead byte stuffing: a zero ends a frame, and none is in it. Used where a receiver
 * must find the next frame after lost bytes, as on a serial line. Empty stretches between two zeros
 * are skipped. A limit of 0 is EDO_FRAME_MAX_DEFAULT. Receiving: -EBADMSG or -EDO_ETOOLONG once,
 * then it goes on behind the next zero. */
EDO_API void edo_codec_cobs_init(edo_codec_cobs *self, size_t max);

/** The serial line protocol (SLIP, RFC 1055): byte 0xC0 stands at both sides of a frame; within it
 * two bytes stand for a byte 0xC0 or 0xDB. Nothing between two of them is no frame: it is skipped,
 * and to send an empty frame is -EINVAL. A limit of 0 is EDO_FRAME_MAX_DEFAULT; a frame as it comes
 * has up to twice the limit, and the input buffer, which grows by doubling, up to four times.
 * Receiving: -EBADMSG if another byte follows 0xDB, or -EDO_ETOOLONG, once; then it goes on behind
 * the next 0xC0. */
EDO_API void edo_codec_slip_init(edo_codec_slip *self, size_t max);

EDO_END_DECLS

#endif
