/* Problems: RFC 9457, application/problem+json. A code's words stand in base/errors.def, in two languages. */
#include "api/answer.h"
#include "api/call.h"
#include "api/phrases.h"
#include "base/calendar.h"
#include "settings/settings.h"

static const struct {
    int status;
    const char *title[2];
} kinds[KIND_COUNT] = {
    [KIND_UNREADABLE] = { 400, { "The request cannot be read", "No se puede leer la solicitud" } },
    [KIND_UNAUTHENTICATED] = { 401, { "Not signed in", "Sin sesión" } },
    [KIND_FORBIDDEN] = { 403, { "Not allowed", "No permitido" } },
    [KIND_NOT_FOUND] = { 404, { "Not found", "No encontrado" } },
    [KIND_NOT_ALLOWED] = { 405, { "Method not offered", "Método no ofrecido" } },
    [KIND_CONFLICT] = { 409, { "In conflict with what is stored", "En conflicto con lo guardado" } },
    [KIND_PRECONDITION] = { 412, { "Changed meanwhile", "Cambió mientras tanto" } },
    [KIND_TOO_LARGE] = { 413, { "Too large", "Demasiado grande" } },
    [KIND_UNSUPPORTED] = { 415, { "Media type not supported", "Tipo de contenido no admitido" } },
    [KIND_RANGE] = { 416, { "Nothing lies in the range", "No hay nada en el rango" } },
    [KIND_INVALID] = { 422, { "The input breaks a rule", "La entrada incumple una regla" } },
    [KIND_LIMITED] = { 429, { "Too many requests", "Demasiadas solicitudes" } },
    [KIND_INTERNAL] = { 500, { "Our fault", "Error nuestro" } },
    [KIND_UNAVAILABLE] = { 503, { "Not available now", "No disponible ahora" } },
};

int problem_status(enum error_kind kind)
{
    return kinds[kind].status;
}

/* The code's words with `about` in place of "{}". */
static struct text words_of(struct arena *arena, enum error_code code, const char *about, bool spanish)
{
    struct text words = text_from(spanish ? error_words[code].spanish : error_words[code].english);
    struct buffer out = { .arena = arena };
    size_t at = text_find_byte(words, '{');
    buffer_add(&out, text_slice(words, 0, at));
    if (at < words.length) {
        buffer_add(&out, spanish ? phrase_in_spanish(arena, text_from(about)) : text_from(about));
        buffer_add(&out, text_slice(words, at + 2, words.length));
    }
    return out.text;
}

static void add_member(struct buffer *json, const char *name, struct text text)
{
    buffer_print(json, ",\"%s\":", name);
    json_add_text(json, text);
}

static void add_faults(struct buffer *json, struct arena *arena, const struct error *error, bool spanish)
{
    buffer_add(json, TEXT(",\"errors\":["));
    for (size_t i = 0; i < error->fault_count; i++) {
        const struct fault *fault = &error->faults[i];
        buffer_add(json, i ? TEXT(",{\"pointer\":") : TEXT("{\"pointer\":"));
        json_add_text(json, text_from(fault->pointer));
        add_member(json, "code", text_from(error_words[fault->code].code));
        add_member(json, "detail", words_of(arena, fault->code, fault->about, spanish));
        buffer_add_byte(json, '}');
    }
    buffer_add_byte(json, ']');
}

/* A client that knows RFC 9470 learns how lately it is to have the person recognised. */
static struct text challenge_of(struct call *call)
{
    if (call->work.error.code != ERROR_step_up_required)
        return TEXT("Bearer");
    int64_t minutes = settings_integer(call->work.site->settings, SETTING_step_up_minutes);
    return arena_format(call->work.arena,
                        "Bearer error=\"insufficient_user_authentication\", max_age=\"%lld\"",
                        (long long)minutes * (MINUTE_MS / 1000));
}

void answer_problem(struct call *call)
{
    const struct error *error = &call->work.error;
    struct response *response = call->response;
    struct arena *arena = call->work.arena;
    enum error_kind kind = error_kind(error);
    bool spanish = text_is(call->work.origin.language, "es");
    /* One fault tells more than "see errors": its code becomes the answer's. */
    bool only = error->code == ERROR_invalid_body && error->fault_count == 1
             && error_words[error->faults[0].code].kind == KIND_CONFLICT;
    enum error_code code = only ? error->faults[0].code : error->code;
    if (only)
        kind = error_words[code].kind;
    const char *about = kind == KIND_INTERNAL ? "" : only ? error->faults[0].about : error->about;

    response->status = kinds[kind].status;
    response->content_type = TEXT("application/problem+json");
    response->body.length = 0;
    buffer_add(&response->body, TEXT("{\"type\":\"about:blank\""));
    add_member(&response->body, "title", text_from(kinds[kind].title[spanish]));
    buffer_print(&response->body, ",\"status\":%d", response->status);
    add_member(&response->body, "detail", words_of(arena, code, about, spanish));
    add_member(&response->body, "instance", call->work.origin.request_id);
    add_member(&response->body, "code", text_from(error_words[code].code));
    if (error->fault_count > 0)
        add_faults(&response->body, arena, error, spanish);
    buffer_add_byte(&response->body, '}');

    response->headers.length = 0;
    if (call->state->allow.length > 0)
        response_header(response, TEXT("Allow"), call->state->allow);
    if (call->state->range.length > 0)
        response_header(response, TEXT("Content-Range"), call->state->range);
    int wait = error->retry_after_seconds;
    if (wait > 0 || kind == KIND_UNAVAILABLE || kind == KIND_LIMITED)
        response_header(response, TEXT("Retry-After"), arena_format(arena, "%d", wait > 0 ? wait : 1));
    if (kind == KIND_UNAUTHENTICATED || error->code == ERROR_step_up_required)
        response_header(response, TEXT("WWW-Authenticate"), challenge_of(call));
}

void answer_common_headers(struct response *response, struct text request_id)
{
    static const struct text common =
        TEXT_CONSTANT("Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                      "Referrer-Policy: no-referrer\r\n"
                      "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n");
    buffer_add(&response->headers, common);
    response_header(response, TEXT("X-Request-Id"), request_id);
}

/* What the transport refuses has a code of its own where a client can do something about it. */
static enum error_code refusal_code(int status)
{
    switch (status) {
    case 408: return ERROR_request_timed_out;
    case 413: return ERROR_body_too_large;
    case 414: return ERROR_target_too_long;
    case 431: return ERROR_head_too_large;
    default: return ERROR_malformed_request;
    }
}

void answer_refusal(struct response *response, int status, const char *why, struct text request_id)
{
    struct buffer *json = &response->body;
    response->status = status;
    response->content_type = TEXT("application/problem+json");
    buffer_add(json, TEXT("{\"type\":\"about:blank\",\"title\":\"The request cannot be read\""));
    buffer_print(json, ",\"status\":%d", status);
    add_member(json, "detail", text_from(why));
    add_member(json, "instance", request_id);
    add_member(json, "code", text_from(error_words[refusal_code(status)].code));
    buffer_add_byte(json, '}');
    answer_common_headers(response, request_id);
}
