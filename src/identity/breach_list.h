/*
 * Passwords that are known from breaches: a file of the operator's with a line "SHA-1:COUNT" for each, in
 * order of the hashes, as Have I Been Pwned gives it out. It is looked through on the disk (tens of GB), and
 * nobody is asked over the net.
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"

/* Whether the password is in it; false where it cannot be read, so that none is chosen unchecked. An empty
 * path: *held is false. */
[[nodiscard]] bool breach_list_look(const char *path, struct text password, bool *held, struct error *error);
