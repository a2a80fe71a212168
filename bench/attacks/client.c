/* SPDX-License-Identifier: MIT */
/* attacks/client.c: what hostile clients have in common. */
#include "attacks/attack.h"

#include <errno.h>

size_t print_frame(char *out, unsigned first, const void *payload, size_t n) {
    size_t at = 0;
    out[at++] = (char)first;
    out[at++] = (char)(0x80 | (n < 126 ? n : n < 65536 ? 126 : 127));
    for (int bytes = n < 126 ? 0 : n < 65536 ? 2 : 8; bytes > 0; bytes--)
        out[at++] = (char)((uint64_t)n >> (8 * (bytes - 1)));
    memset(out + at, 0, 4);
    memcpy(out + at + 4, payload, n);
    return at + 4 + n;
}

bool sends(edo_stream *c, const void *bytes, size_t n) {
    return edo_write_all(c, bytes, n) >= 0;
}

bool sends_text(edo_stream *c, const char *text) {
    return sends(c, text, strlen(text));
}

bool sends_message(edo_stream *c, const char *text) {
    char frame[512];
    return sends(c, frame, print_frame(frame, 0x81, text, strlen(text)));
}

void pause_about(int ms) {
    static uint32_t random = 1;
    random = random * 1664525 + 1013904223;
    int64_t us = ms * 1000;
    (void)edo_sleep(edo_us(us / 2 + (int64_t)(random >> 16) * us / 65536));
}

static edo_stream *connected_to(const edo_addr *door, uint32_t recv_buffer) {
    static unsigned at;
    char from[32];
    edo_stream *c;
    (void)snprintf(from, sizeof from, "127.0.0.%u:0", is_one_address ? 2 : 2 + at++ % addresses_n);
    if (edo_tcp_connect_addr(&c, door,
                             &(edo_tcp_opts){ .bind = from, .recv_buffer = recv_buffer }) < 0) {
        pause_about(20);
        return NULL;
    }
    atomic_fetch_add(&connected_n, 1);
    return c;
}

edo_stream *connected_with(uint32_t recv_buffer) {
    return connected_to(&server_at, recv_buffer);
}

edo_stream *connected(void) {
    return connected_with(0);
}

edo_stream *connected_as_terminal(void) {
    return connected_to(&lines_at, 0);
}

void stays(void) {
    while (!atomic_load(&ends) && edo_sleep(edo_s(1)) == 0) {
    }
}

void reads_on(edo_stream *c) {
    char text[TEXT_BYTES];
    while (edo_read(c, text, sizeof text) > 0) {
    }
}

void reads_slowly(edo_stream *c) {
    char text[512];
    while (!atomic_load(&ends) && edo_read(c, text, sizeof text) > 0) pause_about(50);
}

void is_surprised(const char *what) {
    if (atomic_fetch_add(&unexpected_n, 1) == 0) (void)fprintf(stderr, "%s\n", what);
}

bool is_told(edo_stream *c, const char *wanted) {
    char text[TEXT_BYTES], what[128];
    int n = edo_read(c, text, sizeof text - 1);
    if (n <= 0) return false;
    text[n] = '\0';
    if (strncmp(text, wanted, strlen(wanted)) == 0) return true;
    (void)snprintf(what, sizeof what, "not %s but %.*s", wanted, (int)strcspn(text, "\r"), text);
    is_surprised(what);
    return false;
}

void must_be_ended(edo_stream *c, const char *what) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(PATIENCE_MS));
    reads_on(c);
    if (edo_deadline_end(&d, edo_yield()) == -ETIMEDOUT) is_surprised(what);
}

edo_stream *upgraded_over(edo_stream *c, const char *handshake, const char *hello) {
    if (c && sends_text(c, handshake) && is_told(c, "HTTP/1.1 101 ") &&
        (!*hello || sends_message(c, hello)))
        return c;
    edo_close(c);
    pause_about(20);
    return NULL;
}

edo_stream *upgraded_with(const char *handshake, const char *hello) {
    return upgraded_over(connected(), handshake, hello);
}

edo_stream *upgraded(void) {
    static unsigned turn;
    return upgraded_with(to->handshakes[turn++ % 2], to->hello);
}
