/* SPDX-License-Identifier: MIT */
/* framed.c: a protocol of one's own. A message is its kind (a byte), the length of its text (two
 * bytes, big endian), and the text. The codec is two functions, which never wait; edo_framed reads
 * and writes with it over any stream, here a pipe in memory. */
#include <edo/codec.h>
#include <edo/edo.h>
#include <edo/streams.h>

#include <errno.h>
#include <stdio.h>

#define HEAD     3u
#define TEXT_MAX 1000u

typedef struct msg {
    char kind;
    edo_bytes text;
} msg;

static int msg_decode(edo_codec *self, edo_buf *in, void *frame) {
    msg *m = frame;
    (void)self;
    if (in->len < HEAD) return 0; // call again when there is more
    size_t n = (size_t)((uint8_t)in->ptr[1] << 8 | (uint8_t)in->ptr[2]);
    if (n > TEXT_MAX) return -EDO_ETOOLONG; // before it costs anything
    if (in->len < HEAD + n) return 0;
    m->kind = in->ptr[0];
    edo_buf_advance(in, HEAD);
    m->text = edo_buf_take(in, n); // a slice, not a copy
    return 1;
}

static int msg_encode(edo_codec *self, void *frame, edo_bytes_chain *out) {
    msg *m = frame;
    (void)self;
    size_t n = m->text.str.len;
    if (n > TEXT_MAX) return -EDO_ETOOLONG;
    const char head[HEAD] = { m->kind, (char)(n >> 8), (char)n };
    int err = edo_bytes_chain_append(out, head, HEAD);
    return err < 0 ? err : edo_bytes_chain_push(out, &m->text);
}

static const edo_codec_ops msg_ops = {
    .name = "msg", .frame_size = sizeof(msg), .decode = msg_decode, .encode = msg_encode
};

/* Says each text back: as it is ('='), or in capitals ('^'). */
static int answer(edo_framed *peer, msg *m) {
    if (m->kind == '^') {
        char *capitals;
        edo_bytes said = m->text;
        int err = edo_bytes_new(&m->text, &capitals, said.str.len);
        if (err < 0) return err;
        for (size_t i = 0; i < said.str.len; i++) {
            char c = said.str.ptr[i];
            capitals[i] = c >= 'a' && c <= 'z' ? (char)(c - 0x20) : c;
        }
        edo_bytes_unref(&said);
    }
    return edo_framed_feed(peer, m); // gathered, until no whole request is here
}

/* Receives the next request. The replies that were gathered are sent before it waits: the client
 * may send no more until it has them. */
static int next_request(edo_framed *peer, msg *m) {
    int got = edo_framed_try_recv(peer, m);
    if (got == 1) return got;
    int err = edo_framed_flush(peer);
    if (err < 0) return err;
    return got == -EAGAIN ? edo_framed_recv(peer, m) : got;
}

static int serve(void *arg) {
    edo_codec codec = { .ops = &msg_ops };
    edo_framed peer;
    msg m = { 0 };
    int rc = edo_framed_init(&peer, arg, &codec, NULL);
    while (rc >= 0 && (rc = next_request(&peer, &m)) == 1) {
        rc = answer(&peer, &m);
        edo_bytes_unref(&m.text); // if it was not taken
    }
    printf("server: %s\n", rc < 0 ? edo_strerror(rc) : "the client has gone");
    edo_framed_deinit(&peer);
    edo_close(arg);
    return 0;
}

/* Prints an answer; 1, 0 if the server has gone, or a negative code. */
static int hear(edo_framed *server) {
    msg m;
    int rc = edo_framed_recv(server, &m);
    if (rc != 1) return rc;
    printf("client: %c %.*s\n", m.kind, (int)m.text.str.len, m.text.str.ptr);
    edo_bytes_unref(&m.text);
    return 1;
}

static int root(void *arg) {
    (void)arg;
    edo_stream *here, *there;
    edo_codec codec = { .ops = &msg_ops };
    edo_framed server;
    msg m;
    int rc = edo_duplex(&here, &there, 4096);
    if (rc < 0) return rc;
    edo_task *t = edo_spawn(serve, there);
    if (!t) edo_close(there);
    rc = edo_framed_init(&server, here, &codec, NULL);
    const msg requests[] = { { '=', { .str = EDO_STR("as it is") } },
                             { '^', { .str = EDO_STR("in capitals") } } };
    for (size_t i = 0; rc >= 0 && i < EDO_COUNT(requests); i++) {
        m = requests[i];
        rc = edo_framed_feed(&server, &m);
    }
    if (rc >= 0) rc = edo_framed_flush(&server); // both requests in one write
    for (size_t i = 0; rc >= 0 && i < EDO_COUNT(requests); i++) rc = hear(&server);
    if (rc >= 0) rc = edo_write_all(here, "=\0\3one^\0", 8); // one request and a half
    if (rc >= 0) rc = hear(&server);                         // the half is not waited for
    if (rc >= 0) rc = edo_write_all(here, "\3two", 4);
    if (rc >= 0) rc = hear(&server);
    if (rc >= 0) rc = edo_write_all(here, "=\xff\xff", HEAD); // announces 65,535 bytes
    if (rc >= 0) rc = hear(&server);
    printf("client: %s\n", rc == 0 ? "the server has gone" : edo_strerror(rc));
    edo_framed_deinit(&server);
    edo_close(here);
    return edo_task_join(t);
}

int main(void) {
    return edo_main(root, NULL);
}
