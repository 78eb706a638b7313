/* `nidia events`: what happens, a line each, as it happens. */
#include "base/clock.h"
#include "http/client.h"
#include "main/command.h"
#include <stdio.h>

enum { COME_AGAIN_MS = 500, LINE_MAX_BYTES = 64 * 1024 };

struct following {
    struct invocation *invocation;
    int64_t position; /* of the last event that was told */
    int64_t read;     /* of the one that is being read: cut off before its data, it comes again */
    struct buffer line;
    struct text type; /* of the event that is being read */
    char type_room[128];
    bool has_heard;    /* anything at all, so that who does not answer now is waited for */
    bool cannot_write; /* nobody reads any more */
};

static void print_words(struct following *following, struct text data)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct error ignored = {};
    struct json event;
    if (!json_read(data, arena, &event, &ignored))
        return;
    struct text entity = command_text(&event, "entity_type"), id = command_text(&event, "entity_id");
    printf("%lld %-32.*s %.*s%s%.*s\n", (long long)following->read, TEXT_ARG(following->type),
           TEXT_ARG(entity), id.length > 0 ? "/" : "", TEXT_ARG(id));
}

static void print_event(struct following *following, struct text data)
{
    if (following->invocation->as_json)
        printf("{\"position\":%lld,%.*s\n", (long long)following->read,
               TEXT_ARG(text_slice(data, 1, data.length)));
    else
        print_words(following, data);
}

/* A line of an event: "id: …", "event: …", "data: …", and one that is empty behind it. */
static void read_line(struct following *following, struct text line)
{
    bool is_end = line.length == 0;
    struct text name = text_cut(&line, ':'), value = text_trim(line);
    if (text_is(name, "id")) {
        (void)text_to_integer(value, &following->read);
    } else if (text_is(name, "event")) {
        int length = snprintf(following->type_room, sizeof following->type_room, "%.*s", TEXT_ARG(value));
        following->type = text_slice(text_from(following->type_room), 0, (size_t)length);
    } else if (text_is(name, "data")) {
        print_event(following, value);
    }
    if (is_end || text_is(name, "data"))
        following->position = following->read;
}

static bool take(void *context, struct text piece)
{
    struct following *following = context;
    struct buffer *line = &following->line;
    following->has_heard = true;
    for (size_t i = 0; i < piece.length; i++) {
        if (piece.data[i] != '\n') {
            if (line->length < LINE_MAX_BYTES)
                buffer_add_byte(line, piece.data[i]);
            continue;
        }
        read_line(following, line->text);
        line->length = 0;
    }
    following->cannot_write = fflush(stdout) != 0;
    return !following->cannot_write;
}

/* One stream to its end. False: it makes no sense to come again, and why has been said. */
static bool follow(struct following *following)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct invocation once = *following->invocation;
    const struct http_taker taker = { take, following };
    struct command_request request = { .target = TEXT("/api/v1/events") };
    struct reply reply = {};
    struct error error = {};
    once.arena = arena;
    following->read = following->position;
    following->line.length = 0;
    if (following->position >= 0)
        request.target =
            arena_format(arena, "/api/v1/events?last_event_id=%lld", (long long)following->position);
    if (!command_receive(&once, &request, &taker, &reply, &error) && !following->has_heard) {
        invocation_failed(&once, &error);
        return false;
    }
    bool is_refused = reply.status >= 400 && (reply.status < 500 || !following->has_heard);
    if (is_refused)
        command_say_problem(&once, &reply);
    return !is_refused && !following->cannot_write;
}

/* A server that ends, or is ended, is asked again behind what was told last, until somebody serves again. */
int command_events(struct invocation *invocation)
{
    struct following following = { .invocation = invocation,
                                   .position = -1,
                                   .line = { .arena = invocation->arena } };
    const char *since = invocation_take(invocation, "--since");
    if (invocation->count > 0
        || (since && (!text_to_integer(text_from(since), &following.position) || following.position < 0)))
        return invocation_say_usage(invocation);
    while (follow(&following))
        clock_sleep_ms(COME_AGAIN_MS);
    return EXIT_FAILED;
}
