/* SPDX-License-Identifier: MIT */
/* edo/grpc_details.h: what a failure of gRPC says beside its status and its message: the ten
 * messages of google/rpc/error_details.proto, or a program's own. In libedo-grpc.
 *
 *     edo_grpc_field_violation wrong = { EDO_STR("age"), EDO_STR("must be at least 0") };
 *     const edo_grpc_bad_request bad = { .field_violations = &wrong, .field_violations_n = 1 };
 *     (void)edo_grpc_detail(call, EDO_GRPC_BAD_REQUEST, &bad, &edo_grpc_bad_request_desc);
 *     return edo_grpc_fail(call, EDO_GRPC_INVALID_ARGUMENT, "the age is not valid");
 *
 * They travel in grpc-status-details-bin, as a google.rpc.Status. */
#ifndef EDO_GRPC_DETAILS_H
#define EDO_GRPC_DETAILS_H

#include <edo/grpc.h>

#include <google/protobuf/any.edo.h>
#include <google/protobuf/duration.edo.h>

/* google.rpc.Status: a failure with all its details, each a packed message
 * (edo/protobuf_known.h). Also for a message of the program's that tells of several calls. */
#define EDO_GRPC_FAILURE "google.rpc.Status"
typedef struct edo_grpc_failure {
    int32_t code; /* an edo_grpc_status */
    edo_str message;
    google_protobuf_any *details;
    size_t details_n;
} edo_grpc_failure;
EDO_DESCRIBE(edo_grpc_failure, EDO_FIELD(edo_grpc_failure, code, .number = 1, .optional = true),
             EDO_FIELD(edo_grpc_failure, message, .number = 2, .optional = true),
             EDO_FIELD_LIST_OF(edo_grpc_failure, details, details_n, google_protobuf_any_desc,
                               .number = 3, .optional = true))

EDO_BEGIN_DECLS

/** Adds a detail to the failure that the call ends with; without a failure it is not sent.
 *
 * `type` is the full name of the message in its .proto: EDO_GRPC_BAD_REQUEST, or "shop.v1.Reason".
 * Owns:    copies.
 * Errors:  -EMSGSIZE  all details together would have more than 4 KiB, and peers take 8 KiB in all
 *          -ENOTSUP   a client has no failure to send
 *          as edo_protobuf_encode()
 * Threads: the handler's.   Waits: never.   Since: 0.1 */
EDO_MUST_USE EDO_API int edo_grpc_detail(edo_grpc_call *call, const char *type, const void *detail,
                                         const edo_desc *desc);

/** Finds the first detail of a type in the failure that a client's call has ended with, and decodes
 * it.
 * Owns:    fills `out`, whose texts and lists live as long as the call.
 * Errors:  -ENOENT  there is none, or the call has not failed;  as edo_protobuf_decode()
 * Threads: that of the receives.   Waits: never.   Since: 0.1 */
EDO_MUST_USE EDO_API int edo_grpc_get_detail(edo_grpc_call *call, const char *type, void *out,
                                             const edo_desc *desc);

/** Reads the failure that a client's call has ended with, with all details in their order:
 *
 *     edo_grpc_failure f;
 *     err = edo_grpc_get_failure(call, &f);
 *     for (size_t i = 0; err == 0 && i < f.details_n; i++)
 *         if (edo_protobuf_any_is(&f.details[i], EDO_GRPC_RETRY_INFO)) …
 *
 * Status and message are those of the call, whatever the details' field has.
 * Owns:    fills `out`, on success only; all that it points to lives as long as the call.
 * Errors:  -ENOENT  the call has not failed, or not ended;  as edo_protobuf_decode()
 * Threads: that of the receives.   Waits: never.   Since: 0.1 */
EDO_MUST_USE EDO_API int edo_grpc_get_failure(edo_grpc_call *call, edo_grpc_failure *out);

/** Ends the call as the failure says: as edo_grpc_fail() with its status and message, and with its
 * details behind those that the call has. So a handler passes on what another server has said:
 *
 *     err = edo_grpc_get_failure(asked, &f);
 *     return err < 0 ? err : edo_grpc_fail_with(call, &f);
 *
 * Details that would not fit into 4 KiB, or for which there is no memory, are left out.
 * Owns:    copies.   Errors: the code, in any case
 * Threads: the handler's.   Waits: never.   Since: 0.1 */
