#include "identity/device.h"

struct sign {
    const char *part, *name;
};

/* The first part that a user agent contains decides: browsers name those that they descend from. */
static const struct sign browsers[] = {
    { "Edg", "Edge" },         { "OPR/", "Opera" },     { "SamsungBrowser", "Samsung Internet" },
    { "Firefox/", "Firefox" }, { "FxiOS", "Firefox" },  { "Chrome/", "Chrome" },
    { "CriOS", "Chrome" },     { "Safari/", "Safari" }, {},
};
static const struct sign systems[] = {
    { "iPhone", "iPhone" }, { "iPad", "iPad" },      { "Android", "Android" }, { "Windows", "Windows" },
    { "CrOS", "ChromeOS" }, { "Mac OS X", "macOS" }, { "Linux", "Linux" },     {},
};

static const char *first_sign(const struct sign *signs, struct text user_agent)
{
    while (signs->part && !text_contains(user_agent, text_from(signs->part)))
        signs++;
    return signs->name;
}

static struct text type_of(struct text user_agent)
{
    if (text_contains(user_agent, TEXT("iPad")) || text_contains(user_agent, TEXT("Tablet")))
        return TEXT("tablet");
    return text_contains(user_agent, TEXT("Mobi")) ? TEXT("mobile") : TEXT("desktop");
}

struct device device_of(struct arena *arena, struct text user_agent)
{
    const char *browser = first_sign(browsers, user_agent), *system = first_sign(systems, user_agent);
    if (browser && system)
        return (struct device){ arena_format(arena, "%s on %s", browser, system), type_of(user_agent) };
    struct text product = text_trim(text_cut(&user_agent, ' '));
    return (struct device){ text_head(product, 60), TEXT("machine") };
}
