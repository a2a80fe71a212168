/* SPDX-License-Identifier: MIT */
/* web/layers/relay.h: a stream that passes on what another one reads, or takes, within limits of
 * time and length, or keeps a copy of it. It lies over the body of a request, or under that of a
 * response. */
#ifndef EDOI_WEB_LAYERS_RELAY_H
#define EDOI_WEB_LAYERS_RELAY_H

#include <edo/http_server.h>
#include <edo/time.h>

typedef struct edoi_relay {
    edo_stream stream;
    edo_stream *const *other; /* whose bytes are passed on; set before the first one */
    edo_duration idle_max;    /* of one wait; 0: no limit */
    edo_instant end;          /* of all waits, if has_end */
    bool has_end;
    bool is_armed;      /* `limit` is set */
    bool has_timed_out; /* an operation has failed because of the time */
    uint64_t left;      /* bytes that may still be read; UINT64_MAX: no limit */
    edo_buf *copy;      /* gets what is written; NULL: no copy */
    size_t copy_max;    /* of a longer text, or without memory, the copy is cut */
    bool is_cut;
    void (*wrote)(struct edoi_relay *r, size_t bytes); /* is told what was taken; NULL: nobody is */
    int (*told)(struct edoi_relay *r, int result); /* is told how each read has ended: bytes, 0 at
                                                      the end, or a code; returns what the reader
                                                      gets. NULL: nobody is */
    edo_sleep_future limit;
} edoi_relay;

/* Sets no limits. `other` lives as long as the stream. */
void edoi_relay_init(edoi_relay *r, edo_stream *const *other);

#endif
