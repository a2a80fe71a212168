/* SPDX-License-Identifier: MIT */
/* tls/stream/fault.c: what has failed, in plain words for the trail. OpenSSL's own stand behind
 * them. */
#include "tls/stream/fault.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#define TEXT_MAX 96 /* of a name, in a line of EDO_TRAIL_TEXT_MAX */

/* ---- Certificates ---------------------------------------------------------------------------- */

/* Prints one alternative name, if it is that of a host. Returns as snprintf(), or 0. */
static int name_print(char *text, size_t room, const char *before, const GENERAL_NAME *name) {
    int type;
    char address[INET6_ADDRSTRLEN];
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
    const unsigned char *bytes = ASN1_STRING_get0_data(value);
    int n = ASN1_STRING_length(value);
    if (type == GEN_DNS) // a zero byte ends the text, but not the name
        return snprintf(text, room, "%s%.*s%s", before, n, (const char *)bytes,
                        memchr(bytes, '\0', (size_t)n) ? "\\0..." : "");
    if (type != GEN_IPADD || (n != 4 && n != 16)) return 0;
    (void)inet_ntop(n == 4 ? AF_INET : AF_INET6, bytes, address, sizeof address);
    return snprintf(text, room, "%sIP %s", before, address);
}

void edoi_tls_names_print(char *text, size_t room, X509 *cert, int names_max) {
    size_t at = 0;
    text[0] = '\0';
    GENERAL_NAMES *names = cert ? X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL) : NULL;
    for (int i = 0, n = 0; names && i < sk_GENERAL_NAME_num(names) && n < names_max; i++) {
        int put =
            name_print(text + at, room - at, n > 0 ? ", " : "", sk_GENERAL_NAME_value(names, i));
        if (put < 0 || (size_t)put >= room - at) break;
        at += (size_t)put;
        if (put > 0) n++;
    }
    GENERAL_NAMES_free(names);
}

/* Returns whether there is one. */
static bool common_name_print(char text[TEXT_MAX], const X509 *cert) {
    text[0] = '\0';
    return X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, text, TEXT_MAX) >
           0;
}

/* The name by which people know a certificate: its first alternative name, else its common name. */
static void cert_name(char text[TEXT_MAX], X509 *cert) {
    edoi_tls_names_print(text, TEXT_MAX, cert, 1);
    if (text[0] != '\0' || !cert || common_name_print(text, cert)) return;
    (void)snprintf(text, TEXT_MAX, "(no name)");
}

void edoi_tls_distance_print(char *text, size_t room, const ASN1_TIME *t) {
    int days = 0, seconds = 0;
    if (ASN1_TIME_diff(&days, &seconds, NULL, t) != 1) {
        (void)snprintf(text, room, "an unknown time");
        return;
    }
    long n = days < 0 ? -(long)days : days;
    const char *unit = "day";
    if (n == 0) {
        long s = seconds < 0 ? -(long)seconds : seconds;
        n = s >= 3600 ? s / 3600 : s >= 60 ? s / 60 : s;
        unit = s >= 3600 ? "hour" : s >= 60 ? "minute" : "second";
    }
    (void)snprintf(text, room, "%ld %s%s", n, unit, n == 1 ? "" : "s");
}

static int fail_expired(const char *whose, X509 *cert) {
    char ago[40];
    edoi_tls_distance_print(ago, sizeof ago, X509_get0_notAfter(cert));
    return edo_fail(-EDO_ECERT, "certificate of %s expired %s ago", whose, ago);
}

static int fail_early(const char *whose, X509 *cert) {
    char ahead[40];
    edoi_tls_distance_print(ahead, sizeof ahead, X509_get0_notBefore(cert));
    return edo_fail(-EDO_ECERT, "certificate of %s is not valid yet, but in %s", whose, ahead);
}

static int fail_issuer(const char *whose, X509 *cert) {
    char issuer[TEXT_MAX] = "";
    if (cert)
        (void)X509_NAME_get_text_by_NID(X509_get_issuer_name(cert), NID_commonName, issuer,
                                        sizeof issuer);
    return edo_fail(-EDO_ECERT, "issuer unknown: %s, which signed the certificate of %s",
                    issuer[0] ? issuer : "(no name)", whose);
}

