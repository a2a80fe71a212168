/* SPDX-License-Identifier: MIT */
/* sim/net/net.h: sockets without a kernel: hosts, the links between them, TCP and UDP, epoll and
 * poll, in virtual time.
 *
 * A net has nodes, the hosts, and turns nothing by itself: its time stands still until
 * edoi_simnet_advance() moves it, which runs what is due (arrivals, timers) in order. A node calls
 * the functions named after system calls; they never wait. Equal calls with an equal seed have
 * equal results: no clock, no address of memory and no other chance decides anything.
 *
 *     program of a node                this module                         program of another
 *     edoi_simnet_send() -> send buffer -> packet -> link -> arrival event -> receive buffer
 *                                          (latency, loss, cut, hold)          -> its epoll sets
 *
 * All calls return >= 0 or a negative errno, as libc's -1 with errno would be. -ENOMEM leaves
 * everything as it was; a packet that finds no memory is lost, and TCP sends it again.
 *
 * Threads: a net and all that belongs to it is used by one thread at a time.
 *
 * Limits: no AF_UNIX, no multicast, no broadcast, no urgent data; Nagle's algorithm and congestion
 * control are left out, so a segment leaves as soon as the peer's window has room for it. */
#ifndef EDOI_SIM_NET_NET_H
#define EDOI_SIM_NET_NET_H

#include <edo/base.h>

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

typedef struct edoi_simnet edoi_simnet;
typedef struct edoi_simnode edoi_simnode;

/* ---- The net and its time -------------------------------------------------------------------- */

/* What the net cannot decide alone: `fd` is the descriptor of the call. */
typedef void edoi_simnet_hook(void *arg, edoi_simnode *node, int fd);

/* What becomes of a packet. One that is lost on its way was sent first. */
typedef enum edoi_simfate {
    EDOI_SIM_SENT,
    EDOI_SIM_ARRIVED,
    EDOI_SIM_LOST,
    EDOI_SIM_HELD,
} edoi_simfate;

struct edoi_simpacket;
typedef void edoi_simpacket_hook(void *arg, const struct edoi_simpacket *p, edoi_simfate fate);

typedef struct edoi_simnet_opts {
    uint64_t seed;
    bool shuffle;                  /* events of one time run in an order by the seed, not in the one
                                      they were made in; what TCP sends in order stays in order */
    edoi_simnet_hook *on_blocking; /* a call on a blocking socket would wait; it then returns
                                      -EDEADLK. May be NULL */
    edoi_simnet_hook *on_sigpipe;  /* the kernel would send SIGPIPE: -EPIPE without MSG_NOSIGNAL.
                                      May be NULL */
    edoi_simpacket_hook *on_packet; /* something becomes of a packet. May be NULL */
    void *arg;                      /* of all three */
} edoi_simnet_opts;

/* NULL for `opts`: all zero. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_simnet_new(edoi_simnet **out, const edoi_simnet_opts *opts);

/* Frees the net with its nodes and all that they have open. NULL is allowed. */
void edoi_simnet_free(edoi_simnet *net);

/* Nanoseconds since the net was made. */
int64_t edoi_simnet_now(const edoi_simnet *net);

/* When the earliest event is due; INT64_MAX: there is none. It may be `now`, also right behind a
 * call: what is sent over loopback is under way until the next advance. */
int64_t edoi_simnet_next(const edoi_simnet *net);

/* Moves the time to `ns`, which is not before now, and runs all events that are due until then,
 * each at its own time, also those that they make. A caller that wants programs to run in between
 * advances to edoi_simnet_next() only. */
void edoi_simnet_advance(edoi_simnet *net, int64_t ns);

/* A number by the seed, for what has to be random and repeatable. */
uint64_t edoi_simnet_random(edoi_simnet *net);

/* ---- Nodes ----------------------------------------------------------------------------------- */

