// Transactions on a chain that mines when it is told to: wallets that sign them, dappds that are handed them, and the
// lives that they then have, by the API and by SQL. What is started belongs to the tests that start it.

import assert from 'node:assert/strict';
import { keccak256, parseEther, parseGwei } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { startBareChain } from './chain.js';
import { chainConfig, startDappd } from './dappd.js';
import { startFaultyNode } from './faulty_node.js';
import { stopAll } from './process.js';
import { until } from './wait.js';

const CHAIN_ID = 31337;
const STEPS_WITHOUT_STATE = ['sent', 'resent', 'final'];

/** From each state, where a transaction may go. */
const EDGES = {
    accepted: ['pending', 'confirmed', 'reverted', 'replaced', 'dropped', 'refused'],
    pending: ['confirmed', 'reverted', 'replaced', 'dropped'],
    confirmed: ['pending'],
    reverted: ['pending'],
    replaced: ['pending'],
    dropped: ['confirmed', 'reverted', 'replaced', 'accepted'],
    refused: ['accepted', 'confirmed', 'reverted', 'dropped'],
};

/**
 * A chain that mines by hand, with so many nodes in front of it, and an empty database.
 * In: server, of postgres.js; epoch: blocks are final once twice as many are above them. Returns { chain, client, nodes,
 * database, start(settings), wallet(), mine(blocks), stop() }.
 */
export async function startTxScene(server, { epoch = 16, nodes: n = 1 } = {}) {
    const chain = await startBareChain({ args: ['--no-mining', '--slots-in-an-epoch', String(epoch)] });
    const { client } = chain;
    await client.mine({ blocks: 1 });
    const nodes = await Promise.all(Array.from({ length: n }, () => startFaultyNode(chain.url)));
    const database = await server.databaseFor();
    return {
        chain,
        client,
        nodes,
        database,
        start: (settings = {}) =>
            startDappd({ chains: [chainConfig(nodes.map(({ url }) => url))], database_url: database.url, ...settings }),
        wallet: () => newWallet(client),
        mine: (blocks = 1) => client.mine({ blocks }),
        stop: () => stopAll(...nodes, chain),
    };
}

/** An account with ether. sign() takes what viem does and fills in the rest; it gives { raw, hash }. */
async function newWallet(client) {
    const account = privateKeyToAccount(generatePrivateKey());
    await client.setBalance({ address: account.address, value: parseEther('100') });
    let next = 0;
    return {
        address: account.address,
        async sign({ nonce = next++, ...more } = {}) {
            const raw = await account.signTransaction({
                type: 'eip1559',
                chainId: CHAIN_ID,
                nonce,
                to: account.address,
                gas: 100_000n,
                maxFeePerGas: parseGwei('10'),
                maxPriorityFeePerGas: parseGwei('1'),
                ...more,
            });
            return { raw, hash: keccak256(raw) };
        },
    };
}

/** Hands a transaction over; it must be taken. */
export async function hand(dappd, { raw, hash }) {
    const answer = await dappd.post('/tx', { raw });
    assert.ok([200, 202].includes(answer.status), `${answer.status}: ${answer.text}`);
    assert.equal(answer.json().hash, hash);
    return answer.json();
}

/** What GET /tx says; undefined while nobody knows the transaction, or nobody is there to say. */
export async function lookUp(dappd, { hash }) {
    const answer = await dappd.get(`/tx/${hash}`);
    return answer.status === 200 ? answer.json() : undefined;
}

/** Waits until it is in that state, by the API; returns what that says. */
export function untilState(dappd, tx, state) {
    let last;
    return until(async () => {
        last = await lookUp(dappd, tx);
        return last?.state === state && last;
    }, `${state} ${tx.hash}`).catch((error) => {
        throw new Error(`${error.message}: ${JSON.stringify(last)}`);
    });
}

/** The steps of its life, by SQL: [{ step, reason, block }]. */
export async function stepsOf(database, { hash }) {
    const rows = await database.sql(`SELECT step, reason, block_number FROM transaction_steps
        WHERE hash = '\\x${hash.slice(2)}' ORDER BY id`);
    return rows.map(([step, reason, block]) => ({ step, reason, block: block && Number(block) }));
}

/** { state, final, reason, block, replacedBy } of the row. */
export async function rowOf(database, { hash }) {
    const [row] = await database.sql(`SELECT state, final, reason, block_number, '0x' || encode(replaced_by, 'hex')
        FROM transactions WHERE hash = '\\x${hash.slice(2)}'`);
    if (!row) return undefined;
    const [state, final, reason, block, replacedBy] = row;
    return { state, final: final === 't', reason, block: block && Number(block), replacedBy };
}

/** Waits until SQL says so; returns the row. */
export function untilRow(database, tx, matches, what) {
    let row;
    return until(async () => {
        row = await rowOf(database, tx);
        return row && matches(row) && row;
    }, `${what} of ${tx.hash}`).catch((error) => {
        throw new Error(`${error.message}: ${JSON.stringify(row)}`);
    });
}

export const untilFinal = (database, tx) => untilRow(database, tx, ({ final }) => final, 'end');

/** Its life is these steps, by SQL and by the API alike, and each follows from the one before. */
export async function assertLife(dappd, database, tx, expected) {
    const steps = await stepsOf(database, tx);
    assert.deepEqual(steps.map(({ step }) => step), expected);
    statesOf(steps);
    const { life, state } = await lookUp(dappd, tx);
    const told = steps.map(({ step, reason, block }) => ({ step, reason, block }));
    const shown = life.map(({ step, reason = null, block = null }) => ({ step, reason, block: block && block.number }));
    assert.deepEqual(shown, told);
    assert.equal(state, (await rowOf(database, tx)).state);
    const times = life.map(({ at }) => at);
    assert.deepEqual(times, [...times].sort((a, b) => a - b));
}

/** The states that steps went through; throws where one may not follow from the one before. */
export function statesOf(steps) {
    const entered = steps.filter(({ step }) => !STEPS_WITHOUT_STATE.includes(step));
    const states = entered.map(({ step }) => (step === 'reorged' ? 'pending' : step));
    assert.equal(states[0], 'accepted');
    for (let i = 1; i < states.length; i++) {
        assert.ok(EDGES[states[i - 1]].includes(states[i]), `${states[i - 1]} to ${states[i]}`);
    }
    return states;
}

/**
 * Asks for transactions all the time. Returns stop(), which gives the states that each was seen in, one after the other
 * and without repetitions: by hash.
 */
export function sampleStates(dappd, txs) {
    const seen = new Map(txs.map(({ hash }) => [hash, []]));
    let ends = false;
    const sampling = (async () => {
        while (!ends) {
            for (const tx of txs) {
                const state = (await lookUp(dappd, tx))?.state;
                const states = seen.get(tx.hash);
                if (state && state !== states.at(-1)) states.push(state);
            }
        }
    })();
    return async () => {
        ends = true;
        await sampling;
        return seen;
    };
}

/** What was seen is what happened, without gaps that go backwards: a part of the life, in its order. */
export async function assertSampled(database, seen) {
    for (const [hash, states] of seen) {
        const lived = statesOf(await stepsOf(database, { hash }));
        let at = 0;
        for (const state of states) {
            const next = lived.indexOf(state, at);
            assert.ok(next >= 0, `${hash}: ${states} is no part of ${lived}`);
            at = next;
        }
    }
}
