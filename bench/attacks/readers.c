/* SPDX-License-Identifier: MIT */
/* attacks/readers.c: clients that take less than they are sent. */
#include "attacks/attack.h"

/* Has asked for more than the kernel's buffers hold, or, of each four pages of the chat, one hears
 * the steady client: a message costs a write for each of these. NULL: it was refused, or this kind
 * ends. */
static edo_stream *asks_for_much(void) {
    static unsigned turn;
    edo_stream *c = connected_with(NARROW);
    if (!*to->large)
        return upgraded_over(c, to->handshakes[0], turn++ % 4 ? to->hello : to->beside);
    for (int i = 0; c && i < 8; i++)
        if (!sends_text(c, to->large)) break;
    return c;
}

void reads_by_a_slow_link(void) {
    edo_stream *c = asks_for_much();
    if (c) reads_slowly(c);
    pause_about(20);
    edo_close(c);
}

void does_not_read(void) {
    edo_stream *c = asks_for_much();
    if (c) stays();
    edo_close(c);
}

/* Says as much as a newcomer is shown, in long messages, and stays in the room, so that this has
 * them. */
static void fills_the_room(bool *is_full) {
    static char text[4096], message[sizeof text + 256], frame[sizeof message + 16];
    edo_stream *c = upgraded();
    memset(text, 'x', sizeof text - 200);
    (void)snprintf(message, sizeof message, "%s%s%s", to->noise_begin, text, to->say_end);
    size_t n = print_frame(frame, 0x81, message, strlen(message));
    *is_full = c != NULL;
    for (int i = 0; *is_full && i < 100; i++) *is_full = sends(c, frame, n);
    if (*is_full) reads_on(c);
    *is_full = false;
    edo_close(c);
}

/* Reads the response, and nothing behind it. Returns its status; 0: there is none. */
static long reads_response(edo_stream *c) {
    static char text[65536]; // nobody looks at it
    char head[TEXT_BYTES];
    int n = edo_read(c, head, sizeof head - 1);
    if (n <= 0) return 0;
    head[n] = '\0';
    const char *end = strstr(head, "\r\n\r\n"), *length = strstr(head, "content-length: ");
    if (!end || !length || strncmp(head, "HTTP/1.1 ", 9) != 0) return 0;
    long left = strtol(length + strlen("content-length: "), NULL, 10) - (head + n - (end + 4));
    for (; left > 0 && n > 0; left -= n)
        n = edo_read(c, text, (size_t)left < sizeof text ? (size_t)left : sizeof text);
    return n > 0 ? strtol(head + 9, NULL, 10) : 0;
}

static bool is_full; /* the room has as much as a newcomer is shown */

/* The first client of a kind fills the room, until the kind ends: then it is true. */
static bool has_filled_the_room(void) {
    static bool is_filled;
    if (is_filled) return false;
    is_filled = true;
    fills_the_room(&is_full);
    is_filled = false;
    return true;
}

/* Again and again, as fast as it is sent, also when it is refused. */
void reads_history(void) {
    if (has_filled_the_room()) return;
    edo_stream *c = connected();
    bool ok = c != NULL;
    while (ok && !atomic_load(&ends))
        ok = is_full && sends_text(c, to->history) && reads_response(c) > 0;
    pause_about(20);
    edo_close(c);
}

/* Asks for much, and takes nothing of it. */
void leaves_history_unread(void) {
    if (has_filled_the_room()) return;
    edo_stream *c = is_full ? connected_with(NARROW) : NULL;
    if (c && sends_text(c, to->history)) stays();
    pause_about(20);
    edo_close(c);
}

/* As reads_history(). */
void asks_for_numbers(void) {
    edo_stream *c = connected();
    bool ok = c != NULL;
    while (ok && !atomic_load(&ends))
        ok = sends_text(c, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n") &&
             reads_response(c) > 0;
    pause_about(20);
    edo_close(c);
}

/* Takes the responses off the text that are there as a whole. Returns how many. */
static int takes_responses(char *text, size_t *n) {
    int taken = 0;
    size_t at = 0;
    for (;; taken++) {
        text[*n] = '\0';
        const char *end = strstr(text + at, "\r\n\r\n");
        const char *length = end ? strstr(text + at, "content-length: ") : NULL;
        if (!length || length > end) break;
        size_t whole = (size_t)(end + 4 - text) +
                       (size_t)strtol(length + strlen("content-length: "), NULL, 10);
        if (whole > *n) break;
        at = whole;
    }
    memmove(text, text + at, *n - at);
    *n -= at;
    return taken;
}

/* Asks many times at once, and takes all responses. */
static void pipelines(const char *request) {
    enum { AT_ONCE = 64, BYTES = 1 << 18 };
    edo_stream *c = connected();
    char *text = malloc(BYTES), *requests = malloc(AT_ONCE * strlen(request) + 1);
    bool ok = c && text && requests;
    size_t n = 0;
    if (ok) *requests = '\0';
    for (int i = 0; ok && i < AT_ONCE; i++)
        memcpy(requests + (size_t)i * strlen(request), request, strlen(request) + 1);
    while (ok && !atomic_load(&ends)) {
        ok = sends_text(c, requests);
        for (int left = AT_ONCE, some = 1; ok && left > 0; left -= takes_responses(text, &n)) {
            some = edo_read(c, text + n, BYTES - 1 - n);
            ok = some > 0;
            if (ok) n += (size_t)some;
        }
    }
    free(requests);
    free(text);
    pause_about(20);
    edo_close(c);
}

void pipelines_numbers(void) {
    pipelines("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

void pipelines_rooms(void) {
    pipelines("GET /api/rooms HTTP/1.1\r\nHost: localhost\r\n\r\n");
}
