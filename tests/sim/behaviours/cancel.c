/* SPDX-License-Identifier: MIT */
/* behaviours/cancel.c: what is cut short by a cancellation or a limit has lost nothing. */
#include "behaviour.h"

static const edo_tcp_opts small = { .recv_buffer = 4096, .send_buffer = 4096 };

static int read_that_is_cancelled_loses_nothing(behaviour *b) {
    meet(b);
    BEGIN(b->server, read, 100);
    end_note_waits(b->server);
    end_cut(b->server);
    end_finish(b->server);
    DO(b->client, write, 5);
    DO(b->server, read, 100);
    return 0;
}
SAYS(read_that_is_cancelled_loses_nothing,
     "it waits, server read ECANCELED, client write 5, server read 5");

static int read_that_is_cancelled_at_once_takes_nothing(behaviour *b) {
    meet(b);
    DO(b->client, write, 5);
    DO(b->server, await, 5);
    end_cut(b->server);
    DO(b->server, read, 100);
    DO(b->server, read, 100);
    return 0;
}
SAYS(read_that_is_cancelled_at_once_takes_nothing,
     "client write 5, server await 0, server read ECANCELED, server read 5");

static int read_has_a_limit(behaviour *b) {
    meet(b);
    b->server->limit_ms = 5;
    DO(b->server, read, 100);
    DO(b->client, write, 5);
    b->server->limit_ms = 20000;
    DO(b->server, read, 100);
    return 0;
}
SAYS(read_has_a_limit, "server read ETIMEDOUT, client write 5, server read 5");

static int exact_read_that_is_cancelled_has_a_part(behaviour *b) {
    meet(b);
    DO(b->client, write, 5);
    DO(b->server, await, 5);
    BEGIN(b->server, read_exact, 8);
    end_note_waits(b->server);
    end_cut(b->server);
    end_finish(b->server);
    note(b, "it has", (int)b->server->done);
    DO(b->client, write, 5);
    DO(b->server, read, 100);
    return 0;
}
SAYS(exact_read_that_is_cancelled_has_a_part,
     "client write 5, server await 0, it waits, server read_exact ECANCELED, it has 5, "
     "client write 5, server read 5");

static int exact_read_has_a_limit(behaviour *b) {
    meet(b);
    DO(b->client, write, 5);
    DO(b->server, await, 5);
    b->server->limit_ms = 5;
    DO(b->server, read_exact, 8);
    note(b, "it has", (int)b->server->done);
    return 0;
}
SAYS(exact_read_has_a_limit,
     "client write 5, server await 0, server read_exact ETIMEDOUT, it has 5");

static int others_that_read_lose_nothing(behaviour *b) {
    meet(b);
    BEGIN(b->server, peek, 100);
    end_cut(b->server);
    end_finish(b->server);
    BEGIN(b->server, readv, 30);
    end_cut(b->server);
    end_finish(b->server);
    BEGIN(b->server, read_available, 30);
    end_cut(b->server);
    end_finish(b->server);
    DO(b->client, write, 5);
    DO(b->server, await, 5);
    end_cut(b->server);
    DO(b->server, peek, 100);
    end_cut(b->server);
    DO(b->server, readv, 30);
    DO(b->server, read, 100);
    return 0;
}
SAYS(others_that_read_lose_nothing,
     "server peek ECANCELED, server readv ECANCELED, server read_available ECANCELED, "
     "client write 5, server await 0, server peek ECANCELED, server readv ECANCELED, "
     "server read 5");

static int reader_that_is_cancelled_leaves_bytes_to_the_other(behaviour *b) {
    meet(b);
    end_share(b->server2, b->server);
    BEGIN(b->server, read, 100);
    BEGIN(b->server2, read, 100);
    end_cut(b->server);
    end_finish(b->server);
    DO(b->client, write, 5);
    end_finish(b->server2);
    return 0;
}
SAYS(reader_that_is_cancelled_leaves_bytes_to_the_other,
     "server read ECANCELED, client write 5, server2 read 5");

static int write_that_is_cancelled_has_written_nothing(behaviour *b) {
    b->client->opts = b->server->opts = &small;
    meet(b);
    BEGIN(b->client, write_on, 0);
    end_note_waits(b->client);
    end_cut(b->client);
    end_finish(b->client);
    DO(b->server, drain, b->client->wire->out_n);
    DO(b->client, write, 7);
    DO(b->server, read, 100);
    return 0;
}
SAYS(write_that_is_cancelled_has_written_nothing,
     "it waits, client write_on ECANCELED, server drain 0, client write 7, "
     "server read 7");

