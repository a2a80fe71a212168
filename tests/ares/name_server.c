/* SPDX-License-Identifier: MIT */
/* ares/name_server.c: see name_server.h. */
#include "name_server.h"

#include "inside.h"

#include <edo/udp.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define HEADER      12u
#define MESSAGE_MAX 1024u

enum { A = 1, CNAME = 5, AAAA = 28 };
enum { OK = 0, SERVFAIL = 2, NXDOMAIN = 3, REFUSED = 5 };

typedef struct message {
    uint8_t bytes[MESSAGE_MAX];
    size_t n;
} message;

typedef struct question {
    message raw; /* header and question, nothing behind */
    uint16_t type;
    char label[64];
    bool is_example;
} question;

/* ---- Messages -------------------------------------------------------------------------------- */

static uint16_t u16_at(const uint8_t *at) {
    return (uint16_t)(at[0] << 8 | at[1]);
}

static void put_u16(message *m, uint32_t v) {
    m->bytes[m->n++] = (uint8_t)(v >> 8);
    m->bytes[m->n++] = (uint8_t)v;
}

/* False: not a question. */
static bool parse(question *q, const uint8_t *bytes, size_t n) {
    *q = (question){ 0 };
    size_t at = HEADER, labels = 0;
    if (n < HEADER || u16_at(bytes + 4) != 1) return false;
    for (; at < n && bytes[at] != 0; at += 1u + bytes[at], labels++) {
        if (bytes[at] > 63 || at + 1 + bytes[at] >= n) return false;
        if (labels == 0) memcpy(q->label, bytes + at + 1, bytes[at]);
        q->is_example = bytes[at] == 7 && memcmp(bytes + at + 1, "example", 7) == 0;
    }
    if (at + 5 > n) return false;
    q->type = u16_at(bytes + at + 1);
    q->raw.n = at + 5;
    memcpy(q->raw.bytes, bytes, q->raw.n);
    return true;
}

/* A reply without records. */
static message reply_to(const question *q, uint8_t code, bool truncated) {
    message m = q->raw;
    m.bytes[2] = (uint8_t)(0x81 | (truncated ? 2 : 0)); // a response; recursion was wanted
    m.bytes[3] = (uint8_t)(0x80 | code);
    memset(m.bytes + 6, 0, 6);
    return m;
}

static void begin_record(message *m, uint16_t type, uint32_t ttl_s) {
    m->bytes[7]++;
    put_u16(m, 0xC000 | HEADER); // the name of the question
    put_u16(m, type);
    put_u16(m, 1);
    put_u16(m, ttl_s >> 16);
    put_u16(m, ttl_s & 0xFFFF);
}

static void add_v4(message *m, uint32_t ttl_s, uint32_t addr) {
    begin_record(m, A, ttl_s);
    put_u16(m, 4);
    put_u16(m, addr >> 16);
    put_u16(m, addr & 0xFFFF);
}

static void add_v6(message *m, uint32_t ttl_s) {
    static const uint8_t addr[16] = { 0xFD, [15] = 1 };
    begin_record(m, AAAA, ttl_s);
    put_u16(m, sizeof addr);
    memcpy(m->bytes + m->n, addr, sizeof addr);
    m->n += sizeof addr;
}

/* "alias" is "two": the addresses follow under the name of the alias' target. */
static void add_alias(message *m, const question *q, uint32_t ttl_s) {
    static const char target[] = "\3two\7example";
    begin_record(m, CNAME, 5);
    put_u16(m, sizeof target);
    size_t target_at = m->n;
    memcpy(m->bytes + m->n, target, sizeof target);
    m->n += sizeof target;
    size_t record_at = m->n;
    if (q->type == A)
        add_v4(m, ttl_s, 0x0A000001);
    else
        add_v6(m, ttl_s);
    m->bytes[record_at + 1] = (uint8_t)target_at;
}

/* ---- What it knows --------------------------------------------------------------------------- */

