/* SPDX-License-Identifier: MIT */
/* attacks/bodies.c: bodies that are slow, too large, or larger than they seem. */
#include "attacks/attack.h"

void drips_a_body(void) {
    edo_stream *c = connected();
    bool ok =
        c && sends_text(c, to->post) && sends_text(c, "Content-Length: 1000\r\n\r\n{\"text\":\"");
    while (ok && !atomic_load(&ends)) ok = edo_sleep(edo_ms(250)) == 0 && sends(c, "x", 1);
    edo_close(c);
}

void sends_too_much(void) {
    static const char zeros[65536];
    edo_stream *c = connected();
    bool ok = c && sends_text(c, to->post) && sends_text(c, "Content-Length: 1000000000\r\n\r\n");
    for (int i = 0; ok && i < 100; i++) ok = sends(c, zeros, sizeof zeros);
    if (c) (void)is_told(c, "HTTP/1.1 413 ");
    pause_about(20);
    edo_close(c);
}

#define FILE_BYTES (32u << 20)
#define FILE_BEGIN "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\r\n"
#define FILE_END   "\r\n--x--\r\n"

/* Means no harm, but is as fast as it can be. */
void sends_a_file(void) {
    static const char zeros[65536];
    char head[256];
    edo_stream *c = connected();
    (void)snprintf(head, sizeof head,
                   "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; "
                   "boundary=x\r\nContent-Length: %zu\r\n\r\n" FILE_BEGIN,
                   strlen(FILE_BEGIN) + FILE_BYTES + strlen(FILE_END));
    bool ok = c && sends_text(c, head);
    for (size_t sent = 0; ok && sent < FILE_BYTES; sent += sizeof zeros)
        ok = sends(c, zeros, sizeof zeros);
    if (ok && sends_text(c, FILE_END) && is_told(c, "HTTP/1.1 201 "))
        atomic_fetch_add(&uploaded_mib, FILE_BYTES >> 20);
    edo_close(c);
}

/* And nothing of the body: what is announced only may cost nobody else a decoder. */
void sends_a_gzip_head(void) {
    edo_stream *c = connected();
    if (c && sends_text(c, to->post) &&
        sends_text(c, "Content-Encoding: gzip, gzip, gzip\r\nContent-Length: 1000\r\n\r\n"))
        reads_on(c);
    edo_close(c);
}

void sends_a_gzip_bomb(void) {
    char fields[128];
    edo_stream *c = connected();
    (void)snprintf(fields, sizeof fields, "Content-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
                   gzip_bomb.n);
    if (c && sends_text(c, to->post) && sends_text(c, fields)) {
        (void)sends(c, gzip_bomb.bytes, gzip_bomb.n);
        (void)is_told(c, "HTTP/1.1 4");
    }
    pause_about(20);
    edo_close(c);
}

void sends_a_deflate_bomb(void) {
    edo_stream *c = upgraded_with(
        HANDSHAKE("/ws", "Sec-WebSocket-Extensions: permessage-deflate\r\n"), to->hello);
    char *frame = malloc(deflate_bomb.n + 16);
    if (!frame) abort();
    size_t n = print_frame(frame, 0xc1, deflate_bomb.bytes, deflate_bomb.n);
    if (c && sends(c, frame, n))
        reads_on(c); // it is closed: with 1009, or 1002 where none was agreed on
    free(frame);
    pause_about(20);
    edo_close(c);
}
