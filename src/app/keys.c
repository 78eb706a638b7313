/* What the ring's keys are needed for: told at the start where some are lost, and to `nidia key`. */
#include "app/parts.h"
#include "base/calendar.h"
#include "base/log.h"
#include "crypto/keyring_change.h"
#include "identity/key_retirement.h"
#include "record/key_use.h"
#include "settings/settings.h"
#include "json/json.h"

/* The program starts all the same: what can be opened is served. */
bool keys_tell_lost(struct work *work)
{
    struct key_uses uses;
    if (!key_uses_read(work, KEYS_BUT_USUAL, &uses))
        return false;
    for (size_t i = 0; i < uses.count; i++) {
        const struct key_use *use = &uses.list[i];
        if (use->is_lost)
            LOG(LOG_ERROR, "key_lost", { "purpose", value_string(key_purpose_names[use->purpose]) },
                { "key", value_string(use->key_id) }, { "cannot_be_opened", value_string(use->what) },
                { "count", value_integer(use->count) });
    }
    return true;
}

static bool may_retire(struct work *work, void *data)
{
    const struct keyring_change *change = data;
    return settings_load(work) && key_may_retire(work, change->purpose, change->id);
}

bool app_may_retire_key(struct app *app, const struct keyring_change *change, struct error *error)
{
    return chore_run(app, may_retire, (void *)(uintptr_t)change, error);
}

static void write_needs(struct buffer *json, const struct key_uses *uses, enum key_purpose purpose,
                        const char *id)
{
    struct buffer needs = { .arena = json->arena };
    for (size_t i = 0; i < uses->count; i++) {
        const struct key_use *use = &uses->list[i];
        if (use->purpose == purpose && text_is(text_from(id), use->key_id))
            buffer_print(&needs, "%s%lld of %s", needs.length > 0 ? ", " : "", (long long)use->count,
                         use->what);
    }
    json_add_named_text(json, "needed_by", needs.text);
}

static void write_key(struct buffer *json, const struct key_uses *uses, enum key_purpose purpose,
                      const char *id, const char *state, int64_t replaced_at)
{
    char time[TIME_TEXT_SIZE];
    buffer_add(json, json->data[json->length - 1] == '[' ? TEXT("{") : TEXT(",{"));
    json_add_named_text(json, "purpose", text_from(key_purpose_names[purpose]));
    json_add_named_text(json, "id", text_from(id));
    json_add_named_text(json, "state", text_from(state));
    if (replaced_at > 0)
        json_add_named_text(json, "replaced_at", calendar_print_time(replaced_at, time));
    write_needs(json, uses, purpose, id);
    buffer_add_byte(json, '}');
}

static void write_lost(struct buffer *json, const struct key_uses *uses)
{
    for (size_t i = 0; i < uses->count; i++) {
        const struct key_use *use = &uses->list[i];
        bool told = false;
        for (size_t k = 0; k < i; k++)
            told |= uses->list[k].purpose == use->purpose
                 && text_is(text_from(uses->list[k].key_id), use->key_id);
        if (use->is_lost && !told)
            write_key(json, uses, use->purpose, use->key_id, "lost", 0);
    }
}

static bool list_keys(struct work *work, void *data)
{
    struct buffer *json = data;
    const struct keyring *keyring = work->site->keyring;
    struct key_uses uses;
    if (!key_uses_read(work, KEYS_ALL, &uses))
        return false;
    buffer_add(json, TEXT("{\"data\":["));
    for (enum key_purpose purpose = 0; purpose < KEY_PURPOSE_COUNT; purpose++)
        for (size_t i = 0; i < keyring_count(keyring, purpose); i++) {
            const struct key *key = keyring_at(keyring, purpose, i);
            const char *state = i == 0 ? "current" : key->replaced_at > 0 ? "replaced" : "waiting";
            write_key(json, &uses, purpose, key->id, state, key->replaced_at);
        }
    write_lost(json, &uses);
    buffer_add(json, TEXT("]}"));
    return true;
}

bool app_list_keys(struct app *app, struct buffer *json, struct error *error)
{
    return chore_run(app, list_keys, json, error);
}
