/* SPDX-License-Identifier: MIT */
/* hand_over.c: a server that is replaced by a new process of itself, while clients connect: none is
 * refused, and none is cut off. SIGHUP starts the new process, with the listening socket as its
 * descriptor 3, as systemd would start it. The new one says that it serves by a SIGTERM to the old
 * one, which then accepts no more, and ends when its last client has gone. */
#include <edo/edo.h>
#include <edo/log.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

static int echo(void *arg) {
    edo_stream *peer = arg;
    char buf[1024];
    int n;
    while ((n = edo_read(peer, buf, sizeof buf)) > 0)
        if (edo_write_all(peer, buf, (size_t)n) < 0) break;
    edo_close(peer);
    return 0;
}

typedef struct server {
    char *program, *addr;
    edo_listener *listener;
} server;

/* The shell puts its own number into LISTEN_PID, and becomes the new server. */
static int start_successor(const server *s) {
    static char shell[] = "sh", flag[] = "-c",
                script[] = "LISTEN_PID=$$ LISTEN_FDS=1 PREDECESSOR=$PPID exec \"$0\" \"$1\"";
    char *argv[] = { shell, flag, script, s->program, s->addr, NULL };
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int err = posix_spawn_file_actions_init(&actions);
    if (err != 0) return -err;
    int fd = fcntl(edo_listener_fd(s->listener), F_DUPFD_CLOEXEC,
                   4); // 3 itself would stay close-on-exec
    err = fd < 0 ? errno : posix_spawn_file_actions_adddup2(&actions, fd, 3);
    if (err == 0) err = posix_spawn(&pid, "/bin/sh", &actions, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (fd >= 0) (void)close(fd);
    return -err;
}

/* The new server says that it accepts. */
static void dismiss_predecessor(void) {
    const char *text = getenv("PREDECESSOR");
    long pid = text ? strtol(text, NULL, 10) : 0;
    if (pid > 1) (void)kill((pid_t)pid, SIGTERM);
}

/* Until this task is cancelled, as a SIGTERM does. */
static void accept_all(const server *s, edo_tracker *clients, edo_signal *hup) {
    for (;;) {
        edo_stream *peer;
        edo_accept_future accepted;
        edo_signal_recv_future told;
        switch (edo_select(edo_accept_init(&accepted, s->listener, &peer),
                           edo_signal_recv_init(&told, hup))) {
        case 0:
            if (edo_result(&accepted) < 0) return;
            if (edo_tracker_spawn(clients, echo, peer) < 0) edo_close(peer);
            break;
        case 1: {
            int err = start_successor(s);
            if (err < 0) edo_warn("no successor: %s", edo_strerror(err)); // this one goes on
            break;
        }
        default: return;
        }
    }
}

static int serve(void *arg) {
    server *s = arg;
    edo_tracker clients;
    edo_signal *hup;
    int err = edo_listener_inherit(&s->listener, NULL);
    if (err == -ENOENT) err = edo_tcp_listen(&s->listener, s->addr, NULL);
    if (err < 0) return err;
    err = edo_signal_listen(&hup, SIGHUP);
    if (err == 0) {
        printf("%d serves\n", (int)getpid());
        (void)fflush(stdout);
        dismiss_predecessor();
        edo_tracker_init(&clients);
        accept_all(s, &clients, hup);
        edo_signal_close(hup);
    }
    edo_listener_close(s->listener); // the successor's stays open
    if (err < 0) return err;
    EDO_SHIELD(sh, edo_s(30));
    (void)edo_tracker_close(&clients);
    err = edo_tracker_wait(&clients);
    return edo_shield_end(&sh, err);
}

int main(int argc, char **argv) {
    static char here[] = "127.0.0.1:7000";
    server s = { .program = argv[0], .addr = argc > 1 ? argv[1] : here };
    return edo_main(serve, &s);
}
