/* SPDX-License-Identifier: MIT */
/* otlp/way/answer.h: what a collector has said to a request. */
#ifndef EDOI_OTLP_WAY_ANSWER_H
#define EDOI_OTLP_WAY_ANSWER_H

#include <edo/bytes.h>
#include <edo/time.h>

typedef enum edoi_otlp_verdict {
    EDOI_OTLP_TAKEN,
    EDOI_OTLP_LATER,   /* it may be sent again */
    EDOI_OTLP_REFUSED, /* it may not */
} edoi_otlp_verdict;

#define EDOI_OTLP_WHY_MAX 256u

typedef struct edoi_otlp_answer {
    edoi_otlp_verdict verdict;
    edo_duration after;          /* when to send again; negative: nothing was said */
    uint64_t rejected;           /* items of what was taken that were refused */
    char why[EDOI_OTLP_WHY_MAX]; /* for the log; "": nothing was said */
} edoi_otlp_answer;

/* Reads the body of a response that says that the request was taken (ExportTraceServiceResponse and
 * its like). One that is none says nothing. */
void edoi_otlp_answer_read(edoi_otlp_answer *a, edo_str body);

/* Reads the body of a response that reports a failure: google.rpc.Status, perhaps with a RetryInfo.
 */
void edoi_otlp_answer_read_failure(edoi_otlp_answer *a, edo_str body);

struct edo_grpc_retry_info;

/* What a RetryInfo says; negative: nothing. */
edo_duration edoi_otlp_answer_delay(const struct edo_grpc_retry_info *info);

/* Sets the text. */
void edoi_otlp_answer_say(edoi_otlp_answer *a, edo_str why);

#endif
