/* The file with dappd's keys in its data folder, for an operator who has set none. The main thread, at start. */
#ifndef DAPPD_SERVICES_KEY_FILE_H
#define DAPPD_SERVICES_KEY_FILE_H

#include "core/err.h"
#include "services/key_ring.h"

enum { KEY_FILE_BYTES = 8193 /* with NUL */ };
#define KEY_FILE_NAME "auth_keys"

/* What the file in the folder holds, without the end of its line. Folder and file are made when they are not there: the
 * file once, whoever else tries at the same time, with one random key and for its owner's eyes alone. Returns
 * ERR_INVALID_PARAMETER with a sentence for the operator. */
enum err key_file_read(char out[KEY_FILE_BYTES], char problem[KEY_RING_PROBLEM_BYTES], const char *dir) MUST_CHECK;

#endif