/* Adds a host. `name` is copied. Either address may be NULL; 127.0.0.0/8 and ::1 are there anyway.
 * The node belongs to the net. Errors: -ENOMEM, -EADDRINUSE another node has the address, -EINVAL
 * the address is one that no host can have. */
EDO_MUST_USE int edoi_simnode_add(edoi_simnet *net, edoi_simnode **out, const char *name,
                                  const struct in_addr *ipv4, const struct in6_addr *ipv6);

const char *edoi_simnode_name(const edoi_simnode *node);
edoi_simnet *edoi_simnode_net(const edoi_simnode *node);

/* The node that has the address; NULL: none, as for a loopback address. */
edoi_simnode *edoi_simnode_at(const edoi_simnet *net, const struct sockaddr *addr);

/* The machine stops: from now on its packets, also those under way, are lost, and so are packets to
 * it; no peer gets a FIN or RST. For its own program the descriptors still work, as if the cable
 * was pulled, loopback included, so that tasks can run to their end. A close sends nothing. */
void edoi_simnode_crash(edoi_simnode *node);

/* The machine runs again, with a fresh kernel under the former addresses: it knows none of the
 * former connections and returns RST for their segments. Descriptors of the former program stay
 * until they are closed, as after the crash. A node that runs is crashed first. */
void edoi_simnode_restart(edoi_simnode *node);

/* The program is killed: what it says from now on until edoi_simnode_exit() is lost, though its
 * calls succeed, and it makes no connection, so that tasks can run to their end. What it has
 * written before goes out. */
void edoi_simnode_kill(edoi_simnode *node);

/* The program ended, and the machine runs on: closes all descriptors of the node, as the kernel
 * does, and forgets its epoll sets. Another program may follow. */
void edoi_simnode_exit(edoi_simnode *node);

/* The program stands still while its kernel goes on, which acknowledges and buffers until it is
 * full. The only effect is that edoi_simnode_has_events() is false meanwhile. */
void edoi_simnode_pause(edoi_simnode *node);
void edoi_simnode_resume(edoi_simnode *node);

bool edoi_simnode_is_up(const edoi_simnode *node); /* false between crash and restart */
bool edoi_simnode_is_paused(const edoi_simnode *node);

/* Would edoi_simwatch_wait() of one of its epoll sets report something? Exact and cheap. */
bool edoi_simnode_has_events(edoi_simnode *node);

/* ---- Links ----------------------------------------------------------------------------------- */

/* The way from one node to another. A packet takes `latency_min`, and an exponentially distributed
 * time with the mean `latency_mean` beside that, at most `latency_max` in all (0: no limit).
 * Rates are parts of a million. */
typedef struct edoi_simlink_opts {
    int64_t latency_min, latency_mean, latency_max; /* nanoseconds */
    uint32_t segment_loss;   /* of TCP's segments, which are then sent again */
    uint32_t datagram_loss;  /* of UDP's packets */
    uint32_t datagram_twice; /* arrive twice */
    uint32_t datagram_late;  /* are overtaken: they take up to `late_max` longer. All others arrive
                                in the order of sending */
    int64_t late_max;        /* nanoseconds; 0: as long as the packet takes anyway */
} edoi_simlink_opts;

/* Sets a way; NULL for both nodes: all ways between two nodes that were not set by name. A new net
 * has all zero, and so has loopback. Packets under way stay as they are. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_simlink_set(edoi_simnet *net, edoi_simnode *from, edoi_simnode *to,
                                  const edoi_simlink_opts *opts);

/* Cuts one way: what is sent, and what is under way, is lost without a word, until it is healed. A
 * partition is a cut of both ways between all nodes of its sides. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_simlink_cut(edoi_simnet *net, edoi_simnode *from, edoi_simnode *to);
void edoi_simlink_heal(edoi_simnet *net, edoi_simnode *from, edoi_simnode *to);

/* Holds back all packets at the far end of one way, which wait in order; release delivers them
 * within the call. A cut during that loses them. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_simlink_hold(edoi_simnet *net, edoi_simnode *from, edoi_simnode *to);
void edoi_simlink_release(edoi_simnet *net, edoi_simnode *from, edoi_simnode *to);

/* Both ends of all TCP connections between two nodes get an RST, at once. Walks all connections of
 * the net. */
