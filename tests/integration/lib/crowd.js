// Many clients on kept connections, each asking again as soon as it is answered. Owns its connections.

import http from 'node:http';
import { bounded } from './wait.js';

class Crowd {
    answered = 0;
    agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
    #going = true;
    #failure;
    #underWay = new Set();

    /** False once a client has seen something wrong: then whatever keeps the crowd busy should come to its end. */
    get well() {
        return this.#failure === undefined;
    }

    async client(once, index) {
        while (this.#going) {
            const request = once(this.agent, index);
            this.#underWay.add(request);
            try {
                await request;
                this.answered++;
            } catch (error) {
                this.#failure ??= error;
                this.#going = false;
            }
            this.#underWay.delete(request);
        }
    }

    /** Waits until every request that is under way now has been answered: none is left that knows of times before. */
    async turnOver() {
        await bounded(Promise.allSettled([...this.#underWay]), 'end of the requests under way');
    }

    end() {
        this.#going = false;
        return this.#failure;
    }
}

/**
 * Lets so many clients loose while during(crowd) runs, and throws what the first of them complains about.
 * In: once(agent, index): one request and its check. Returns how many were answered.
 */
export async function withCrowd(size, once, during) {
    const crowd = new Crowd();
    const clients = Array.from({ length: size }, (_, index) => crowd.client(once, index));
    try {
        await during(crowd);
    } finally {
        const failure = crowd.end();
        await Promise.all(clients);
        crowd.agent.destroy();
        if (failure) throw failure;
    }
    return crowd.answered;
}
