/* SPDX-License-Identifier: MIT */
/* floor-udp [--single] HOST:PORT: the cheapest UDP echo server that does nothing else.
 *
 * One thread, one level-triggered epoll set with one socket. A turn takes up to 64 datagrams by one
 * recvmmsg() and sends them back by one sendmmsg(); with --single each is taken by recvfrom() and
 * sent by sendto(), until there is none. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define AT_ONCE      64
#define PACKET_BYTES 2048

static char buffers[AT_ONCE][PACKET_BYTES];
static struct mmsghdr messages[AT_ONCE];
static struct iovec spans[AT_ONCE];
static struct sockaddr_storage senders[AT_ONCE];

static bool parse_addr(char *text, struct sockaddr_in *addr) {
    char *colon = strrchr(text, ':');
    if (!colon) return false;
    *colon = '\0';
    *addr = (struct sockaddr_in){ .sin_family = AF_INET };
    addr->sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    return inet_pton(AF_INET, text, &addr->sin_addr) == 1;
}

static void echo_many(int fd) {
    for (int i = 0; i < AT_ONCE; i++) {
        spans[i] = (struct iovec){ .iov_base = buffers[i], .iov_len = PACKET_BYTES };
        messages[i].msg_hdr = (struct msghdr){ .msg_name = &senders[i],
                                               .msg_namelen = sizeof senders[i],
                                               .msg_iov = &spans[i],
                                               .msg_iovlen = 1 };
    }
    int n = recvmmsg(fd, messages, AT_ONCE, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) spans[i].iov_len = messages[i].msg_len;
    for (int sent = 0; sent < n;) {
        int m = sendmmsg(fd, messages + sent, (unsigned)(n - sent), 0);
        if (m <= 0) return;
        sent += m;
    }
}

static void echo_singly(int fd) {
    for (;;) {
        struct sockaddr *from = (struct sockaddr *)(void *)&senders[0];
        socklen_t len = sizeof senders[0];
        ssize_t n = recvfrom(fd, buffers[0], PACKET_BYTES, MSG_DONTWAIT, from, &len);
        if (n < 0) return;
        (void)!sendto(fd, buffers[0], (size_t)n, 0, from, len);
    }
}

int main(int argc, char **argv) {
    struct sockaddr_in addr;
    bool single = argc == 3 && !strcmp(argv[1], "--single");
    if (argc < 2 || !parse_addr(argv[argc - 1], &addr)) {
        fprintf(stderr, "usage: floor-udp [--single] HOST:PORT\n");
        return 2;
    }
    int set = epoll_create1(EPOLL_CLOEXEC), fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct epoll_event ev = { .events = EPOLLIN };
    if (set < 0 || fd < 0 || bind(fd, (const struct sockaddr *)&addr, sizeof addr) < 0 ||
        epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev) < 0) {
        perror("floor-udp");
        return 1;
    }
    for (;;) {
        if (epoll_wait(set, &ev, 1, -1) <= 0) continue;
        if (single) {
            echo_singly(fd);
        } else {
            echo_many(fd);
        }
    }
}
