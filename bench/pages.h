/* SPDX-License-Identifier: MIT */
/* pages.h: what programs share that are many pages of the chat: edo-bench-pages.c,
 * edo-bench-nodes.c and edo-bench-crowd.c. Frames of a WebSocket, addresses that pages come from,
 * percentiles. */
#ifndef BENCH_PAGES_H
#define BENCH_PAGES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OF_ADDRESS  900 /* pages; the server takes 1,000 */
#define FRAME_BYTES 512
#define FRAME_ASKS                                                                                 \
    "GET /ws HTTP/1.1\r\nhost: chat\r\nconnection: upgrade\r\n"                                    \
    "upgrade: websocket\r\nsec-websocket-version: 13\r\n"                                          \
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

enum { FRAME_TEXT = 1, FRAME_CLOSE = 8, FRAME_PING = 9, FRAME_PONG = 10 };

/* Makes a frame with a mask of zeros. Returns its bytes; 0: the payload does not fit. */
static inline size_t frame_make(char out[FRAME_BYTES], unsigned char opcode, const char *payload,
                                size_t n) {
    size_t head = 2;
    if (n > FRAME_BYTES - 8) return 0;
    out[0] = (char)(0x80 | opcode);
    if (n < 126) {
        out[1] = (char)(0x80 | n);
    } else {
        out[1] = (char)(0x80 | 126);
        out[2] = (char)(n >> 8);
        out[3] = (char)n;
        head = 4;
    }
    memset(out + head, 0, 4);
    memcpy(out + head + 4, payload, n);
    return head + 4 + n;
}

typedef struct frame_head {
    unsigned char opcode;
    size_t bytes;     /* of the head */
    uint64_t payload; /* bytes behind it */
} frame_head;

/* Reads the head of a frame of the server, which has no mask; false: it has not come whole. */
static inline bool frame_read(frame_head *out, const char *at, size_t left) {
    const unsigned char *b = (const unsigned char *)at;
    if (left < 2) return false;
    uint64_t n = b[1] & 0x7f;
    *out = (frame_head){ .opcode = b[0] & 0x0f, .bytes = n == 127 ? 10 : n == 126 ? 4 : 2 };
    if (left < out->bytes) return false;
    if (out->bytes > 2) n = 0;
    for (size_t i = 2; i < out->bytes; i++) n = n << 8 | b[i];
    out->payload = n;
    return true;
}

/* The address of the ith page, from 127.0.0.3 on. */
static inline uint32_t page_address(size_t i) {
    size_t address = i / OF_ADDRESS + 2;
    return (uint32_t)(0x7f000000u + (address / 250 << 8) + address % 250 + 1);
}

/* Connects from that address. Returns the descriptor, or -1 with errno. */
static inline int page_connect(size_t i, const struct sockaddr_in *to) {
    struct sockaddr_in from = { .sin_family = AF_INET };
    from.sin_addr.s_addr = htonl(page_address(i));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){ 1 }, sizeof(int));
    if (bind(fd, (struct sockaddr *)&from, sizeof from) == 0 &&
        connect(fd, (const struct sockaddr *)to, sizeof *to) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

/* ---- Latencies ------------------------------------------------------------------------------- */

static inline int compare_us(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Of `n` that are sorted; 0 of none. */
static inline uint32_t percentile_us(const uint32_t *sorted, uint64_t n, double share) {
    return n > 0 ? sorted[(uint64_t)((double)(n - 1) * share)] : 0;
}

#endif
