/* From the name of an event and values of its arguments to the topics that its logs have. The task's coroutine. */
#ifndef DAPPD_SERVICES_EVENT_CHOICE_H
#define DAPPD_SERVICES_EVENT_CHOICE_H

#include "services/event_service.h"

/* Completes the question's filter. In: abi, of the contract. Errors: those of event_service_page about the question. */
enum err event_choice_make(struct task *task, struct event_question *question, const struct abi *abi) MUST_CHECK;

#endif
