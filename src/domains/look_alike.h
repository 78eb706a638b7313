/* Names that were made to be taken for others (UTS 39): scripts mixed in one label, or letters of one script
 * that spell a word of ASCII. */
#pragma once
#include "base/text.h"

/* A domain in Unicode. */
bool looks_like_another(struct text domain);
