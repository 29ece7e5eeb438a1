/* Registers the contracts of the configuration, once the database is ready; any number of instances may do so at the
 * same time. Everything here is called on the reactor's thread. */
#ifndef DAPPD_REGISTRAR_H
#define DAPPD_REGISTRAR_H

#include "app.h"
#include "core/reactor.h"

struct registrar;

/* At once, and what fails again after a while. The reactor has a database. */
struct registrar *registrar_start(struct reactor *reactor, const struct app *app);

/* It ends on its own: the reactor waits for it. */
void registrar_stop(struct registrar *registrar);

/* After the reactor has ended. NULL is allowed. */
void registrar_free(struct registrar *registrar);

#endif
