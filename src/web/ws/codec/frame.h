/* SPDX-License-Identifier: MIT */
/* web/ws/codec/frame.h: the frames of RFC 6455 section 5. */
#ifndef EDOI_WEB_WS_CODEC_FRAME_H
#define EDOI_WEB_WS_CODEC_FRAME_H

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
    uint64_t length; /* bytes of the payload */
    unsigned char mask[4];
    uint8_t opcode;
    bool is_final;
    bool is_masked;
    bool is_deflated; /* the first reserved bit (RFC 7692 section 6) */
} edoi_ws_head;

/* Parses the head of a frame from `n` bytes. Returns its length; 0 if more bytes are wanted; or
 * -EPROTO if it breaks a rule that does not depend on earlier frames (`*why`, a static text). */
int edoi_ws_head_parse(edoi_ws_head *out, const char *bytes, size_t n, const char **why);

/* Is a whole frame there? Rules that it may break are not checked. */
bool edoi_ws_frame_is_whole(const char *bytes, size_t n);

/* Prints the head of a frame of `length` bytes. `opcode` has the reserved bits; `mask` may be NULL.
 * Returns the length of the head. */
size_t edoi_ws_head_print(char to[EDOI_WS_HEAD_MAX], unsigned opcode, bool is_final,
                          uint64_t length, const unsigned char *mask);

/* Masks or unmasks `n` bytes in place. The first one is at `at` in the payload. */
void edoi_ws_mask(char *bytes, size_t n, const unsigned char mask[4], uint64_t at);

/* May a close frame have this code (section 7.4, and the IANA registry)? */
bool edoi_ws_code_is_valid(unsigned code);

/* The state of a text that comes in pieces; all zero: at the beginning of a character. */
typedef struct edoi_utf8_state {
    uint8_t left;     /* bytes that the character lacks */
    uint8_t low, top; /* the range of the next byte */
} edoi_utf8_state;

/* Checks more bytes. Returns false if the text is no UTF-8, whatever follows. It ends in a whole
 * character if `left` is 0. */
bool edoi_utf8_continue(edoi_utf8_state *state, const char *bytes, size_t n);

#endif
