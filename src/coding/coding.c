/* SPDX-License-Identifier: MIT */
/* coding/coding.c: see coding.h. */
#include "coding/coding.h"

const edoi_coder_ops *edoi_encoder_of(edoi_coding c) {
    switch (c) {
    case EDOI_CODING_ZSTD: return edoi_zstd_encoder;
    case EDOI_CODING_BR: return edoi_br_encoder;
    case EDOI_CODING_GZIP: return edoi_gzip_encoder;
    case EDOI_CODING_DEFLATE: return edoi_deflate_encoder;
    case EDOI_CODING_NONE:
    default: return NULL;
    }
}

const edoi_coder_ops *edoi_decoder_of(edoi_coding c) {
    switch (c) {
    case EDOI_CODING_ZSTD: return edoi_zstd_decoder;
    case EDOI_CODING_BR: return edoi_br_decoder;
    case EDOI_CODING_GZIP: return edoi_gzip_decoder;
    case EDOI_CODING_DEFLATE: return edoi_deflate_decoder;
    case EDOI_CODING_NONE:
    default: return NULL;
    }
}
