/* What must hold of a head for its end and its body's end to be beyond doubt, and its target readable. */
#pragma once
#include "http/parser.h"

/* The whole head, as llhttp read it. Like all here: false with status and reason noted in `parser`. */
[[nodiscard]] bool framing_check(struct parser *parser);
bool framing_refuse(struct parser *parser, int status, const char *why);
/* The first line, without its end: three parts, one space between. */
[[nodiscard]] bool framing_check_line(struct parser *parser, struct text line);
