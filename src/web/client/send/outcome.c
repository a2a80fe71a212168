/* SPDX-License-Identifier: MIT */
/* web/client/send/outcome.c: what a response says about the server. */
#include <edo/http_client.h>

edo_call_outcome edo_http_outcome(void *arg, const void *request, const void *response,
                                  int result) {
    (void)arg, (void)request;
    const edo_http_response *const *at = response;
    if (result < 0 || !at || !*at) return edo_outcome_of(result);
    edo_status status = (*at)->status;
    bool is_failure = edo_status_class(status) == EDO_STATUS_CLASS_SERVER_ERROR ||
                      status == EDO_STATUS_REQUEST_TIMEOUT ||
                      status == EDO_STATUS_TOO_MANY_REQUESTS;
    return is_failure ? EDO_CALL_FAILED : EDO_CALL_SUCCEEDED;
}
