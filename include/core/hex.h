/* Hexadecimal digits. Pure functions, any thread. */
#ifndef DAPPD_CORE_HEX_H
#define DAPPD_CORE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns 0 to 15, or -1 when c is no hex digit; any case. */
int hex_digit(char c);

/* Reads 2*n digits of any case into n bytes. Returns false, with *bytes anything, when one of them is none. */
bool hex_read(uint8_t *bytes, size_t n, const char *digits);

/* Writes 2*n lower-case digits and NUL: out has room for 2*n + 1 bytes. Returns out. */
char *hex_write(char *out, const uint8_t *bytes, size_t n);

#endif
