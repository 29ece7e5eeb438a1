/* A PostgreSQL of the test's own: Unix socket only, in a folder of its own, gone with the test. As root it runs as an
 * unprivileged user, since PostgreSQL refuses root.
 * Owns the folder and the server's process. One thread. */
#ifndef DAPPD_TESTS_CLUSTER_H
#define DAPPD_TESTS_CLUSTER_H

#include <ftw.h>
#include <glob.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libpq-fe.h>

enum { CLUSTER_PATH_BYTES = 256, CLUSTER_TRIES = 3000, CLUSTER_NAP_US = 10000 };

static struct {
    char bin[CLUSTER_PATH_BYTES];
    char folder[CLUSTER_PATH_BYTES];
    char url[2 * CLUSTER_PATH_BYTES];
    pid_t server;
} cluster;

/* In the child: as an unprivileged user, and not outliving the test. */
static void cluster_become_nobody(void) {
    const struct passwd *nobody = geteuid() == 0 ? getpwnam("nobody") : NULL;
    if (nobody != NULL && (setgid(nobody->pw_gid) != 0 || setuid(nobody->pw_uid) != 0)) _exit(126);
    if (chdir("/") != 0 || prctl(PR_SET_PDEATHSIG, SIGQUIT) != 0) _exit(126);
    if (freopen("/dev/null", "w", stdout) == NULL || freopen("/dev/null", "w", stderr) == NULL) _exit(126);
}

/* In: args, whose first is the program's name. It gets its path in that place: initdb looks for postgres beside it. */
static pid_t cluster_run(char **args) {
    char path[2 * CLUSTER_PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/%s", cluster.bin, args[0]);
    pid_t pid = fork();
    if (pid != 0) return pid;
    cluster_become_nobody();
    args[0] = path;
    execv(path, args);
    _exit(127);
}

/* PostgreSQL's programs are not in the search path. The newest version's folder sorts last. */
static bool cluster_find_programs(void) {
    glob_t found;
    if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) != 0) return false;
    (void)snprintf(cluster.bin, sizeof cluster.bin, "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    return true;
}

/* Returns false when it has ended instead. */
static bool cluster_answers(void) {
    for (int i = 0; i < CLUSTER_TRIES; i++) {
        if (PQping(cluster.url) == PQPING_OK) return true;
        if (waitpid(cluster.server, NULL, WNOHANG) != 0) return false;
        (void)usleep(CLUSTER_NAP_US);
    }
    return false;
}

static bool cluster_start(void) {
    char sockets[2 * CLUSTER_PATH_BYTES];
    (void)snprintf(sockets, sizeof sockets, "unix_socket_directories=%s", cluster.folder);
    char *args[] = {(char[]){"postgres"},
                    (char[]){"-D"},
                    cluster.folder,
                    (char[]){"-clisten_addresses="},
                    (char[]){"-c"},
                    sockets,
                    (char[]){"-cfsync=off"},
                    (char[]){"-cmax_connections=60"},
                    NULL};
    cluster.server = cluster_run(args);
    return cluster.server > 0 && cluster_answers();
}

/* In: signal, SIGINT for a fast shutdown, SIGQUIT for one without order. */
static inline void cluster_stop(int signal) {
    if (cluster.server <= 0) return;
    (void)kill(cluster.server, signal);
    (void)waitpid(cluster.server, NULL, 0);
    cluster.server = 0;
}

static bool cluster_make(void) {
    if (!cluster_find_programs()) return false;
    (void)snprintf(cluster.folder, sizeof cluster.folder, "/tmp/dappd-test-postgres-XXXXXX");
    if (mkdtemp(cluster.folder) == NULL) return false;
    const struct passwd *nobody = geteuid() == 0 ? getpwnam("nobody") : NULL;
    if (nobody != NULL && chown(cluster.folder, nobody->pw_uid, nobody->pw_gid) != 0) return false;
    (void)snprintf(cluster.url, sizeof cluster.url, "host=%s dbname=postgres user=dappd", cluster.folder);
    char *args[] = {(char[]){"initdb"},      (char[]){"-D"},        cluster.folder,
                    (char[]){"-Udappd"},     (char[]){"-Atrust"},   (char[]){"-EUTF8"},
                    (char[]){"--no-locale"}, (char[]){"--no-sync"}, NULL};
    int status = -1;
    pid_t pid = cluster_run(args);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 && cluster_start();
}

static int cluster_remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw) {
    (void)stat;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void cluster_remove(void) {
    cluster_stop(SIGQUIT);
    (void)nftw(cluster.folder, cluster_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* One value, asked for on a connection of the test's own. Returns "" for none. */
static inline const char *cluster_ask(char out[CLUSTER_PATH_BYTES], const char *sql) {
    PGconn *conn = PQconnectdb(cluster.url);
    PGresult *result = PQexec(conn, sql);
    bool any = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0;
    (void)snprintf(out, CLUSTER_PATH_BYTES, "%s", any ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    PQfinish(conn);
    return out;
}

/* Beside the cluster: takes connections and never says a word. Returns its socket, -1 when there is none. Out: url. */
static inline int cluster_silent_server(char url[3 * CLUSTER_PATH_BYTES]) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%.80s/.s.PGSQL.1", cluster.folder);
    (void)snprintf(url, 3 * CLUSTER_PATH_BYTES, "host=%s port=1 dbname=postgres user=dappd", cluster.folder);
    (void)unlink(at.sun_path);
    if (fd < 0 || (bind(fd, (const struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 8) == 0)) return fd;
    (void)close(fd);
    return -1;
}

#endif
