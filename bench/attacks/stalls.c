/* SPDX-License-Identifier: MIT */
/* attacks/stalls.c: clients that stop in the middle, and leave open what should end. */
#include "attacks/attack.h"

#define MESSAGE_BYTES 1000 /* announced; a part of them comes */

/* Of each two one stops within a message, and the other sends a byte of it now and then. */
void stalls_in_a_message(void) {
    static const char text[MESSAGE_BYTES];
    static unsigned turn;
    char frame[MESSAGE_BYTES + 16];
    bool drips = turn++ % 2;
    edo_stream *c = upgraded_with(to->handshakes[turn / 2 % 2], "");
    (void)print_frame(frame, 0x82, text, sizeof text);
    bool ok = c && sends(c, frame, sizeof frame / 2);
    edo_instant from = edo_now();
    while (ok && drips && edo_instant_since(edo_now(), from).ns < edo_s(1).ns)
        ok = edo_sleep(edo_ms(100)) == 0 && sends(c, "x", 1);
    if (ok && to->is_service) {
        must_be_ended(c, "a socket that stalls in a message is not ended");
    } else if (ok) {
        stays();
    }
    edo_close(c);
}

#define ASKS(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

/* Of each three one never reads its events, one breaks off, and one has a handler that has
 * forgotten to end them. */
void leaves_events_open(void) {
    static unsigned turn;
    unsigned kind = turn++ % 3;
    edo_stream *c = connected_with(NARROW);
    bool ok = c && sends_text(c, kind == 2 ? ASKS("/left") : ASKS("/events")) &&
              is_told(c, "HTTP/1.1 200 ");
    if (ok && kind == 0) stays();
    if (ok && kind == 1) pause_about(100);
    if (ok && kind == 1) (void)edo_tcp_set_reset_on_close(c, true);
    if (ok && kind == 2) must_be_ended(c, "events do not end with their handler");
    pause_about(20);
    edo_close(c);
}
