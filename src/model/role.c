#include "model/role.h"

const struct text role_names[ROLE_COUNT] = {
    TEXT_CONSTANT("super_admin"),
    TEXT_CONSTANT("support"),
    TEXT_CONSTANT("billing_admin"),
    TEXT_CONSTANT("tenant_admin"),
};

struct text role_name(enum role role)
{
    for (int i = 0; i < ROLE_COUNT; i++)
        if ((int)role == 1 << i)
            return role_names[i];
    return role == MACHINE ? TEXT("machine") : role == VISITOR ? TEXT("visitor") : TEXT("nobody");
}

enum role role_named(struct text name)
{
    for (int i = 0; i < ROLE_COUNT; i++)
        if (text_equal(name, role_names[i]))
            return (enum role)(1 << i);
    return NOBODY;
}
