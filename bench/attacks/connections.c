/* SPDX-License-Identifier: MIT */
/* attacks/connections.c: clients that connect, and say too little, or the wrong thing. */
#include "attacks/attack.h"

void is_silent(void) {
    edo_stream *c = connected();
    if (c) reads_on(c);
    edo_close(c);
}

void sends_half_a_head(void) {
    static size_t at;
    edo_stream *c = connected();
    at = 1 + at % (strlen(to->handshakes[0]) - 2);
    if (c && sends(c, to->handshakes[0], at)) reads_on(c);
    edo_close(c);
}

void is_silent_when_upgraded(void) {
    edo_stream *c = upgraded_with(to->handshakes[0], "");
    if (c) reads_on(c);
    edo_close(c);
}

/* As a page that is reloaded all the time: half of them bring their session. */
void comes_and_goes(void) {
    static unsigned turn;
    char text[TEXT_BYTES];
    edo_stream *c = upgraded_with(to->handshakes[0], turn++ % 2 ? to->tab : to->hello);
    if (c && *to->hello) (void)edo_read(c, text, sizeof text);
    if (c && turn % 3 == 0) (void)edo_tcp_set_reset_on_close(c, true);
    pause_about(20);
    edo_close(c);
}

void comes_from_elsewhere(void) {
    edo_stream *c = connected();
    if (c && sends_text(c, HANDSHAKE("/ws", "Origin: http://evil.example\r\n")))
        (void)is_told(c, "HTTP/1.1 403 ");
    pause_about(20);
    edo_close(c);
}