/* `kind` is "IP " of an address: a DNS name that looks like one is another. */
static int fail_name(const char *kind, const char *wanted, X509 *cert) {
    char got[EDO_TRAIL_TEXT_MAX], common[TEXT_MAX];
    edoi_tls_names_print(got, sizeof got, cert, 8);
    if (got[0] == '\0' && cert && common_name_print(common, cert))
        (void)snprintf(got, sizeof got, "only the common name %s", common);
    if (got[0] == '\0') (void)snprintf(got, sizeof got, "no name");
    return edo_fail(-EDO_ECERT, "name does not fit: got %.80s, not %s%.40s", got, kind, wanted);
}

int edoi_tls_cert_fault(int fault, X509 *cert, const char *host) {
    char name[TEXT_MAX];
    (void)edo_fail(-EDO_ECERT, "OpenSSL: %s", X509_verify_cert_error_string(fault));
    cert_name(name, cert);
    switch (fault) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return fail_expired(name, cert);
    case X509_V_ERR_CERT_NOT_YET_VALID: return fail_early(name, cert);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return fail_issuer(name, cert);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return edo_fail(-EDO_ECERT, "issuer unknown: the certificate of %s is signed by itself",
                        name);
    case X509_V_ERR_HOSTNAME_MISMATCH: return fail_name("", host ? host : "", cert);
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return fail_name("IP ", host ? host : "", cert);
    case X509_V_ERR_INVALID_PURPOSE:
        return edo_fail(-EDO_ECERT, "certificate of %s is not for this use", name);
    case X509_V_ERR_INVALID_CA:
        return edo_fail(-EDO_ECERT, "certificate of %s may not sign others", name);
    case X509_V_ERR_CERT_REVOKED:
        return edo_fail(-EDO_ECERT, "certificate of %s was revoked", name);
    case X509_V_ERR_UNABLE_TO_GET_CRL:
        return edo_fail(-EDO_ECERT, "no list of revoked certificates is there for %s", name);
    case X509_V_ERR_CRL_HAS_EXPIRED:
        return edo_fail(-EDO_ECERT, "the list of revoked certificates for %s has expired", name);
    case X509_V_ERR_CRL_NOT_YET_VALID:
        return edo_fail(-EDO_ECERT, "the list of revoked certificates for %s is not valid yet",
                        name);
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
        return edo_fail(-EDO_ECERT, "the list of revoked certificates for %s is signed by another",
                        name);
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL: return edo_fail(-EDO_ECERT, "key of %s is too short", name);
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return edo_fail(-EDO_ECERT, "certificate of %s is signed with a digest that is too weak",
                        name);
    default: return edo_fail(-EDO_ECERT, "certificate of %s is not trusted", name);
    }
}

/* ---- Connections ----------------------------------------------------------------------------- */

/* What some reasons of OpenSSL mean for whoever looks at the trail. */
static const struct fault_words {
    int reason;
    const char *words;
} fault_words[] = {
    { SSL_R_HTTP_REQUEST, "plain HTTP was sent to a TLS port" },
    { SSL_R_HTTPS_PROXY_REQUEST, "a plain request for a proxy was sent to a TLS port" },
    { SSL_R_WRONG_VERSION_NUMBER, "the other end does not speak TLS here" },
    { SSL_R_BAD_RECORD_TYPE, "the other end does not speak TLS here" },
    { SSL_R_UNSUPPORTED_PROTOCOL, "the other end speaks no version of TLS that is allowed here" },
    { SSL_R_VERSION_TOO_LOW, "the other end speaks no version of TLS that is allowed here" },
    { SSL_R_NO_SHARED_CIPHER, "both ends have no cipher suite in common" },
    { SSL_R_NO_APPLICATION_PROTOCOL, "both ends have no protocol (ALPN) in common" },
    { SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "the client has shown no certificate" },
    { SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, "a record was damaged on its way" },
    { SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
      "the other end allows no version of TLS that is spoken here" },
    { SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "the other end found no parameters in common" },
    { SSL_R_TLSV1_ALERT_UNKNOWN_CA,
      "the other end does not know the issuer of this end's certificate" },
    { SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "the other end does not take this end's certificate" },
    { SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "the other end does not take this end's certificate" },
    { SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
      "the other end says that this end's certificate has expired" },
    { SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED,
      "the other end says that this end's certificate was revoked" },
    { SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE,
      "the other end says that this end's certificate is not for this use" },
    { SSL_R_TLSV1_ALERT_ACCESS_DENIED, "the other end refuses whom this end's certificate names" },
    { SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY,
      "the other end wants stronger parameters than this end allows" },
    { SSL_R_TLSV1_ALERT_INTERNAL_ERROR, "the other end failed" },
    { SSL_R_TLSV1_ALERT_USER_CANCELLED, "the other end has given up" },
    { SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "the other end wants a certificate of this end" },
    { SSL_R_TLSV1_UNRECOGNIZED_NAME, "the other end does not know this name" },
};

