/* SPDX-License-Identifier: MIT */
/* edo-proxy-load PROXY BEHIND -c conns -d seconds --pid PID [--small]: both ends of connections
 * through a TCP proxy of this machine, which forwards PROXY to BEHIND; prints one line of JSON.
 *
 * It listens at BEHIND and connects to PROXY. Bulk goes one way, by 64 KiB, and is dropped by the
 * kernel where it arrives. With --small each connection has one message of 64 bytes under way,
 * which the far end sends back. PID is the proxy, whose CPU time for a GiB, or for a round trip, is
 * the figure.
 *
 * inv. 1: only 127.0.0.1 is ever contacted.
 * inv. 2: it ends: an alarm stops a run whose proxy hangs. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNS_MAX  1024
#define BULK_BYTES 65536
#define SINK_BYTES (1u << 20)
#define SMALL      64
#define EVENTS     128

static bool small;
static int set;
static bool is_near[2 * CONNS_MAX + 64]; /* by descriptor: an end that connected to the proxy */
static uint64_t done;                    /* bytes that arrived, or messages that are back */
static char bytes[BULK_BYTES];

static uint64_t clock_ns(clockid_t id) {
    struct timespec ts;
    if (clock_gettime(id, &ts) < 0) {
        perror("edo-proxy-load: the proxy's clock");
        exit(1);
    }
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void die(const char *what) {
    fprintf(stderr, "edo-proxy-load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void usage(void) {
    fprintf(stderr, "usage: edo-proxy-load PROXY BEHIND -c conns -d seconds --pid PID [--small]\n");
    exit(2);
}

static struct sockaddr_in address(const char *text) {
    const char *colon = strrchr(text, ':');
    if (!colon || strncmp(text, "127.0.0.1:", 10) != 0) usage(); // inv. 1
    struct sockaddr_in a = { .sin_family = AF_INET };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    return a;
}

static void watch(int fd, bool near) {
    int on = 1;
    if ((size_t)fd >= sizeof is_near) die("too many descriptors");
    is_near[fd] = near;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // Bulk: the near end only sends, the far end only receives.
    struct epoll_event ev = { .events = near && !small ? EPOLLOUT : EPOLLIN, .data.fd = fd };
    if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev) < 0) die("epoll_ctl");
}

static void open_all(const char *proxy, const char *behind, int conns) {
    struct sockaddr_in near = address(proxy), far = address(behind);
    int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) die("socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (const struct sockaddr *)&far, sizeof far) < 0 ||
        listen(listener, CONNS_MAX) < 0)
        die("listen");
    for (int i = 0; i < conns; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || connect(fd, (const struct sockaddr *)&near, sizeof near) < 0) die("connect");
        int other = accept(listener, NULL, NULL);
        if (other < 0) die("accept");
        watch(fd, true);
        watch(other, false);
    }
}

static void put_small(int fd) {
    if (send(fd, bytes, SMALL, MSG_NOSIGNAL) != SMALL) die("send");
}

static void serve_small(int fd) {
    ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n != SMALL) die("a message came in parts");
    if (is_near[fd]) done++;
    put_small(fd);
}

static void serve_bulk(int fd) {
    ssize_t n = is_near[fd] ? send(fd, bytes, sizeof bytes, MSG_NOSIGNAL | MSG_DONTWAIT)
                            : recv(fd, NULL, SINK_BYTES, MSG_TRUNC | MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN)) die("the connection ended");
    if (n > 0 && !is_near[fd]) done += (uint64_t)n;
}

static void run_for(double seconds) {
    uint64_t end = clock_ns(CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e9);
    struct epoll_event events[EVENTS];
    while (clock_ns(CLOCK_MONOTONIC) < end) {
        int n = epoll_wait(set, events, EVENTS, 1000);
        for (int i = 0; i < n; i++) {
            if (small) {
                serve_small(events[i].data.fd);
            } else {
                serve_bulk(events[i].data.fd);
            }
        }
    }
}

int main(int argc, char **argv) {
    int conns = 1;
    double seconds = 1;
    clockid_t proxy;
    bool known = false;
    if (argc < 3) usage();
    for (int i = 3; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--small")) small = true;
        if (!strcmp(argv[i], "-c")) conns = (int)strtol(value, NULL, 10);
        if (!strcmp(argv[i], "-d")) seconds = strtod(value, NULL);
        if (!strcmp(argv[i], "--pid"))
            known = clock_getcpuclockid((pid_t)strtol(value, NULL, 10), &proxy) == 0;
    }
    if (conns < 1 || conns > CONNS_MAX || seconds <= 0 || seconds > 60 || !known) usage();
    alarm((unsigned)seconds + 20); // inv. 2
    if ((set = epoll_create1(EPOLL_CLOEXEC)) < 0) die("epoll_create1");
    open_all(argv[1], argv[2], conns);
    for (size_t fd = 0; small && fd < sizeof is_near; fd++)
        if (is_near[fd]) put_small((int)fd);
    run_for(0.2); // warm-up
    uint64_t cpu = clock_ns(proxy), start = clock_ns(CLOCK_MONOTONIC);
    done = 0;
    run_for(seconds);
    double took = (double)(clock_ns(CLOCK_MONOTONIC) - start) / 1e9;
    double cpu_ms = (double)(clock_ns(proxy) - cpu) / 1e6;
    if (done == 0) die("nothing came through");
    printf("{\"conns\":%d,", conns);
    if (small) {
        printf("\"rate\":%.0f,\"cpu_us\":%.3f}\n", (double)done / took,
               cpu_ms * 1e3 / (double)done);
    } else {
        double gib = (double)done / (1024.0 * 1024 * 1024);
        printf("\"rate\":%.2f,\"cpu_ms\":%.2f}\n", gib / took, cpu_ms / gib);
    }
    return 0;
}
