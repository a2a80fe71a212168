/* SPDX-License-Identifier: MIT */
/* web/layers/relay.h: a stream that passes on what another one reads, or takes, within limits of
 * time and length. One lies over the body of a request, or under that of a response. */
#ifndef EDOI_WEB_LAYERS_RELAY_H
#define EDOI_WEB_LAYERS_RELAY_H

#include <edo/http_server.h>
#include <edo/time.h>

typedef struct edoi_relay {
    edo_stream stream;
    edo_stream *const *other; /* whose bytes are passed on; set before the first of them */
    edo_duration idle_max;    /* of one wait; 0: no limit */
    edo_instant end;          /* if has_end: of all */
    bool has_end;
    bool is_armed;      /* `limit` is filed */
    bool has_timed_out; /* an operation has failed for that */
    uint64_t left;      /* bytes that may still be read; UINT64_MAX: no limit */
    edo_sleep_future limit;
} edoi_relay;

/* Without limits. `other` lives as long as the stream. */
void edoi_relay_init(edoi_relay *r, edo_stream *const *other);

#endif
