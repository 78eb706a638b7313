/*
 * Answers of reads, remembered until the next commit.
 *
 * On SQLite this process is the only writer, and counts its commits (database_version). What a reader was
 * told at a version is what everybody of the same actor would be told again at it, so a record's list and
 * single reads are answered from memory as long as the version stands. On PostgreSQL others write too:
 * nothing is remembered.
 */
#pragma once
#include "api/call.h"

struct remembered;

struct remembered *remembered_create(void);
void remembered_destroy(struct remembered *remembered);

/* True: the call is answered. Else leaves in call->state->version what the answer will be good for; 0: for
 * nothing. */
bool remembered_find(struct remembered *remembered, struct call *call);
/* Keeps a successful answer, before the headers that are each request's own. */
void remembered_keep(struct remembered *remembered, const struct call *call);
