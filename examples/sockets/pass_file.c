/* SPDX-License-Identifier: MIT */
/* pass_file.c: a descriptor goes from one end of a Unix socket to the other. Here the ends are two
 * tasks; they may as well be two processes, of which one opens files that the other may not. */
#include <edo/edo.h>
#include <edo/unix.h>

#include <stdio.h>
#include <unistd.h>

/* Opens what it is asked for, and sends it along with one byte. */
static int opener(void *arg) {
    edo_stream *s = arg;
    FILE *file = tmpfile();
    int fd = file ? fileno(file) : -1;
    int n = file && fputs("for your eyes only", file) >= 0 && fflush(file) == 0 ? 0 : -EIO;
    if (n == 0) n = edo_unix_send_fds(s, "f", 1, &fd, 1); // a copy goes; ours stays ours
    if (file) (void)fclose(file);
    edo_close(s);
    return n;
}

static int reader(void *arg) {
    edo_stream *s = arg;
    edo_cred peer;
    int fd;
    char byte, text[32];
    edo_unix_fds came = { .fds = &fd, .max = 1 };
    int n = edo_stream_peer_cred(s, &peer);
    if (n == 0) n = edo_unix_recv_fds(s, &byte, 1, &came);
    if (n <= 0 || came.n == 0) return n < 0 ? n : -EPROTO;
    ssize_t bytes = pread(fd, text, sizeof text, 0);
    if (bytes > 0) printf("%.*s\n", (int)bytes, text);
    (void)close(fd); // what came is ours
    printf("from this user: %s\n", peer.uid == getuid() ? "yes" : "no");
    return 0;
}

static int run(void *arg) {
    (void)arg;
    edo_stream *here, *there;
    int err = edo_unix_pair(&here, &there);
    if (err < 0) return err;
    edo_task *t = edo_spawn(opener, there);
    if (!t) edo_close(there);
    err = reader(here);
    edo_close(here);
    int n = edo_task_join(t);
    return err < 0 ? err : n < 0 ? n : 0;
}

int main(void) {
    return edo_main(run, NULL);
}
