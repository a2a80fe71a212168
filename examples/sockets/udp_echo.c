/* SPDX-License-Identifier: MIT */
/* udp_echo.c: a service over UDP: what comes goes back to its sender, as many datagrams at once as
 * are there. One task on one socket is enough; a second socket with `.reuse_port` shares the load.
 *
 * Start it and talk to it with `nc -u 127.0.0.1 7000`. */
#include <edo/edo.h>
#include <edo/udp.h>

#define AT_ONCE 32
#define LONGEST 2048 /* a longer datagram is dropped, as it would not fit most networks either */

/* Sends back those of the first `n` that are whole. A receiver that is gone, or a network that is
 * down, is no reason to stop: UDP loses datagrams. */
static int send_back(edo_stream *s, edo_packet *packets, int n) {
    int whole = 0;
    for (int i = 0; i < n; i++) {
        if (packets[i].truncated) continue;
        edo_packet other = packets[whole]; // changes places: each keeps its buffer
        packets[whole++] = packets[i];
        packets[i] = other;
    }
    for (int done = 0; done < whole;) {
        int sent = edo_udp_send_many(s, packets + done, (size_t)(whole - done));
        if (sent == -ECANCELED || sent == -EDO_ECLOSED) return sent;
        done += sent > 0 ? sent : 1; // the first one could not be sent
    }
    return 0;
}

static int serve(void *arg) {
    static char bufs[AT_ONCE][LONGEST];
    edo_packet packets[AT_ONCE];
    edo_stream *s;
    int n = edo_udp_bind(&s, arg, NULL);
    if (n < 0) return edo_fail(n, "receiving at %s", (const char *)arg);
    for (int i = 0; i < AT_ONCE; i++)
        packets[i] = (edo_packet){ .buf = bufs[i], .room = sizeof bufs[i] };
    while ((n = edo_udp_recv_many(s, packets, AT_ONCE)) > 0)
        if ((n = send_back(s, packets, n)) < 0) break;
    edo_close(s);
    return n;
}

int main(int argc, char **argv) {
    static char here[] = "127.0.0.1:7000";
    return edo_main(serve, argc > 1 ? argv[1] : here);
}
