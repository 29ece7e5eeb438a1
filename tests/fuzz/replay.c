/* Runs a fuzz target over the files of its corpus, so that what a fuzzer once found is tested for ever.
 * Stateless; one thread. usage: fuzz_x DIR */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *dir, const char *name) {
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) return 1;
    (void)fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    /* Exactly as many bytes as the file has: reading one more is an error that ASan sees. */
    uint8_t *data = malloc(size > 0 ? size : 1);
    int failed = data == NULL || fread(data, 1, size, file) != size;
    (void)fclose(file);
    if (!failed) (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return failed;
}

int main(int argc, char **argv) {
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    int inputs = 0;
    if (dir == NULL) return 2;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        if (replay(argv[1], entry->d_name) != 0) return 1;
        inputs++;
    }
    (void)closedir(dir);
    (void)printf("%d inputs\n", inputs);
    return inputs > 0 ? 0 : 1;
}
