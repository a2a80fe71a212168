/* SPDX-License-Identifier: MIT */
/* floor-uring-fan [options] [-c sockets] [-n rounds]: one message of 64 bytes to each of many
 * sockets (TCP over loopback), by that many sends in one submission; with --plain by send(2), each
 * a call. The options are those of ring.h.
 *
 * One line of JSON, each for a send: CPU time of the sends alone; that of the kernel's threads of
 * soft interrupts meanwhile, which take over what the sends have not done themselves, and work for
 * others, too; wall time; calls. Between rounds the other ends are read empty, which is not
 * counted. */
#include "../listen.h"
#include "ring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

enum { SOCKETS_MAX = 4096, CORES_MAX = 256, BYTES = 64, WARM_ROUNDS = 5 };

typedef struct fan {
    struct io_uring ring;
    ring_opts opts;
    bool plain;
    unsigned sockets_n, rounds, calls;
    int to[SOCKETS_MAX], from[SOCKETS_MAX]; /* both ends of each connection */
    int soft[CORES_MAX];                    /* /proc/PID/schedstat of each ksoftirqd */
    unsigned soft_n;
    double cpu_s, soft_s, wall_s;
} fan;

static char message[BYTES];

static void fan_connect(fan *f) {
    char where[] = "127.0.0.1:0";
    int listener = listen_on(where), on = 1;
    struct sockaddr_in addr;
    socklen_t n = sizeof addr;
    if (listener < 0 || getsockname(listener, (struct sockaddr *)&addr, &n) < 0)
        ring_must(-errno, "a listener");
    for (unsigned i = 0; i < f->sockets_n; i++) {
        f->from[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (f->from[i] < 0 || connect(f->from[i], (struct sockaddr *)&addr, n) < 0 ||
            (f->to[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0)
            ring_must(-errno, "a connection");
        setsockopt(f->to[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    close(listener);
}

static void send_plainly(fan *f) {
    for (unsigned i = 0; i < f->sockets_n; i++)
        if (send(f->to[i], message, BYTES, MSG_NOSIGNAL) != BYTES) ring_must(-errno, "send");
    f->calls += f->sockets_n;
}

static void send_by_ring(fan *f) {
    for (unsigned i = 0; i < f->sockets_n; i++) {
        struct io_uring_sqe *sqe = ring_next(&f->ring);
        io_uring_prep_send(sqe, f->opts.direct ? (int)i : f->to[i], message, BYTES, MSG_NOSIGNAL);
        if (f->opts.direct) sqe->flags |= IOSQE_FIXED_FILE;
    }
    for (unsigned done = 0, head, n; done < f->sockets_n; done += n) {
        f->calls++;
        ring_must(io_uring_submit_and_wait(&f->ring, f->sockets_n - done), "io_uring_enter");
        struct io_uring_cqe *cqe;
        n = 0;
        io_uring_for_each_cqe(&f->ring, head, cqe) {
            if (cqe->res != BYTES) ring_must(cqe->res < 0 ? cqe->res : -EPIPE, "send");
            n++;
        }
        io_uring_cq_advance(&f->ring, n);
    }
}

static void drain(const fan *f) {
    char bytes[BYTES];
    for (unsigned i = 0; i < f->sockets_n; i++)
        if (recv(f->from[i], bytes, BYTES, MSG_WAITALL) != BYTES) ring_must(-errno, "recv");
}

/* ---- The kernel's threads of soft interrupts ------------------------------------------------- */

static void soft_find(fan *f) {
    DIR *all = opendir("/proc");
    struct dirent *entry;
    char path[300], name[32];
    while (all && f->soft_n < CORES_MAX && (entry = readdir(all))) {
        snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
        FILE *comm = fopen(path, "r");
        bool is_soft = comm && fgets(name, sizeof name, comm) && !strncmp(name, "ksoftirqd/", 10);
        if (comm) fclose(comm);
        if (!is_soft) continue;
        snprintf(path, sizeof path, "/proc/%s/schedstat", entry->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) f->soft[f->soft_n++] = fd;
    }
    if (all) closedir(all);
}

/* Their CPU time so far; 0 where /proc does not tell. */
static double soft_cpu_s(const fan *f) {
    double sum = 0;
    for (unsigned i = 0; i < f->soft_n; i++) {
        char text[64] = "";
        if (pread(f->soft[i], text, sizeof text - 1, 0) > 0) sum += strtod(text, NULL) / 1e9;
    }
    return sum;
}

/* ---- A round --------------------------------------------------------------------------------- */

static void fan_round(fan *f) {
    double soft = soft_cpu_s(f), wall = ring_clock_s(CLOCK_MONOTONIC);
    double begin = ring_clock_s(CLOCK_PROCESS_CPUTIME_ID);
    if (f->plain)
        send_plainly(f);
    else
        send_by_ring(f);
    f->cpu_s += ring_clock_s(CLOCK_PROCESS_CPUTIME_ID) - begin;
    f->wall_s += ring_clock_s(CLOCK_MONOTONIC) - wall;
    drain(f); // so that all has been done
    f->soft_s += soft_cpu_s(f) - soft;
}

static bool fan_parse(fan *f, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        unsigned *number = !strcmp(argv[i], "-c")   ? &f->sockets_n
                           : !strcmp(argv[i], "-n") ? &f->rounds
                                                    : NULL;
        if (number && i + 1 < argc)
            *number = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--plain"))
            f->plain = true;
        else if (number || !ring_option(&f->opts, argv[i]))
            return false;
    }
    return f->sockets_n > 0 && f->sockets_n <= SOCKETS_MAX && f->rounds > 0;
}

int main(int argc, char **argv) {
    static fan f = { .sockets_n = 1000, .rounds = 200 };
    if (!fan_parse(&f, argc, argv)) {
        fprintf(stderr, "usage: floor-uring-fan [--plain] [ring options] [-c N] [-n rounds]\n");
        return 2;
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    soft_find(&f);
    fan_connect(&f);
    ring_open(&f.ring, &f.opts, SOCKETS_MAX, SOCKETS_MAX);
    if (f.opts.direct)
        ring_must(io_uring_register_files_update(&f.ring, 0, f.to, f.sockets_n), "the table");
    for (int i = 0; i < WARM_ROUNDS; i++) fan_round(&f);
    f.cpu_s = f.soft_s = f.wall_s = 0;
    f.calls = 0;
    for (unsigned i = 0; i < f.rounds; i++) fan_round(&f);
    double sends = (double)f.rounds * f.sockets_n;
    printf("{\"sockets\":%u,\"cpu_us\":%.3f,\"soft_us\":%.3f,\"wall_us\":%.3f,\"calls\":%.3f}\n",
           f.sockets_n, f.cpu_s * 1e6 / sends, f.soft_s * 1e6 / sends, f.wall_s * 1e6 / sends,
           f.calls / sends);
    return 0;
}