static int write_that_is_cancelled_at_once_has_written_nothing(behaviour *b) {
    meet(b);
    end_cut(b->client);
    DO(b->client, write, 100);
    end_cut(b->client);
    DO(b->client, writev, 99);
    end_cut(b->client);
    DO(b->client, write_all, 100);
    note(b, "it wrote", (int)b->client->done);
    DO(b->client, write, 7);
    DO(b->server, read, 100);
    return 0;
}
SAYS(write_that_is_cancelled_at_once_has_written_nothing,
     "client write ECANCELED, client writev ECANCELED, client write_all ECANCELED, it wrote 0, "
     "client write 7, server read 7");

static int write_of_all_that_is_cancelled_knows_its_part(behaviour *b) {
    b->client->opts = b->server->opts = &small;
    meet(b);
    BEGIN(b->client, write_all, 1 << 20);
    end_note_waits(b->client);
    end_cut(b->client);
    end_finish(b->client);
    DO(b->client, shutdown, 0);
    int got = QUIETLY(b->server, read_to_end, 0);
    note_if(b, "its part has come", "another part has come", (size_t)got == b->client->done);
    return 0;
}
SAYS(write_of_all_that_is_cancelled_knows_its_part,
     "it waits, client write_all ECANCELED, client shutdown 0, its part has come");

static int write_has_a_limit(behaviour *b) {
    b->client->opts = b->server->opts = &small;
    meet(b);
    b->client->limit_ms = 5;
    DO(b->client, write_on, 0);
    DO(b->server, drain, b->client->wire->out_n);
    DO(b->client, write, 7);
    DO(b->server, read, 100);
    return 0;
}
SAYS(write_has_a_limit, "client write_on ETIMEDOUT, server drain 0, client write 7, "
                        "server read 7");

static int readiness_that_is_cancelled_comes_again(behaviour *b) {
    meet(b);
    DO(b->server, try_read, 1); // a new connection is taken for readable, which is a hint
    BEGIN(b->server, readable, 0);
    end_cut(b->server);
    end_finish(b->server);
    b->server->limit_ms = 5;
    DO(b->server, gone, 0);
    DO(b->client, write, 5);
    DO(b->server, readable, 0);
    DO(b->client, shutdown, 0);
    DO(b->server, gone, 0);
    return 0;
}
SAYS(readiness_that_is_cancelled_comes_again,
     "server try_read EAGAIN, server readable ECANCELED, server gone ETIMEDOUT, client write 5, "
     "server readable 0, "
     "client shutdown 0, server gone 0");

static int end_that_is_cancelled_was_not_said(behaviour *b) {
    meet(b);
    end_cut(b->client);
    DO(b->client, shutdown, 0);
    DO(b->client, write, 5);
    DO(b->client, shutdown, 0);
    DO(b->server, read_to_end, 0);
    return 0;
}
SAYS(end_that_is_cancelled_was_not_said,
     "client shutdown ECANCELED, client write 5, client shutdown 0, server read_to_end 5");

static const behaviour_row rows[] = {
    BEHAVIOUR(read_that_is_cancelled_loses_nothing),
    BEHAVIOUR(read_that_is_cancelled_at_once_takes_nothing),
    BEHAVIOUR(read_has_a_limit),
    BEHAVIOUR(exact_read_that_is_cancelled_has_a_part),
    BEHAVIOUR(exact_read_has_a_limit),
    BEHAVIOUR(others_that_read_lose_nothing),
    BEHAVIOUR(reader_that_is_cancelled_leaves_bytes_to_the_other),
    BEHAVIOUR(write_that_is_cancelled_has_written_nothing),
    BEHAVIOUR(write_that_is_cancelled_at_once_has_written_nothing),
    BEHAVIOUR(write_of_all_that_is_cancelled_knows_its_part),
    BEHAVIOUR(write_has_a_limit),
    BEHAVIOUR(readiness_that_is_cancelled_comes_again),
    BEHAVIOUR(end_that_is_cancelled_was_not_said),
};
FAMILY(cancel, rows);
