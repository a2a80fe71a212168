/* SPDX-License-Identifier: MIT */
/* net/udp/udp_opts.c: options of UDP sockets that are open, and multicast groups. */
#include "net/socket.h"

#include <edo/udp.h>

#include <errno.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <string.h>

/* Sets an option that has two names; on IPv6 sockets both, for IPv4 over them. */
static int set_both(edo_stream *s, int v4_name, int v6_name, int value) {
    int fd = edoi_socket_fd_of(s, &edoi_udp_ops);
    int family = fd < 0 ? fd : edoi_socket_family(fd);
    if (family < 0) return family;
    int err = edoi_set_int(fd, IPPROTO_IP, v4_name, value);
    return err < 0 || family == AF_INET ? err : edoi_set_int(fd, IPPROTO_IPV6, v6_name, value);
}

int edo_udp_set_broadcast(edo_stream *s, bool on) {
    int fd = edoi_socket_fd_of(s, &edoi_udp_ops);
    return fd < 0 ? fd : edoi_set_int(fd, SOL_SOCKET, SO_BROADCAST, on);
}

int edo_udp_set_ttl(edo_stream *s, uint8_t hops) {
    return set_both(s, IP_TTL, IPV6_UNICAST_HOPS, hops);
}

int edo_udp_set_tos(edo_stream *s, uint8_t tos) {
    return set_both(s, IP_TOS, IPV6_TCLASS, tos);
}

int edo_udp_set_pktinfo(edo_stream *s, bool on) {
    return set_both(s, IP_PKTINFO, IPV6_RECVPKTINFO, on);
}

int edo_udp_set_gro(edo_stream *s, bool on) {
    int fd = edoi_socket_fd_of(s, &edoi_udp_ops);
    return fd < 0 ? fd : edoi_set_int(fd, SOL_UDP, UDP_GRO, on);
}

int edo_udp_set_multicast_ttl(edo_stream *s, uint8_t hops) {
    return set_both(s, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, hops);
}

int edo_udp_set_multicast_loop(edo_stream *s, bool on) {
    return set_both(s, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, on);
}

/* The index of an interface; 0 for NULL. */
static int device_index(uint32_t *out, const char *device) {
    *out = device ? if_nametoindex(device) : 0;
    return device && *out == 0 ? -ENODEV : 0;
}

int edo_udp_set_multicast_device(edo_stream *s, const char *device) {
    uint32_t index = 0;
    int fd = edoi_socket_fd_of(s, &edoi_udp_ops);
    int family = fd < 0 ? fd : edoi_socket_family(fd);
    int err = family < 0 ? family : device_index(&index, device);
    if (err < 0) return err;
    struct ip_mreqn request = { .imr_ifindex = (int)index };
    if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request) < 0)
        return edoi_errno();
    return family == AF_INET ? 0 : edoi_set_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)index);
}

/* To where all is 0. */
static void copy_addr(struct sockaddr_storage *to, const edo_addr *addr) {
    memcpy(to, &addr->sock, addr->bytes < sizeof *to ? addr->bytes : sizeof *to);
}

/* Can the socket receive what is sent to the group? An IPv6 socket that takes IPv4, too, is a
 * member of IPv4 groups by the options of IPv4. */
static int check_group(int fd, int family, const edo_addr *group) {
    int only_v6 = 0;
    socklen_t bytes = sizeof only_v6;
    if (group->sock.any.sa_family == family) return 0;
    if (group->sock.any.sa_family != AF_INET || family != AF_INET6) return -EINVAL;
    if (getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, &bytes) < 0) return edoi_errno();
    return only_v6 ? -EINVAL : 0;
}

/* Joins or leaves: `any` is the option for all sources, `one` for a single one. */
static int change_group(edo_stream *s, const edo_addr *group, const edo_addr *source,
                        const char *device, int any, int one) {
    uint32_t index = 0;
    int fd = edoi_socket_fd_of(s, &edoi_udp_ops);
    int family = fd < 0 ? fd : edoi_socket_family(fd);
    int err = family < 0 ? family : device_index(&index, device);
    if (err == 0) err = check_group(fd, family, group);
    if (err < 0) return err;
    int level = group->sock.any.sa_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
    struct group_req plain = { .gr_interface = index };
    struct group_source_req from = { .gsr_interface = index };
    copy_addr(source ? &from.gsr_group : &plain.gr_group, group);
    if (source) copy_addr(&from.gsr_source, source);
    int failed = source ? setsockopt(fd, level, one, &from, sizeof from)
                        : setsockopt(fd, level, any, &plain, sizeof plain);
    return failed ? edoi_errno() : 0;
}

int edo_udp_join(edo_stream *s, const edo_addr *group, const edo_addr *source, const char *device) {
    return change_group(s, group, source, device, MCAST_JOIN_GROUP, MCAST_JOIN_SOURCE_GROUP);
}

int edo_udp_leave(edo_stream *s, const edo_addr *group, const edo_addr *source,
                  const char *device) {
    return change_group(s, group, source, device, MCAST_LEAVE_GROUP, MCAST_LEAVE_SOURCE_GROUP);
}
