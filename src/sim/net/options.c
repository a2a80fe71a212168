/* SPDX-License-Identifier: MIT */
/* sim/net/options.c: getsockopt() and setsockopt(); see net.h.
 *
 * Most options are int: `int_option` lists the options that have an effect here, and `kept_only`
 * those that are only stored, for getsockopt(). */
#include "sim/net/sock.h"

#include "sim/net/files.h"
#include "sim/net/kept.h"
#include "sim/net/tcp/tcp.h"
#include "sim/net/udp/udp.h"

#include <limits.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h> /* glibc's has no tcpi_bytes_acked */
#include <netinet/udp.h>

#define BUFFER_MIN 2304    /* SOCK_MIN_RCVBUF */
#define BUFFER_MAX 425984u /* twice net.core.rmem_max, as the kernel counts */

/* ---- Options that are only kept -------------------------------------------------------------- */

typedef struct kept_row {
    int level, name, value; /* `value`: before it is set */
} kept_row;

static const kept_row kept_only[] = {
    { SOL_SOCKET, SO_BROADCAST, 0 },
    { SOL_SOCKET, SO_MARK, 0 },
    { SOL_SOCKET, SO_PRIORITY, 0 },
    { SOL_SOCKET, SO_RCVLOWAT, 1 },
    { SOL_SOCKET, SO_DONTROUTE, 0 },
    { SOL_SOCKET, SO_OOBINLINE, 0 },
    { SOL_SOCKET, SO_TIMESTAMP, 0 },
    { SOL_SOCKET, SO_BUSY_POLL, 0 },
    { SOL_SOCKET, SO_INCOMING_CPU, 0 },
    { IPPROTO_IP, IP_TOS, 0 },
    { IPPROTO_IP, IP_TTL, 64 },
    { IPPROTO_IP, IP_PKTINFO, 0 },
    { IPPROTO_IP, IP_RECVTOS, 0 },
    { IPPROTO_IP, IP_RECVERR, 0 },
    { IPPROTO_IP, IP_FREEBIND, 0 },
    { IPPROTO_IP, IP_MTU_DISCOVER, 1 },
    { IPPROTO_IP, IP_MULTICAST_TTL, 1 },
    { IPPROTO_IP, IP_MULTICAST_LOOP, 1 },
    { IPPROTO_IPV6, IPV6_TCLASS, 0 },
    { IPPROTO_IPV6, IPV6_UNICAST_HOPS, 64 },
    { IPPROTO_IPV6, IPV6_RECVPKTINFO, 0 },
    { IPPROTO_IPV6, IPV6_RECVTCLASS, 0 },
    { IPPROTO_IPV6, IPV6_RECVERR, 0 },
    { IPPROTO_IPV6, IPV6_MTU_DISCOVER, 1 },
    { IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1 },
    { IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1 },
    { IPPROTO_TCP, TCP_QUICKACK, 1 },
    { IPPROTO_TCP, TCP_CORK, 0 },
    { IPPROTO_TCP, TCP_MAXSEG, 32768 },
    { IPPROTO_TCP, TCP_SYNCNT, 0 },
    { IPPROTO_TCP, TCP_LINGER2, 60 },
    { IPPROTO_TCP, TCP_NOTSENT_LOWAT, 0 },
    { IPPROTO_TCP, TCP_DEFER_ACCEPT, 0 },
    { IPPROTO_TCP, TCP_FASTOPEN, 0 },
    { IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 0 },
    { IPPROTO_UDP, UDP_GRO, 0 },
};

static const kept_row *options_kept(const edoi_simsock *s, int level, int name) {
    if (level == IPPROTO_TCP && s->ops->type != SOCK_STREAM) return NULL;
    if (level == IPPROTO_UDP && s->ops->type != SOCK_DGRAM) return NULL;
    if (level == IPPROTO_IPV6 && s->family != AF_INET6) return NULL;
    for (size_t i = 0; i < EDO_COUNT(kept_only); i++)
        if (kept_only[i].level == level && kept_only[i].name == name) return &kept_only[i];
    return NULL;
}

/* ---- Options that are a flag of the socket --------------------------------------------------- */

/* The flag of an option; 0: it is none. */
static uint16_t options_flag(const edoi_simsock *s, int level, int name) {
    bool is_tcp = s->ops->type == SOCK_STREAM;
    if (level == SOL_SOCKET && name == SO_REUSEADDR) return EDOI_SIM_REUSEADDR;
    if (level == SOL_SOCKET && name == SO_REUSEPORT) return EDOI_SIM_REUSEPORT;
    if (level == SOL_SOCKET && name == SO_KEEPALIVE) return EDOI_SIM_KEEPALIVE;
    if (level == IPPROTO_IP && name == IP_BIND_ADDRESS_NO_PORT) return EDOI_SIM_PORT_LATER;
    if (level == IPPROTO_TCP && name == TCP_NODELAY && is_tcp) return EDOI_SIM_NODELAY;
    if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY && s->family == AF_INET6)
        return EDOI_SIM_V6ONLY;
    return 0;
}

