// Many may be inside together, or one alone: anvil must not be asked while it mines, because then it may answer for the
// newest block with the state of the next. Owns nothing.

export class SharedLock {
    #inside = 0;
    #alone; // resolves when whoever is alone has left
    #drained;

    /** Runs fn beside others; not while somebody is alone. */
    async shared(fn) {
        while (this.#alone) await this.#alone;
        this.#inside++;
        try {
            return await fn();
        } finally {
            if (--this.#inside === 0) this.#drained?.();
        }
    }

    /** Keeps others out, waits until those inside have left, and runs fn. */
    async alone(fn) {
        while (this.#alone) await this.#alone;
        let leave;
        this.#alone = new Promise((resolve) => {
            leave = resolve;
        });
        try {
            if (this.#inside > 0) await new Promise((resolve) => (this.#drained = resolve));
            return await fn();
        } finally {
            this.#drained = undefined;
            this.#alone = undefined;
            leave();
        }
    }
}
