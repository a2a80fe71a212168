/* SPDX-License-Identifier: MIT */
/* floor-h2-client HOST:PORT REQUESTS IN_FLIGHT: the cheapest client over nghttp2, as a lower bound:
 * one connection, a GET of "/" again for each that has ended, no limits. What a read has brought is
 * fed as it is, and all that follows from it leaves by one send. Prints "us_per_request VALUE", as
 * edo-bench-client does. */
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define OUT_BYTES 65536
#define IN_BYTES  65536

static char out[OUT_BYTES];
static uint8_t in[IN_BYTES];
static long to_send, to_end; /* requests that were not sent; not ended */
static const char *host;

#define NV(name, value, n)                                                                         \
    {                                                                                              \
        (uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, sizeof name - 1, n,               \
            NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE                           \
    }

static void ask(nghttp2_session *s) {
    const nghttp2_nv fields[] = { NV(":method", "GET", 3), NV(":scheme", "http", 4),
                                  NV(":path", "/", 1), NV(":authority", host, strlen(host)) };
    if (to_send-- > 0 && nghttp2_submit_request(s, NULL, fields, 4, NULL, NULL) < 0) abort();
}

static int on_close(nghttp2_session *s, int32_t id, uint32_t error, void *arg) {
    (void)id, (void)arg;
    if (error != NGHTTP2_NO_ERROR) abort();
    to_end--;
    ask(s);
    return 0;
}

static int connect_to(const char *address) {
    char name[256];
    struct addrinfo *found, hints = { .ai_socktype = SOCK_STREAM };
    const char *port = strrchr(address, ':');
    if (!port) return -1;
    (void)snprintf(name, sizeof name, "%.*s", (int)(port - address), address);
    if (getaddrinfo(name, port + 1, &hints, &found) != 0) return -1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (connect(fd, found->ai_addr, found->ai_addrlen) < 0) return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    freeaddrinfo(found);
    return fd;
}

static void send_whole(int fd, size_t n) {
    for (size_t at = 0; at < n;) {
        ssize_t sent = send(fd, out + at, n - at, MSG_NOSIGNAL);
        if (sent < 0) abort();
        at += (size_t)sent;
    }
}

static void send_all(nghttp2_session *s, int fd) {
    const uint8_t *bytes;
    ssize_t n;
    size_t held = 0;
    while ((n = nghttp2_session_mem_send(s, &bytes)) > 0) {
        if (held + (size_t)n > OUT_BYTES) {
            send_whole(fd, held);
            held = 0;
        }
        memcpy(out + held, bytes, (size_t)n);
        held += (size_t)n;
    }
    send_whole(fd, held);
}

static double cpu_us(void) {
    struct rusage r;
    (void)getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

int main(int argc, char **argv) {
    nghttp2_session *s;
    nghttp2_session_callbacks *callbacks;
    int fd = argc == 4 ? connect_to(argv[1]) : -1;
    if (fd < 0) {
        (void)fputs("usage: floor-h2-client HOST:PORT REQUESTS IN_FLIGHT\n", stderr);
        return 2;
    }
    host = argv[1];
    long n = strtol(argv[2], NULL, 10);
    to_send = to_end = n;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) return 1;
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    if (nghttp2_session_client_new(&s, callbacks, NULL) != 0) return 1;
    if (nghttp2_submit_settings(s, NGHTTP2_FLAG_NONE, NULL, 0) != 0) return 1;
    double before = cpu_us();
    for (long i = strtol(argv[3], NULL, 10); i > 0; i--) ask(s);
    while (send_all(s, fd), to_end > 0) {
        ssize_t got = recv(fd, in, sizeof in, 0);
        if (got <= 0 || nghttp2_session_mem_recv(s, in, (size_t)got) < 0) return 1;
    }
    (void)printf("us_per_request %.3f\n", (cpu_us() - before) / (double)n);
    return 0;
}
