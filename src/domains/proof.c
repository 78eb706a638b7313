#include "domains/proof.h"
#include "base/calendar.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "domains/domain_name.h"
#include "net/lookup.h"
#include "record/event.h"
#include "record/store.h"
#include "record/transact.h"
#include "settings/options.h"
#include "settings/settings.h"

enum {
    SHOWN_RECORDS = 3,
    SHOWN_BYTES = 60, /* of each */
    FIRST_CERTIFICATE_MS = 600'000,
    ASK_AGAIN_MS = 3'600'000, /* after the DNS could not be asked */
};

/* As zone files write them: what is not printable is an escape. */
static void add_escaped(struct buffer *out, struct text record)
{
    buffer_add_byte(out, '"');
    for (size_t i = 0; i < record.length && i < SHOWN_BYTES; i++) {
        unsigned char byte = (unsigned char)record.data[i];
        if (byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\')
            buffer_print(out, "\\%03d", byte);
        else
            buffer_add_byte(out, (char)byte);
    }
    buffer_print(out, "\"%s", record.length > SHOWN_BYTES ? "..." : "");
}

static bool holds_token(const struct lookup_texts *found, struct text token)
{
    bool holds = false;
    for (size_t i = 0; i < found->count; i++)
        holds |= secret_equal(found->list[i], token);
    return holds;
}

static void tell_found(struct arena *arena, const struct lookup_texts *found, struct proof *proof)
{
    struct buffer shown = { .arena = arena };
    for (size_t i = 0; i < found->count && i < SHOWN_RECORDS; i++) {
        buffer_add(&shown, i > 0 ? TEXT(", ") : TEXT(""));
        add_escaped(&shown, found->list[i]);
    }
    if (found->count > SHOWN_RECORDS)
        buffer_print(&shown, " (+%zu)", found->count - SHOWN_RECORDS);
    fail(&proof->why, ERROR_challenge_wrong, "%.*s", TEXT_ARG(shown.text));
}

void proof_look(const struct site *site, struct arena *arena, const struct tenant_domain *domain,
                struct proof *proof)
{
    struct lookup lookup = { .arena = arena, .servers = option_string(site->options, OPTION_resolver) };
    struct lookup_texts found;
    struct text name = arena_format(arena, DOMAIN_CHALLENGE "%.*s", TEXT_ARG(domain->domain.text));
    *proof = (struct proof){ .outcome = PROOF_MISSING };
    switch (lookup_texts(&lookup, name.data, &found)) {
    case LOOKUP_FOUND:
        if (holds_token(&found, domain->verification_token.text))
            proof->outcome = PROOF_FOUND;
        else
            tell_found(arena, &found, proof);
        break;
    case LOOKUP_NONE: fail(&proof->why, ERROR_challenge_absent, "%.*s", TEXT_ARG(name)); break;
    case LOOKUP_FAILED:
        proof->outcome = PROOF_UNKNOWN;
        fail(&proof->why, ERROR_dns_unavailable, "%s", lookup.why);
    }
}

/* A day later, a little sooner or later, so that what began together does not stay together. */
static struct value next_day(const struct work *work)
{
    uint32_t chance;
    random_bytes(&chance, sizeof chance);
    return value_time(work->now + DAY_MS - HOUR_MS + chance % (2 * HOUR_MS));
}

static void become_verified(struct work *work, struct tenant_domain *changes)
{
    changes->status = choice_value(domain_status, verified);
    changes->is_verified = value_boolean(true);
    changes->verified_at = value_time(work->now);
    changes->claim_expires_at = value_null();
    changes->next_check_at = value_time(work->now + FIRST_CERTIFICATE_MS);
}

static void become_lost(struct work *work, struct tenant_domain *changes)
{
    int64_t days = settings_integer(work->site->settings, SETTING_domain_claim_days);
    changes->status = choice_value(domain_status, lost);
    changes->is_verified = changes->is_primary = changes->ssl_enabled = value_boolean(false);
    changes->claim_expires_at = value_time(work->now + days * DAY_MS);
    changes->next_check_at = value_null();
}

/* What of the row follows from the proof; returns the event that tells it, or NULL. */
static const char *changes_of(struct work *work, const struct tenant_domain *before,
                              const struct proof *proof, bool daily, struct tenant_domain *changes)
{
    bool was_verified = value_is_true(before->is_verified);
    struct text why =
        arena_format(work->arena, "%s: %s", error_words[proof->why.code].code, proof->why.about);
    changes->last_checked_at = value_time(work->now);
    changes->last_error = proof->outcome == PROOF_FOUND ? value_null() : value_text(why);
    if (was_verified)
        changes->next_check_at =
            proof->outcome == PROOF_UNKNOWN ? value_time(work->now + ASK_AGAIN_MS) : next_day(work);
    if (proof->outcome == PROOF_FOUND) {
        changes->failures = value_integer(0);
        if (!was_verified)
            become_verified(work, changes);
        return was_verified ? NULL : "tenant_domain.verified";
    }
    if (proof->outcome == PROOF_UNKNOWN || !was_verified || !daily)
        return NULL;
    changes->failures = value_integer(before->failures.integer + 1);
    if (changes->failures.integer < settings_integer(work->site->settings, SETTING_domain_failures))
        return NULL;
    become_lost(work, changes);
    return "tenant_domain.lost";
}

bool proof_note(struct work *work, const struct tenant_domain *before, const struct proof *proof, bool daily,
                struct tenant_domain *after)
{
    struct tenant_domain changes = {};
    const char *event = changes_of(work, before, proof, daily, &changes);
    return store_update(work, &tenant_domains_table, before->cells, changes.cells, after->cells)
        && (!event || event_add(work, event, &tenant_domains_table, after->cells));
}

bool domain_begin_check(struct work *work, struct text id, bool of_certificate, struct tenant_domain *domain)
{
    int64_t pause_ms = settings_integer(work->site->settings, SETTING_domain_check_seconds) * 1'000;
    struct tenant_domain changes = {};
    if (!store_find_locked(work, &tenant_domains_table, id, domain->cells))
        return false;
    struct value last = of_certificate ? domain->ssl_checked_at : domain->last_checked_at;
    int64_t rest_ms = value_is_set(last) ? last.integer + pause_ms - work->now : 0;
    if (rest_ms > 0) {
        work->error.retry_after_seconds = (int)(rest_ms / 1'000 + 1);
        return fail(&work->error, ERROR_rate_limited, "");
    }
    *(of_certificate ? &changes.ssl_checked_at : &changes.last_checked_at) = value_time(work->now);
    return store_update(work, &tenant_domains_table, domain->cells, changes.cells, domain->cells);
}

/* A check that somebody asks for, on its way through its two transactions. */
struct asked {
    struct text id;
    struct tenant_domain domain, *after;
    struct proof proof;
};

static bool begin(struct work *work, void *data)
{
    struct asked *asked = data;
    return domain_begin_check(work, asked->id, false, &asked->domain);
}

static bool note(struct work *work, void *data)
{
    struct asked *asked = data;
    return store_find_locked(work, &tenant_domains_table, asked->id, asked->domain.cells)
        && proof_note(work, &asked->domain, &asked->proof, false, asked->after);
}

bool domain_verify(struct work *work, struct text id, struct tenant_domain *after)
{
    struct asked asked = { .id = id, .after = after };
    if (!db_transact(work, begin, &asked))
        return false;
    proof_look(work->site, work->arena, &asked.domain, &asked.proof);
    if (!db_transact(work, note, &asked))
        return false;
    work->error = asked.proof.why;
    return asked.proof.outcome == PROOF_FOUND;
}
