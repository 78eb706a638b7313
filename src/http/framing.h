/* What must hold of a head for its end and its body's end to be beyond doubt, and its target readable. */
#pragma once
#include "http/parser.h"

/* Decides on status and reason in `parser` when it returns false. */
[[nodiscard]] bool framing_check(struct parser *parser);
/* Notes a refusal and returns false. */
bool framing_refuse(struct parser *parser, int status, const char *why);
bool framing_is_token(struct text text);
