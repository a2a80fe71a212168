/* SPDX-License-Identifier: MIT */
/* Question: what does a frame with its length in front cost, over a pipe in memory: 64 bytes, fed
 * in batches or sent singly, and 16 KiB; and a line of 80 bytes with its end, fed in batches?
 * Guards: frames are slices of what was read; a large one is written from where it lies; few reads
 * and writes, and none for a frame that is there. */
#include "cases/bench.h"

#include <edo/codec.h>
#include <edo/streams.h>

#define PIPE_BYTES (64u * 1024)
#define LINE_BYTES 79 /* and one that ends it */

static char payload[16 * 1024];

/* What a run is given. */
typedef struct frames_kind {
    size_t bytes;
    bool feeds, lines;
} frames_kind;

typedef struct frames_end {
    union {
        edo_codec_length length;
        edo_codec_lines lines;
    } codec;
    edo_framed framed;
    edo_stream *stream;
} frames_end;

static void open_end(frames_end *e, edo_stream *s, frames_kind kind) {
    e->stream = s;
    bench_must(kind.lines ? edo_codec_lines_init(&e->codec.lines, NULL)
                          : edo_codec_length_init(&e->codec.length, NULL));
    bench_must(edo_framed_init(&e->framed, s,
                               kind.lines ? &e->codec.lines.base : &e->codec.length.base, NULL));
}

static void close_end(frames_end *e) {
    edo_framed_deinit(&e->framed);
    edo_close(e->stream);
}

static edo_bytes frame_of(frames_kind kind) {
    return edo_bytes_from_static((edo_str){ .ptr = payload, .len = kind.bytes });
}

EDO_ASYNC(frames_sender, frames_end end; bool feeds; uint64_t n; edo_bytes each; edo_bytes frame;
          edo_framed_send_future send;) {
    EDO_BEGIN;
    for (; self->n > 0; self->n--) {
        self->frame = self->each;
        if (self->feeds) {
            EDO_TRY_AWAIT(edo_framed_feed_init(&self->send, &self->end.framed, &self->frame));
        } else {
            EDO_TRY_AWAIT(edo_framed_send_init(&self->send, &self->end.framed, &self->frame));
        }
    }
    EDO_TRY_AWAIT(edo_framed_flush_init(&self->send, &self->end.framed));
    EDO_CLEANUP;
    close_end(&self->end);
    EDO_END;
}

EDO_ASYNC(frames_receiver, bench *b; frames_kind kind; frames_end end; uint64_t got;
          edo_bytes frame; edo_framed_recv_future recv;) {
    EDO_BEGIN;
    static frames_sender sender; // the spawn copies it
    edo_stream *reader, *writer;
    bench_must(edo_simplex(&reader, &writer, PIPE_BYTES));
    open_end(&self->end, reader, self->kind);
    open_end(&sender.end, writer, self->kind);
    sender.feeds = self->kind.feeds;
    sender.each = frame_of(self->kind);
    sender.n = self->b->n;
    bench_start(self->b);
    bench_must(edo_spawn_future_detached(frames_sender_init(&sender)));
    for (;;) {
        EDO_TRY_AWAIT(edo_framed_recv_init(&self->recv, &self->end.framed, &self->frame));
        if (edo_result(&self->recv) == 0) break;
        self->got++;
        edo_bytes_unref(&self->frame);
    }
    bench_stop(self->b, self->got);
    EDO_CLEANUP;
    close_end(&self->end);
    EDO_END;
}

/* The same as fibers. */
typedef struct frames_work {
    frames_end end;
    frames_kind kind;
    uint64_t n;
} frames_work;

static int send_all(void *arg) {
    frames_work *w = arg;
    const edo_bytes each = frame_of(w->kind);
    for (; w->n > 0; w->n--) {
        edo_bytes frame = each;
        bench_must(w->kind.feeds ? edo_framed_feed(&w->end.framed, &frame)
                                 : edo_framed_send(&w->end.framed, &frame));
    }
    bench_must(edo_framed_flush(&w->end.framed));
    close_end(&w->end);
    return 0;
}

static int receive_all(bench *b, frames_kind kind) {
    frames_work w = { .kind = kind, .n = b->n };
    frames_end end;
    edo_stream *reader, *writer;
    edo_bytes frame;
    uint64_t got = 0;
    bench_must(edo_simplex(&reader, &writer, PIPE_BYTES));
    open_end(&end, reader, kind);
    open_end(&w.end, writer, kind);
    bench_start(b);
    edo_task *sender = bench_spawned(edo_spawn(send_all, &w));
    int rc;
    while ((rc = edo_framed_recv(&end.framed, &frame)) == 1) {
        got++;
        edo_bytes_unref(&frame);
    }
    bench_stop(b, got);
    close_end(&end);
    bench_must(edo_task_join(sender));
    return rc;
}

#define FRAMES_CASE(name, ...)                                                                     \
    BENCH_STATE(name, frames_receiver, .kind = { __VA_ARGS__ })                                    \
    int name##_fiber(void *arg) {                                                                  \
        return receive_all(arg, (frames_kind){ __VA_ARGS__ });                                     \
    }

FRAMES_CASE(frames_64_fed, .bytes = 64, .feeds = true)
FRAMES_CASE(frames_64_sent, .bytes = 64)
FRAMES_CASE(frames_16k, .bytes = sizeof payload, .feeds = true)
FRAMES_CASE(lines_80, .bytes = LINE_BYTES, .feeds = true, .lines = true)
