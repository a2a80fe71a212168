/* SPDX-License-Identifier: MIT */
/* count_lines.c: counts the lines that are not empty, of whatever can be read: a file, bytes in
 * memory, a pipe in memory, a TCP connection. The function that counts knows none of them. */
#include <edo/edo.h>
#include <edo/file.h>
#include <edo/fs.h>
#include <edo/streams.h>

#include <stdio.h>
#include <unistd.h>

static const char text[] = "one\n\n  two\r\n\r\nthree"; // the last line has no end

/* Returns how many. A line of more than 1,000 bytes fails with -EDO_ETOOLONG. */
static int count_lines(edo_stream *s) {
    edo_buf_reader in;
    char *line;
    int len, count = 0;
    int err = edo_buf_reader_init(&in, s, &(edo_buf_reader_opts){ .line_max = 1000 });
    if (err < 0) return err;
    while ((len = edo_read_line(&in, &line)) >= 0) count += len > 0;
    edo_buf_reader_deinit(&in);
    return len == -EDO_EEOF ? count : len;
}

/* Writes the text to the other end of a connection. */
static int write_text(void *arg) {
    edo_stream *s = arg;
    int n = edo_write_all(s, text, sizeof text - 1);
    edo_close(s);
    return n;
}

static int count_and_close(const char *what, edo_stream *s) {
    int count = count_lines(s);
    edo_close(s);
    if (count >= 0) printf("%s: %d lines\n", what, count);
    return count;
}

/* The stream keeps the file when its name has gone. */
static int from_file(void) {
    char path[40];
    edo_stream *s = NULL;
    (void)snprintf(path, sizeof path, "/tmp/count_lines-%d.txt", (int)getpid());
    int err = edo_fs_write_all(path, text, sizeof text - 1);
    if (err == 0) err = edo_fs_open(&s, path, NULL);
    (void)edo_fs_remove_file(path);
    return err < 0 ? edo_fail(err, "making %s", path) : count_and_close("file", s);
}

static int from_memory(void) {
    edo_stream *s;
    int err = edo_stream_mem(&s, text, sizeof text - 1);
    return err < 0 ? err : count_and_close("memory", s);
}

/* The pipe holds four bytes at a time: the lines come in pieces. */
static int from_pipe(void) {
    edo_stream *s, *other;
    int err = edo_duplex(&s, &other, 4);
    if (err < 0) return err;
    edo_task *writer = edo_spawn(write_text, other);
    err = count_and_close("pipe", s);
    int written = edo_task_join(writer);
    return err < 0 ? err : written;
}

static int send_text(void *arg) {
    edo_stream *s;
    int err = edo_accept(arg, &s);
    return err < 0 ? err : write_text(s);
}

static int from_tcp(void) {
    edo_listener *l;
    edo_addr here;
    edo_stream *s = NULL;
    int err = edo_tcp_listen(&l, "127.0.0.1:0", NULL);
    if (err < 0) return err;
    EDO_SCOPE(scope, NULL);
    edo_scope_spawn(&scope, send_text, l);
    err = edo_listener_addr(l, &here);
    if (err == 0) err = edo_tcp_connect_addr(&s, &here, NULL);
    if (err == 0) err = count_and_close("TCP", s);
    err = edo_scope_end(&scope, err);
    edo_listener_close(l);
    return err;
}

static int root(void *arg) {
    (void)arg;
    int err = from_file();
    if (err >= 0) err = from_memory();
    if (err >= 0) err = from_pipe();
    if (err >= 0) err = from_tcp();
    return err < 0 ? err : 0;
}

int main(void) {
    return edo_main(root, NULL);
}
