// A node that is far away: passes everything on to a near one, later, and counts. It can hang, too.
// Owns its port and its connections until stop().

import http from 'node:http';

class SlowNode {
    requests = 0; // HTTP requests so far
    calls = 0; // JSON-RPC calls so far; a batch is as many as it holds
    hangs = false; // takes requests and answers none
    #agent = new http.Agent({ keepAlive: true });
    #server = http.createServer((incoming, response) => this.#serve(incoming, response));

    constructor(url, latencyMs) {
        this.target = new URL(url);
        this.latencyMs = latencyMs;
        this.#server.keepAliveTimeout = 600_000;
    }

    async start() {
        await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
        this.url = `http://127.0.0.1:${this.#server.address().port}`;
        return this;
    }

    async stop() {
        this.#server.closeAllConnections();
        await new Promise((resolve) => this.#server.close(resolve));
        this.#agent.destroy();
    }

    async #serve(incoming, response) {
        const chunks = [];
        for await (const chunk of incoming) chunks.push(chunk);
        const body = Buffer.concat(chunks);
        this.requests++;
        this.calls += [JSON.parse(body)].flat().length;
        if (!this.hangs) setTimeout(() => this.#forward(body, response), this.latencyMs);
    }

    #forward(body, response) {
        const { hostname, port } = this.target;
        const headers = { 'content-type': 'application/json', 'content-length': body.length };
        const request = http.request({ hostname, port, method: 'POST', agent: this.#agent, headers }, (reply) => {
            response.writeHead(reply.statusCode, reply.headers);
            reply.pipe(response);
        });
        request.on('error', () => response.destroy());
        request.end(body);
    }
}

/** In: url of the near node; latencyMs, added to each answer. */
export const startSlowNode = (url, latencyMs) => new SlowNode(url, latencyMs).start();