static bool is(const question *q, const char *label) {
    return q->is_example && strcasecmp(q->label, label) == 0;
}

static bool only_by_tcp(const question *q) {
    return is(q, "long") || is(q, "stuck") || is(q, "cut") || is(q, "hangup");
}

static uint8_t code_for(const question *q) {
    static const char *const known[] = { "two",  "four",  "six",  "here",  "alias", "later", "half",
                                         "torn", "noise", "long", "stuck", "cut",   "hangup" };
    if (is(q, "broken")) return SERVFAIL;
    if (is(q, "refused")) return REFUSED;
    for (size_t i = 0; i < EDO_COUNT(known); i++)
        if (is(q, known[i])) return OK;
    return q->is_example && q->label[0] == 'n' ? OK : NXDOMAIN;
}

static void add_records(message *m, const question *q, uint32_t ttl_s) {
    if (is(q, "alias")) {
        add_alias(m, q, ttl_s);
    } else if (q->label[0] == 'n' && !is(q, "noise")) {
        uint32_t k = (uint32_t)strtoul(q->label + 1, NULL, 10);
        if (q->type == A) add_v4(m, ttl_s, 0x0A010000 + k);
    } else if (is(q, "here")) {
        if (q->type == A) add_v4(m, ttl_s, INADDR_LOOPBACK);
    } else if (is(q, "long")) {
        for (uint32_t i = 1; i <= 20 && q->type == A; i++) add_v4(m, ttl_s, 0x0A020000 + i);
    } else if (q->type == A && !is(q, "six")) {
        add_v4(m, ttl_s, 0x0A000001);
        add_v4(m, ttl_s, 0x0A000002);
    } else if (q->type == AAAA && !is(q, "four")) {
        add_v6(m, ttl_s);
    }
}

static message full_reply(name_server *s, const question *q) {
    uint8_t code = code_for(q);
    message m = reply_to(q, code, false);
    if (code == OK) add_records(&m, q, s->ttl_s);
    if (is(q, "torn")) m.n -= 3;
    return m;
}

/* ---- UDP ------------------------------------------------------------------------------------- */

typedef struct later {
    name_server *server;
    question q;
    edo_addr from;
} later;

static void send_to(name_server *s, const message *m, const edo_addr *to) {
    int err = edo_udp_send_to(s->udp, m->bytes, m->n, to);
    CHECK(err == 0 || err == -ECANCELED || err == -EDO_ECLOSED || err == -ECONNREFUSED);
}

static int reply_later(void *arg) {
    later *l = arg;
    int err = edo_sem_acquire(&l->server->gate, 1);
    if (err == 0) {
        message m = full_reply(l->server, &l->q);
        edo_sem_release(&l->server->gate, 1); // stays open
        send_to(l->server, &m, &l->from);
    }
    free(l);
    return 0;
}

/* Too short; of another question; with another number. */
static void send_noise(name_server *s, const question *q, const edo_addr *to) {
    message m = full_reply(s, q);
    send_to(s, &(message){ .bytes = { m.bytes[0], m.bytes[1], 0x81 }, .n = 3 }, to);
    m.bytes[HEADER + 1] ^= 1;
    send_to(s, &m, to);
    m.bytes[HEADER + 1] ^= 1;
    m.bytes[0] ^= 1;
    send_to(s, &m, to);
}

static void serve_question(name_server *s, edo_scope *scope, const question *q,
                           const edo_addr *from) {
    if (is(q, "silent")) return;
    if (is(q, "half")) {
        if (q->type == AAAA) return;
        s->half_sent++;
    }
    if (is(q, "later")) {
        later *l = malloc(sizeof *l);
        CHECK(l);
        *l = (later){ s, *q, *from };
        s->asked_later++;
        (void)edo_scope_spawn(scope, reply_later, l);
        return;
    }
    if (is(q, "noise")) send_noise(s, q, from);
    message m = only_by_tcp(q) ? reply_to(q, OK, true) : full_reply(s, q);
    send_to(s, &m, from);
}

