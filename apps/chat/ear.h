/* SPDX-License-Identifier: MIT */
/* ear.h: the reading side of a connection, which knows when something came last.
 *
 * A stream over a stream: the line reader reads through it. So a byte counts when it comes, not
 * when the line that it belongs to is whole. */
#ifndef CHAT_EAR_H
#define CHAT_EAR_H

#include <edo/io.h>
#include <edo/time.h>

#include <stdbool.h>

/* You place it; it lives longer than what reads from it. */
typedef struct ear {
    edo_stream base;
    edo_stream *peer;  /* borrowed */
    edo_instant heard; /* when bytes came; may be set */
    bool is_broken;    /* may be set: then what looks like the end of input is -ECONNRESET */
} ear;

/* A stream, only for reading, that returns what `peer` does. */
edo_stream *ear_init(ear *self, edo_stream *peer);

#endif
