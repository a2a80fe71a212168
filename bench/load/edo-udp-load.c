/* SPDX-License-Identifier: MIT */
/* edo-udp-load HOST:PORT -w window -d seconds --pid PID: a bounded load on a UDP echo server of
 * this machine; prints one line of JSON.
 *
 * `window` datagrams of 64 bytes are under way on one socket; each that is back is sent again. A
 * second without any means that one was lost: the whole window is sent anew. PID is the server,
 * whose CPU time a datagram is the figure.
 *
 * inv. 1: only 127.0.0.0/8 is ever contacted.
 * inv. 2: it ends: an alarm stops a run whose server hangs. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WINDOW_MAX 64
#define BYTES      64

static struct mmsghdr messages[WINDOW_MAX];
static struct iovec spans[WINDOW_MAX];
static char buffers[WINDOW_MAX][BYTES];

static uint64_t clock_ns(clockid_t id) {
    struct timespec ts;
    if (clock_gettime(id, &ts) < 0) {
        perror("edo-udp-load: the server's clock");
        exit(1);
    }
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void usage(void) {
    fprintf(stderr, "usage: edo-udp-load HOST:PORT -w window -d seconds --pid PID\n");
    exit(2);
}

static int connect_to(char *text) {
    char *colon = strrchr(text, ':');
    struct sockaddr_in to = { .sin_family = AF_INET };
    if (!colon) usage();
    *colon = '\0';
    to.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    if (inet_pton(AF_INET, text, &to.sin_addr) != 1) usage();
    if (ntohl(to.sin_addr.s_addr) >> 24 != 127) usage(); // inv. 1
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct timeval wait = { .tv_sec = 1 };
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) < 0) {
        perror("edo-udp-load");
        exit(1);
    }
    return fd;
}

/* Sends `n`, and takes what is back; a loss is made up for. Returns how many came. */
static unsigned turn(int fd, unsigned n, unsigned window, uint64_t *lost) {
    for (unsigned sent = 0; sent < n;) {
        int m = sendmmsg(fd, messages + sent, n - sent, 0);
        if (m > 0) sent += (unsigned)m;
        if (m < 0 && errno != ECONNREFUSED && errno != EAGAIN && errno != ENOBUFS) exit(1);
    }
    int got = recvmmsg(fd, messages, window, MSG_WAITFORONE, NULL);
    if (got > 0) return (unsigned)got;
    ++*lost;
    return window;
}

static uint64_t run_for(int fd, unsigned *due, unsigned window, double seconds, uint64_t *lost) {
    uint64_t end = clock_ns(CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e9), done = 0;
    while (clock_ns(CLOCK_MONOTONIC) < end) {
        *due = turn(fd, *due, window, lost);
        done += *due;
    }
    return done;
}

int main(int argc, char **argv) {
    unsigned window = 1;
    double seconds = 1;
    clockid_t server;
    bool known = false;
    if (argc < 2) usage();
    for (int i = 2; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "-w")) window = (unsigned)strtoul(argv[i + 1], NULL, 10);
        if (!strcmp(argv[i], "-d")) seconds = strtod(argv[i + 1], NULL);
        if (!strcmp(argv[i], "--pid"))
            known = clock_getcpuclockid((pid_t)strtol(argv[i + 1], NULL, 10), &server) == 0;
    }
    if (window < 1 || window > WINDOW_MAX || seconds <= 0 || seconds > 60 || !known) usage();
    alarm((unsigned)seconds + 20); // inv. 2
    for (int i = 0; i < WINDOW_MAX; i++) {
        spans[i] = (struct iovec){ .iov_base = buffers[i], .iov_len = BYTES };
        messages[i].msg_hdr = (struct msghdr){ .msg_iov = &spans[i], .msg_iovlen = 1 };
    }
    int fd = connect_to(argv[1]);
    unsigned due = window;
    uint64_t lost = 0;
    (void)run_for(fd, &due, window, 0.2, &lost); // warm-up
    uint64_t cpu = clock_ns(server), start = clock_ns(CLOCK_MONOTONIC);
    uint64_t done = run_for(fd, &due, window, seconds, &lost);
    double took = (double)(clock_ns(CLOCK_MONOTONIC) - start) / 1e9;
    cpu = clock_ns(server) - cpu;
    printf("{\"window\":%u,\"packets\":%llu,\"lost\":%llu,\"rate\":%.0f,\"cpu_us\":%.3f}\n", window,
           (unsigned long long)done, (unsigned long long)lost, (double)done / took,
           (double)cpu / 1e3 / (double)(done ? done : 1));
    return 0;
}
