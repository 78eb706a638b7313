#include "tenancy/administrator.h"
#include "letters/invitation.h"
#include "record/store.h"
#include "usage/seats.h"

struct administrator administrator_of(struct arena *arena, const struct tenant *tenant)
{
    bool has_contact = value_is_set(tenant->primary_contact_email);
    struct text email = has_contact ? tenant->primary_contact_email.text : cell_text(tenant->billing_email);
    return (struct administrator){ has_contact ? "/primary_contact_email" : "/billing_email",
                                   arena_copy_lower(arena, email) };
}

bool administrator_find(struct work *work, struct text email, bool *found, struct text *tenant_id)
{
    static const char by_email[] = "SELECT tenant_id FROM users WHERE email = $1 AND deleted_at IS NULL";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, by_email, PARAMETERS(value_text(email))))
        return false;
    *found = result.row_count > 0;
    *tenant_id = *found ? cell_text(result.cells[0]) : TEXT("");
    return true;
}

enum { NAME_MAX = 100 };

/* The first characters, never a part of one. */
static struct text clip(struct text text, size_t max)
{
    while (text_count_points(text) > max) {
        size_t end = text.length - 1;
        while (((unsigned char)text.data[end] & 0xc0) == 0x80)
            end--;
        text.length = end;
    }
    return text;
}

/* "Ana María Peña": the first word, and what follows. */
static void name_person(const struct tenant *tenant, struct user *user)
{
    struct text rest = text_trim(cell_text(tenant->primary_contact_name));
    user->first_name = value_text_or_null(clip(text_cut(&rest, ' '), NAME_MAX));
    user->last_name = value_text_or_null(clip(text_trim(rest), NAME_MAX));
}

bool administrator_add(struct work *work, void *data)
{
    struct text tenant_id = *(struct text *)data, whose;
    struct tenant tenant;
    bool found;
    if (!store_find_by(work, &tenants_table, "id", value_text(tenant_id), true, tenant.cells))
        return false;
    struct administrator administrator = administrator_of(work->arena, &tenant);
    if (!administrator_find(work, administrator.email, &found, &whose))
        return false;
    if (found)
        return text_equal(whose, tenant_id)
            || fail(&work->error, ERROR_taken, "e-mail of the first administrator");
    struct user user = {
        .tenant_id = value_text(tenant_id),
        .email = value_text(administrator.email),
        .system_role = choice_value(system_role, tenant_admin),
        .phone = tenant.primary_contact_phone,
    };
    name_person(&tenant, &user);
    return seats_take(work, tenant_id) && store_create(work, &users_table, user.cells)
        && invitation_send(work, &user);
}
