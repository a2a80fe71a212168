/* SPDX-License-Identifier: MIT */
/* foreign.c: a library that does its own I/O, never blocks, and says what it waits for: here a tiny
 * client of a server that replies to questions. Database clients work like it. */
#include <edo/edo.h>
#include <edo/fd.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- The library, which knows nothing of edo ------------------------------------------------- */

enum { QA_DONE, QA_WANT_READ, QA_WANT_WRITE, QA_FAILED };

typedef struct qa {
    int fd; // non-blocking
    const char *question;
    char answer[64];
    size_t answer_n;
} qa;

/* Goes on as far as it can without blocking. */
static int qa_step(qa *q) {
    if (*q->question) {
        ssize_t n = write(q->fd, q->question, 1); // it is slow, too
        if (n < 0) return errno == EAGAIN ? QA_WANT_WRITE : QA_FAILED;
        q->question++;
        return *q->question ? QA_WANT_WRITE : QA_WANT_READ;
    }
    ssize_t n = read(q->fd, q->answer + q->answer_n, 1);
    if (n < 0) return errno == EAGAIN ? QA_WANT_READ : QA_FAILED;
    if (n == 0 || q->answer_n == sizeof q->answer - 1) return QA_FAILED;
    if (q->answer[q->answer_n] == '\n') {
        q->answer[q->answer_n] = '\0';
        return QA_DONE;
    }
    q->answer_n++;
    return QA_WANT_READ; // although there may be more to read
}

/* ---- The program ----------------------------------------------------------------------------- */

static int ask(qa *q) {
    edo_fd *fd;
    int err = edo_fd_open(&fd, q->fd, NULL); // the library keeps its descriptor
    if (err < 0) return err;
    int step = QA_WANT_WRITE;
    while (err >= 0 && (step = qa_step(q)) != QA_DONE) {
        if (step == QA_FAILED) {
            err = -EIO;
        } else {
            err = edo_fd_ready(fd, step == QA_WANT_READ ? EDO_IO_READ : EDO_IO_WRITE);
        }
    }
    edo_fd_close(fd);
    return err < 0 ? err : 0;
}

static int reply(void *arg) {
    edo_stream *s = arg;
    edo_buf_reader in;
    char *line;
    int n = edo_buf_reader_init(&in, s, NULL);
    while (n >= 0 && (n = edo_read_line(&in, &line)) >= 0) {
        (void)edo_sleep(edo_ms(100)); // it thinks
        n = edo_write_all(s, "forty-two\n", 10);
    }
    edo_buf_reader_deinit(&in);
    edo_close(s);
    return n == -EDO_EEOF ? 0 : n;
}

static int root(void *arg) {
    (void)arg;
    int ends[2];
    edo_stream *far_end;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0) return -errno;
    int err = edo_stream_from_fd(&far_end, ends[1]); // a descriptor becomes a stream
    if (err < 0) return err;
    edo_task *replier = edo_spawn(reply, far_end);
    qa q = { .fd = ends[0], .question = "what is six times seven?\n" };
    err = ask(&q);
    if (err == 0) printf("the answer: %s\n", q.answer);
    (void)close(q.fd);
    int replied = edo_task_join(replier);
    return err < 0 ? err : replied;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
