// ABI values to JSON and back, beside viem doing the same with the same values in the same run, round by round.

import { spawnSync } from 'node:child_process';
import { decodeAbiParameters, encodeAbiParameters, getAddress, keccak256, numberToHex, parseAbiParameters } from 'viem';
import { fixed, printTable } from './table.js';

const PROGRAM = 'build/release/tests/bench/abi';
const ROUND_MS = 4; // shorter than a turn of the scheduler
const ROUNDS = 5; // of each before the other's turn
const word = (seed) => keccak256(numberToHex(seed));
const address = (seed) => getAddress(word(seed).slice(0, 42));

const SHAPES = [
    ['transfer', 'address to, uint256 amount', [address(1), 1234567890123456789n]],
    ['swap, a tuple with bytes',
        '(bytes path, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum) params', [{
            path: `${address(2).toLowerCase()}000bb8${address(3).slice(2).toLowerCase()}`, recipient: address(4), deadline: 1700000000n,
            amountIn: 25_000_000_000_000_000_000n, amountOutMinimum: 61_234_567_890n,
        }]],
    ['100 structs in a list', '(address owner, uint256 amount, uint48 since, bool active, bytes32 key)[] all', [
        Array.from({ length: 100 }, (_, i) => ({
            owner: address(10 + i), amount: BigInt(word(200 + i)) >> 160n, since: 1700000000 + i, active: i % 2 === 0, key: word(400 + i),
        }))]],
];

const bestOf = (run) => Math.min(...Array.from({ length: ROUNDS }, () => measure(run)));
const json = (value) => JSON.parse(JSON.stringify(value, (_, v) => typeof v === 'bigint' ? v.toString() : v));

function measure(run) {
    let n = 0;
    const start = performance.now();
    let end;
    do {
        for (let i = 0; i < 4; i++) run();
        n += 4;
        end = performance.now();
    } while (end - start < ROUND_MS);
    return ((end - start) * 1000) / n;
}

function ours(shapes) {
    const { status, stdout, stderr } = spawnSync(PROGRAM, [`${ROUNDS}`], { encoding: 'utf8', input: JSON.stringify(shapes) });
    if (status !== 0) throw new Error(`${PROGRAM}: ${stderr}`);
    return JSON.parse(stdout);
}

/** Prints its table. In: seconds of all rounds together. */
export function benchAbi({ seconds }) {
    const shapes = SHAPES.map(([name, text, values]) => {
        const types = parseAbiParameters(text);
        return { name, text, types, values, data: encodeAbiParameters(types, values) };
    });
    const input = shapes.map(({ text, types, values, data }) => ({
        types: text, values: json(Object.fromEntries(types.map(({ name }, i) => [name, values[i]]))), data,
    }));
    const best = shapes.map(() => ({ encode: [Infinity, Infinity], decode: [Infinity, Infinity] }));
    const end = performance.now() + seconds * 1000;
    do {
        const round = ours(input);
        shapes.forEach(({ types, values, data }, i) => {
            const theirs = { encode: bestOf(() => encodeAbiParameters(types, values)), decode: bestOf(() => decodeAbiParameters(types, data)) };
            for (const way of ['encode', 'decode']) {
                best[i][way] = [Math.min(best[i][way][0], round[i][way]), Math.min(best[i][way][1], theirs[way])];
            }
        });
    } while (performance.now() < end);
    const row = (name, way, [dappd, viem]) => [`${way} ${name}`, fixed(1e6 / dappd, 0), fixed(1e6 / viem, 0), fixed(viem / dappd, 1)];
    printTable([['ABI values', 'dappd/s', 'viem/s', 'times viem'],
        ...['encode', 'decode'].flatMap((way) => shapes.map(({ name }, i) => row(name, way, best[i][way])))]);
    console.log('the same values on one core, JSON here and JavaScript\'s objects there; the best of each in turn');
}
