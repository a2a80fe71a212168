/* SPDX-License-Identifier: MIT */
/* pg/pg_server.c: see pg_server.h. postgres refuses root, so a test that runs as root starts it as
 * another user. */
#include "pg_server.h"

#include "leftovers.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define VERSIONS "/usr/lib/postgresql"
#define NOBODY   65534
#define WAIT_S   60

static void server_fail(const char *what) {
    (void)fprintf(stderr, "pg_server: %s: %s\n", what, strerror(errno));
    exit(1);
}

static bool find_bin(char out[256]) {
    DIR *versions = opendir(VERSIONS);
    bool is_found = false;
    if (!versions) return false;
    for (struct dirent *e; !is_found && (e = readdir(versions));) {
        char file[512];
        (void)snprintf(file, sizeof file, VERSIONS "/%.100s/bin/postgres", e->d_name);
        is_found = e->d_name[0] != '.' && access(file, X_OK) == 0;
        if (is_found) (void)snprintf(out, 256, VERSIONS "/%.100s/bin", e->d_name);
    }
    (void)closedir(versions);
    return is_found;
}

bool pg_is_installed(void) {
    char bin[256];
    return find_bin(bin);
}

/* In a child: another user than root, no output but to the log, a death with the parent. */
static void child_prepare(const pg_server *s) {
    char log[128];
    (void)snprintf(log, sizeof log, "%s/log", s->folder);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) _exit(127);
    if (getuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)) _exit(127);
    (void)prctl(PR_SET_PDEATHSIG, SIGQUIT);
    for (int fd = 3; fd < 256; fd++) (void)close(fd);
}

pid_t pg_server_run(const pg_server *s, const char *file, const char *const argv[]) {
    pid_t pid = fork();
    if (pid < 0) server_fail("fork");
    if (pid > 0) return pid;
    child_prepare(s);
    (void)execv(file, (char *const *)(uintptr_t)argv);
    _exit(127);
}

static void server_show_log(const pg_server *s) {
    char file[128], line[512];
    (void)snprintf(file, sizeof file, "%s/log", s->folder);
    FILE *log = fopen(file, "re");
    while (log && fgets(line, sizeof line, log)) (void)fputs(line, stderr);
    if (log) (void)fclose(log);
}

static pid_t server_run(const pg_server *s, const char *program, const char *const argv[]) {
    char file[512];
    (void)snprintf(file, sizeof file, "%s/%s", s->bin, program);
    return pg_server_run(s, file, argv);
}

/* The server may listen there, since it sets SO_REUSEADDR, too. */
static void port_reserve(pg_server *s) {
    struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t bytes = sizeof any;
    int one = 1;
    s->port_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (setsockopt(s->port_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        bind(s->port_fd, (struct sockaddr *)&any, bytes) < 0 ||
        getsockname(s->port_fd, (struct sockaddr *)&any, &bytes) < 0)
        server_fail("a port");
    s->port = ntohs(any.sin_port);
}

/* postmaster writes "ready" to the last line of this file. */
static bool server_is_ready(const pg_server *s) {
    char file[128], text[512];
    (void)snprintf(file, sizeof file, "%s/data/postmaster.pid", s->folder);
    FILE *f = fopen(file, "re");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f) (void)fclose(f);
    text[n] = '\0';
    return strstr(text, "ready") != NULL;
}

static void server_launch(pg_server *s) {
    char data[96], port[16], file[128];
    (void)snprintf(data, sizeof data, "%s/data", s->folder);
    (void)snprintf(port, sizeof port, "%d", s->port);
    (void)snprintf(file, sizeof file, "%s/postmaster.pid", data);
    (void)unlink(file);
    const char *argv[] = { "postgres", "-D", data, "-k", s->folder, "-p", port, NULL };
    s->pid = server_run(s, "postgres", argv);
    for (int i = 0; !server_is_ready(s); i++) {
        int status;
        if (i > WAIT_S * 100 || waitpid(s->pid, &status, WNOHANG) == s->pid) {
            server_show_log(s);
            server_fail("the server does not start");
        }
        (void)nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    }
}

