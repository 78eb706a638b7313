#include "identity/relying_party.h"
#include "record/site.h"
#include "settings/options.h"

/* The scheme with the port that browsers leave out of an origin. */
static const struct scheme {
    struct text begins, port;
} schemes[] = {
    { TEXT_CONSTANT("https://"), TEXT_CONSTANT(":443") },
    { TEXT_CONSTANT("http://"), TEXT_CONSTANT(":80") },
};

static struct text our_url(struct work *work)
{
    const struct options *options = work->site->options;
    struct text url = text_from(option_string(options, OPTION_public_url));
    if (url.length > 0)
        return arena_copy_lower(work->arena, url);
    struct text listen = text_from(option_string(options, OPTION_listen)), port = listen;
    while (text_find_byte(port, ':') < port.length)
        text_cut(&port, ':');
    return arena_format(work->arena, "http://localhost:%.*s", TEXT_ARG(port));
}

static struct text without_port(struct text host)
{
    size_t from = text_starts(host, TEXT("[")) ? text_find_byte(host, ']') : 0;
    return text_slice(host, 0, from + text_find_byte(text_slice(host, from, host.length), ':'));
}

struct relying_party relying_party_of(struct work *work)
{
    struct text rest = our_url(work);
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        const struct scheme *scheme = &schemes[i];
        if (!text_starts(rest, scheme->begins))
            continue;
        rest = text_slice(rest, scheme->begins.length, rest.length);
        struct text host = text_cut(&rest, '/');
        if (text_ends(host, scheme->port))
            host.length -= scheme->port.length;
        return (struct relying_party){
            .id = without_port(host),
            .origin = arena_format(work->arena, "%.*s%.*s", TEXT_ARG(scheme->begins), TEXT_ARG(host)),
        };
    }
    return (struct relying_party){ .id = rest, .origin = rest };
}