static const char *words_of(int reason) {
    for (size_t i = 0; i < EDO_COUNT(fault_words); i++)
        if (fault_words[i].reason == reason) return fault_words[i].words;
    return "the other end or the way to it broke the rules of TLS";
}

/* A number of a reason of libssl. Other libraries have theirs, which may be the same. */
static int reason_of(unsigned long e) {
    return ERR_GET_LIB(e) == ERR_LIB_SSL ? ERR_GET_REASON(e) : 0;
}

/* After a handshake of TLS 1.2 this end refuses another one by a warning alert, and the other end
 * then gives up with a handshake failure. */
static const char *words_after(int reason) {
    if (reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE)
        return "the other end wanted to negotiate anew, which is refused here: it has to ask for a "
               "certificate in its first handshake, or use TLS 1.3";
    return words_of(reason);
}

static int connection_fault(unsigned long e, bool is_after) {
    int reason = reason_of(e);
    const char *own = ERR_reason_error_string(e);
    if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE) return -ENOMEM;    // that of all libraries
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) return -EDO_ECERT; // edoi_tls_cert_fault() told
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return edo_fail(-EDO_ETRUNCATED, "the input ended without close_notify");
    int code = reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE ? -EDO_ECERT : -EDO_ETLS;
    (void)edo_fail(code, "OpenSSL: %s", own ? own : "unknown error");
    return edo_fail(code, "%s", is_after ? words_after(reason) : words_of(reason));
}

unsigned long edoi_tls_fault_take(void) {
    unsigned long said = ERR_peek_error(); // later ones follow from it, as a rule
    for (unsigned long e = 0; (e = ERR_get_error()) != 0;) {
        bool is_memory = ERR_GET_REASON(said) == ERR_R_MALLOC_FAILURE; // from which all follows
        if (reason_of(e) == SSL_R_CERTIFICATE_VERIFY_FAILED && !is_memory) said = e;
        if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE) said = e;
    }
    return said;
}

static int fault_tell(unsigned long e, int ssl_error, bool is_after) {
    if (e == 0) return edo_fail(-EDO_ETLS, "OpenSSL stopped without a reason (%d)", ssl_error);
    return connection_fault(e, is_after);
}

int edoi_tls_fault(int ssl_error) {
    return fault_tell(edoi_tls_fault_take(), ssl_error, false);
}

int edoi_tls_read_fault(const edoi_tls *self, int ssl_error) {
    return fault_tell(self->read_fault, ssl_error, SSL_version(self->ssl) <= TLS1_2_VERSION);
}

int edoi_tls_setup_fault(int code, const char *what) {
    unsigned long e = ERR_peek_last_error();
    if (ERR_GET_REASON(edoi_tls_fault_take()) == ERR_R_MALLOC_FAILURE) return -ENOMEM;
    const char *own = e ? ERR_reason_error_string(e) : NULL;
    if (own) (void)edo_fail(code, "OpenSSL: %s", own);
    return edo_fail(code, "%s", what);
}
