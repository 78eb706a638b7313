#include "identity/second_factor.h"
#include "base/buffer.h"
#include "identity/amr.h"
#include "identity/passkey_factor.h"
#include "identity/recovery_code.h"
#include "identity/totp.h"

const struct second_factor_method second_factor_methods[second_factor_kind_count] = {
    [second_factor_kind_totp] = { .amr = AMR_CODE,
                                  .is_enrolled = totp_is_enrolled,
                                  .verify = totp_verify,
                                  .forget = totp_forget },
    [second_factor_kind_recovery_code] = { .amr = AMR_CODE,
                                           .is_spare = true,
                                           .is_enrolled = recovery_codes_are_enrolled,
                                           .verify = recovery_code_verify,
                                           .forget = recovery_codes_forget },
    [second_factor_kind_passkey] = { .amr = AMR_PASSKEY,
                                     .is_enrolled = passkeys_are_enrolled,
                                     .verify = passkey_verify,
                                     .forget = passkeys_forget },
};

enum second_factor_kind second_factor_named(struct text name)
{
    enum second_factor_kind kind = 0;
    while (kind < second_factor_kind_count && !text_equal(name, second_factor_kind_choices.texts[kind]))
        kind++;
    return kind;
}

bool second_factors_enrolled(struct work *work, struct text user_id, unsigned *kinds)
{
    unsigned found = 0;
    for (enum second_factor_kind kind = 0; kind < second_factor_kind_count; kind++) {
        bool enrolled;
        if (!second_factor_methods[kind].is_enrolled(work, user_id, &enrolled))
            return false;
        found |= enrolled ? 1u << kind : 0;
    }
    *kinds = found;
    return true;
}

struct text second_factors_write(struct arena *arena, unsigned kinds)
{
    struct buffer list = { .arena = arena };
    for (enum second_factor_kind kind = 0; kind < second_factor_kind_count; kind++)
        if (kinds & 1u << kind)
            buffer_print(&list, "%s\"%.*s\"", list.length > 0 ? "," : "[",
                         TEXT_ARG(second_factor_kind_choices.texts[kind]));
    buffer_add(&list, list.length > 0 ? TEXT("]") : TEXT("[]"));
    return list.text;
}