void edoi_simlink_reset(edoi_simnet *net, edoi_simnode *a, edoi_simnode *b);

/* ---- Descriptors ----------------------------------------------------------------------------- */

/* The least number of a simulated descriptor: above all numbers of the kernel's. Numbers are of the
 * whole net, and the one closed last is given out first. */
#define EDOI_SIMNET_FD_MIN 0x01000000

EDOI_INLINE bool edoi_simnet_is_fd(int fd) {
    return fd >= EDOI_SIMNET_FD_MIN;
}

/* The node whose descriptor it is; NULL: it is not open. */
edoi_simnode *edoi_simnet_owner(const edoi_simnet *net, int fd);

/* As the system calls, by a program of the node. -EBADF: also a descriptor of another node. */
EDO_MUST_USE int edoi_simnet_socket(edoi_simnode *node, int domain, int type, int protocol);
EDO_MUST_USE int edoi_simnet_close(edoi_simnode *node, int fd);
EDO_MUST_USE int edoi_simnet_dup(edoi_simnode *node, int fd);
/* Onto a simulated number, open or not so far, of this node. */
EDO_MUST_USE int edoi_simnet_dup3(edoi_simnode *node, int old_fd, int new_fd, int flags);
/* F_GETFL, F_SETFL, F_GETFD, F_SETFD, F_DUPFD, F_DUPFD_CLOEXEC (whose `arg` is a minimum of the
 * kernel's numbers, and ignored); others: -EINVAL. */
EDO_MUST_USE int edoi_simnet_fcntl(edoi_simnode *node, int fd, int cmd, long arg);
/* FIONREAD, SIOCOUTQ, FIONBIO; others: -ENOTTY. */
EDO_MUST_USE int edoi_simnet_ioctl(edoi_simnode *node, int fd, unsigned long request, void *arg);

EDO_MUST_USE int edoi_simnet_bind(edoi_simnode *node, int fd, const struct sockaddr *addr,
                                  socklen_t bytes);
EDO_MUST_USE int edoi_simnet_listen(edoi_simnode *node, int fd, int backlog);
EDO_MUST_USE int edoi_simnet_accept4(edoi_simnode *node, int fd, struct sockaddr *addr,
                                     socklen_t *bytes, int flags);
EDO_MUST_USE int edoi_simnet_connect(edoi_simnode *node, int fd, const struct sockaddr *addr,
                                     socklen_t bytes);
EDO_MUST_USE int edoi_simnet_shutdown(edoi_simnode *node, int fd, int how);
EDO_MUST_USE int edoi_simnet_getsockname(edoi_simnode *node, int fd, struct sockaddr *addr,
                                         socklen_t *bytes);
EDO_MUST_USE int edoi_simnet_getpeername(edoi_simnode *node, int fd, struct sockaddr *addr,
                                         socklen_t *bytes);
EDO_MUST_USE int edoi_simnet_getsockopt(edoi_simnode *node, int fd, int level, int name,
                                        void *value, socklen_t *bytes);
EDO_MUST_USE int edoi_simnet_setsockopt(edoi_simnode *node, int fd, int level, int name,
                                        const void *value, socklen_t bytes);

/* ---- Bytes ----------------------------------------------------------------------------------- */

/* Flags: MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, MSG_WAITALL (only what is there), MSG_NOSIGNAL,
 * MSG_MORE (ignored), MSG_ERRQUEUE (-EAGAIN); MSG_OOB is refused with -EOPNOTSUPP on a send, and
 * -EINVAL on a receive. Control messages are ignored on a send; a receive returns none. */
