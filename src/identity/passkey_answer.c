#include "identity/passkey_answer.h"
#include "base/buffer.h"
#include "crypto/hash.h"
#include "crypto/webauthn.h"
#include "identity/relying_party.h"
#include "json/json.h"
#include <assert.h>
#include <stddef.h>
#include <string.h>

/* Characters. */
enum {
    ID_MAX = 1'364,
    CLIENT_DATA_MAX = 4'096,
    ATTESTATION_OBJECT_MAX = 12'000,
    AUTHENTICATOR_DATA_MAX = 2'048,
    SIGNATURE_MAX = 1'024,
    USER_HANDLE_MAX = 88,
    TRANSPORT_MAX = 20,
};
enum { TRANSPORTS_MAX = 8 };
static_assert(ID_MAX == (CREDENTIAL_ID_MAX * 4 + 2) / 3);

#define RESPONSE "/credential/response/"

/* A member of "response", as bytes. */
struct member {
    const char *pointer;
    size_t max, at; /* where it goes in struct passkey_answer */
    bool optional;
};
#define AT_MEMBER(member) offsetof(struct passkey_answer, member)

static const struct member of_registration[] = {
    { RESPONSE "clientDataJSON", CLIENT_DATA_MAX, AT_MEMBER(client_data) },
    { RESPONSE "attestationObject", ATTESTATION_OBJECT_MAX, AT_MEMBER(attestation_object) },
    {},
};
static const struct member of_signing_in[] = {
    { RESPONSE "clientDataJSON", CLIENT_DATA_MAX, AT_MEMBER(client_data) },
    { RESPONSE "authenticatorData", AUTHENTICATOR_DATA_MAX, AT_MEMBER(authenticator_data) },
    { RESPONSE "signature", SIGNATURE_MAX, AT_MEMBER(signature) },
    { RESPONSE "userHandle", USER_HANDLE_MAX, AT_MEMBER(user_handle), .optional = true },
    {},
};

static struct text name_of(const char *pointer)
{
    return text_from(strrchr(pointer, '/') + 1);
}

/* A text of base64url and its bytes. */
static bool read_text(struct work *work, const struct json *object, const struct member *member,
                      struct text *text, struct text *bytes)
{
    struct error *error = &work->error;
    const struct json *json = object ? json_member(object, name_of(member->pointer)) : NULL;
    *text = *bytes = TEXT("");
    if (!json || json->kind == JSON_NULL)
        return member->optional || fail_at(error, member->pointer, ERROR_required, "");
    if (json->kind != JSON_TEXT)
        return fail_at(error, member->pointer, ERROR_wrong_type, "a text");
    if (json->text.length > member->max)
        return fail_at(error, member->pointer, ERROR_too_long, "%zu", member->max);
    *text = json->text;
    return base64url_decode(work->arena, *text, bytes)
        || fail_at(error, member->pointer, ERROR_malformed, "");
}

/* Only words of lower-case letters, which is what there is. */
static bool is_transport(const struct json *item)
{
    return item->kind == JSON_TEXT && item->text.length <= TRANSPORT_MAX
        && text_consists_of(item->text, "abcdefghijklmnopqrstuvwxyz-");
}

/* A hint for the browser alone: what is none is left out. */
static struct text read_transports(struct work *work, const struct json *response)
{
    const struct json *list = response ? json_member(response, TEXT("transports")) : NULL;
    struct buffer json = { .arena = work->arena };
    size_t count = list && list->kind == JSON_ARRAY ? list->count : 0, kept = 0;
    buffer_add_byte(&json, '[');
    for (size_t i = 0; i < count && kept < TRANSPORTS_MAX; i++)
        if (is_transport(&list->items[i]))
            buffer_print(&json, "%s\"%.*s\"", kept++ > 0 ? "," : "", TEXT_ARG(list->items[i].text));
    buffer_add_byte(&json, ']');
    return json.text;
}

bool passkey_answer_read(struct work *work, struct text json, enum challenge_purpose purpose,
                         struct passkey_answer *answer)
{
    static const struct member id = { "/credential/id", ID_MAX, AT_MEMBER(id) };
    struct json credential;
    struct text text, bytes;
    if (!json_read(json, work->arena, &credential, &work->error))
        return false;
    const struct json *response = json_member(&credential, TEXT("response"));
    *answer = (struct passkey_answer){ .transports = read_transports(work, response) };
    bool good = read_text(work, &credential, &id, &answer->id, &bytes);
    const struct member *member = purpose == CHALLENGE_REGISTRATION ? of_registration : of_signing_in;
    for (; member->pointer; member++) {
        good = read_text(work, response, member, &text, &bytes) && good;
        memcpy((char *)answer + member->at, &bytes, sizeof bytes);
    }
    return good;
}

/* ---- The browser's part ---- */

static bool is_member(const struct json *object, const char *name, struct text wanted)
{
    const struct json *member = json_member(object, text_from(name));
    return member && member->kind == JSON_TEXT && text_equal(member->text, wanted);
}

/* In a page of somebody else's, who frames ours. */
static bool is_framed(const struct json *client)
{
    const struct json *crossed = json_member(client, TEXT("crossOrigin"));
    return (crossed && (crossed->kind != JSON_BOOLEAN || crossed->boolean))
        || json_member(client, TEXT("topOrigin"));
}

const char *passkey_answer_judge(struct work *work, const struct passkey_challenge *challenge,
                                 struct passkey_answer *answer)
{
    struct error error = {};
    struct json client;
    struct text type =
        challenge->purpose == CHALLENGE_REGISTRATION ? TEXT("webauthn.create") : TEXT("webauthn.get");
    if (!json_read(answer->client_data, work->arena, &client, &error))
        return "malformed_client_data";
    const struct json *given = json_member(&client, TEXT("challenge"));
    if (!is_member(&client, "type", type))
        return "wrong_type";
    if (!is_member(&client, "origin", relying_party_of(work).origin) || is_framed(&client))
        return "wrong_origin";
    if (!given || given->kind != JSON_TEXT || !challenge_matches(work, challenge, given->text))
        return "void_challenge";
    answer->challenge = given->text;
    return NULL;
}
