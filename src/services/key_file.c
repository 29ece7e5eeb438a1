/* Makes and reads the file that holds dappd's keys between its starts.
 * Holds descriptors only while a function runs.
 * The main thread: it blocks on the disk. */
#include "key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base64url.h"
#include "core/digest.h"
#include "core/hex.h"

enum { NEW_KEY_BYTES = 32, ID_BYTES = 4, NEW_TEXT_BYTES = 128, TEMPORARY_BYTES = 64 };

static enum err __attribute__((format(printf, 2, 3)))
refuse(char problem[KEY_RING_PROBLEM_BYTES], const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(problem, KEY_RING_PROBLEM_BYTES, format, args);
    va_end(args);
    return ERR_INVALID_PARAMETER;
}

/* The folder's descriptor, or -1 with errno. */
static int open_folder(const char *dir) {
    if (mkdir(dir, S_IRWXU) != 0 && errno != EEXIST) return -1;
    return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool write_all(int fd, const char *text, size_t len) {
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        text += n;
        len -= (size_t)n;
    }
    return true;
}

/* A line with one new key, named so that a later one of another name can stand beside it. Returns its length. */
static size_t make_line(char out[NEW_TEXT_BYTES]) {
    uint8_t id[ID_BYTES], key[NEW_KEY_BYTES];
    char id_text[2 * ID_BYTES + 1];
    secure_random(id, sizeof id);
    secure_random(key, sizeof key);
    size_t len = (size_t)snprintf(out, NEW_TEXT_BYTES, "key-%s:", hex_write(id_text, id, sizeof id));
    len += base64url_encode(out + len, key, sizeof key);
    out[len++] = '\n';
    secure_wipe(key, sizeof key);
    return len;
}

static bool write_new(int fd) {
    char line[NEW_TEXT_BYTES];
    size_t len = make_line(line);
    bool ok = fchmod(fd, S_IRUSR | S_IWUSR) == 0 && write_all(fd, line, len) && fsync(fd) == 0;
    secure_wipe(line, sizeof line);
    return ok;
}

/* Written whole under another name first, and then given its own unless somebody was faster: nobody ever reads half a
 * key, nor uses one that is not the file's. Returns false with errno. */
static bool make_file(int folder) {
    uint8_t id[ID_BYTES * 2];
    char temporary[TEMPORARY_BYTES] = "." KEY_FILE_NAME ".";
    secure_random(id, sizeof id); /* in containers that share a folder, all processes have the same number */
    (void)hex_write(temporary + strlen(temporary), id, sizeof id);
    int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) return false;
    bool ok = write_new(fd) && (linkat(folder, temporary, folder, KEY_FILE_NAME, 0) == 0 || errno == EEXIST);
    int saved = errno;
    (void)close(fd);
    (void)unlinkat(folder, temporary, 0);
    errno = saved;
    return ok && fsync(folder) == 0;
}

/* The file's descriptor, or -1 with errno. */
static int open_file(int folder) {
    int fd = openat(folder, KEY_FILE_NAME, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 || errno != ENOENT) return fd;
    if (!make_file(folder)) return -1;
    return openat(folder, KEY_FILE_NAME, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/* Returns how many bytes were read, at most cap; -1 with errno. */
static ssize_t read_all(int fd, char *out, size_t cap) {
    size_t len = 0;
    while (len < cap) {
        ssize_t n = read(fd, out + len, cap - len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        if (n == 0) break;
        len += (size_t)n;
    }
    return (ssize_t)len;
}

static enum err read_file(char out[KEY_FILE_BYTES], char problem[KEY_RING_PROBLEM_BYTES], const char *dir, int fd) {
    struct stat stat;
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        return refuse(problem, "%.150s/" KEY_FILE_NAME " is not a file", dir);
    }
    if ((stat.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return refuse(problem,
                      "%.150s/" KEY_FILE_NAME " may be used by others than its owner (mode %03o); "
                      "if nobody has read it, make that 600",
                      dir, (unsigned)(stat.st_mode & 0777));
    }
    ssize_t len = read_all(fd, out, KEY_FILE_BYTES);
    if (len < 0) return refuse(problem, "%.150s/" KEY_FILE_NAME " cannot be read (%s)", dir, strerror(errno));
    if (len == KEY_FILE_BYTES) return refuse(problem, "%.150s/" KEY_FILE_NAME " is too long", dir);
    if (len > 0 && out[len - 1] == '\n') len--;
    out[len] = '\0';
    if (strlen(out) == (size_t)len) return ERR_OK;
    return refuse(problem, "%.150s/" KEY_FILE_NAME " holds zero bytes", dir);
}

enum err key_file_read(char out[KEY_FILE_BYTES], char problem[KEY_RING_PROBLEM_BYTES], const char *dir) {
    int folder = open_folder(dir);
    int fd = folder >= 0 ? open_file(folder) : -1;
    int saved = errno;
    if (folder >= 0) (void)close(folder);
    if (fd < 0) {
        return refuse(problem,
                      "%.100s/" KEY_FILE_NAME " can be neither read nor made (%s); set data_dir to a folder "
                      "that dappd may write to, or auth_keys",
                      dir, strerror(saved));
    }
    enum err err = read_file(out, problem, dir, fd);
    (void)close(fd);
    return err;
}
