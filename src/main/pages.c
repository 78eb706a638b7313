#include "main/pages.h"

enum { PAGE_LIMIT = 100 };

bool pages_read(struct invocation *invocation, struct text target,
                void (*take)(void *context, const struct json *rows), void *context)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    const char *joint = text_contains(target, TEXT("?")) ? "&" : "?";
    struct text cursor = {};
    do {
        struct invocation once = *invocation;
        struct reply reply;
        struct json page;
        once.arena = arena;
        struct text asked = arena_format(arena, "%.*s%slimit=%d%s%.*s", TEXT_ARG(target), joint, PAGE_LIMIT,
                                         cursor.length > 0 ? "&cursor=" : "", TEXT_ARG(cursor));
        bool is_read = command_read(&once, asked, &reply, &page);
        invocation->app = once.app;
        invocation->was_served = once.was_served;
        if (!is_read)
            return false;
        take(context, json_member(&page, TEXT("data")));
        cursor = arena_copy(invocation->arena, command_text(&page, "next_cursor"));
        arena_reset(arena);
    } while (cursor.length > 0);
    return true;
}
