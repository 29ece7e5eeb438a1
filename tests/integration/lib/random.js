// Random test data that can be had again: the seed is printed when a test fails (DAPPD_SEED sets it).
// Owns one generator per test file; who needs the same sequence whatever else goes on takes one of its own.

export const SEED = Number(process.env.DAPPD_SEED ?? Date.now() % 2 ** 31);
process.once('exit', (code) => {
    if (code !== 0) console.error(`DAPPD_SEED=${SEED}`);
});

/** Returns { below, pick }. Source of the generator: mulberry32. */
export function generator(seed) {
    let state = seed >>> 0;
    const below = (n) => {
        state = (state + 0x6d2b79f5) >>> 0;
        let t = state;
        t = Math.imul(t ^ (t >>> 15), t | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) % n;
    };
    return { below, pick: (items) => items[below(items.length)] };
}

/** below(n): a number from 0 up to but not including n; pick(items): one of them. */
export const { below, pick } = generator(SEED);

export const hex = (digits) => Array.from({ length: digits }, () => below(16).toString(16)).join('');

export const randomAddress = () => `0x${hex(40)}`;

/** Any uint256, with all lengths equally likely and the ends among them. */
export function randomUint256() {
    const edges = [0n, 1n, 2n ** 256n - 1n, 2n ** 255n, 2n ** 64n, 2n ** 64n - 1n];
    if (below(6) === 0) return pick(edges);
    return BigInt(`0x${hex(1 + below(64))}`);
}
