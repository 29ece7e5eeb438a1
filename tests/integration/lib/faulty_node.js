// A node between dappd and anvil that misbehaves as told, counts what it is asked and remembers the headers.
// Owns its port and its connections until stop(). What it can do wrong is in faults.js.

import http from 'node:http';
import { bounded } from './wait.js';

class FaultyNode {
    requests = []; // every HTTP request: { path, headers, calls, at_ms }, the last by Node's monotonic clock
    #rules = [];
    #server;
    #agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
    #upstream;
    #lock;

    constructor(upstream, lock) {
        this.#upstream = upstream;
        this.#lock = lock;
        this.#server = http.createServer((incoming, response) => this.#serve(incoming, response));
        this.#server.keepAliveTimeout = 60_000;
    }

    async start(port) {
        await new Promise((resolve, reject) => {
            this.#server.once('error', reject);
            this.#server.listen(port, '127.0.0.1', resolve);
        });
        this.port = this.#server.address().port;
        this.url = `http://127.0.0.1:${this.port}`;
        return this;
    }

    async stop() {
        this.#agent.destroy();
        this.#server.closeAllConnections();
        await new Promise((resolve) => this.#server.close(resolve));
    }

    /** Comes back on the port that it had before stop(). */
    restart() {
        return this.start(this.port);
    }

    /**
     * From now on requests with a call of this method (or '*') meet this fault; the rule given last comes first.
     * In: times, how often; after that the rule is gone.
     */
    on(method, fault, { times = Infinity } = {}) {
        this.#rules.unshift({ method, fault, times });
        return this;
    }

    /** Forgets faults and records: a node in good health. */
    reset() {
        this.#rules = [];
        this.requests = [];
        return this;
    }

    /** How many calls of this method have come in; of any without one. */
    count(method) {
        const calls = this.requests.flatMap((request) => request.calls);
        return method ? calls.filter((call) => call.method === method).length : calls.length;
    }

    async #serve(incoming, response) {
        response.on('error', () => {});
        const chunks = [];
        try {
            for await (const chunk of incoming) chunks.push(chunk);
            await this.#answer(incoming, response, JSON.parse(Buffer.concat(chunks)));
        } catch (error) {
            if (!incoming.destroyed && !response.headersSent) response.writeHead(500).end(String(error));
        }
    }

    #answer(incoming, response, asked) {
        const calls = [asked].flat();
        this.requests.push({ path: incoming.url, headers: incoming.headers, calls, at_ms: performance.now() });
        const exchange = new Exchange({ asked, calls, response, forward: (json) => this.#forward(json) });
        const rule = this.#rules.find(({ method }) => method === '*' || calls.some((call) => call.method === method));
        if (!rule) return exchange.pass();
        if (--rule.times === 0) this.#rules = this.#rules.filter((other) => other !== rule);
        return rule.fault(exchange, (call) => rule.method === '*' || call.method === rule.method);
    }

    #forward(json) {
        return this.#lock ? this.#lock.shared(() => this.#post(json)) : this.#post(json);
    }

    #post(json) {
        const body = JSON.stringify(json);
        return bounded(
            new Promise((resolve, reject) => {
                const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
                const options = { method: 'POST', agent: this.#agent, headers };
                http.request(this.#upstream, options, (reply) => {
                    const chunks = [];
                    reply.on('data', (chunk) => chunks.push(chunk));
                    reply.once('end', () => resolve(JSON.parse(Buffer.concat(chunks))));
                })
                    .once('error', reject)
                    .end(body);
            }),
            'answer of anvil',
        );
    }
}

/** One HTTP request to the faulty node, as a fault sees it. */
class Exchange {
    constructor({ asked, calls, response, forward }) {
        this.asked = asked; // the JSON that came: a call or an array of them
        this.calls = calls; // always an array
        this.isBatch = Array.isArray(asked);
        this.response = response;
        this.forward = forward; // gives what anvil answers
    }

    async pass() {
        this.json(await this.forward(this.asked));
    }

    json(content, status = 200, headers = {}) {
        this.send(status, { 'content-type': 'application/json', ...headers }, JSON.stringify(content));
    }

    send(status, headers, body) {
        this.response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(body);
    }
}

/** In: upstream, the URL of an anvil; port, 0 for a free one; lock (shared_lock.js), held while anvil is asked. */
export function startFaultyNode(upstream, { port = 0, lock } = {}) {
    return new FaultyNode(upstream, lock).start(port);
}
