#include "net/certificate.h"
#include "base/clock.h"
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void close_socket(const int *socket_fd)
{
    if (*socket_fd >= 0)
        close(*socket_fd);
}

static void free_context(SSL_CTX **context)
{
    SSL_CTX_free(*context);
}

static void free_connection(SSL **connection)
{
    SSL_free(*connection);
}

static void tell(struct certificate *certificate, const char *why)
{
    snprintf(certificate->why, sizeof certificate->why, "%s", why);
}

/* Until the socket is ready; false: not before the end. */
static bool wait_for(int fd, short events, int64_t end_us)
{
    struct pollfd polled = { .fd = fd, .events = events };
    for (int64_t left_us; (left_us = end_us - clock_monotonic_us()) > 0;)
        if (poll(&polled, 1, (int)(left_us / 1'000 + 1)) > 0)
            return true;
    return false;
}

static bool reach(const struct sockaddr_storage *address, int *fd, int64_t end_us,
                  struct certificate *certificate)
{
    socklen_t size = address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    *fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int failure = *fd < 0 ? errno : 0;
    if (!failure && connect(*fd, (const struct sockaddr *)address, size) != 0)
        failure = errno;
    if (failure == EINPROGRESS) {
        socklen_t length = sizeof failure;
        failure = ETIMEDOUT;
        if (wait_for(*fd, POLLOUT, end_us))
            getsockopt(*fd, SOL_SOCKET, SO_ERROR, &failure, &length);
    }
    if (failure)
        tell(certificate, strerrordesc_np(failure));
    return failure == 0;
}

static bool shake_hands(SSL *connection, int fd, int64_t end_us, struct certificate *certificate)
{
    for (;;) {
        ERR_clear_error();
        int result = SSL_connect(connection);
        if (result == 1)
            return true;
        int wanted = SSL_get_error(connection, result);
        if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE)
            break;
        if (!wait_for(fd, wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, end_us)) {
            tell(certificate, "the handshake took too long");
            return false;
        }
    }
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    tell(certificate, reason ? reason : "the other end hung up");
    return false;
}

static int64_t time_of(const ASN1_TIME *time)
{
    struct tm parts = {};
    return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) * 1'000 : 0;
}

static void read_certificate(SSL *connection, struct certificate *certificate)
{
    const X509 *shown = SSL_get0_peer_certificate(connection);
    if (!shown)
        return tell(certificate, "no certificate was shown");
    long verdict = SSL_get_verify_result(connection);
    certificate->expires_at_ms = time_of(X509_get0_notAfter(shown));
    certificate->is_valid = verdict == X509_V_OK;
    if (!certificate->is_valid)
        tell(certificate, X509_verify_cert_error_string(verdict));
}

/* The handshake is finished whatever the certificate is like, so that its end can be read: no byte follows.
 */
static SSL *new_connection(SSL_CTX *context, const char *name, const char *trusted)
{
    bool trusts = *trusted ? SSL_CTX_load_verify_file(context, trusted) == 1
                           : SSL_CTX_set_default_verify_paths(context) == 1;
    SSL *connection = trusts ? SSL_new(context) : NULL;
    if (!connection)
        return NULL;
    SSL_set_verify(connection, SSL_VERIFY_NONE, NULL);
    if (SSL_set_tlsext_host_name(connection, name) == 1 && SSL_set1_host(connection, name) == 1)
        return connection;
    SSL_free(connection);
    return NULL;
}

void certificate_look(const struct sockaddr_storage *address, const char *name, const char *trusted,
                      struct certificate *certificate)
{
    int64_t end_us = clock_monotonic_us() + CERTIFICATE_DEADLINE_MS * INT64_C(1'000);
    [[gnu::cleanup(close_socket)]] int fd = -1;
    [[gnu::cleanup(free_context)]] SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    [[gnu::cleanup(free_connection)]] SSL *connection =
        context ? new_connection(context, name, trusted) : NULL;
    *certificate = (struct certificate){};
    if (!connection)
        return tell(certificate, "the trusted authorities cannot be read");
    if (!reach(address, &fd, end_us, certificate))
        return;
    if (SSL_set_fd(connection, fd) == 1 && shake_hands(connection, fd, end_us, certificate))
        read_certificate(connection, certificate);
}
