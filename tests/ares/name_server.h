/* SPDX-License-Identifier: MIT */
/* ares/name_server.h: a name server of the test, at a free port of the loopback, by UDP and TCP.
 *
 * It knows names below "example". The first label says what it does:
 *   two                10.0.0.1, 10.0.0.2, fd00::1       four, six   only one of the families
 *   here               127.0.0.1                         nK          10.1.x.y, where K is x * 256 + y
 *   alias              a CNAME with a TTL of 5 s         later       as two, once the gate is open
 *   missing, broken, refused   NXDOMAIN, SERVFAIL, REFUSED
 *   silent, half       no reply; none about IPv6         torn        a record that is cut off
 *   noise              three replies to nobody's question, then as two
 *   long               20 addresses, by TCP only
 *   stuck, cut, hangup by TCP only, where it is silent; replies by half; closes the connection
 * Anything else is NXDOMAIN. */
#ifndef EDO_TESTS_ARES_NAME_SERVER_H
#define EDO_TESTS_ARES_NAME_SERVER_H

#include <edo/edo.h>

typedef struct name_server {
    char addr[EDO_ADDR_TEXT_MAX]; /* const */
    edo_stream *udp;
    edo_listener *tcp;
    edo_scope scope;
    edo_sem gate;                       /* of "later" */
    _Atomic uint32_t ttl_s;             /* of addresses; 60 at first */
    _Atomic int asked, asked_by_tcp;    /* questions */
    _Atomic int asked_later, half_sent; /* questions with these names */
} name_server;

/* In a task, which also ends it; it serves in tasks of its own. */
void name_server_begin(name_server *s);
void name_server_end(name_server *s);

#endif
