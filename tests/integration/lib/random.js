// Random test data that can be had again: the seed is printed when a test fails (DAPPD_TEST_SEED sets it).
// Owns the generator's state; one per test file.

const SEED = Number(process.env.DAPPD_TEST_SEED ?? Date.now() % 2 ** 31);
process.once('exit', (code) => {
    if (code !== 0) console.error(`DAPPD_TEST_SEED=${SEED}`);
});

let state = SEED >>> 0;

/** A number from 0 up to but not including n. Source of the generator: mulberry32. */
export function below(n) {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
}

export const pick = (items) => items[below(items.length)];

export const hex = (digits) => Array.from({ length: digits }, () => below(16).toString(16)).join('');

export const randomAddress = () => `0x${hex(40)}`;

/** Any uint256, with all lengths equally likely and the ends among them. */
export function randomUint256() {
    const edges = [0n, 1n, 2n ** 256n - 1n, 2n ** 255n, 2n ** 64n, 2n ** 64n - 1n];
    if (below(6) === 0) return pick(edges);
    return BigInt(`0x${hex(1 + below(64))}`);
}
