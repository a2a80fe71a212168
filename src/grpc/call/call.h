/* SPDX-License-Identifier: MIT */
/* grpc/call/call.h: a call, of either side: messages in and out, and how it ends. What a side does
 * of its own is its table.
 *
 * inv. 1: of each kind of metadata at most EDOI_GRPC_METADATA_MAX bytes were added, which are among
 *         the fields until those are sent. A side that sends no status has neither metadata nor
 *         details for it.
 * inv. 2: what the receiver was given lies in what the reader has read; a message is in `expanded`
 *         only if it was compressed. */
#ifndef EDOI_GRPC_CALL_CALL_H
#define EDOI_GRPC_CALL_CALL_H

#include "base/atomic.h"
#include "grpc/wire/coding.h"
#include "grpc/wire/details.h"
#include "grpc/wire/frame.h"

#include <edo/grpc.h>
#include <edo/headers.h>

#define EDOI_GRPC_METADATA_MAX 6144u /* bytes of the metadata of a kind, as fields */

/* How the bytes of a message are made. */
typedef enum edoi_grpc_codec {
    EDOI_GRPC_PROTOBUF,
    EDOI_GRPC_JSON,
} edoi_grpc_codec;

/* What is to be received: a struct, decoded into the arena; or, with `bytes`, the message as it
 * is. */
typedef struct edoi_grpc_want {
    void *out;
    const edo_desc *desc;
    edo_arena *arena;
    edo_str *bytes;
} edoi_grpc_want;

/* All return 0 or a negative code, and may wait. */
typedef struct edoi_grpc_side {
    /* Sends the metadata. Called once, before the first message. */
    int (*open)(edo_grpc_call *call);
    /* Sends a message with its head. */
    int (*write)(edo_grpc_call *call, edo_str frame);
    /* As edo_grpc_recv(); NULL: edoi_grpc_recv_want(). */
    int (*recv)(edo_grpc_call *call, const edoi_grpc_want *want);
    edo_grpc_status invalid; /* ends a call whose message is not valid */
} edoi_grpc_side;

struct edo_grpc_call {
    const edoi_grpc_side *side;  /* const */
    edo_arena *arena;            /* const; lives until the call has ended */
    const edo_headers *received; /* const; the metadata of the other side */
    edoi_grpc_codec codec;       /* const */
    edo_str path;                /* const; NULL as its pointer: the request has it */

    /* Receiving. */
    edoi_grpc_reader reader;
    edo_arena decoded;     /* of the last message of a stream */
    edoi_coding coding_in; /* const */
    edo_buf expanded;      /* the last message that was compressed */
    bool was_compressed;

    /* Sending. */
    bool is_open;           /* `open` was called */
    size_t send_max;        /* const */
    edoi_coding coding_out; /* const */
    bool sends_plain;       /* edo_grpc_compress() */
    edo_headers *first; /* const; what goes before the first message, of the request or response */
    edo_headers *last;  /* const; what goes with the status; NULL: this side sends none */
    size_t first_bytes, last_bytes; /* of the metadata in them */

    /* Messages, for its span; atomic, relaxed: each is written by one task. */
    edo_atomic_u64 received_n, sent_n;

    /* edo_grpc_fail(): counts if the handler returns `failed`. */
    int failed;
    edo_grpc_status status;
    edo_str message;
    edo_grpc_failure details; /* of the failure */
};

/* `call` is all zero but for what is const. */
void edoi_grpc_call_begin(edo_grpc_call *call);
void edoi_grpc_call_end(edo_grpc_call *call);

/* Walk a call, and assert its invariants: the first all of it, when no task uses it any more; the
 * second what is the receiver's. Debug builds do it at its end, and behind each receive. */
void edoi_grpc_call_check(const edo_grpc_call *call);
void edoi_grpc_call_check_received(const edo_grpc_call *call);

/* Receives a message and decodes it into the arena; it stays valid as long as nothing is received.
 * As edo_grpc_recv(). */
int edoi_grpc_recv_into(edo_grpc_call *call, void *out, const edo_desc *desc, edo_arena *arena);

int edoi_grpc_recv_want(edo_grpc_call *call, const edoi_grpc_want *want);

/* Decodes a message; `borrows`: what is decoded points into it. Returns 1, or the code of a
 * failure that edo_grpc_fail() was told. */
int edoi_grpc_decode(edo_grpc_call *call, const edoi_grpc_want *want, edo_str message,
                     bool borrows);

/* Decompresses a message, into memory of the call that is there until something is received.
 * Returns 1, or the code of a failure that edo_grpc_fail() was told. */
int edoi_grpc_call_expand(edo_grpc_call *call, edo_str *message);

/* Sends the metadata unless that was done. */
int edoi_grpc_open(edo_grpc_call *call);

#endif
