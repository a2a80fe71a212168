/* SPDX-License-Identifier: MIT */
/* http/h1/scan_aarch64.c: 16 bytes at a time with NEON, which every 64-bit ARM has. */
#include "http/h1/scan.h"

#include <arm_neon.h>

/* Returns four bits for each byte, all set where the byte of `v` is set. */
static uint64_t scan_bits_of(uint8x16_t v) {
    uint8x8_t halves = vshrn_n_u16(vreinterpretq_u16_u8(v), 4);
    return vget_lane_u64(vreinterpret_u64_u8(halves), 0);
}

static uint8x16_t scan_load(const char *p) {
    return vld1q_u8((const uint8_t *)p);
}

/* The functions below set each byte where that of `v` is not of the kind. */
static uint8x16_t no_line(uint8x16_t v) {
    uint8x16_t is_control = vcltq_u8(v, vdupq_n_u8(0x20));
    uint8x16_t is_tab = vceqq_u8(v, vdupq_n_u8('\t'));
    return vorrq_u8(vbicq_u8(is_control, is_tab), vceqq_u8(v, vdupq_n_u8(0x7f)));
}

static uint8x16_t no_token(uint8x16_t v) {
    // By the low half of a byte: in which rows of 16 it is a token. By its high half: its row.
    static const uint8_t rows[16] = { 232, 252, 248, 252, 252, 252, 252, 252,
                                      248, 248, 244, 84,  208, 84,  244, 112 };
    static const uint8_t row[16] = { 1, 2, 4, 8, 16, 32, 64, 128 };
    uint8x16_t low = vqtbl1q_u8(vld1q_u8(rows), vandq_u8(v, vdupq_n_u8(0x0f)));
    uint8x16_t high = vqtbl1q_u8(vld1q_u8(row), vshrq_n_u8(v, 4));
    return vceqzq_u8(vandq_u8(low, high));
}

static uint8x16_t no_target(uint8x16_t v) {
    return vorrq_u8(vcltq_u8(v, vdupq_n_u8(0x21)), vcgtq_u8(v, vdupq_n_u8(0x7e)));
}

static const char *scan_line_end(const char *p, const char *end) {
    for (; end - p >= 16; p += 16) {
        uint64_t others = scan_bits_of(no_line(scan_load(p)));
        if (others) return p + EDOI_CTZ64(others) / 4;
    }
    return edoi_line_end_scalar(p, end);
}

static const char *token_end(const char *p, const char *end) {
    for (; end - p >= 16; p += 16) {
        uint64_t others = scan_bits_of(no_token(scan_load(p)));
        if (others) return p + EDOI_CTZ64(others) / 4;
    }
    return edoi_token_end_scalar(p, end);
}

static const char *target_end(const char *p, const char *end) {
    for (; end - p >= 16; p += 16) {
        uint64_t others = scan_bits_of(no_target(scan_load(p)));
        if (others) return p + EDOI_CTZ64(others) / 4;
    }
    return edoi_target_end_scalar(p, end);
}

static const edoi_scan neon = {
    .name = "NEON",
    .line_end = scan_line_end,
    .token_end = token_end,
    .target_end = target_end,
};

size_t edoi_scans_of_machine(const edoi_scan *out[]) {
    out[0] = &neon;
    return 1;
}
