/* SPDX-License-Identifier: MIT */
/* behaviours/accept.c: what a listener gives, and what it does not. */
#include "behaviour.h"

static int accept_waits_for_a_connection(behaviour *b) {
    QUIETLY(b->server, listen, 0);
    BEGIN(b->server, accept, 0);
    end_note_waits(b->server);
    DO(b->client, connect, 0);
    end_finish(b->server);
    return 0;
}
SAYS(accept_waits_for_a_connection, "it waits, client connect 0, server accept 0");

static int connections_come_in_their_order(behaviour *b) {
    QUIETLY(b->server, listen, 0);
    DO(b->client, connect, 0);
    DO(b->client2, connect, 0);
    DO(b->client2, write, 2); // which is said first, and comes second
    DO(b->client, write, 1);
    DO(b->server, accept, 0);
    DO(b->server2, accept, 0);
    DO(b->server, read, 100);
    DO(b->server2, read, 100);
    return 0;
}
SAYS(connections_come_in_their_order,
     "client connect 0, client2 connect 0, client2 write 2, client write 1, server accept 0, "
     "server2 accept 0, server read 1, server2 read 2");

static int one_that_has_ended_is_accepted_with_what_it_said(behaviour *b) {
    QUIETLY(b->server, listen, 0);
    DO(b->client, connect, 0);
    DO(b->client, write, 5);
    DO(b->client, close, 0);
    DO(b->server, accept, 0);
    DO(b->server, read, 100);
    DO(b->server, read, 100);
    return 0;
}
SAYS(one_that_has_ended_is_accepted_with_what_it_said,
     "client connect 0, client write 5, client close 0, server accept 0, server read 5, "
     "server read 0");

/* Linux gives it, and a read then says what has become of it. BSD says ECONNABORTED in accept(). */
static int one_that_was_reset_is_accepted(behaviour *b) {
    QUIETLY(b->server, listen, 0);
    DO(b->client, connect, 0);
    DO(b->client, reset, 0);
    DO(b->server, accept, 0);
    DO(b->server, read, 100);
    DO(b->server, write, 1);
    return 0;
}
SAYS(one_that_was_reset_is_accepted, "client connect 0, client reset 0, server accept 0, "
                                     "server read ECONNRESET, server write EPIPE");

static int one_that_was_reset_has_no_hold_on_the_next(behaviour *b) {
    QUIETLY(b->server, listen, 0);
    DO(b->client, connect, 0);
    DO(b->client, reset, 0);
    DO(b->client2, connect, 0);
    DO(b->client2, write, 5);
    DO(b->server, accept, 0);
    DO(b->server2, accept, 0);
    DO(b->server2, read, 100);
    DO(b->server, read, 100);
    return 0;
}
SAYS(one_that_was_reset_has_no_hold_on_the_next,
     "client connect 0, client reset 0, client2 connect 0, client2 write 5, server accept 0, "
     "server2 accept 0, server2 read 5, server read ECONNRESET");

static int queue_of_a_closed_listener_is_reset(behaviour *b) {
    QUIETLY(b->server, listen, 0);
    DO(b->client, connect, 0);
    DO(b->client2, connect, 0);
    DO(b->server, unlisten, 0);
    DO(b->client, read, 1);
    DO(b->client2, gone, 0);
    DO(b->client2, write, 1);
    DO(b->client2, write, 1);
    return 0;
}
SAYS(queue_of_a_closed_listener_is_reset,
     "client connect 0, client2 connect 0, server unlisten 0, client read ECONNRESET, "
     "client2 gone 0, client2 write ECONNRESET, client2 write EPIPE");

static int accepted_connection_outlives_its_listener(behaviour *b) {
    meet_and_listen(b);
    DO(b->server, unlisten, 0);
    DO(b->client, write, 5);
    DO(b->server, read, 100);
    return 0;
}
SAYS(accepted_connection_outlives_its_listener, "server unlisten 0, client write 5, server read 5");

static int close_wakes_those_who_accept(behaviour *b) {
    QUIETLY(b->server, listen, 0);
    BEGIN(b->server, accept, 0);
    BEGIN(b->server2, accept, 0);
    DO(b->server3, unlisten, 0);
    end_finish(b->server);
    end_finish(b->server2);
    return 0;
}
SAYS(close_wakes_those_who_accept,
     "server3 unlisten 0, server accept EDO_ECLOSED, server2 accept EDO_ECLOSED");

