/* E-mail addresses, in the form in which nearly all of them are written. Whether anybody reads what is sent there is
 * not known. Reads untrusted bytes; pure, any thread. Source: RFC 5321, section 4.1.2, without quoted strings, literals
 * and what is not ASCII. */
#ifndef DAPPD_SERVICES_EMAIL_H
#define DAPPD_SERVICES_EMAIL_H

#include <stdbool.h>
#include <stddef.h>

enum { EMAIL_MAX_BYTES = 254, EMAIL_LOCAL_MAX_BYTES = 64, EMAIL_LABEL_MAX_BYTES = 63 };

/* For errors: what an address is. */
#define EMAIL_RULE "name@domain in ASCII without quotes, at most 254 bytes"

/* name@domain: a name of at most 64 letters, digits and !#$%&'*+-/=?^_`{|}~, with dots between them; a domain of two or
 * more labels of letters, digits and inner hyphens, of which the last begins with a letter. */
bool email_is_valid(const char *text, size_t len);

#endif
