/* SPDX-License-Identifier: MIT */
/* floor-threads HOST:PORT: an echo server with a thread for each connection, which reads and writes
 * as if it were alone.
 *
 * Threads are as pthread_create() makes them, and detached. Each has the buffer of 16 KiB that the
 * other echo servers have, on its stack. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static void *echo(void *arg) {
    int fd = (int)(intptr_t)arg;
    char buffer[16 * 1024];
    ssize_t n;
    while ((n = recv(fd, buffer, sizeof buffer, 0)) > 0) {
        for (ssize_t at = 0, written; at < n; at += written)
            if ((written = send(fd, buffer + at, (size_t)(n - at), MSG_NOSIGNAL)) <= 0) goto over;
    }
over:
    close(fd);
    return NULL;
}

static int listen_on(char *text) {
    struct sockaddr_in at = { .sin_family = AF_INET };
    char *colon = strrchr(text, ':');
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!colon || fd < 0) return -1;
    *colon++ = '\0';
    at.sin_port = htons((uint16_t)strtoul(colon, NULL, 10));
    if (inet_pton(AF_INET, text, &at.sin_addr) != 1) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 4096) < 0) return -1;
    return fd;
}

int main(int argc, char **argv) {
    struct rlimit files;
    pthread_attr_t detached;
    pthread_t thread;
    int on = 1, listener = argc == 2 ? listen_on(argv[1]) : -1;
    if (listener < 0) {
        fprintf(stderr, "usage: floor-threads HOST:PORT (%s)\n", strerror(errno));
        return 2;
    }
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (pthread_create(&thread, &detached, echo, (void *)(intptr_t)fd) != 0) close(fd);
    }
}
