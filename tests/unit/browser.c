#include "browser.h"
#include "base/error.h"
#include "crypto/hash.h"
#include "json/json.h"
#include <stdlib.h>

struct browser browser_create(struct arena *arena, enum webauthn_algorithm algorithm,
                              const char *credential_id)
{
    struct browser browser = { .key = authenticator_create(arena, algorithm),
                               .origin = "http://localhost:8080",
                               .more_client_data = "" };
    browser.key.credential_id = credential_id;
    return browser;
}

void browser_destroy(struct browser *browser)
{
    authenticator_destroy(&browser->key);
}

static struct text member(struct arena *arena, struct text json, const char *object, const char *name)
{
    struct json document;
    struct error error = {};
    if (!json_read(json, arena, &document, &error))
        abort();
    const struct json *within = object ? json_member(&document, text_from(object)) : &document;
    const struct json *found = within ? json_member(within, text_from(name)) : NULL;
    if (!found)
        abort();
    return found->text;
}

static struct text client_data(const struct browser *browser, const char *type, struct text options)
{
    struct arena *arena = browser->key.arena;
    return arena_format(arena, "{\"type\":\"%s\",\"challenge\":\"%.*s\",\"origin\":\"%s\"%s}",
                        browser->type ? browser->type : type,
                        TEXT_ARG(member(arena, options, NULL, "challenge")), browser->origin,
                        browser->more_client_data);
}

static struct text encoded(const struct browser *browser, struct text bytes)
{
    return base64url_encode(browser->key.arena, bytes);
}

struct text browser_register(struct browser *browser, struct text options)
{
    struct arena *arena = browser->key.arena;
    struct text client = client_data(browser, "webauthn.create", options);
    struct text id = encoded(browser, text_from(browser->key.credential_id));
    struct text object = encoded(browser, authenticator_attest(&browser->key, ATTEST_NONE, client));
    if (!base64url_decode(arena, member(arena, options, "user", "id"), &browser->user_handle))
        abort();
    client = encoded(browser, client);
    return arena_format(
        arena,
        "{\"id\":\"%.*s\",\"rawId\":\"%.*s\",\"type\":\"public-key\",\"clientExtensionResults\":{},"
        "\"response\":{\"clientDataJSON\":\"%.*s\",\"attestationObject\":\"%.*s\","
        "\"transports\":[\"usb\",\"nfc\"]}}",
        TEXT_ARG(id), TEXT_ARG(id), TEXT_ARG(client), TEXT_ARG(object));
}

struct text browser_sign(struct browser *browser, struct text options)
{
    struct text client = client_data(browser, "webauthn.get", options);
    struct text id = encoded(browser, text_from(browser->key.credential_id));
    browser->key.sign_count += browser->key.sign_count > 0;
    struct text said = authenticator_say(&browser->key, false);
    struct text signature = encoded(browser, authenticator_sign(&browser->key, said, client));
    said = encoded(browser, said);
    client = encoded(browser, client);
    struct text handle = encoded(browser, browser->user_handle);
    return arena_format(browser->key.arena,
                        "{\"id\":\"%.*s\",\"type\":\"public-key\",\"response\":{\"clientDataJSON\":\"%.*s\","
                        "\"authenticatorData\":\"%.*s\",\"signature\":\"%.*s\",\"userHandle\":%s%.*s%s}}",
                        TEXT_ARG(id), TEXT_ARG(client), TEXT_ARG(said), TEXT_ARG(signature),
                        handle.length > 0 ? "\"" : "null", TEXT_ARG(handle), handle.length > 0 ? "\"" : "");
}
