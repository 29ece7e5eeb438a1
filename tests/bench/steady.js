// Load at a steady rate: requests leave when they are due, whether or not earlier ones were answered, and each is timed
// from when it was due. So a server that stalls is charged for all who would have waited. Stateless.

import http from 'node:http';

const TICK_MS = 5;

const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

function get(agent, url) {
    return new Promise((resolve) => {
        const request = http.get(url, { agent }, (response) => {
            response.resume().on('end', () => resolve(response.statusCode));
            response.on('error', () => resolve(0));
        });
        request.on('error', () => resolve(0));
    });
}

/** Sends what is due until all are sent; calls send(due) for each. */
function sendWhenDue(total, rate, send) {
    return new Promise((resolve) => {
        const start = performance.now();
        let sent = 0;
        const timer = setInterval(() => {
            const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * rate));
            for (; sent < due; sent++) send(start + (sent / rate) * 1000);
            if (sent < total) return;
            clearInterval(timer);
            resolve();
        }, TICK_MS);
    });
}

/**
 * In: url of the server; draw, which gives the path of each request; rate a second, for so many seconds.
 * Returns { requests, errors, p50, p99 }: answers without status 200, milliseconds.
 */
export async function steadyLoad({ url, draw, rate, seconds }) {
    const agent = new http.Agent({ keepAlive: true });
    const waiting = [];
    const latencies = [];
    let errors = 0;
    await sendWhenDue(rate * seconds, rate, (due) => {
        waiting.push(get(agent, url + draw()).then((status) => {
            latencies.push(performance.now() - due);
            if (status !== 200) errors++;
        }));
    });
    await Promise.all(waiting);
    agent.destroy();
    latencies.sort((a, b) => a - b);
    return { requests: latencies.length, errors, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
}