EDO_API int edo_grpc_fail_with(edo_grpc_call *call, const edo_grpc_failure *failure);

EDO_END_DECLS

/* ---- The messages ---------------------------------------------------------------------------- */

/* When to try again. */
#define EDO_GRPC_RETRY_INFO "google.rpc.RetryInfo"
typedef struct edo_grpc_retry_info {
    google_protobuf_duration *retry_delay;
} edo_grpc_retry_info;
EDO_DESCRIBE(edo_grpc_retry_info,
             EDO_FIELD_PTR_OF(edo_grpc_retry_info, retry_delay, google_protobuf_duration_desc,
                              .number = 1, .optional = true))

/* Where it has failed, for developers. */
#define EDO_GRPC_DEBUG_INFO "google.rpc.DebugInfo"
typedef struct edo_grpc_debug_info {
    edo_str *stack_entries;
    size_t stack_entries_n;
    edo_str detail;
} edo_grpc_debug_info;
EDO_DESCRIBE(edo_grpc_debug_info,
             EDO_FIELD_LIST(edo_grpc_debug_info, stack_entries, stack_entries_n, .number = 1,
                            .optional = true),
             EDO_FIELD(edo_grpc_debug_info, detail, .number = 2, .optional = true))

/* Which quota is used up. */
#define EDO_GRPC_QUOTA_FAILURE "google.rpc.QuotaFailure"
typedef struct edo_grpc_quota_violation {
    edo_str subject, description;
} edo_grpc_quota_violation;
EDO_DESCRIBE(edo_grpc_quota_violation,
             EDO_FIELD(edo_grpc_quota_violation, subject, .number = 1, .optional = true),
             EDO_FIELD(edo_grpc_quota_violation, description, .number = 2, .optional = true))
typedef struct edo_grpc_quota_failure {
    edo_grpc_quota_violation *violations;
    size_t violations_n;
} edo_grpc_quota_failure;
EDO_DESCRIBE(edo_grpc_quota_failure,
             EDO_FIELD_LIST_OF(edo_grpc_quota_failure, violations, violations_n,
                               edo_grpc_quota_violation_desc, .number = 1, .optional = true))

/* Why, for programs: a reason of a domain. */
#define EDO_GRPC_ERROR_INFO "google.rpc.ErrorInfo"
typedef struct edo_grpc_error_metadata {
    edo_str key, value;
} edo_grpc_error_metadata;
EDO_DESCRIBE(edo_grpc_error_metadata,
             EDO_FIELD(edo_grpc_error_metadata, key, .number = 1, .optional = true),
             EDO_FIELD(edo_grpc_error_metadata, value, .number = 2, .optional = true))
typedef struct edo_grpc_error_info {
    edo_str reason, domain;
    edo_grpc_error_metadata *metadata;
    size_t metadata_n;
} edo_grpc_error_info;
EDO_DESCRIBE(edo_grpc_error_info,
             EDO_FIELD(edo_grpc_error_info, reason, .number = 1, .optional = true),
             EDO_FIELD(edo_grpc_error_info, domain, .number = 2, .optional = true),
             EDO_FIELD_LIST_OF(edo_grpc_error_info, metadata, metadata_n,
                               edo_grpc_error_metadata_desc, .number = 3, .map = true,
                               .optional = true))

/* What has to be so before. */
#define EDO_GRPC_PRECONDITION_FAILURE "google.rpc.PreconditionFailure"
typedef struct edo_grpc_precondition_violation {
    edo_str type, subject, description;
} edo_grpc_precondition_violation;
EDO_DESCRIBE(edo_grpc_precondition_violation,
             EDO_FIELD(edo_grpc_precondition_violation, type, .number = 1, .optional = true),
             EDO_FIELD(edo_grpc_precondition_violation, subject, .number = 2, .optional = true),
             EDO_FIELD(edo_grpc_precondition_violation, description, .number = 3, .optional = true))
typedef struct edo_grpc_precondition_failure {
    edo_grpc_precondition_violation *violations;
    size_t violations_n;
} edo_grpc_precondition_failure;
EDO_DESCRIBE(edo_grpc_precondition_failure,
             EDO_FIELD_LIST_OF(edo_grpc_precondition_failure, violations, violations_n,
                               edo_grpc_precondition_violation_desc, .number = 1, .optional = true))