void pg_server_put(const pg_server *s, const char *name, const char *text) {
    char file[256];
    (void)snprintf(file, sizeof file, "%s/%s", s->folder, name);
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t n = strlen(text);
    if (fd < 0 || write(fd, text, n) != (ssize_t)n) server_fail(file);
    if (getuid() == 0 && fchown(fd, NOBODY, NOBODY) < 0) server_fail("fchown");
    (void)close(fd);
}

void pg_server_start(pg_server *s, const char *settings) {
    char data[96];
    int status = -1;
    *s = (pg_server){ .folder = "/tmp/edo-pg-XXXXXX" };
    if (!find_bin(s->bin) || !mkdtemp(s->folder)) server_fail("a place for the server");
    if (getuid() == 0 && chown(s->folder, NOBODY, NOBODY) < 0) server_fail("chown");
    port_reserve(s);
    (void)snprintf(data, sizeof data, "%s/data", s->folder);
    const char *argv[] = { "initdb", "-D",  data,         "--no-sync", "-A",   "trust",
                           "-U",     "edo", "--locale=C", "-E",        "UTF8", "--no-instructions",
                           NULL };
    if (waitpid(server_run(s, "initdb", argv), &status, 0) < 0 || status != 0) {
        server_show_log(s);
        server_fail("initdb");
    }
    char conf[4096];
    (void)snprintf(conf, sizeof conf,
                   "listen_addresses = '127.0.0.1'\nfsync = off\nshared_buffers = 16MB\n"
                   "max_connections = 100\nlog_statement = none\nlogging_collector = off\n%s\n",
                   settings ? settings : "");
    pg_server_put(s, "data/postgresql.auto.conf", conf);
    server_launch(s);
    (void)snprintf(s->url, sizeof s->url, "host=%s port=%d user=edo dbname=postgres", s->folder,
                   s->port);
    (void)snprintf(s->tcp, sizeof s->tcp, "postgres://edo@127.0.0.1:%d/postgres", s->port);
}

/* Calls `fn` for postmaster's children. */
static void each_child(const pg_server *s, int signal) {
    char file[64], text[4096] = "";
    (void)snprintf(file, sizeof file, "/proc/%d/task/%d/children", (int)s->pid, (int)s->pid);
    FILE *f = fopen(file, "re");
    if (f && !fgets(text, sizeof text, f)) text[0] = '\0';
    if (f) (void)fclose(f);
    for (char *at = text, *end; *at; at = end) {
        long pid = strtol(at, &end, 10);
        if (end == at) break;
        (void)kill((pid_t)pid, signal);
    }
}

void pg_server_pause(pg_server *s) {
    (void)kill(s->pid, SIGSTOP);
    each_child(s, SIGSTOP);
}

void pg_server_go_on(pg_server *s) {
    each_child(s, SIGCONT);
    (void)kill(s->pid, SIGCONT);
}

void pg_server_kill(pg_server *s) {
    if (!s->pid) return;
    (void)kill(s->pid, SIGCONT);
    each_child(s, SIGCONT);
    (void)kill(s->pid, SIGQUIT); // "immediate": its children end, too, and memory is given back
    (void)waitpid(s->pid, NULL, 0);
    s->pid = 0;
}

void pg_server_restart(pg_server *s) {
    may_leave(LEFT_CHILDREN, 1, "the server, started anew");
    pg_server_kill(s);
    server_launch(s);
}

static void folder_remove(const char *path) {
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char file[512];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        (void)snprintf(file, sizeof file, "%s/%s", path, e->d_name);
        if (unlink(file) < 0) folder_remove(file);
    }
    if (dir) (void)closedir(dir);
    (void)rmdir(path);
}

void pg_server_end(pg_server *s) {
    pg_server_kill(s);
    folder_remove(s->folder);
    (void)close(s->port_fd);
}

pg_server the_server;

int pg_setup(void **state) {
    (void)state;
    if (!pg_is_installed()) {
        (void)printf("skipped: PostgreSQL is not installed\n");
        exit(77);
    }
    pg_server_start(&the_server, NULL);
    return 0;
}

int pg_teardown(void **state) {
    (void)state;
    pg_server_end(&the_server);
    return 0;
}

edo_str pg_url(void) {
    return edo_str_of(the_server.url);
}

edo_str pg_tcp_url(void) {
    return edo_str_of(the_server.tcp);
}
