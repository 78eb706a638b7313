#include "identity/password_rules.h"
#include "identity/breach_list.h"
#include "record/search.h"
#include "record/store.h"
#include "settings/options.h"
#include "settings/settings.h"
#include <string.h>

enum {
    CONTEXT_WORD_MIN = 4,
    CONTEXT_WORDS_MAX = 32,
    UNIT_MIN = 8 /* what is shorter adds nothing by being repeated */
};

/* Lower case, a newline before and behind each: the passwords that are met most often, from public lists. */
static const char common_passwords[] = "\n"
#include "identity/common_passwords.def"
    ;

static bool is_listed(struct arena *arena, struct text word)
{
    struct text line = arena_format(arena, "\n%.*s\n", TEXT_ARG(word));
    return word.length > 0 && memmem(common_passwords, sizeof common_passwords - 1, line.data, line.length);
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (unsigned char)byte >= 0x80;
}

/* What is left without digits and signs at both ends: "1password2024!" is "password". */
static struct text core_of(struct text folded)
{
    size_t from = 0, to = folded.length;
    while (from < to && !is_letter(folded.data[from]))
        from++;
    while (to > from && !is_letter(folded.data[to - 1]))
        to--;
    return text_slice(folded, from, to);
}

/* The shortest piece of which the text is made by repeating it, the last time perhaps cut short. */
static struct text unit_of(struct text text)
{
    for (size_t size = 1; size <= text.length / 2; size++)
        if (memcmp(text.data, text.data + size, text.length - size) == 0)
            return text_slice(text, 0, size);
    return text;
}

/* Each byte follows the one before it by the same step of -1, 0 or 1; after 9 comes 0. */
static bool is_run(struct text text)
{
    int step = 0;
    for (size_t i = 1; i < text.length; i++) {
        int next = text.data[i] - text.data[i - 1];
        if (next == '0' - '9')
            next = 1;
        if (next < -1 || next > 1 || (i > 1 && next != step))
            return false;
        step = next;
    }
    return true;
}

/* On the list that is shipped, whole or but for what stands around a word of it; one unit repeated; one run
 * of neighbours ("abcdef…", "987654…"). */
static bool is_common(struct arena *arena, struct text password)
{
    struct text folded = search_fold(arena, password), core = core_of(folded);
    struct text unit = unit_of(folded), core_unit = unit_of(core);
    return is_run(folded) || is_run(unit) || is_listed(arena, folded) || is_listed(arena, core)
        || is_listed(arena, unit) || is_listed(arena, core_unit)
        || (unit.length < folded.length && unit.length < UNIT_MIN);
}

struct words {
    struct text list[CONTEXT_WORDS_MAX];
    size_t count;
};

/* Letters and digits between anything else: "ana.pena@acme.co" is ana, pena, acme, co. */
static void add_words(struct arena *arena, struct words *words, struct value value)
{
    struct text folded = search_fold(arena, cell_text(value));
    size_t from = 0;
    for (size_t i = 0; i <= folded.length; i++) {
        bool inside = i < folded.length
                   && (is_letter(folded.data[i]) || (folded.data[i] >= '0' && folded.data[i] <= '9'));
        if (inside)
            continue;
        if (i - from >= CONTEXT_WORD_MIN && words->count < CONTEXT_WORDS_MAX)
            words->list[words->count++] = text_slice(folded, from, i);
        from = i + 1;
    }
}

static bool add_tenant_words(struct work *work, struct words *words, struct value tenant_id)
{
    if (!value_is_set(tenant_id))
        return true;
    struct tenant tenant;
    if (!store_find_by(work, &tenants_table, "id", tenant_id, false, tenant.cells)) {
        if (work->error.code != ERROR_not_found)
            return false;
        error_clear(&work->error); /* who makes the person will be told so */
        return true;
    }
    add_words(work->arena, words, tenant.name);
    add_words(work->arena, words, tenant.slug);
    return true;
}

static bool gather_words(struct work *work, const struct user *person, struct words *words)
{
    *words = (struct words){};
    add_words(work->arena, words, value_string("nidia superadmin tenantadmin billingadmin"));
    add_words(work->arena, words, person->email);
    add_words(work->arena, words, person->first_name);
    add_words(work->arena, words, person->last_name);
    return add_tenant_words(work, words, person->tenant_id);
}

/* "n1d14" looks like "nidia": what stands for a letter, and the letter, become the same byte. */
static struct text looks_of(struct arena *arena, struct text folded)
{
    static const char signs[] = "013457@$!l", letters[] = "oieastasii";
    char *looks = arena_alloc(arena, folded.length + 1);
    for (size_t i = 0; i < folded.length; i++) {
        const char *sign = folded.data[i] ? strchr(signs, folded.data[i]) : NULL;
        looks[i] = sign ? letters[sign - signs] : folded.data[i];
    }
    return (struct text){ looks, folded.length };
}

static bool holds_word(struct arena *arena, struct text password, const struct words *words)
{
    struct text looks = looks_of(arena, search_fold(arena, password));
    for (size_t i = 0; i < words->count; i++)
        if (text_contains(looks, looks_of(arena, words->list[i])))
            return true;
    return false;
}

bool password_is_short(const struct work *work, struct text password)
{
    int64_t least = settings_integer(work->site->settings, SETTING_password_length_min);
    return (int64_t)text_count_points(password) < least;
}

bool password_rules_check(struct work *work, struct text password, const struct user *person,
                          const char *pointer)
{
    struct error *error = &work->error;
    size_t points = text_count_points(password);
    int64_t least = value_is_true(person->mfa_enabled)
                      ? PASSWORD_MIN_WITH_SECOND_FACTOR
                      : settings_integer(work->site->settings, SETTING_password_length_min);
    if ((int64_t)points < least)
        return fail_at(error, pointer, ERROR_too_short, "%lld characters", (long long)least);
    if (points > PASSWORD_MAX)
        return fail_at(error, pointer, ERROR_too_long, "%d characters", PASSWORD_MAX);
    if (is_common(work->arena, password))
        return fail_at(error, pointer, ERROR_password_too_common, "");
    bool breached;
    if (!breach_list_look(option_string(work->site->options, OPTION_breached_passwords), password, &breached,
                          error))
        return false;
    if (breached)
        return fail_at(error, pointer, ERROR_password_breached, "");
    struct words words;
    if (!gather_words(work, person, &words))
        return false;
    return !holds_word(work->arena, password, &words)
        || fail_at(error, pointer, ERROR_password_too_guessable, "");
}