/* Which fields of the request are wrong. */
#define EDO_GRPC_BAD_REQUEST "google.rpc.BadRequest"
typedef struct edo_grpc_field_violation {
    edo_str field, description;
} edo_grpc_field_violation;
EDO_DESCRIBE(edo_grpc_field_violation,
             EDO_FIELD(edo_grpc_field_violation, field, .number = 1, .optional = true),
             EDO_FIELD(edo_grpc_field_violation, description, .number = 2, .optional = true))
typedef struct edo_grpc_bad_request {
    edo_grpc_field_violation *field_violations;
    size_t field_violations_n;
} edo_grpc_bad_request;
EDO_DESCRIBE(edo_grpc_bad_request,
             EDO_FIELD_LIST_OF(edo_grpc_bad_request, field_violations, field_violations_n,
                               edo_grpc_field_violation_desc, .number = 1, .optional = true))

/* Which request it was, for whoever is asked for help. */
#define EDO_GRPC_REQUEST_INFO "google.rpc.RequestInfo"
typedef struct edo_grpc_request_info {
    edo_str request_id, serving_data;
} edo_grpc_request_info;
EDO_DESCRIBE(edo_grpc_request_info,
             EDO_FIELD(edo_grpc_request_info, request_id, .number = 1, .optional = true),
             EDO_FIELD(edo_grpc_request_info, serving_data, .number = 2, .optional = true))

/* Of which resource it is. */
#define EDO_GRPC_RESOURCE_INFO "google.rpc.ResourceInfo"
typedef struct edo_grpc_resource_info {
    edo_str resource_type, resource_name, owner, description;
} edo_grpc_resource_info;
EDO_DESCRIBE(edo_grpc_resource_info,
             EDO_FIELD(edo_grpc_resource_info, resource_type, .number = 1, .optional = true),
             EDO_FIELD(edo_grpc_resource_info, resource_name, .number = 2, .optional = true),
             EDO_FIELD(edo_grpc_resource_info, owner, .number = 3, .optional = true),
             EDO_FIELD(edo_grpc_resource_info, description, .number = 4, .optional = true))

/* Where to read on. */
#define EDO_GRPC_HELP "google.rpc.Help"
typedef struct edo_grpc_help_link {
    edo_str description, url;
} edo_grpc_help_link;
EDO_DESCRIBE(edo_grpc_help_link,
             EDO_FIELD(edo_grpc_help_link, description, .number = 1, .optional = true),
             EDO_FIELD(edo_grpc_help_link, url, .number = 2, .optional = true))
typedef struct edo_grpc_help {
    edo_grpc_help_link *links;
    size_t links_n;
} edo_grpc_help;
EDO_DESCRIBE(edo_grpc_help,
             EDO_FIELD_LIST_OF(edo_grpc_help, links, links_n, edo_grpc_help_link_desc, .number = 1,
                               .optional = true))

/* What to show to a person, in a language. */
#define EDO_GRPC_LOCALIZED_MESSAGE "google.rpc.LocalizedMessage"
typedef struct edo_grpc_localized_message {
    edo_str locale, message;
} edo_grpc_localized_message;
EDO_DESCRIBE(edo_grpc_localized_message,
             EDO_FIELD(edo_grpc_localized_message, locale, .number = 1, .optional = true),
             EDO_FIELD(edo_grpc_localized_message, message, .number = 2, .optional = true))

/* All ten, for edo_protobuf_json_opts: so JSON shows the details of a google.rpc.Status. */
static EDOI_UNUSED const edo_protobuf_type edo_grpc_detail_types[] = {
    { EDO_GRPC_RETRY_INFO, &edo_grpc_retry_info_desc },
    { EDO_GRPC_DEBUG_INFO, &edo_grpc_debug_info_desc },
    { EDO_GRPC_QUOTA_FAILURE, &edo_grpc_quota_failure_desc },
    { EDO_GRPC_ERROR_INFO, &edo_grpc_error_info_desc },
    { EDO_GRPC_PRECONDITION_FAILURE, &edo_grpc_precondition_failure_desc },
    { EDO_GRPC_BAD_REQUEST, &edo_grpc_bad_request_desc },
    { EDO_GRPC_REQUEST_INFO, &edo_grpc_request_info_desc },
    { EDO_GRPC_RESOURCE_INFO, &edo_grpc_resource_info_desc },
    { EDO_GRPC_HELP, &edo_grpc_help_desc },
    { EDO_GRPC_LOCALIZED_MESSAGE, &edo_grpc_localized_message_desc },
};

#endif
