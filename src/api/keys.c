/* The keys of machines: made and rotated, each time shown once. */
#include "api/route.h"
#include "base/percent.h"
#include "identity/identity.h"
#include "model/model.h"
#include "record/store.h"

enum { OVERLAP_HOURS = 24 };

static bool answer_key(struct call *call, const struct api_key *key, struct text secret)
{
    const struct fresh_key answer = { .id = key->id,
                                      .name = key->name,
                                      .prefix = key->prefix,
                                      .key = value_text(secret),
                                      .scopes = key->scopes,
                                      .tenant_id = key->tenant_id,
                                      .tenant_ids = key->tenant_ids,
                                      .expires_at = key->expires_at,
                                      .previous_ends_at = key->previous_ends_at,
                                      .created_at = key->created_at };
    return answer_shape(call, &fresh_keys_table, answer.cells);
}

static bool create_key(struct call *call)
{
    struct api_key *key = (struct api_key *)call->taken;
    struct text secret;
    if (!api_key_create(&call->work, key, &secret))
        return false;
    struct buffer location = { .arena = call->work.arena };
    buffer_add(&location, TEXT("/api/v1/api_keys/"));
    percent_encode(&location, key->id.text);
    response_header(call->response, TEXT("Location"), location.text);
    return answer_key(call, key, secret);
}

static bool rotate_key(struct call *call)
{
    const struct key_rotation *body = (const struct key_rotation *)call->taken;
    int64_t hours = value_is_set(body->overlap_hours) ? body->overlap_hours.integer : OVERLAP_HOURS;
    struct work *work = &call->work;
    struct api_key key, after;
    struct text secret;
    return store_find_locked(work, &api_keys_table, call->parameters[0], key.cells)
        && store_may_change(work, &api_keys_table, key.cells)
        && api_key_rotate(work, &key, hours, &after, &secret) && answer_key(call, &after, secret);
}

const struct route key_routes[] = {
    { METHOD_POST, "/api_keys", "create_api_key", COST_WRITE, SUPER_ADMIN | TENANT_ADMIN,
      .handle = create_key, .gives = &fresh_keys_table, .how = GIVES_ROW, .status = 201,
      .table = &api_keys_table, .action = CREATE, .codes = { ERROR_invalid_body, ERROR_limit_reached },
      .doc = "Make an API key, for some of what one may do oneself. It is shown this once." },
    { METHOD_POST, "/api_keys/{id}/rotate", "rotate_api_key", COST_WRITE, SUPER_ADMIN | TENANT_ADMIN,
      .guarded = true, .handle = rotate_key, .takes = &key_rotations_table, .body_optional = true,
      .gives = &fresh_keys_table, .how = GIVES_ROW, .no_idempotency = true,
      .codes = { ERROR_not_found, ERROR_wrong_state, ERROR_invalid_body },
      .doc = "Give an API key a new secret, which is shown this once; the one before is good for some hours "
             "more." },
    {},
};
