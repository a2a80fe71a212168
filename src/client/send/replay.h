/* SPDX-License-Identifier: MIT */
/* client/send/replay.h: a stream that can be read again from its first byte, as long as few
 * bytes were read of it: the body of a request that may get another attempt, or be redirected. */
#ifndef EDOI_CLIENT_SEND_REPLAY_H
#define EDOI_CLIENT_SEND_REPLAY_H

#include <edo/bytes.h>
#include <edo/io.h>

/* inv. 1: `kept` has all that was read of `from`, unless there is too much of it: then nothing is
 *         kept. */
typedef struct edoi_replay {
    edo_stream stream;
    edo_stream *from; /* borrowed */
    edo_buf kept;
    size_t at; /* bytes of `kept` that were read since the last edoi_replay_again() */
    size_t most;
    bool has_too_much;
} edoi_replay;

/* Makes a stream over `from`, of which `most` bytes are kept: edo_close() of `stream`, before
 * `from` is closed. NULL without memory. */
edoi_replay *edoi_replay_new(edo_stream *from, size_t most);

/* What was made as `stream`; NULL: it was not made here. */
edoi_replay *edoi_replay_of(edo_stream *stream);

/* The next read gets the first byte again. False: it cannot, and nothing has changed. Nobody
 * reads. */
bool edoi_replay_again(edoi_replay *self);

#endif
