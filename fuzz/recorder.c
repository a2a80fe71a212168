/* SPDX-License-Identifier: MIT */
/* fuzz/recorder.c: a file of the flight recorder, which may come from anywhere. Properties: what is
 * read lies in the file, has the order of its times, and names that end. The input is what differs
 * from a small file that is right: pairs of a place and a byte. */
#include "fuzz.h"

#include "recorder/read.h"

#include <edo/test.h>

#include <string.h>

#define EVENTS 4u
#define RINGS  2u
#define SITES  2u
#define BYTES  (4096u + RINGS * 256u)

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED(""),
    FUZZ_SEED("\x00\x00\x00"),             // no magic
    FUZZ_SEED("\x14\x00\x05"),             // five events
    FUZZ_SEED("\x18\x00\xff"),             // more rings
    FUZZ_SEED("\x00\x02\xff\x07\x02\xff"), // an event, a ring's head
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static void file_make(char *to) {
    edoi_recorder_head h = { .magic = EDOI_RECORDER_MAGIC,
                             .version = EDOI_RECORDER_VERSION,
                             .order = EDOI_RECORDER_ORDER,
                             .events_n = EVENTS,
                             .rings_n = RINGS,
                             .sites_n = SITES,
                             .ticks_per_s = 1000000000,
                             .sites_at = 320,
                             .rings_at = 1024,
                             .ring_bytes = 256 };
    memset(to, 0, BYTES);
    memcpy(to, &h, sizeof h);
    edoi_recorder_site site = { .at = { 7 }, .text = "a task" };
    memcpy(to + h.sites_at, &site, sizeof site);
    for (uint64_t i = 0; i < RINGS; i++) {
        char *at = to + h.rings_at + i * h.ring_bytes;
        edoi_recorder_ring ring = { .head = { 6 }, .whose = { EDOI_RECORDER_WORKER } };
        memcpy(at, &ring, sizeof ring);
        for (uint64_t n = 0; n < EVENTS; n++) {
            uint64_t words[3] = { (n * 1000 + i) << 8 | (EDOI_REC_CLOCK + n), 9 << 16, 7 };
            memcpy(at + EDOI_RECORDER_RING_HEAD + n * sizeof words, words, sizeof words);
        }
    }
}

static void look(const edoi_recorder_reading *r) {
    EDO_TEST_TRUE(r->rings_n <= r->head.rings_n);
    for (size_t i = 0; i < r->rows_n; i++) {
        EDO_TEST_TRUE(r->rows[i].ring < r->rings_n && r->rows[i].kind != EDOI_REC_NONE);
        EDO_TEST_TRUE(i == 0 || r->rows[i - 1].ns <= r->rows[i].ns);
        const char *text = edoi_recorder_reading_site(r, r->rows[i].arg);
        EDO_TEST_TRUE(!text || strnlen(text, EDOI_RECORDER_SITE_TEXT) < EDOI_RECORDER_SITE_TEXT);
    }
    EDO_TEST_TRUE(strnlen(r->head.why, sizeof r->head.why) < sizeof r->head.why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    char *file = malloc(BYTES);
    EDO_TEST_TRUE(file != NULL);
    file_make(file);
    size_t bytes = BYTES;
    for (size_t i = 0; i + 2 < n; i += 3) {
        size_t at = data[i] | (size_t)data[i + 1] << 8;
        if (at < BYTES)
            file[at] = (char)data[i + 2];
        else
            bytes = at % (BYTES + 1); // it is cut there
    }
    char *cut = malloc(bytes + 1); // the sanitizer sees where it ends
    EDO_TEST_TRUE(cut != NULL);
    memcpy(cut, file, bytes);
    edoi_recorder_reading r;
    const char *why;
    if (edoi_recorder_read(&r, cut, bytes, &why) == 0) {
        look(&r);
        edoi_recorder_reading_deinit(&r);
    } else {
        EDO_TEST_TRUE(why && *why);
    }
    free(cut);
    free(file);
    return 0;
}
