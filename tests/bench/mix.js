// The realistic mix: who looks at which token. A few wallets and tokens are looked at often, most seldom: both follow
// Zipf's law with exponent 1, independently. mix.lua draws the same for wrk. Stateless, but for chance.

export const WALLETS = 2000;
export const TOKENS = 20;

const FIRST_WALLET = 0xa11ce0000n;
const FIRST_TOKEN = 0x70c3e0000n;
const address = (number) => `0x${number.toString(16).padStart(40, '0')}`;

/** Addresses of the tokens, the most popular first. */
export const tokens = () => [...Array(TOKENS).keys()].map((n) => address(FIRST_TOKEN + BigInt(n)));

/** Returns a function that draws a rank from 0 to n - 1. */
function zipf(n) {
    const cumulative = [];
    for (let rank = 1, sum = 0; rank <= n; rank++) cumulative.push(sum += 1 / rank);
    return () => {
        const wanted = Math.random() * cumulative[n - 1];
        let low = 0;
        for (let high = n - 1; low < high;) {
            const middle = (low + high) >> 1;
            if (cumulative[middle] < wanted) low = middle + 1;
            else high = middle;
        }
        return low;
    };
}

/** Returns a function that draws the path of a request. */
export function drawPaths() {
    const wallet = zipf(WALLETS);
    const token = zipf(TOKENS);
    return () => `/balance/${address(FIRST_WALLET + BigInt(wallet()))}/${address(FIRST_TOKEN + BigInt(token()))}`;
}

/** What mix.lua wants to be told. */
export const luaArguments = () => [WALLETS, TOKENS, FIRST_WALLET, FIRST_TOKEN].map(String);