static int two_who_accept_have_one_each(behaviour *b) {
    QUIETLY(b->server, listen, 0);
    BEGIN(b->server, accept, 0);
    BEGIN(b->server2, accept, 0);
    DO(b->client, connect, 0);
    DO(b->client2, connect, 0);
    end_finish(b->server);
    end_finish(b->server2);
    // whoever has which one
    DO(b->client, write, 5);
    DO(b->client2, write, 5);
    DO(b->server, read, 100);
    DO(b->server2, read, 100);
    return 0;
}
SAYS(two_who_accept_have_one_each,
     "client connect 0, client2 connect 0, server accept 0, server2 accept 0, client write 5, "
     "client2 write 5, server read 5, server2 read 5");

static int one_connection_is_for_one_of_two(behaviour *b) {
    QUIETLY(b->server, listen, 0);
    BEGIN(b->server, accept, 0);
    BEGIN(b->server2, accept, 0);
    DO(b->client, connect, 0);
    end *one = end_first(b->server, b->server2), *other = b->server;
    if (one == other) other = b->server2;
    note(b, "one accept", one->result);
    end_note_waits(other);
    end_cut(other);
    note(b, "the other", end_first(other, other)->result);
    return 0;
}
SAYS(one_connection_is_for_one_of_two,
     "client connect 0, one accept 0, it waits, the other ECANCELED");

static int accept_that_is_cancelled_loses_none(behaviour *b) {
    QUIETLY(b->server, listen, 0);
    BEGIN(b->server, accept, 0);
    end_cut(b->server);
    end_finish(b->server);
    DO(b->client, connect, 0);
    end_cut(b->server);
    DO(b->server, accept, 0); // at once, though one is there
    DO(b->server, accept, 0);
    return 0;
}
SAYS(accept_that_is_cancelled_loses_none, "server accept ECANCELED, client connect 0, "
                                          "server accept ECANCELED, server accept 0");

static int accept_has_a_limit(behaviour *b) {
    QUIETLY(b->server, listen, 0);
    b->server->limit_ms = 5;
    DO(b->server, accept, 0);
    DO(b->client, connect, 0);
    DO(b->server, accept, 0);
    return 0;
}
SAYS(accept_has_a_limit, "server accept ETIMEDOUT, client connect 0, server accept 0");

static int address_has_one_listener(behaviour *b) {
    DO(b->server, listen, 0);
    DO(b->server2, listen_there, 0);
    DO(b->server, unlisten, 0);
    DO(b->server2, listen_there, 0);
    return 0;
}
SAYS(address_has_one_listener, "server listen 0, server2 listen_there EADDRINUSE, "
                               "server unlisten 0, server2 listen_there 0");

static int address_has_several_that_want_that(behaviour *b) {
    const edo_tcp_opts opts = { .reuse_port = true };
    b->server->opts = b->server2->opts = &opts;
    DO(b->server, listen, 0);
    DO(b->server2, listen_there, 0);
    DO(b->server3, listen_there, 0); // which does not want it
    return 0;
}
SAYS(address_has_several_that_want_that, "server listen 0, server2 listen_there 0, "
                                         "server3 listen_there EADDRINUSE");

static int address_is_free_though_a_connection_of_it_lives(behaviour *b) {
    meet_and_listen(b);
    DO(b->server, unlisten, 0);
    DO(b->server2, listen_there, 0);
    DO(b->server, close, 0); // whose end is in TIME_WAIT once the client's has come
    DO(b->client, read, 1);
    DO(b->client, close, 0);
    DO(b->server2, listen_there, 0);
    return 0;
}
SAYS(address_is_free_though_a_connection_of_it_lives,
     "server unlisten 0, server2 listen_there 0, server close 0, client read 0, client close 0, "
     "server2 listen_there 0");

static const behaviour_row rows[] = {
    BEHAVIOUR(accept_waits_for_a_connection),
    BEHAVIOUR(connections_come_in_their_order),
    BEHAVIOUR(one_that_has_ended_is_accepted_with_what_it_said),
    BEHAVIOUR(one_that_was_reset_is_accepted),
    BEHAVIOUR(one_that_was_reset_has_no_hold_on_the_next),
    BEHAVIOUR(queue_of_a_closed_listener_is_reset),
    BEHAVIOUR(accepted_connection_outlives_its_listener),
    BEHAVIOUR(close_wakes_those_who_accept),
    BEHAVIOUR(two_who_accept_have_one_each),
    BEHAVIOUR(one_connection_is_for_one_of_two),
    BEHAVIOUR(accept_that_is_cancelled_loses_none),
    BEHAVIOUR(accept_has_a_limit),
    BEHAVIOUR(address_has_one_listener),
    BEHAVIOUR(address_has_several_that_want_that),
    BEHAVIOUR(address_is_free_though_a_connection_of_it_lives),
};
FAMILY(accept, rows);
