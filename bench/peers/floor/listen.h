/* SPDX-License-Identifier: MIT */
/* listen.h: the listener of the bare loops. */
#ifndef FLOOR_LISTEN_H
#define FLOOR_LISTEN_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* `text` is "ADDRESS:PORT", and is cut. Returns a listener that does not block, or -1. */
static int listen_on(char *text) {
    char *colon = strrchr(text, ':');
    if (!colon) return -1;
    *colon++ = '\0';
    struct sockaddr_in addr = { .sin_family = AF_INET,
                                .sin_port = htons((uint16_t)strtoul(colon, NULL, 10)) };
    if (inet_pton(AF_INET, text, &addr.sin_addr) != 1) return -1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0 || listen(fd, 4096) < 0) return -1;
    return fd;
}

#endif