static int serve_udp(void *arg) {
    name_server *s = arg;
    uint8_t bytes[MESSAGE_MAX];
    edo_addr from;
    edo_scope scope;
    question q;
    edo_scope_begin(&scope, NULL);
    for (;;) {
        int n = edo_udp_recv_from(s->udp, bytes, sizeof bytes, &from);
        if (n == -ECONNREFUSED) continue; // a client that is gone
        if (n < 0) break;
        if (!parse(&q, bytes, (size_t)n)) continue;
        s->asked++;
        serve_question(s, &scope, &q, &from);
    }
    edo_scope_cancel(&scope);
    (void)edo_scope_end(&scope, 0);
    return 0;
}

/* ---- TCP ------------------------------------------------------------------------------------- */

typedef struct connection {
    name_server *server;
    edo_stream *stream;
} connection;

/* One question; false: the connection ends. */
static bool serve_by_tcp(const connection *c) {
    uint8_t bytes[MESSAGE_MAX], size[2];
    question q;
    if (edo_read_exact(c->stream, size, 2) < 0) return false;
    CHECK(u16_at(size) <= sizeof bytes);
    if (edo_read_exact(c->stream, bytes, u16_at(size)) < 0) return false;
    CHECK(parse(&q, bytes, u16_at(size)));
    c->server->asked_by_tcp++;
    if (is(&q, "stuck")) return true;
    if (is(&q, "hangup")) return false;
    message m = full_reply(c->server, &q), framed = { .n = 0 };
    put_u16(&framed, (uint32_t)m.n);
    memcpy(framed.bytes + 2, m.bytes, m.n);
    framed.n += is(&q, "cut") ? m.n / 2 : m.n;
    if (is(&q, "cut")) c->server->half_sent++;
    return edo_write_all(c->stream, framed.bytes, framed.n) >= 0;
}

static int serve_connection(void *arg) {
    connection *c = arg;
    while (serve_by_tcp(c)) {
    }
    edo_close(c->stream);
    free(c);
    return 0;
}

static int serve_tcp(void *arg) {
    name_server *s = arg;
    edo_scope scope;
    edo_scope_begin(&scope, NULL);
    for (edo_stream *stream; edo_accept(s->tcp, &stream) == 0;) {
        connection *c = malloc(sizeof *c);
        CHECK(c);
        *c = (connection){ s, stream };
        (void)edo_scope_spawn(&scope, serve_connection, c);
    }
    edo_scope_cancel(&scope);
    (void)edo_scope_end(&scope, 0);
    return 0;
}

/* ---- Both ------------------------------------------------------------------------------------ */

/* One port for both, which no other program has. */
static void open_sockets(name_server *s) {
    for (;;) {
        edo_addr addr;
        CHECK_EQ(edo_udp_bind(&s->udp, "127.0.0.1:0", &(edo_udp_opts){ .recv_buffer = 1 << 20 }),
                 0);
        CHECK_EQ(edo_stream_local_addr(s->udp, &addr), 0);
        CHECK(edo_addr_print(&addr, s->addr, sizeof s->addr) > 0);
        int err = edo_tcp_listen(&s->tcp, s->addr, NULL);
        if (err == 0) return;
        CHECK_EQ(err, -EADDRINUSE);
        edo_close(s->udp);
    }
}

void name_server_begin(name_server *s) {
    *s = (name_server){ .gate = EDO_SEM_INIT(0), .ttl_s = 60 };
    open_sockets(s);
    edo_scope_begin(&s->scope, NULL);
    (void)edo_scope_spawn(&s->scope, serve_udp, s);
    (void)edo_scope_spawn(&s->scope, serve_tcp, s);
}

void name_server_end(name_server *s) {
    edo_scope_cancel(&s->scope);
    (void)edo_scope_end(&s->scope, 0);
    edo_close(s->udp);
    edo_listener_close(s->tcp);
}
