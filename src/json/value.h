/* SPDX-License-Identifier: MIT */
/* json/value.h: one value of a tree. */
#ifndef EDOI_JSON_VALUE_H
#define EDOI_JSON_VALUE_H

#include <edo/json.h>

struct edo_json_value {
    const char *name; /* of a member */
    uint32_t name_len;
    uint32_t len;  /* of `text`, and of a number's text; of a container: distance back to the one
                      around it, 0: none */
    uint32_t next; /* distance to the next element or member; 0: it is the last */
    uint8_t kind;
    bool is_true;
    int8_t side; /* of a number: edoi_json_side() */
    union {
        int64_t i;
        uint64_t u;
        double d;
        const char *text;
        struct {
            uint32_t child; /* distance to the first element or member; 0: none */
            uint32_t count;
        };
    };
};

/* The nearest float. Returns 0, -EINVAL: it is no number, or -ERANGE. */
EDO_MUST_USE int edoi_json_value_float(const edo_json_value *v, float *out);

#endif
