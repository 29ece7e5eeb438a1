// Malformed addresses are refused, all of them, before any node is asked. Property tests on random mistakes in right
// addresses; viem says what is right. Owns its chain, its node and its dappd.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { getAddress, isAddress } from 'viem';
import { startChain } from './lib/chain.js';
import { chainConfig, startDappd } from './lib/dappd.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { below, hex, pick, randomAddress } from './lib/random.js';
import { mapAtMost } from './lib/wait.js';

const TIMES = 300;

let chain, node, dappd;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    dappd = await startDappd({ chains: [chainConfig(node.url)] });
    await dappd.json(`/balance/${randomAddress()}`);
});
after(() => stopAll(dappd, node, chain));

const flipCase = (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase());

function replaceAt(text, index, change) {
    return text.slice(0, index) + change(text[index]) + text.slice(index + 1);
}

/** What can happen to an address on its way: [code it must give, how it happens]. */
const mistakes = {
    'too short': ['invalid_address', () => randomAddress().slice(0, 2 + below(40))],
    'too long': ['invalid_address', () => randomAddress() + hex(1 + below(40))],
    'no 0x': ['invalid_address', () => hex(40)],
    'another prefix': ['invalid_address', () => pick(['0y', '1x', 'x0', '00', '0b', '%30%79']) + hex(40)],
    'a letter beyond f': [
        'invalid_address',
        () => replaceAt(randomAddress(), 2 + below(40), () => pick([...'gzGZ-_.~ol'])),
    ],
    'a byte beyond ASCII': [
        'invalid_address',
        () => replaceAt(randomAddress(), 2 + below(40), () => pick(['%c3%a9', '%ff', '%01', '%7f'])),
    ],
    'a space': [
        'invalid_address',
        () => pick([(a) => `%20${a}`, (a) => `${a}%20`, (a) => `${a}%0a`, (a) => `${a}+`])(randomAddress()),
    ],
    'an encoded slash': ['invalid_address', () => `${randomAddress()}%2F`],
    'an ENS name': ['invalid_address', () => `${hex(1 + below(20))}.eth`],
    'one letter in the wrong case': ['checksum_mismatch', oneWrongCase],
    'another digit in a checksummed address': ['checksum_mismatch', oneWrongDigit],
    'a random mixture of cases': ['checksum_mismatch', randomCase],
};

function oneWrongCase() {
    for (;;) {
        const address = getAddress(randomAddress());
        const letters = [...address].flatMap((c, i) => (i > 1 && /[a-f]/i.test(c) ? [i] : []));
        const wrong = replaceAt(address, pick(letters), flipCase);
        if (isMixed(wrong)) return wrong;
    }
}

function oneWrongDigit() {
    for (;;) {
        const wrong = replaceAt(getAddress(randomAddress()), 2 + below(40), () => pick([...'0123456789']));
        if (isMixed(wrong) && !isAddress(wrong)) return wrong;
    }
}

function randomCase() {
    for (;;) {
        const wrong = `0x${[...hex(40)].map((c) => (below(2) ? flipCase(c) : c)).join('')}`;
        if (isMixed(wrong) && !isAddress(wrong)) return wrong;
    }
}

const isMixed = (address) => /[a-f]/.test(address.slice(2)) && /[A-F]/.test(address.slice(2));

for (const [name, [code, make]] of Object.entries(mistakes)) {
    test(`${name}: ${code}, ${TIMES} times, wherever the address stands`, async () => {
        const { usd } = chain.tokens;
        const { alice, bob } = chain.holders;
        node.reset();
        await mapAtMost(16, Array.from({ length: TIMES }, make), async (wrong) => {
            const path = pick([
                `/balance/${wrong}`,
                `/balance/${wrong}/${usd.address}`,
                `/balance/${alice}/${wrong}`,
                `/tokens/${wrong}`,
                `/allowance/${wrong}/${bob}/${usd.address}`,
                `/allowance/${alice}/${wrong}/${usd.address}`,
                `/allowance/${alice}/${bob}/${wrong}`,
            ]);
            assertProblem(await dappd.get(path), code);
        });
        assert.equal(node.count('eth_call') + node.count('eth_getBalance'), 0, 'no node was asked about any of it');
    });
}

test('what viem calls an address is one', async () => {
    await mapAtMost(16, Array.from({ length: TIMES }, randomAddress), async (lower) => {
        const address = pick([lower, getAddress(lower), `0x${lower.slice(2).toUpperCase()}`]);
        assert.ok(isAddress(address, { strict: isMixed(address) }));
        assert.equal((await dappd.json(`/balance/${address}`)).address, getAddress(lower));
    });
});