EDO_MUST_USE ssize_t edoi_simnet_sendto(edoi_simnode *node, int fd, const void *buf, size_t n,
                                        int flags, const struct sockaddr *to, socklen_t to_bytes);
EDO_MUST_USE ssize_t edoi_simnet_recvfrom(edoi_simnode *node, int fd, void *buf, size_t n,
                                          int flags, struct sockaddr *from, socklen_t *from_bytes);
EDO_MUST_USE ssize_t edoi_simnet_sendmsg(edoi_simnode *node, int fd, const struct msghdr *msg,
                                         int flags);
EDO_MUST_USE ssize_t edoi_simnet_recvmsg(edoi_simnode *node, int fd, struct msghdr *msg, int flags);

/* As sendmmsg() and recvmmsg(): the number of messages, or the error of the first. `msgs` points to
 * struct mmsghdr, which libc's headers have only for programs of GNU. */
struct mmsghdr;
EDO_MUST_USE int edoi_simnet_sendmmsg(edoi_simnode *node, int fd, struct mmsghdr *msgs, unsigned n,
                                      int flags);
EDO_MUST_USE int edoi_simnet_recvmmsg(edoi_simnode *node, int fd, struct mmsghdr *msgs, unsigned n,
                                      int flags);

EDO_MUST_USE ssize_t edoi_simnet_readv(edoi_simnode *node, int fd, const struct iovec *vecs, int n);
EDO_MUST_USE ssize_t edoi_simnet_writev(edoi_simnode *node, int fd, const struct iovec *vecs,
                                        int n);

EDOI_INLINE ssize_t edoi_simnet_send(edoi_simnode *node, int fd, const void *buf, size_t n,
                                     int flags) {
    return edoi_simnet_sendto(node, fd, buf, n, flags, NULL, 0);
}

EDOI_INLINE ssize_t edoi_simnet_recv(edoi_simnode *node, int fd, void *buf, size_t n, int flags) {
    return edoi_simnet_recvfrom(node, fd, buf, n, flags, NULL, NULL);
}

/* read() and write(). */
EDOI_INLINE ssize_t edoi_simnet_read(edoi_simnode *node, int fd, void *buf, size_t n) {
    return edoi_simnet_recvfrom(node, fd, buf, n, 0, NULL, NULL);
}

EDOI_INLINE ssize_t edoi_simnet_write(edoi_simnode *node, int fd, const void *buf, size_t n) {
    return edoi_simnet_sendto(node, fd, buf, n, 0, NULL, 0);
}

/* ---- Readiness ------------------------------------------------------------------------------- */

/* epoll_ctl() of a simulated descriptor. `epfd` is the number of a real epoll descriptor, here only
 * a key: a set begins with its first ADD. As in the kernel, what is watched is the pair of an open
 * file and a number: the last close of the file ends that, a copy of the number keeps it. Errors:
 * -EEXIST, -ENOENT, -EBADF, -EINVAL, -ENOMEM. */
EDO_MUST_USE int edoi_simwatch_ctl(edoi_simnode *node, int epfd, int op, int fd,
                                   const struct epoll_event *event);

/* epoll_wait() with timeout 0: the number of events, 0 if the set is not known here. */
EDO_MUST_USE int edoi_simwatch_wait(edoi_simnode *node, int epfd, struct epoll_event *events,
                                    int max);

/* The real epoll descriptor is closed: forgets the set. Its number may then be another one's. */
void edoi_simwatch_close(edoi_simnode *node, int epfd);

/* What poll() would report of the descriptor, were all asked for (POLLIN has EPOLLIN's number, and
 * so on); a caller masks it, but for POLLERR, POLLHUP and POLLNVAL: the last says that it is not
 * open. */
uint32_t edoi_simnet_poll_mask(edoi_simnode *node, int fd);

#endif
