/* What the files of `nidia tenant` share. */
#pragma once
#include "main/command.h"

/* "/api/v1/tenants/SLUG/VERB"; an empty verb: the tenant itself. */
struct text tenant_path(struct invocation *invocation, const char *slug, const char *verb);
/* Until it is there, or has failed: then shows the tenant. */
int tenant_wait_for_database(struct invocation *invocation, const char *slug);

/* copies.c */
int tenant_back_up(struct invocation *invocation);
int tenant_export(struct invocation *invocation);
int tenant_list_backups(struct invocation *invocation);
int tenant_clone(struct invocation *invocation);
int tenant_move(struct invocation *invocation);
/* `tenant restore` with --backup: an id, or "newest". */
int tenant_restore_backup(struct invocation *invocation, const char *backup);
[[nodiscard]] bool tenant_find_id(struct invocation *invocation, const char *slug, struct text *id);
/* The newest that is there of a kind, "backup" or "export"; says where there is none. */
[[nodiscard]] bool tenant_find_newest(struct invocation *invocation, struct text id, const char *kind,
                                      struct text *backup_id);
/* The body of a restore; NULL: on the host where the tenant is. */
struct text tenant_restore_order(struct invocation *invocation, struct text backup_id, const char *host);

/* fetch.c */
int tenant_fetch(struct invocation *invocation);

/* service.c */
int tenant_show_usage(struct invocation *invocation);
int tenant_order_level(struct invocation *invocation);
