// A dappd that indexes: started on a chain's nodes and a database, waited for until its index is at the head, and held
// against the oracle. The processes belong to the tests that start them.

import { startBareChain } from './chain.js';
import { chainConfig, dappdFor, startDappd } from './dappd.js';
import * as faults from './faults.js';
import { startFaultyNode } from './faulty_node.js';
import { assertIndex } from './index_truth.js';
import { stopAll } from './process.js';
import { SEED } from './random.js';
import { startReplay } from './replay.js';
import { transferOracle } from './transfer_oracle.js';
import { until } from './wait.js';

const CHAIN_ID = 31337;

/**
 * In: url, of a node or several; database; tokens, "every" or addresses; chain, more of its configuration; all else as
 * in startDappd().
 */
export function startIndexing({ url, database, tokens = 'every', chain = {}, ...more }) {
    const settings = { database_url: database.url, index_tokens: [tokens].flat().join(',') };
    return startDappd({ chains: [chainConfig(url, chain)], ...settings, ...more });
}

/** The same for one test: ends with it. */
export async function indexingFor(t, options) {
    const dappd = await startIndexing(options);
    t.after(() => dappd.stop());
    return dappd;
}

/** What the chain's row says: { tip, hash, halted, live }; live, whether every stream is. Undefined without a row. */
export async function progressOf(database, chainId = CHAIN_ID) {
    const [row] = await database.sql(`SELECT tip_number, '0x' || encode(tip_hash, 'hex'), halted,
            (SELECT coalesce(bool_and(s.live), false) FROM streams s WHERE s.chain_id = c.chain_id AND NOT s.retired)
        FROM chains c WHERE chain_id = ${chainId}`);
    if (!row) return undefined;
    const [tip, hash, halted, live] = row;
    return { tip: tip && Number(tip), hash, halted, live: live === 't' };
}

/** Before the first migration there is no table, and while PostgreSQL is away no answer. */
const tried = (database, chainId) => progressOf(database, chainId).catch(() => undefined);

/** Waits until everything that is configured is live and the tip is this block. In: head, { number, hash }. */
export function untilIndexed(database, head, chainId = CHAIN_ID) {
    let progress;
    return until(async () => {
        progress = await tried(database, chainId);
        return progress?.live && progress.hash === head.hash;
    }, `index at ${head.number} ${head.hash}`).catch((error) => {
        throw new Error(`${error.message}; it says ${JSON.stringify(progress)}`);
    });
}

/** Waits until the metadata of every token have been asked for. */
export function untilDescribed(database) {
    const missing = `SELECT 1 FROM tokens WHERE described_at IS NULL LIMIT 1`;
    return until(async () => (await database.sql(missing)).length === 0, 'metadata of every token');
}

export function untilHalted(database) {
    return until(async () => (await tried(database))?.halted, 'halt');
}

/**
 * All that an index is made of, for one test: a chain with so many blocks of history, a node before it that can
 * misbehave, an empty database, and the oracle.
 * In: server, of postgres.js; epoch: blocks are final once twice as many are above them; reorgs must stay below that.
 * Returns { chain, replay, node, database, truth(options), untilRight(what, options) }: the last waits until the index
 * is at the head and holds it against the oracle; chainId says which index, where one chain is shown as many.
 */
export async function sceneFor(t, server, { blocks = 40, epoch = 16, seed = SEED, holders } = {}) {
    const chain = await startBareChain({ args: ['--gas-limit', '300000000', '--slots-in-an-epoch', String(epoch)] });
    let node;
    t.after(() => stopAll(node, chain));
    const replay = await startReplay(chain, { seed, holders });
    node = await startFaultyNode(chain.url, { lock: replay.lock });
    await replay.play(blocks);
    const database = await server.databaseFor(t);
    const oracle = transferOracle(chain.client, { wraps: [replay.tokens.wrapped.address] });
    const truth = (options) => oracle.read(options);
    const untilRight = async (what, { chainId, ...options } = {}) => {
        const now = await truth(options);
        await untilIndexed(database, now.head, chainId).catch((error) => {
            throw new Error(`${what}: ${error.message}`);
        });
        await assertIndex(database, now, { what, chainId });
        return now;
    };
    return { chain, replay, node, database, truth, untilRight };
}

/**
 * One chain shown as many, each by nodes of its own and under an id of its own, to one dappd that indexes them all.
 * In: spoilers, { name: function that gets the nodes of its chain and makes them misbehave }; nodes, of each chain.
 * Returns { dappd, shown: [{ name, chainId, nodes }] }.
 */
export async function shownAsMany(t, { chain, replay, database }, spoilers, { nodes: n = 1, ...settings } = {}) {
    const show = async ([name, spoil], i) => {
        const chainId = CHAIN_ID + 1 + i;
        const nodes = await Promise.all(
            Array.from({ length: n }, () => startFaultyNode(chain.url, { lock: replay.lock })),
        );
        t.after(() => stopAll(...nodes));
        const answersId = faults.result(`0x${chainId.toString(16)}`);
        spoil(...nodes);
        for (const node of nodes) node.on('eth_chainId', answersId);
        return { name, chainId, nodes };
    };
    const shown = await Promise.all(Object.entries(spoilers).map(show));
    const chains = shown.map(({ chainId, nodes }) =>
        chainConfig(nodes.map(({ url }) => url), { name: `chain${chainId}`, index_tokens: ['every'] }),
    );
    const dappd = await dappdFor(t, { chains, database_url: database.url, ...settings });
    return { dappd, shown };
}
