/* SPDX-License-Identifier: MIT */
/* attacks/crowds.c: pages and terminals that hear each other. */
#include "attacks/attack.h"

/* What one address may say by the chat's usual --rate of 20: ten times as much as a person. */
#define SAYINGS_BURST    1000
#define SAYINGS_A_SECOND 200

/* Whether one of them may say something now: the burst comes when others are there. */
static bool may_speak(void) {
    static int64_t begun_us, said_n;
    if (!atomic_load(&is_watched)) begun_us = said_n = 0;
    if (!atomic_load(&is_watched)) return false;
    int64_t now = now_us();
    if (begun_us == 0) begun_us = now;
    if (said_n >= SAYINGS_BURST + (now - begun_us) * SAYINGS_A_SECOND / 1000000) return false;
    said_n++;
    return true;
}

/* Reads what comes for a while. */
static bool hears(edo_stream *c) {
    static char text[65536]; // nobody looks at it
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(100));
    int n = 1;
    while (n > 0 && !atomic_load(&ends)) n = edo_read(c, text, sizeof text);
    return edo_deadline_end(&d, n) == -ETIMEDOUT;
}

/* Says as much as it may, by that function, and reads what all say. */
static void speaks_on(edo_stream *c, bool (*says)(edo_stream *c, const char *text),
                      const char *message) {
    bool ok = c != NULL;
    while (ok && !atomic_load(&ends)) {
        if (may_speak()) ok = says(c, message);
        ok = ok && hears(c);
    }
    edo_close(c);
}

void speaks_in_a_crowd(void) {
    char message[256];
    (void)snprintf(message, sizeof message, "%sall of us hear this%s", to->noise_begin,
                   to->say_end);
    speaks_on(upgraded(), sends_message, message);
}

#define HALLS 32 /* rooms that a page can be in */

/* A page that is in all of these rooms. NULL: it was refused, or this kind ends. */
static edo_stream *comes_to_all_halls(void) {
    char hello[64 + 24 * HALLS] = "{\"type\":\"hello\",\"rooms\":[", frame[sizeof hello + 16];
    size_t n = strlen(hello);
    for (int i = 0; i < HALLS; i++)
        n += (size_t)snprintf(hello + n, sizeof hello - n, "%s{\"room\":\"hall%d\"}", i ? "," : "",
                              i);
    n += (size_t)snprintf(hello + n, sizeof hello - n, "]}");
    edo_stream *c = upgraded_with(to->handshakes[0], "");
    if (!c || sends(c, frame, print_frame(frame, 0x81, hello, n))) return c;
    edo_close(c);
    return NULL;
}

/* All of them together tell each other in all rooms at once. */
void speaks_in_many_rooms(void) {
    static unsigned turn;
    char message[256];
    (void)snprintf(message, sizeof message,
                   "{\"type\":\"say\",\"room\":\"hall%u\",\"text\":\"all of us hear this%s",
                   turn++ % HALLS, to->say_end);
    speaks_on(comes_to_all_halls(), sends_message, message);
}

enum { ROUNDS = 50, LONG = 3800 };

/* Takes what all halls have. */
static void takes_the_halls(edo_stream *c) {
    static char text[65536]; // nobody looks at it
    size_t left = (size_t)HALLS * ROUNDS * LONG;
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(2));
    int n = 1;
    for (; n > 0 && left > 0; left -= left < (size_t)n ? left : (size_t)n)
        n = edo_read(c, text, sizeof text);
    (void)edo_deadline_end(&d, 0);
}

/* Says in each hall as much as a newcomer is shown, in long messages. */
static bool fills_the_halls(edo_stream *c) {
    static char text[LONG + 1], message[sizeof text + 256], frame[sizeof message + 16];
    memset(text, 'x', LONG);
    for (int i = 0; i < ROUNDS * HALLS; i++) {
        (void)snprintf(message, sizeof message,
                       "{\"type\":\"say\",\"room\":\"hall%d\",\"text\":\"%s%s", i % HALLS, text,
                       to->say_end);
        if (!sends(c, frame, print_frame(frame, 0x81, message, strlen(message)))) return false;
        if (i % HALLS == 0 && !hears(c)) return false; // it may say so much a second
    }
    return true;
}

/* Says hello in all halls, takes what was said there, and does it again. The first client of a kind
 * fills the halls, and stays there until the kind ends. */
void says_hello_in_all_halls(void) {
    static bool is_filled, is_full;
    edo_stream *c = is_filled && !is_full ? NULL : comes_to_all_halls();
    if (!is_filled) {
        is_filled = true;
        is_full = c && fills_the_halls(c);
        if (is_full) reads_on(c);
        is_filled = is_full = false;
    } else if (c) {
        takes_the_halls(c);
    } else {
        pause_about(20);
    }
    edo_close(c);
}

/* All in one room: each post wakes all of them. */
void speaks_in_terminals(void) {
    edo_stream *c = connected_as_terminal();
    if (c && !sends_text(c, "/join #loud\n")) {
        edo_close(c);
        return;
    }
    speaks_on(c, sends_text, "all of us hear this\n");
}

/* Asks who is there, and which rooms, as often as it may. */
void asks_in_terminals(void) {
    edo_stream *c = connected_as_terminal();
    bool ok = c != NULL;
    while (ok && !atomic_load(&ends)) ok = sends_text(c, "/who\n/rooms\n") && hears(c);
    edo_close(c);
}
