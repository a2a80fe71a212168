/* SPDX-License-Identifier: MIT */
/* net/vsock/vsock.c: listens. Connections are made as those of TCP are: net/tcp/connect.c. */
#include "net/vsock/vsock.h"

#include <edo/vsock.h>

#include <errno.h>
#include <unistd.h>

int edoi_vsock_socket(int *out, const edo_addr *addr) {
    if (addr->bytes == 0 || addr->sock.any.sa_family != AF_VSOCK) return -EAFNOSUPPORT;
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return edoi_errno();
    *out = fd;
    return 0;
}

int edo_vsock_listen(edo_listener **out, const edo_addr *addr) {
    int fd = -1;
    int err = edoi_vsock_socket(&fd, addr);
    if (err < 0) return err;
    if (bind(fd, &addr->sock.any, addr->bytes) < 0) err = edoi_errno();
    if (err == 0) err = edoi_listen(fd, 0);
    if (err == 0) err = edoi_listener_new(out, fd, &edoi_vsock_ops, EDOI_CALLER());
    if (err < 0) (void)close(fd);
    return err;
}
