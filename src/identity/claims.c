#include "identity/claims.h"
#include "base/random.h"
#include "identity/duty.h"
#include "record/site.h"
#include "settings/options.h"
#include "json/json.h"

#define AUDIENCE "nidia-api"

struct text claims_issuer(const struct site *site)
{
    struct text url = options_given_url(site->options);
    return url.length > 0 ? url : TEXT("nidia");
}

static void add_integer(struct buffer *json, const char *name, int64_t integer)
{
    json_add_name(json, text_from(name));
    buffer_add_integer(json, integer);
}

static void add_duties(struct buffer *json, unsigned duties)
{
    const char *separator = "[";
    json_add_name(json, TEXT("duties"));
    for (const struct duty_rule *rule = duty_rules; rule->duty; rule++)
        if (duties & rule->duty) {
            buffer_print(json, "%s\"%s\"", separator, rule->name);
            separator = ",";
        }
    buffer_add_byte(json, ']');
}

/* A duty that is not known here, of a newer node, is one nevertheless. */
static unsigned read_duties(const struct json *object)
{
    const struct json *names = json_member(object, TEXT("duties"));
    unsigned duties = 0;
    for (size_t i = 0; names && i < names->count; i++) {
        const struct duty_rule *rule = duty_rules;
        while (rule->duty && !text_is(names->items[i].text, rule->name))
            rule++;
        duties |= rule->duty ? rule->duty : ANY_DUTY;
    }
    return duties;
}

static void add_impersonator(struct buffer *json, const struct claims *claims)
{
    if (claims->impersonator_id.length == 0)
        return;
    json_add_name(json, TEXT("act"));
    buffer_add_byte(json, '{');
    json_add_named_text(json, "sub", claims->impersonator_id);
    add_integer(json, "epoch", claims->impersonator_epoch);
    buffer_add_byte(json, '}');
}

struct text claims_write(struct arena *arena, const struct claims *claims, struct text issuer)
{
    struct buffer json = { .arena = arena };
    buffer_add_byte(&json, '{');
    json_add_named_text(&json, "iss", issuer);
    json_add_named_text(&json, "aud", TEXT(AUDIENCE));
    json_add_named_text(&json, "client_id", TEXT("nidia"));
    json_add_named_text(&json, "sub", claims->user_id);
    json_add_named_text(&json, "sid", claims->session_id);
    if (claims->tenant_id.length > 0)
        json_add_named_text(&json, "tenant_id", claims->tenant_id);
    json_add_named_text(&json, "role", role_name(claims->role));
    add_impersonator(&json, claims);
    json_add_name(&json, TEXT("amr"));
    buffer_add(&json, claims->amr);
    json_add_named_text(&json, "locale", claims->language);
    if (claims->duties)
        add_duties(&json, claims->duties);
    if (claims->lacks_factor) {
        json_add_name(&json, TEXT("lacks_factor"));
        buffer_add(&json, TEXT("true"));
    }
    add_integer(&json, "auth_time", claims->auth_time_ms / 1000);
    add_integer(&json, "epoch", claims->epoch);
    add_integer(&json, "iat", claims->issued_ms / 1000);
    add_integer(&json, "exp", claims->expires_ms / 1000);
    json_add_named_text(&json, "jti", random_uuid(arena, claims->issued_ms));
    buffer_add_byte(&json, '}');
    return json.text;
}

static bool read_text(const struct json *object, const char *name, struct text *text)
{
    const struct json *member = json_member(object, text_from(name));
    if (!member || member->kind != JSON_TEXT)
        return false;
    *text = member->text;
    return true;
}

static bool read_id(const struct json *object, const char *name, struct text *id)
{
    return read_text(object, name, id) && text_is_uuid(*id);
}

static bool read_seconds(const struct json *object, const char *name, int64_t *time_ms)
{
    const struct json *member = json_member(object, text_from(name));
    int64_t seconds;
    if (!member || !json_integer(member, &seconds) || seconds < 0 || seconds > INT64_MAX / 1000)
        return false;
    *time_ms = seconds * 1000;
    return true;
}

/* Whole, or not there at all. */
static bool read_impersonator(const struct json *object, struct claims *claims)
{
    const struct json *act = json_member(object, TEXT("act"));
    const struct json *epoch = act ? json_member(act, TEXT("epoch")) : NULL;
    return !act
        || (read_id(act, "sub", &claims->impersonator_id) && epoch
            && json_integer(epoch, &claims->impersonator_epoch));
}

bool claims_read(struct arena *arena, struct text json, struct text issuer, struct claims *claims)
{
    struct json object;
    struct error error = {};
    struct text iss, aud, role;
    *claims = (struct claims){};
    if (!json_read(json, arena, &object, &error) || !read_text(&object, "iss", &iss)
        || !text_equal(iss, issuer) || !read_text(&object, "aud", &aud) || !text_is(aud, AUDIENCE)
        || !read_text(&object, "role", &role) || !read_id(&object, "sub", &claims->user_id)
        || !read_id(&object, "sid", &claims->session_id)
        || !read_seconds(&object, "auth_time", &claims->auth_time_ms)
        || !read_seconds(&object, "iat", &claims->issued_ms)
        || !read_seconds(&object, "exp", &claims->expires_ms))
        return false;
    const struct json *epoch = json_member(&object, TEXT("epoch"));
    if (!epoch || !json_integer(epoch, &claims->epoch))
        return false;
    if (!read_impersonator(&object, claims))
        return false;
    claims->role = role_named(role);
    if (!read_text(&object, "locale", &claims->language) || claims->language.length != LANGUAGE_LENGTH)
        claims->language = (struct text){};
    claims->duties = read_duties(&object);
    claims->lacks_factor = json_member(&object, TEXT("lacks_factor"));
    bool of_tenant = json_member(&object, TEXT("tenant_id"));
    return (claims->role & SIGNED_IN) && of_tenant == (claims->role == TENANT_ADMIN)
        && (!of_tenant || read_id(&object, "tenant_id", &claims->tenant_id));
}
