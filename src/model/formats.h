/* Is a text well-formed as what it claims to be? Length and characters are checked before, by the column. */
#pragma once
#include "base/text.h"

bool format_is_slug(struct text text);     /* 3 to 63 of a-z, 0-9 and single hyphens inside */
bool format_is_email(struct text text);    /* ASCII, a dot-atom before the @ and a domain behind it */
bool format_is_url(struct text text);      /* http or https, with a host; no spaces, no user or password */
bool format_is_domain(struct text text);   /* at least two labels; the last one not a number */
bool format_is_address(struct text text);  /* IPv4 or IPv6 */
bool format_is_date(struct text text);     /* a day that exists */
bool format_is_currency(struct text text); /* three capitals, as ISO 4217 writes them */
bool format_is_country(struct text text);  /* ISO 3166-1 alpha-2, assigned */
bool format_is_zone(struct text text);     /* a zone of the IANA database on this machine */
bool format_is_language(struct text text); /* one that the product speaks: es or en */
