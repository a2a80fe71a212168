/* SPDX-License-Identifier: MIT */
/* behaviours/stream.c: readiness, descriptors, halves, and streams over connections. */
#include "behaviour.h"

#include <edo/streams.h>

#include <unistd.h>

/* ---- Readiness ------------------------------------------------------------------------------- */

static int readiness_takes_nothing(behaviour *b) {
    meet(b);
    DO(b->server, writable, 0);
    DO(b->server, try_read, 1); // a new connection is taken for readable, which is a hint
    BEGIN(b->server, readable, 0);
    end_note_waits(b->server);
    DO(b->client, write, 5);
    end_finish(b->server);
    DO(b->server, readable, 0);
    DO(b->server, try_read, 100);
    return 0;
}
SAYS(readiness_takes_nothing,
     "server writable 0, server try_read EAGAIN, it waits, client write 5, server readable 0, "
     "server readable 0, server try_read 5");

static int end_of_the_input_is_told_before_it_is_read(behaviour *b) {
    meet(b);
    end_share(b->server2, b->server);
    DO(b->client, write, 5);
    BEGIN(b->server2, gone, 0);
    end_note_waits(b->server2);
    DO(b->client, shutdown, 0);
    end_finish(b->server2);
    DO(b->server, read, 100);
    DO(b->server, readable, 0);
    DO(b->server, try_read, 100);
    DO(b->server, writable, 0);
    return 0;
}
SAYS(end_of_the_input_is_told_before_it_is_read,
     "client write 5, it waits, client shutdown 0, server2 gone 0, server read 5, "
     "server readable 0, server try_read 0, server writable 0");

static int one_that_is_reset_is_ready_for_all(behaviour *b) {
    meet(b);
    BEGIN(b->server, gone, 0);
    DO(b->client, reset, 0);
    end_finish(b->server);
    DO(b->server, readable, 0);
    DO(b->server, writable, 0);
    DO(b->server, gone, 0);
    return 0;
}
SAYS(one_that_is_reset_is_ready_for_all, "client reset 0, server gone 0, server readable 0, "
                                         "server writable 0, server gone 0");

/* ---- Descriptors ----------------------------------------------------------------------------- */

static int op_has_descriptor(end *self, size_t n) {
    (void)n;
    return edo_stream_fd(self->wire->stream) >= 0;
}

/* While there are references a dead socket has the number, so that it names nothing else. */
static int descriptor_is_there_while_there_are_references(behaviour *b) {
    meet(b);
    DO(b->client, has_descriptor, 0);
    DO(b->client, close_kept, 0);
    DO(b->client, has_descriptor, 0);
    return 0;
}
SAYS(descriptor_is_there_while_there_are_references,
     "client has_descriptor 1, client close_kept 0, client has_descriptor 1");

/* `server2` gets a copy of what `server` has. */
static int op_copy(end *self, size_t n) {
    int fd = dup(edo_stream_fd(self->wire->stream));
    (void)n;
    if (fd < 0) return -errno;
    int err = edo_stream_from_fd(&self->of->server2->own.stream, fd);
    if (err < 0) (void)close(fd);
    return err;
}

static int connection_ends_with_the_last_copy(behaviour *b) {
    meet(b);
    DO(b->server, copy, 0);
    DO(b->server, close, 0);
    DO(b->client, write, 5);
    DO(b->server2, read, 100);
    DO(b->server2, write, 5);
    DO(b->client, read, 100);
    DO(b->client, try_read, 100);
    DO(b->server2, close, 0);
    DO(b->client, read, 100);
    return 0;
}
SAYS(connection_ends_with_the_last_copy,
     "server copy 0, server close 0, client write 5, server2 read 5, server2 write 5, "
     "client read 5, client try_read EAGAIN, server2 close 0, client read 0");

/* Of the stream of `server`, by `server2`: an end that does something has a reference more. */
static int op_wrap_again(end *self, size_t n) {
    edo_stream **at = &self->of->server->own.stream;
    (void)n;
    int fd = edo_stream_release_fd(*at);
    if (fd >= 0) *at = NULL;
    return fd < 0 ? fd : edo_stream_from_fd(at, fd);
}

static int released_descriptor_loses_nothing(behaviour *b) {
    meet(b);
    DO(b->client, write, 5);
    DO(b->server, await, 5);
    DO(b->server2, wrap_again, 0);
    DO(b->server, read, 100);
    DO(b->server, write, 5);
    DO(b->client, read, 100);
    return 0;
}
SAYS(released_descriptor_loses_nothing, "client write 5, server await 0, server2 wrap_again 0, "
                                        "server read 5, server write 5, client read 5");

/* What an edo_fd says of it: a sum of EDO_IO_READ (1), _WRITE (2) and _READ_CLOSED (16). */
static int op_look(end *self, size_t n) {
    edo_fd *fd;
    int err = edo_fd_open(&fd, edo_stream_fd(self->wire->stream), NULL);
    if (err < 0) return err;
    err = edo_fd_ready(fd, (uint32_t)n);
    edo_fd_close(fd);
    return err;
}

