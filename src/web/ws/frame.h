/* SPDX-License-Identifier: MIT */
/* web/ws/frame.h: the frames of RFC 6455 section 5. */
#ifndef EDOI_WEB_WS_FRAME_H
#define EDOI_WEB_WS_FRAME_H

#include <edo/bytes.h>

typedef enum edoi_ws_opcode {
    EDOI_WS_CONTINUATION = 0,
    EDOI_WS_TEXT = 1,
    EDOI_WS_BINARY = 2,
    EDOI_WS_CLOSE = 8,
    EDOI_WS_PING = 9,
    EDOI_WS_PONG = 10
} edoi_ws_opcode;

#define EDOI_WS_HEAD_MAX    14u
#define EDOI_WS_CONTROL_MAX 125u

typedef struct edoi_ws_head {
    uint64_t length; /* of the payload */
    unsigned char mask[4];
    uint8_t opcode;
    bool is_final;
    bool is_masked;
    bool is_deflated; /* the first reserved bit (RFC 7692 section 6) */
} edoi_ws_head;

/* Reads the head of a frame from `n` bytes. Returns how many bytes it has; 0: more are wanted; or
 * -EPROTO: it breaks a rule that does not depend on the frames before (`*why`, a static text). */
int edoi_ws_head_parse(edoi_ws_head *out, const char *bytes, size_t n, const char **why);

/* Is a frame there as a whole? Rules that it may break are not looked at. */
bool edoi_ws_frame_is_whole(const char *bytes, size_t n);

/* Prints a head with `length` bytes behind it; `opcode` with the reserved bits; `mask` NULL: none.
 * Returns how many bytes it has. */
size_t edoi_ws_head_print(char to[EDOI_WS_HEAD_MAX], unsigned opcode, bool is_final,
                          uint64_t length, const unsigned char *mask);

/* Masks or unmasks `n` bytes in place, of which the first one has the place `at` in the payload. */
void edoi_ws_mask(char *bytes, size_t n, const unsigned char mask[4], uint64_t at);

/* Can a close frame have this code (section 7.4, and the IANA registry)? */
bool edoi_ws_code_is_valid(unsigned code);

/* Where a text that comes in pieces stands; all zero: at the begin of a character. */
typedef struct edoi_utf8_state {
    uint8_t left;     /* bytes of the character that are missing */
    uint8_t low, top; /* the range of the next one */
} edoi_utf8_state;

/* Reads on; false: the text is no UTF-8, whatever comes. It is at its end if `left` is 0. */
bool edoi_utf8_continue(edoi_utf8_state *state, const char *bytes, size_t n);

#endif
