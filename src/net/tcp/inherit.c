/* SPDX-License-Identifier: MIT */
/* net/tcp/inherit.c: listeners that other processes have opened.
 *
 * The protocol of sd_listen_fds(3): descriptors from 3 on are this process's if LISTEN_PID is its
 * number; LISTEN_FDS says how many, LISTEN_FDNAMES their names, with colons between. */
#include "base/atomic.h"
#include "net/socket.h"
#include "records/handles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_FD 3
#define FDS_MAX  64u /* as many as `taken` has bits */

static edo_atomic_u64 taken; /* atomic, relaxed: bit i: descriptor FIRST_FD + i has a listener */

static int inherit_set_flags(int fd) {
    int status = fcntl(fd, F_GETFL), own = fcntl(fd, F_GETFD);
    if (status < 0 || own < 0) return edoi_errno();
    if (fcntl(fd, F_SETFL, status | O_NONBLOCK) < 0) return edoi_errno();
    return fcntl(fd, F_SETFD, own | FD_CLOEXEC) < 0 ? edoi_errno() : 0;
}

static int inherit_make(edo_listener **out, int fd, const void *caller) {
    const edo_stream_ops *kind = NULL;
    int listens = 0;
    socklen_t bytes = sizeof listens;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &bytes) < 0) return edoi_errno();
    int err = listens ? edoi_socket_kind(&kind, fd) : -ENOTSUP;
    if (err == 0) err = inherit_set_flags(fd);
    if (err == 0) err = edoi_listener_new(out, fd, kind, caller);
    if (err == 0) edoi_listener_share(*out);
    return err;
}

int edo_listener_from_fd(edo_listener **out, int fd) {
    return inherit_make(out, fd, EDOI_CALLER());
}

/* A number in the environment; -1: none. */
static long inherit_number_of(const char *variable) {
    const char *text = getenv(variable);
    char *end;
    if (!text || *text < '0' || *text > '9') return -1;
    long n = strtol(text, &end, 10);
    return *end == '\0' ? n : -1;
}

/* Has the descriptor number `i` this name? */
static bool inherit_is_named(uint32_t i, const char *name) {
    const char *names = getenv("LISTEN_FDNAMES");
    for (; names && i > 0; i--) {
        names = strchr(names, ':');
        if (names) names++;
    }
    size_t n = strlen(name);
    return names && strncmp(names, name, n) == 0 && (names[n] == ':' || names[n] == '\0');
}

/* No program that is started later gets a socket of this one's, also if nobody takes it here. Once:
 * later their numbers may be those of other descriptors. */
static void inherit_close_on_exec(long n) {
    static edo_atomic_u32 is_done; // atomic, relaxed: a flag, no data
    if (edoi_swap_rlx_u32(&is_done, 1)) return;
    for (int fd = FIRST_FD; fd - FIRST_FD < n; fd++) {
        int own = fcntl(fd, F_GETFD);
        if (own < 0) return; // they are in a row
        (void)fcntl(fd, F_SETFD, own | FD_CLOEXEC);
    }
}

int edo_listener_inherit(edo_listener **out, const char *name) {
    long n = inherit_number_of("LISTEN_FDS");
    if (inherit_number_of("LISTEN_PID") != (long)getpid()) return -ENOENT;
    inherit_close_on_exec(n);
    for (uint32_t i = 0; (long)i < n && i < FDS_MAX; i++) {
        uint64_t bit = UINT64_C(1) << i;
        if (name && !inherit_is_named(i, name)) continue;
        if (edoi_or_rlx_u64(&taken, bit) & bit) continue; // relaxed: only the bit counts
        return inherit_make(out, FIRST_FD + (int)i, EDOI_CALLER());
    }
    return -ENOENT;
}