static int descriptor_tells_its_state(behaviour *b) {
    meet(b);
    DO(b->server, look, EDO_IO_WRITE);
    BEGIN(b->server, look, EDO_IO_READ);
    end_note_waits(b->server);
    DO(b->client, write, 5);
    end_finish(b->server);
    DO(b->client, shutdown, 0);
    DO(b->server, gone, 0);
    DO(b->server, look, EDO_IO_READ);
    DO(b->server, look, EDO_IO_READ | EDO_IO_WRITE);
    return 0;
}
SAYS(descriptor_tells_its_state, "server look 2, it waits, client write 5, server look 1, "
                                 "client shutdown 0, server gone 0, server look 17, "
                                 "server look 19");

/* EDO_IO_ERR (8) and EDO_IO_WRITE_CLOSED (32), too. */
static int descriptor_tells_of_a_reset(behaviour *b) {
    meet(b);
    DO(b->client, reset, 0);
    DO(b->server, look, EDO_IO_READ);
    DO(b->server, read, 1);
    DO(b->server, look, EDO_IO_READ); // the error was told
    return 0;
}
SAYS(descriptor_tells_of_a_reset,
     "client reset 0, server look 57, server read ECONNRESET, server look 49");

/* ---- Halves ---------------------------------------------------------------------------------- */

/* `server` keeps the reading half, and `server2` gets the other one. */
static int op_split(end *self, size_t n) {
    (void)n;
    return edo_stream_split(&self->wire->stream, &self->of->server2->own.stream,
                            self->wire->stream);
}

static int halves_end_by_themselves(behaviour *b) {
    meet(b);
    DO(b->server, split, 0);
    DO(b->client, write, 5);
    DO(b->server, read, 100);
    DO(b->server2, write, 6);
    DO(b->client, read, 100);
    DO(b->server2, close, 0);
    DO(b->client, read, 100);
    DO(b->client, write, 7);
    DO(b->server, read, 100);
    return 0;
}
SAYS(halves_end_by_themselves,
     "server split 0, client write 5, server read 5, server2 write 6, client read 6, "
     "server2 close 0, client read 0, client write 7, server read 7");

static int writing_half_goes_on_alone(behaviour *b) {
    meet(b);
    DO(b->server, split, 0);
    DO(b->server, close_kept, 0);
    DO(b->server, read, 100);
    DO(b->server2, write, 6);
    DO(b->client, read, 100);
    DO(b->server2, shutdown, 0);
    DO(b->client, read, 100);
    return 0;
}
SAYS(writing_half_goes_on_alone, "server split 0, server close_kept 0, server read EDO_ECLOSED, "
                                 "server2 write 6, client read 6, server2 shutdown 0, "
                                 "client read 0");

/* ---- Streams over connections ---------------------------------------------------------------- */

/* One that reads from `server`, and writes to `server2`. */
static int op_join(end *self, size_t n) {
    edo_stream **reader = &self->wire->stream, **writer = &self->of->server2->own.stream;
    (void)n;
    int err = edo_stream_join(reader, *reader, *writer);
    if (err == 0) *writer = NULL;
    return err;
}

static int joined_stream_has_two_connections(behaviour *b) {
    QUIETLY(b->server, listen, 0);
    DO(b->client, connect, 0);
    DO(b->client2, connect, 0);
    DO(b->server, accept, 0);
    DO(b->server2, accept, 0);
    DO(b->server, join, 0);
    DO(b->server, has_descriptor, 0);
    DO(b->client, write, 5);
    DO(b->server, read, 100);
    DO(b->server, write, 6);
    DO(b->client2, read, 100);
    DO(b->server, shutdown, 0);
    DO(b->client2, read, 100);
    DO(b->client, try_read, 100);
    DO(b->server, close, 0);
    DO(b->client, read, 100);
    return 0;
}
SAYS(joined_stream_has_two_connections,
     "client connect 0, client2 connect 0, server accept 0, server2 accept 0, server join 0, "
     "server has_descriptor 0, client write 5, server read 5, server write 6, client2 read 6, "
     "server shutdown 0, client2 read 0, client try_read EAGAIN, server close 0, client read 0");

static int op_limit(end *self, size_t n) {
    const edo_stream_timeouts_opts opts = { .read = edo_ms((int64_t)n) };
    return edo_stream_timeouts(&self->wire->stream, self->wire->stream, &opts);
}

static int limit_of_a_stream_loses_nothing(behaviour *b) {
    meet(b);
    DO(b->server, limit, 5);
    DO(b->server, read, 100);
    DO(b->client, write, 5);
    DO(b->server, await, 5);
    DO(b->server, read, 100);
    return 0;
}
SAYS(limit_of_a_stream_loses_nothing, "server limit 0, server read ETIMEDOUT, client write 5, "
                                      "server await 0, server read 5");

static const behaviour_row rows[] = {
    BEHAVIOUR(readiness_takes_nothing),
    BEHAVIOUR(end_of_the_input_is_told_before_it_is_read),
    BEHAVIOUR(one_that_is_reset_is_ready_for_all),
    BEHAVIOUR(descriptor_is_there_while_there_are_references),
    BEHAVIOUR(connection_ends_with_the_last_copy),
    BEHAVIOUR(released_descriptor_loses_nothing),
    BEHAVIOUR(descriptor_tells_its_state),
    BEHAVIOUR(descriptor_tells_of_a_reset),
    BEHAVIOUR(halves_end_by_themselves),
    BEHAVIOUR(writing_half_goes_on_alone),
    BEHAVIOUR(joined_stream_has_two_connections),
    BEHAVIOUR(limit_of_a_stream_loses_nothing),
};
FAMILY(stream, rows);