static int options_set_flag(edoi_simsock *s, uint16_t flag, int value) {
    bool is_bound = s->port || s->remote.port != 0;
    if (flag == EDOI_SIM_V6ONLY && is_bound) return -EINVAL;
    s->flags = (uint16_t)((s->flags & ~flag) | (value ? flag : 0));
    if (flag == EDOI_SIM_KEEPALIVE && s->ops->type == SOCK_STREAM)
        edoi_simtcp_set_timer(edoi_simtcp_of(s), false);
    return 0;
}

/* ---- Numbers --------------------------------------------------------------------------------- */

/* The kernel doubles what it is given, for its own needs. */
static uint32_t options_buffer(int value) {
    uint32_t twice =
        value < 0 || (uint32_t)value > BUFFER_MAX / 2 ? BUFFER_MAX : 2 * (uint32_t)value;
    return twice < BUFFER_MIN ? BUFFER_MIN : twice;
}

static int options_set_socket(edoi_simsock *s, int name, int value) {
    switch (name) {
    case SO_RCVBUF: s->recv_max = options_buffer(value); return 0;
    case SO_SNDBUF: s->send_max = options_buffer(value); return 0;
    default: return -ENOPROTOOPT;
    }
}

/* An idle connection begins to wait anew with other numbers. */
static int options_keep(edoi_simtcp *t) {
    if (t->mode != EDOI_SIMTCP_KEEP) return 0;
    edoi_simtcp_disarm(t);
    edoi_simtcp_set_timer(t, false);
    return 0;
}

static int options_set_tcp(edoi_simtcp *t, int name, int value) {
    switch (name) {
    case TCP_KEEPIDLE:
        if (value < 1 || value > SHRT_MAX) return -EINVAL;
        t->keep_idle = (uint16_t)value;
        return options_keep(t);
    case TCP_KEEPINTVL:
        if (value < 1 || value > SHRT_MAX) return -EINVAL;
        t->keep_interval = (uint16_t)value;
        return options_keep(t);
    case TCP_KEEPCNT:
        if (value < 1 || value > SCHAR_MAX) return -EINVAL;
        t->keep_n = (uint8_t)value;
        return 0;
    case TCP_USER_TIMEOUT:
        if (value < 0) return -EINVAL;
        t->user_timeout = (uint32_t)value;
        return 0;
    default: return -ENOPROTOOPT;
    }
}

static int options_set_int(edoi_simsock *s, int level, int name, int value) {
    uint16_t flag = options_flag(s, level, name);
    if (flag) return options_set_flag(s, flag, value);
    if (options_kept(s, level, name)) return edoi_simkept_set(s, level, name, value);
    if (level == SOL_SOCKET) return options_set_socket(s, name, value);
    if (level == IPPROTO_TCP && s->ops->type == SOCK_STREAM)
        return options_set_tcp(edoi_simtcp_of(s), name, value);
    return -ENOPROTOOPT;
}

static int options_set_linger(edoi_simsock *s, const void *value, socklen_t bytes) {
    struct linger l;
    if (bytes < sizeof l) return -EINVAL;
    memcpy(&l, value, sizeof l);
    s->flags = (uint16_t)((s->flags & ~EDOI_SIM_LINGER) | (l.l_onoff ? EDOI_SIM_LINGER : 0));
    s->linger = (uint16_t)(l.l_linger < 0 ? 0 : l.l_linger > UINT16_MAX ? UINT16_MAX : l.l_linger);
    return 0;
}

