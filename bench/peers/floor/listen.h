/* SPDX-License-Identifier: MIT */
/* listen.h: the listener of the bare loops. */
#ifndef FLOOR_LISTEN_H
#define FLOOR_LISTEN_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* `text` is "ADDRESS:PORT" or "unix:PATH", and is cut. Returns a listener that does not block, or
 * -1. */
static int listen_on(char *text) {
    union {
        struct sockaddr base;
        struct sockaddr_in in;
        struct sockaddr_un un;
    } addr = { .un = { .sun_family = AF_UNIX } };
    char *colon = strrchr(text, ':');
    if (!colon) return -1;
    *colon++ = '\0';
    bool is_tcp = strcmp(text, "unix") != 0;
    if (is_tcp) {
        addr.in = (struct sockaddr_in){ .sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)strtoul(colon, NULL, 10)) };
        if (inet_pton(AF_INET, text, &addr.in.sin_addr) != 1) return -1;
    } else {
        strncpy(addr.un.sun_path, colon, sizeof addr.un.sun_path - 1);
    }
    int fd = socket(addr.base.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) return -1;
    if (is_tcp) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, &addr.base, is_tcp ? sizeof addr.in : sizeof addr.un) < 0 ||
        listen(fd, 4096) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

#endif
