/* SPDX-License-Identifier: ISC */
/*
 * See redis_tls.h. A certificate that does not fit is the commonest mistake with TLS, and OpenSSL's
 * words for it help nobody: those that matter have a sentence here that names the option to set.
 */
#include "sensor/redis/redis_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/address.h"

#define NAME_MAX_BYTES 256
#define REFUSES_OURS   "TLS: the server does not accept our certificate (--redis-tls-cert)"
#define WANTS_CERTIFICATE                                                                          \
	"TLS: the server wants a certificate of the client (--redis-tls-cert, --redis-tls-key)"

struct redis_tls {
	SSL_CTX *context;
	char name[NAME_MAX_BYTES]; /* "": the host's */
	bool certificate;
};

static bool say(char error[REDIS_TLS_ERROR], const char *file, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;

	snprintf(error, REDIS_TLS_ERROR, "%.120s: %s%s%.60s%s", file, what,
		 reason != NULL ? " (" : "", reason != NULL ? reason : "",
		 reason != NULL ? ")" : "");
	ERR_clear_error();
	return false;
}

/* A key with a passphrase must not make the program ask for it on a terminal. */
static int no_passphrase(char *text, int size, int writing, void *context)
{
	(void)text;
	(void)size;
	(void)writing;
	(void)context;
	return 0;
}

static bool take_ca(SSL_CTX *context, const char *ca, char error[REDIS_TLS_ERROR])
{
	struct stat status;
	bool folder = ca != NULL && stat(ca, &status) == 0 && S_ISDIR(status.st_mode);

	if (ca == NULL)
		return SSL_CTX_set_default_verify_paths(context) == 1 ||
		       say(error, "TLS", "the system's certificates cannot be read");
	if (SSL_CTX_load_verify_locations(context, folder ? NULL : ca, folder ? ca : NULL) == 1)
		return true;
	return say(error, ca, "no certificates in it");
}

static bool take_own(SSL_CTX *context, const struct redis_tls_options *options,
		     char error[REDIS_TLS_ERROR])
{
	if (options->cert == NULL && options->key == NULL)
		return true;
	if (options->cert == NULL || options->key == NULL) {
		snprintf(error, REDIS_TLS_ERROR,
			 "--redis-tls-cert and --redis-tls-key go together");
		return false;
	}
	if (SSL_CTX_use_certificate_chain_file(context, options->cert) != 1)
		return say(error, options->cert, "no certificate in it");
	if (SSL_CTX_use_PrivateKey_file(context, options->key, SSL_FILETYPE_PEM) != 1)
		return say(error, options->key, "no key without a passphrase in it");
	if (SSL_CTX_check_private_key(context) != 1)
		return say(error, options->key, "is not the key of the certificate");
	return true;
}

struct redis_tls *redis_tls_new(const struct redis_tls_options *options,
				char error[REDIS_TLS_ERROR])
{
	struct redis_tls *tls = calloc(1, sizeof *tls);

	snprintf(error, REDIS_TLS_ERROR, "out of memory");
	if (tls == NULL)
		return NULL;
	ERR_clear_error();
	snprintf(tls->name, sizeof tls->name, "%s", options->name != NULL ? options->name : "");
	tls->certificate = options->cert != NULL;
	tls->context = SSL_CTX_new(TLS_client_method());
	if (tls->context != NULL &&
	    SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) == 1) {
		SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_default_passwd_cb(tls->context, no_passphrase);
		if (take_ca(tls->context, options->ca, error) &&
		    take_own(tls->context, options, error))
			return tls;
	}
	redis_tls_free(tls);
	return NULL;
}

void redis_tls_free(struct redis_tls *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(tls->context);
	free(tls);
}

/* An address is looked for among the certificate's addresses, and is never sent as a name. */
static bool expect(SSL *session, const char *host)
{
	struct address address;

	if (address_parse(host, &address))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host) == 1;
	SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(session, host) == 1 &&
	       SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
			(void *)(uintptr_t)host) == 1; /* copied, not changed */
}

struct ssl_st *redis_tls_session(const struct redis_tls *tls, const char *host)
{
	SSL *session = SSL_new(tls->context);

	ERR_clear_error();
	if (session != NULL && expect(session, tls->name[0] != '\0' ? tls->name : host))
		return session;
	SSL_free(session);
	return NULL;
}

static const char *verification(long result)
{
	switch (result) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return "TLS: the server's certificate is for another name"
		       " (--redis-tls-name says which one to expect)";
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "TLS: the server's certificate, or one above it, has expired";
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return "TLS: the server's certificate is not valid yet: is the clock right?";
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return "TLS: the server's certificate is signed by nobody who is trusted"
		       " (--redis-tls-ca)";
	case X509_V_ERR_CERT_REVOKED:
		return "TLS: the server's certificate was revoked";
	default:
		return NULL;
	}
}

static const char *alert(const struct redis_tls *tls, int reason)
{
	switch (reason) {
	case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
	case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
		return tls->certificate ? NULL : WANTS_CERTIFICATE;
	case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
	case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
	case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
		return REFUSES_OURS;
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
		return "TLS: the server does not speak it (redis:// is without)";
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
	case SSL_R_UNSUPPORTED_PROTOCOL:
		return "TLS: the server does not speak 1.2 or later";
	default:
		return NULL;
	}
}

bool redis_tls_why(const struct redis_tls *tls, const struct ssl_st *session, unsigned long error,
		   bool early, char text[REDIS_TLS_ERROR])
{
	long result = SSL_get_verify_result(session);
	const char *known = verification(result);
	const char *reason;

	if (known == NULL && error != 0)
		known = alert(tls, ERR_GET_REASON(error));
	if (known != NULL) {
		snprintf(text, REDIS_TLS_ERROR, "%s", known);
		return true;
	}
	/* With TLS 1.3 a server may say so and hang up before its words are read. */
	if (early && error == 0 && result == X509_V_OK && SSL_is_init_finished(session)) {
		snprintf(text, REDIS_TLS_ERROR, "the server closed the connection. Perhaps: %s",
			 tls->certificate ? REFUSES_OURS : WANTS_CERTIFICATE);
		return true;
	}
	reason = result != X509_V_OK ? X509_verify_cert_error_string(result)
		 : error != 0	     ? ERR_reason_error_string(error)
				     : NULL;
	if (reason == NULL)
		return false;
	snprintf(text, REDIS_TLS_ERROR, "TLS: %s", reason);
	return true;
}