int edoi_simnet_setsockopt(edoi_simnode *node, int fd, int level, int name, const void *value,
                           socklen_t bytes) {
    edoi_simsock *s = edoi_simfiles_get(node, fd);
    int n = 0;
    if (!s) return -EBADF;
    if (!value) return -EFAULT;
    if (level == SOL_SOCKET && name == SO_LINGER) return options_set_linger(s, value, bytes);
    if (level == SOL_SOCKET && name == SO_BINDTODEVICE) return -ENODEV;
    // some are a byte to the kernel, too (IP_TOS, IP_MULTICAST_TTL)
    if (bytes < 1) return -EINVAL;
    if (bytes < sizeof n) {
        if (level != IPPROTO_IP) return -EINVAL;
        n = *(const unsigned char *)value;
    } else {
        memcpy(&n, value, sizeof n);
    }
    return options_set_int(s, level, name, n);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static int options_copy(void *to, socklen_t *bytes, const void *from, size_t n) {
    if ((int)*bytes < 0) return -EINVAL;
    if (*bytes > n) *bytes = (socklen_t)n;
    memcpy(to, from, *bytes);
    return 0;
}

static int options_get_info(edoi_simtcp *t, void *value, socklen_t *bytes) {
    struct tcp_info info = { .tcpi_state = t->state };
    if (t->state == EDOI_TCP_LISTEN) {
        info.tcpi_unacked = t->listener->queued;
        info.tcpi_sacked = t->listener->backlog;
        return options_copy(value, bytes, &info, sizeof info);
    }
    if (t->state == EDOI_TCP_TIME_WAIT) info.tcpi_state = EDOI_TCP_CLOSE; // to its program
    info.tcpi_retransmits = t->retries;
    info.tcpi_probes = t->probes;
    info.tcpi_backoff = t->backoff;
    info.tcpi_rto = (uint32_t)(edoi_simtcp_resend_after(t) / 1000);
    info.tcpi_snd_mss = info.tcpi_rcv_mss = EDOI_SIMCHUNK_MAX;
    info.tcpi_unacked = (uint32_t)((t->max - t->una + EDOI_SIMCHUNK_MAX - 1) / EDOI_SIMCHUNK_MAX);
    info.tcpi_rtt = t->round_trip;
    info.tcpi_last_data_recv = (uint32_t)((edoi_simtcp_net(t)->now - t->heard_at) / 1000000);
    info.tcpi_rcv_space = t->base.recv_max;
    uint64_t first = edoi_simtcp_first(t->max);
    info.tcpi_bytes_acked = t->una >= first ? t->una - first + t->has_connected : 0;
    info.tcpi_bytes_received = t->rcv_nxt - edoi_simtcp_first(t->rcv_nxt);
    info.tcpi_notsent_bytes = (uint32_t)(t->end - t->max);
    info.tcpi_snd_wnd = t->edge > t->una ? (uint32_t)(t->edge - t->una) : 0;
    return options_copy(value, bytes, &info, sizeof info);
}

static int options_get_memory(edoi_simsock *s, void *value, socklen_t *bytes) {
    uint32_t memory[SK_MEMINFO_VARS] = { 0 };
    memory[SK_MEMINFO_RCVBUF] = s->recv_max;
    memory[SK_MEMINFO_SNDBUF] = s->send_max;
    if (s->ops->type == SOCK_DGRAM) {
        memory[SK_MEMINFO_RMEM_ALLOC] = edoi_simudp_of(s)->charged;
        memory[SK_MEMINFO_DROPS] = edoi_simudp_of(s)->dropped;
    } else {
        edoi_simtcp *t = edoi_simtcp_of(s);
        memory[SK_MEMINFO_RMEM_ALLOC] = t->rx_bytes;
        memory[SK_MEMINFO_WMEM_QUEUED] = (uint32_t)(t->end - t->una);
        if (t->state == EDOI_TCP_LISTEN) memory[SK_MEMINFO_DROPS] = t->listener->dropped;
    }
    return options_copy(value, bytes, memory, sizeof memory);
}

static int options_get_socket(edoi_simsock *s, int name, int *out) {
    switch (name) {
    case SO_ERROR: *out = -edoi_simsock_take_err(s); return 0;
    case SO_TYPE: *out = s->ops->type; return 0;
    case SO_DOMAIN: *out = s->family; return 0;
    case SO_PROTOCOL: *out = s->ops->protocol; return 0;
    case SO_ACCEPTCONN: *out = (s->flags & EDOI_SIM_LISTENS) != 0; return 0;
    case SO_RCVBUF: *out = (int)s->recv_max; return 0;
    case SO_SNDBUF: *out = (int)s->send_max; return 0;
    default: return -ENOPROTOOPT;
    }
}

static int options_get_tcp(const edoi_simtcp *t, int name, int *out) {
    switch (name) {
    case TCP_KEEPIDLE: *out = t->keep_idle; return 0;
    case TCP_KEEPINTVL: *out = t->keep_interval; return 0;
    case TCP_KEEPCNT: *out = t->keep_n; return 0;
    case TCP_USER_TIMEOUT: *out = (int)t->user_timeout; return 0;
    default: return -ENOPROTOOPT;
    }
}

static int options_get_int(edoi_simsock *s, int level, int name, int *out) {
    uint16_t flag = options_flag(s, level, name);
    const kept_row *kept = options_kept(s, level, name);
    if (flag) {
        *out = (s->flags & flag) != 0;
        return 0;
    }
    if (kept) {
        *out = edoi_simkept_get(s, level, name, kept->value);
        return 0;
    }
    if (level == SOL_SOCKET) return options_get_socket(s, name, out);
    if (level == IPPROTO_TCP && s->ops->type == SOCK_STREAM)
        return options_get_tcp(edoi_simtcp_of(s), name, out);
    return -ENOPROTOOPT;
}

int edoi_simnet_getsockopt(edoi_simnode *node, int fd, int level, int name, void *value,
                           socklen_t *bytes) {
    edoi_simsock *s = edoi_simfiles_get(node, fd);
    int n = 0;
    if (!s) return -EBADF;
    if (!value || !bytes) return -EFAULT;
    if (level == SOL_SOCKET && name == SO_LINGER) {
        struct linger l = { .l_onoff = (s->flags & EDOI_SIM_LINGER) != 0, .l_linger = s->linger };
        return options_copy(value, bytes, &l, sizeof l);
    }
    if (level == SOL_SOCKET && name == SO_MEMINFO) return options_get_memory(s, value, bytes);
    if (level == IPPROTO_TCP && name == TCP_INFO && s->ops->type == SOCK_STREAM)
        return options_get_info(edoi_simtcp_of(s), value, bytes);
    int err = options_get_int(s, level, name, &n);
    return err < 0 ? err : options_copy(value, bytes, &n, sizeof n);
}
