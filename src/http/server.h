/*
 * The HTTP/1.1 server: one epoll loop a thread over llhttp, strict in framing, with a deadline for
 * everything.
 *
 * A loop reads a whole request, then calls `handle` in its own thread, which answers at once or later from
 * any thread by exchange_finish. One request at a time per connection: the next is not looked at before the
 * answer is written. An answer to a client that has left goes nowhere. TLS and HTTP/2 are the proxy's.
 */
#pragma once
#include "base/buffer.h"
#include "base/error.h"
#include <sys/types.h>

enum method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_OTHER,
    METHOD_COUNT
};
extern const char *const method_names[METHOD_COUNT];

enum {
    HEAD_MAX = 16 * 1024, /* request line and headers: more is 431 */
    HEADERS_MAX = 100,
    TARGET_MAX = 8 * 1024,  /* more is 414 */
    BODY_MAX = 1024 * 1024, /* more is 413 */
    CONNECTIONS_MAX = 10'000,
    LISTENERS_MAX = 8,
};

struct header {
    struct text name, value; /* the name as it came; compare with text_equal_blind */
};

/* Lies in the exchange's arena until the answer is written. */
struct request {
    enum method method;
    struct text target, path, query; /* path: as it came, not decoded; query: without '?' */
    struct text body;
    const struct header *headers;
    size_t header_count;
    struct text peer; /* the address of the other end, without port; empty on a Unix socket */
    int listener;     /* index into the options' addresses */
    uid_t peer_uid;   /* of a Unix socket's other end, else -1 */
    int64_t begun_us; /* monotonic: when its first byte came */
};

/*
 * What an answer goes on with once its first bytes are out, until it says that it is over, the client leaves,
 * or the server drains; then the connection is closed, which ends the answer. All in the connection's own
 * loop: none may block.
 */
struct stream {
    void *reader;
    /* Writes what comes next, `size` bytes at most, and returns how many; 0: nothing yet. Asked again
     * whenever the client has taken it, after server_wake_streams, and with `quiet` where nothing was sent
     * for a while. */
    size_t (*next)(void *reader, bool quiet, char *room, size_t size, bool *over);
    void (*close)(void *reader); /* once, also where the client had left before the first byte */
};

enum { STREAM_PIECE_MAX = 16 * 1024 /* bytes asked of a stream at once */ };

struct response {
    int status;
    struct text content_type; /* empty: none */
    struct buffer headers;    /* whole lines with CRLF, by response_header */
    struct buffer body;
    bool close;                  /* close the connection after it */
    const struct stream *stream; /* NULL: the body is all; HEAD has none of it */
    int64_t stream_length;       /* what the stream gives in all; 0: it ends when it ends */
};

struct exchange {
    struct request request;
    struct response response;
    struct arena *arena;                       /* reset when the answer is written */
    void *user;                                /* the handler's own */
    void (*finish)(struct exchange *exchange); /* what exchange_finish calls: the server's, or a caller's in
                                                  this process */
};

/* The first of that name; empty if none. */
struct text request_header(const struct request *request, struct text name);
/* Adds a header line; refuses (aborts in debug, drops in release) a value with CR, LF or NUL. */
void response_header(struct response *response, struct text name, struct text value);

struct server_options {
    /* Read by server_start alone: "127.0.0.1:8080", "[::1]:8080", or "unix:/path" (made 0600). Port 0: see
     * server_port. */
    const char *const *addresses;
    int listener_count;
    const struct inherited *inherited; /* http/inherit.h: for each address, sockets to listen with instead;
                                          read by server_start alone; NULL: none */
    int connections_max;   /* beyond it: 503 and closed; 0 = CONNECTIONS_MAX, which it cannot exceed */
    int loops;             /* threads; TCP listeners are shared by SO_REUSEPORT */
    int head_deadline_ms;  /* from the first byte to the end of the headers; 0 = 10 s */
    int body_deadline_ms;  /* from there to the end of the body; 0 = 30 s */
    int idle_deadline_ms;  /* between requests; 0 = 75 s */
    int write_deadline_ms; /* for a client that does not read; 0 = 30 s */
    int quiet_ms;          /* after which a stream that sent nothing is asked for a sign of life; 0 = 15 s */
    void *(*loop_begin)(void *context); /* the loop's own state, made in its thread */
    /* After all that was ready was served, before it waits again; or NULL. In how many ms at the latest it is
     * to be called again; -1: when something comes. */
    int (*loop_turned)(void *loop_state);
    void (*loop_end)(void *loop_state);
    void (*handle)(struct exchange *exchange, void *loop_state);
    /* Fills in the answer to what could not be read as a request: 400, 408, 413, 414, 417, 431, 501, 505. */
    void (*refuse)(struct response *response, int status, const char *why);
    /* After the last byte was handed to the kernel or the client left; for the log and the metrics. Of what
     * was refused too: `user` is NULL then, and the request holds what could be read of it. */
    void (*finished)(struct exchange *exchange, bool delivered, void *context);
    void *context;
};

struct server;

[[nodiscard]] bool server_start(struct server **server, const struct server_options *options,
                                struct error *error);
int server_port(const struct server *server, int listener);
/* Sends the response; from any thread, once. The exchange is gone after it. */
void exchange_finish(struct exchange *exchange);
/* There is more for the streams to send: each is asked. From any thread; wakes each loop once. */
void server_wake_streams(struct server *server);
/* Whether every loop has turned since it was last asked; wakes them, so that idle ones turn too. */
bool server_turns(struct server *server);
/* Accepts no more, ends the streams, answers what is under way (and what arrives on open connections, with
 * Connection: close); true when all is done in time. */
bool server_drain(struct server *server, int timeout_ms);
/* Closes all, waits for the handlers that have an exchange to finish it, joins the loops, frees. */
void server_stop(struct server *server);

/* In a loop's thread: `ready` is called there, with the loop's own state, whenever `fd` can be read or has
 * failed, until it is closed. One for each loop: a later one takes its place. */
[[nodiscard]] bool server_watch(int fd, void (*ready)(void *loop_state));

struct server_figures {
    int64_t connections, accepted, refused, requests;
};
struct server_figures server_figures(struct server *server);
