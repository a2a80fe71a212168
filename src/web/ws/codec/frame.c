/* SPDX-License-Identifier: MIT */
/* web/ws/codec/frame.c: see frame.h. */
#include "web/ws/codec/frame.h"

#include <errno.h>
#include <string.h>

#define FINAL     0x80u
#define DEFLATED  0x40u
#define RESERVED  0x30u
#define MASKED    0x80u
#define LENGTH_16 126u
#define LENGTH_64 127u

static int frame_refuse(const char **why, const char *text) {
    *why = text;
    return -EPROTO;
}

static bool is_control(unsigned opcode) {
    return opcode & 8u;
}

static bool frame_is_known(unsigned opcode) {
    return opcode <= EDOI_WS_BINARY || (opcode >= EDOI_WS_CLOSE && opcode <= EDOI_WS_PONG);
}

static uint64_t number_at(const char *bytes, size_t n) {
    uint64_t number = 0;
    for (size_t i = 0; i < n; i++) number = number << 8 | (unsigned char)bytes[i];
    return number;
}

static int check_first(unsigned first, unsigned second, const char **why) {
    unsigned opcode = first & 0x0fu, length = second & 0x7fu;
    if (first & RESERVED) return frame_refuse(why, "a reserved bit is set");
    if (!frame_is_known(opcode)) return frame_refuse(why, "an opcode that is not known");
    if (!is_control(opcode)) return 0;
    if (!(first & FINAL)) return frame_refuse(why, "a control frame in fragments");
    return length > EDOI_WS_CONTROL_MAX ? frame_refuse(why, "a control frame above 125 bytes") : 0;
}

int edoi_ws_head_parse(edoi_ws_head *out, const char *bytes, size_t n, const char **why) {
    if (n < 2) return 0;
    unsigned first = (unsigned char)bytes[0], second = (unsigned char)bytes[1];
    int err = check_first(first, second, why);
    if (err < 0) return err;
    unsigned length = second & 0x7fu;
    size_t more = length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0;
    size_t all = 2 + more + (second & MASKED ? 4 : 0);
    if (n < all) return 0;
    *out = (edoi_ws_head){ .length = more ? number_at(bytes + 2, more) : length,
                           .opcode = first & 0x0fu,
                           .is_final = first & FINAL,
                           .is_masked = second & MASKED,
                           .is_deflated = first & DEFLATED };
    if (more == 2 && out->length < LENGTH_16)
        return frame_refuse(why, "a length that could be shorter");
    if (more == 8 && out->length <= UINT16_MAX)
        return frame_refuse(why, "a length that could be shorter");
    if (out->length > INT64_MAX) return frame_refuse(why, "a length with its highest bit");
    if (out->is_masked) memcpy(out->mask, bytes + 2 + more, 4);
    return (int)all;
}

bool edoi_ws_frame_is_whole(const char *bytes, size_t n) {
    if (n < 2) return false;
    unsigned second = (unsigned char)bytes[1], length = second & 0x7fu;
    size_t more = length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0;
    size_t head_n = 2 + more + (second & MASKED ? 4 : 0);
    return n >= head_n && (more ? number_at(bytes + 2, more) : length) <= n - head_n;
}

size_t edoi_ws_head_print(char to[EDOI_WS_HEAD_MAX], unsigned opcode, bool is_final,
                          uint64_t length, const unsigned char *mask) {
    size_t more = length < LENGTH_16 ? 0 : length <= UINT16_MAX ? 2 : 8;
    unsigned short_length = more == 0 ? (unsigned)length : more == 2 ? LENGTH_16 : LENGTH_64;
    to[0] = (char)((is_final ? FINAL : 0) | opcode);
    to[1] = (char)((mask ? MASKED : 0) | short_length);
    for (size_t i = 0; i < more; i++) to[2 + i] = (char)(length >> (8 * (more - 1 - i)));
    if (mask) memcpy(to + 2 + more, mask, 4);
    return 2 + more + (mask ? 4 : 0);
}

bool edoi_ws_code_is_valid(unsigned code) {
    if (code >= 1000 && code <= 1014) return code < 1004 || code > 1006;
    return code >= 3000 && code <= 4999;
}

/* ---- UTF-8 ----------------------------------------------------------------------------------- */

/* Begins a character, and notes which byte may follow its first one (RFC 3629 section 4). */
static bool begin_character(edoi_utf8_state *s, unsigned char b) {
    if (b < 0xc2 || b > 0xf4) return false;
    *s = (edoi_utf8_state){ .left = b < 0xe0 ? 1 : b < 0xf0 ? 2 : 3, .low = 0x80, .top = 0xbf };
    if (b == 0xe0) s->low = 0xa0; // otherwise a shorter form exists
    if (b == 0xed) s->top = 0x9f; // otherwise it is a surrogate
    if (b == 0xf0) s->low = 0x90;
    if (b == 0xf4) s->top = 0x8f; // otherwise it is above U+10FFFF
    return true;
}

static size_t skip_ascii(const char *bytes, size_t at, size_t n) {
    for (; n - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, bytes + at, 8);
        if (word & UINT64_C(0x8080808080808080)) break;
    }
    return at;
}

bool edoi_utf8_continue(edoi_utf8_state *state, const char *bytes, size_t n) {
    edoi_utf8_state s = *state;
    for (size_t i = 0; i < n; i++) {
        unsigned char b = (unsigned char)bytes[i];
        if (s.left > 0) {
            if (b < s.low || b > s.top) return false;
            s = (edoi_utf8_state){ .left = s.left - 1, .low = 0x80, .top = 0xbf };
        } else if (b >= 0x80) {
            if (!begin_character(&s, b)) return false;
        } else {
            i = skip_ascii(bytes, i, n);
            if (i == n) break;
            if ((unsigned char)bytes[i] >= 0x80) i--;
        }
    }
    *state = s;
    return true;
}
