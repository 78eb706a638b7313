/* Hosts as they are tried before they are taken. */
#pragma once
#include "model/model.h"
#include "record/work.h"

struct host;
struct host_facts;

/* Where the sealed URL stands, as associated data. */
struct text host_url_place(struct arena *arena, struct text host_id);
/* As it will be used; what is wrong with it is told at the member that says where it is. */
[[nodiscard]] bool host_try(struct work *work, const struct host_facts *facts, const char *pointer,
                            struct host **host);
/* Under a second name a server would be given twice its share, and nothing could be moved between the two.
 * Whoever cannot be asked is not compared. */
[[nodiscard]] bool host_refuse_second_name(struct work *work, struct host *added);
/* Another way to sign in to the same server: tried, and looked at whether it leads to the host's databases,
 * before it is taken. Outside of any transaction; `row` becomes as it is then. */
[[nodiscard]] bool host_set_administrator(struct work *work, struct database_host *row, struct text url);
