/* SPDX-License-Identifier: MIT */
/* sim/calls/sockets.c: sockets, and what is sent and received by them. */
#include "sim/calls/calls.h"

#include <sys/socket.h>

EDOI_SIM_CALLS(sockets);

int socket(int domain, int type, int protocol) {
    edoi_sim_host *h = edoi_sim_here();
    bool is_local = domain == AF_UNIX || domain == AF_NETLINK;
    if (!h || is_local) return EDOI_SIM_NEXT(socket)(domain, type, protocol);
    return edoi_sim_return(edoi_simnet_socket(h->node, domain, type, protocol));
}

int bind(int fd, __CONST_SOCKADDR_ARG addr, socklen_t bytes) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(bind)(fd, addr, bytes);
    return edoi_sim_return(edoi_simnet_bind(h->node, fd, addr.__sockaddr__, bytes));
}

int listen(int fd, int backlog) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(listen)(fd, backlog);
    return edoi_sim_return(edoi_simnet_listen(h->node, fd, backlog));
}

int accept4(int fd, __SOCKADDR_ARG addr, socklen_t *bytes, int flags) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(accept4)(fd, addr, bytes, flags);
    return edoi_sim_return(edoi_simnet_accept4(h->node, fd, addr.__sockaddr__, bytes, flags));
}

int accept(int fd, __SOCKADDR_ARG addr, socklen_t *bytes) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(accept)(fd, addr, bytes);
    return edoi_sim_return(edoi_simnet_accept4(h->node, fd, addr.__sockaddr__, bytes, 0));
}

int connect(int fd, __CONST_SOCKADDR_ARG addr, socklen_t bytes) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(connect)(fd, addr, bytes);
    return edoi_sim_return(edoi_simnet_connect(h->node, fd, addr.__sockaddr__, bytes));
}

int shutdown(int fd, int how) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(shutdown)(fd, how);
    return edoi_sim_return(edoi_simnet_shutdown(h->node, fd, how));
}

int getsockname(int fd, __SOCKADDR_ARG addr, socklen_t *bytes) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(getsockname)(fd, addr, bytes);
    return edoi_sim_return(edoi_simnet_getsockname(h->node, fd, addr.__sockaddr__, bytes));
}

int getpeername(int fd, __SOCKADDR_ARG addr, socklen_t *bytes) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(getpeername)(fd, addr, bytes);
    return edoi_sim_return(edoi_simnet_getpeername(h->node, fd, addr.__sockaddr__, bytes));
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *bytes) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(getsockopt)(fd, level, name, value, bytes);
    return edoi_sim_return(edoi_simnet_getsockopt(h->node, fd, level, name, value, bytes));
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t bytes) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(setsockopt)(fd, level, name, value, bytes);
    return edoi_sim_return(edoi_simnet_setsockopt(h->node, fd, level, name, value, bytes));
}

ssize_t send(int fd, const void *buf, size_t n, int flags) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(send)(fd, buf, n, flags);
    return edoi_sim_return_n(edoi_simnet_send(h->node, fd, buf, n, flags));
}

ssize_t recv(int fd, void *buf, size_t n, int flags) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(recv)(fd, buf, n, flags);
    return edoi_sim_return_n(edoi_simnet_recv(h->node, fd, buf, n, flags));
}

ssize_t sendto(int fd, const void *buf, size_t n, int flags, __CONST_SOCKADDR_ARG to,
               socklen_t bytes) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(sendto)(fd, buf, n, flags, to, bytes);
    return edoi_sim_return_n(
        edoi_simnet_sendto(h->node, fd, buf, n, flags, to.__sockaddr__, bytes));
}

ssize_t recvfrom(int fd, void *restrict buf, size_t n, int flags, __SOCKADDR_ARG from,
                 socklen_t *restrict bytes) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(recvfrom)(fd, buf, n, flags, from, bytes);
    return edoi_sim_return_n(
        edoi_simnet_recvfrom(h->node, fd, buf, n, flags, from.__sockaddr__, bytes));
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(sendmsg)(fd, msg, flags);
    return edoi_sim_return_n(edoi_simnet_sendmsg(h->node, fd, msg, flags));
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(recvmsg)(fd, msg, flags);
    return edoi_sim_return_n(edoi_simnet_recvmsg(h->node, fd, msg, flags));
}

int sendmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(sendmmsg)(fd, msgs, n, flags);
    return edoi_sim_return(edoi_simnet_sendmmsg(h->node, fd, msgs, n, flags));
}

int recvmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags, struct timespec *timeout) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(recvmmsg)(fd, msgs, n, flags, timeout);
    return edoi_sim_return(edoi_simnet_recvmmsg(h->node, fd, msgs, n, flags));
}
