// Waiting for events: always for something, always with a bound that only a broken program reaches.
// Owns nothing.

import { setTimeout as sleep } from 'node:timers/promises';

export { sleep };

/** Far beyond what any step takes, also with a sanitizer on a busy machine. */
export const PATIENCE_MS = 60_000;

const POLL_MS = 10;

/** Returns what the promise gives; throws when that takes longer than anything should. */
export async function bounded(promise, what, timeout_ms = PATIENCE_MS) {
    const timer = new AbortController();
    const late = sleep(timeout_ms, undefined, { signal: timer.signal }).then(
        () => {
            throw new Error(`after ${timeout_ms} ms still no ${what}`);
        },
        () => undefined,
    );
    try {
        return await Promise.race([promise, late]);
    } finally {
        timer.abort();
    }
}

/** Calls fn again and again until what it returns is truthy, and returns that. */
export async function until(fn, what, timeout_ms = PATIENCE_MS) {
    const end = Date.now() + timeout_ms;
    for (;;) {
        const value = await fn();
        if (value) return value;
        if (Date.now() > end) throw new Error(`after ${timeout_ms} ms still no ${what}`);
        await sleep(POLL_MS);
    }
}

/** Runs fn(item, index) for all, so many at a time; returns what they returned, in order. */
export async function mapAtMost(limit, items, fn) {
    const results = new Array(items.length);
    let next = 0;
    const worker = async () => {
        while (next < items.length) {
            const index = next++;
            results[index] = await fn(items[index], index);
        }
    };
    await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
    return results;
}
