/* SPDX-License-Identifier: MIT */
/* otlp/settings/settings.h: what the options and the environment say together. */
#ifndef EDOI_OTLP_SETTINGS_SETTINGS_H
#define EDOI_OTLP_SETTINGS_SETTINGS_H

#include <edo/headers.h>
#include <edo/otlp.h>

/* Where one kind goes. All const once it was read. */
typedef struct edoi_otlp_aim {
    bool is_on;
    edo_otlp_protocol protocol;
    edo_buf url; /* with a NUL; of gRPC "host:port" */
    bool is_tls;
    bool is_gzip;
    edo_headers headers;
    edo_duration timeout;
    struct edo_tls_client *tls; /* shared; NULL: the system's roots */
    edo_duration delay;         /* between two exports */
    edo_duration retry_max;
    uint32_t queue_max, batch_max;
} edoi_otlp_aim;

typedef struct edoi_otlp_settings {
    edoi_otlp_aim of[EDO_OTLP_KINDS];
    edo_buf resource; /* a message */
    uint64_t bytes_max;
    double ratio; /* of traces that are sampled; negative: nothing was said */
} edoi_otlp_settings;

/* Returns 0, also where nothing is to be exported: then no kind is on. After a failure nothing is
 * to be ended. Errors: as edo_otlp_start(). */
EDO_MUST_USE int edoi_otlp_settings_read(edoi_otlp_settings *s, const edo_otlp_opts *o);
void edoi_otlp_settings_deinit(edoi_otlp_settings *s);

#endif
