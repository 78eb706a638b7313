#include "net/lookup.h"
#include "base/clock.h"
#include <ares.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>

enum {
    TRY_MS = 1'200, /* the second try waits twice as long */
    TRIES = 2,
    UDP_SIZE_MAX = 1'232, /* what no path cuts into fragments */
};

/* One question, until its answer has come. */
struct question {
    struct lookup *lookup;
    bool answered;
    int status; /* of c-ares */
    struct lookup_texts *texts;
    struct lookup_addresses *addresses;
};

static void destroy(ares_channel *channel)
{
    ares_destroy(*channel);
}

static int open_channel(const struct lookup *lookup, ares_channel *channel)
{
    char names_alone[] = "b"; /* never the machine's own file of hosts */
    struct ares_options options = {
        .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_EDNS,
        .timeout = TRY_MS,
        .tries = TRIES,
        .ednspsz = UDP_SIZE_MAX,
        .lookups = names_alone,
    };
    int given = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ | ARES_OPT_LOOKUPS;
    int status = ares_init_options(channel, &options, given);
    if (status == ARES_SUCCESS && *lookup->servers)
        status = ares_set_servers_ports_csv(*channel, lookup->servers);
    return status;
}

/* Which of the channel's sockets wait for what: a bit each for reading, and behind them for writing. */
static nfds_t list_sockets(ares_channel channel, struct pollfd polled[static ARES_GETSOCK_MAXNUM])
{
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    unsigned wanted = (unsigned)ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
    nfds_t count = 0;
    for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
        int events = (wanted >> i & 1 ? POLLIN : 0) | (wanted >> (i + ARES_GETSOCK_MAXNUM) & 1 ? POLLOUT : 0);
        if (events)
            polled[count++] = (struct pollfd){ .fd = sockets[i], .events = (short)events };
    }
    return count;
}

/* Lets the library work on what has come, and on the time that has gone by. */
static void work_on(ares_channel channel, const struct pollfd *polled, nfds_t count)
{
    bool any = false;
    for (nfds_t i = 0; i < count; i++) {
        int events = polled[i].revents;
        if (!events)
            continue;
        any = true;
        ares_process_fd(channel, events & (POLLIN | POLLERR | POLLHUP) ? polled[i].fd : ARES_SOCKET_BAD,
                        events & POLLOUT ? polled[i].fd : ARES_SOCKET_BAD);
    }
    if (!any)
        ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

/* Until it is answered, by the server or, at the deadline, by us. */
static void wait_for_answer(ares_channel channel, const struct question *question)
{
    int64_t end_us = clock_monotonic_us() + LOOKUP_DEADLINE_MS * INT64_C(1'000);
    while (!question->answered) {
        int64_t left_us = end_us - clock_monotonic_us();
        if (left_us <= 0)
            return ares_cancel(channel);
        struct timeval most = { .tv_sec = left_us / 1'000'000, .tv_usec = left_us % 1'000'000 }, chosen;
        const struct timeval *wait = ares_timeout(channel, &most, &chosen);
        struct pollfd polled[ARES_GETSOCK_MAXNUM];
        nfds_t count = list_sockets(channel, polled);
        poll(polled, count, (int)(wait->tv_sec * 1'000 + wait->tv_usec / 1'000 + 1));
        work_on(channel, polled, count);
    }
}

static enum lookup_outcome outcome_of(const struct question *question)
{
    switch (question->status) {
    case ARES_SUCCESS: return LOOKUP_FOUND;
    case ARES_ENODATA:
    case ARES_ENOTFOUND: return LOOKUP_NONE;
    default:
        question->lookup->why =
            question->status == ARES_ECANCELLED ? "no answer came in time" : ares_strerror(question->status);
        return LOOKUP_FAILED;
    }
}

/* A record is one or more strings; the first of each says that it is. */
static void take_texts(struct question *question, const struct ares_txt_ext *strings)
{
    struct arena *arena = question->lookup->arena;
    struct lookup_texts *texts = question->texts;
    size_t count = 0, length = 0;
    for (const struct ares_txt_ext *string = strings; string; string = string->next) {
        count += string->record_start != 0;
        length += string->length;
    }
    texts->list = arena_array(arena, struct text, count);
    char *at = arena_alloc(arena, length + 1);
    for (const struct ares_txt_ext *string = strings; string; string = string->next) {
        if (string->record_start)
            texts->list[texts->count++] = (struct text){ at, 0 };
        memcpy(at, string->txt, string->length);
        at += string->length;
        texts->list[texts->count - 1].length += string->length;
    }
}

static void texts_answered(void *argument, int status, int, unsigned char *answer, int length)
{
    struct question *question = argument;
    struct ares_txt_ext *strings = NULL;
    question->answered = true;
    question->status = status == ARES_SUCCESS ? ares_parse_txt_reply_ext(answer, length, &strings) : status;
    if (question->status == ARES_SUCCESS)
        take_texts(question, strings);
    ares_free_data(strings);
}

enum lookup_outcome lookup_texts(struct lookup *lookup, const char *name, struct lookup_texts *found)
{
    [[gnu::cleanup(destroy)]] ares_channel channel = NULL;
    struct question question = { .lookup = lookup, .texts = found };
    *found = (struct lookup_texts){};
    question.status = open_channel(lookup, &channel);
    if (question.status == ARES_SUCCESS) {
        ares_query(channel, name, ns_c_in, ns_t_txt, texts_answered, &question);
        wait_for_answer(channel, &question);
    }
    return outcome_of(&question);
}

static void addresses_answered(void *argument, int status, int, struct ares_addrinfo *answer)
{
    struct question *question = argument;
    struct lookup_addresses *found = question->addresses;
    question->answered = true;
    question->status = status;
    const struct ares_addrinfo_node *node = answer ? answer->nodes : NULL;
    for (; node && found->count < LOOKUP_ADDRESSES_MAX; node = node->ai_next)
        if (node->ai_addrlen <= sizeof found->list[0])
            memcpy(&found->list[found->count++], node->ai_addr, node->ai_addrlen);
    if (answer)
        ares_freeaddrinfo(answer);
}

static void set_port(struct sockaddr_storage *address, int port)
{
    if (address->ss_family == AF_INET)
        ((struct sockaddr_in *)address)->sin_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in6 *)address)->sin6_port = htons((uint16_t)port);
}

enum lookup_outcome lookup_addresses(struct lookup *lookup, const char *name, int port,
                                     struct lookup_addresses *found)
{
    [[gnu::cleanup(destroy)]] ares_channel channel = NULL;
    struct question question = { .lookup = lookup, .addresses = found };
    *found = (struct lookup_addresses){};
    question.status = open_channel(lookup, &channel);
    if (question.status == ARES_SUCCESS) {
        const struct ares_addrinfo_hints hints = { .ai_flags = ARES_AI_NOSORT, .ai_family = AF_UNSPEC };
        ares_getaddrinfo(channel, name, NULL, &hints, addresses_answered, &question);
        wait_for_answer(channel, &question);
    }
    for (size_t i = 0; i < found->count; i++)
        set_port(&found->list[i], port);
    return outcome_of(&question);
}
