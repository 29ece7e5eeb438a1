// Which tokens are in the index and how far they are to be believed: named, added, removed, drifting; and a dappd
// without a database. Owns a PostgreSQL; a chain and a dappd for each test.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chainConfig, dappdFor } from './lib/dappd.js';
import { indexingFor, progressOf, sceneFor, startIndexing, untilIndexed } from './lib/index.js';
import { limited, WORDINGS } from './lib/log_limits.js';
import { startServer } from './lib/postgres.js';
import { assertProblem } from './lib/problem.js';
import { sleep, until } from './lib/wait.js';

let server;
before(async () => {
    server = await startServer();
});
after(() => server.stop());

const addressesOf = (replay, ...keys) => keys.map((key) => replay.tokens[key].address);

test('a token that is added is read up to where the others are, which go on meanwhile', async (t) => {
    const { replay, node, database, truth, untilRight } = await sceneFor(t, server, { blocks: 80, epoch: 2 });
    const [coin, wrapped, silent] = addressesOf(replay, 'coin', 'wrapped', 'silent');
    const first = await startIndexing({ url: node.url, database, tokens: [coin] });
    t.after(() => first.stop());
    await untilRight('one token', { tokens: [coin] });
    await first.stop();
    // History comes slowly, so that the chain goes on before it has been read.
    let held = true;
    const slow = limited({ ...WORDINGS.Besu, blocks: 10 });
    node.on('eth_getLogs', async (exchange, concerns) => {
        const isHistory = exchange.calls.some(({ params }) => Number(params?.[0]?.fromBlock) < 40);
        while (held && isHistory) await sleep(10);
        await slow(exchange, concerns);
    });
    const tokens = [coin, wrapped, silent];
    const second = await startIndexing({ url: node.url, database, tokens });
    t.after(() => second.stop());
    await replay.play(3);
    const { head } = await truth();
    await until(async () => (await progressOf(database)).tip >= head.number, 'the tip goes on with the first token');
    assert.equal((await progressOf(database)).live, false, 'the new ones are not live yet');
    assert.equal((await second.get(`/tokens/${coin}/holders`)).status, 200);
    assertProblem(await second.get(`/tokens/${wrapped}/holders`), 'not_indexed');
    held = false;
    await untilRight('all three', { tokens });
    assert.equal((await second.get(`/tokens/${wrapped}/holders`)).status, 200);
    await replay.reorg(3);
    await untilRight('all three after a reorg', { tokens });
});

test('a token that is removed is no longer served, and comes back whole', async (t) => {
    const { replay, node, database, truth, untilRight } = await sceneFor(t, server, { blocks: 40, epoch: 2 });
    const [coin, wrapped] = addressesOf(replay, 'coin', 'wrapped');
    for (const tokens of [[coin, wrapped], [wrapped], [coin, wrapped]]) {
        const dappd = await startIndexing({ url: node.url, database, tokens });
        t.after(() => dappd.stop());
        await replay.play(6);
        if (tokens.length === 2) {
            await untilRight('with both tokens', { tokens });
        } else {
            await replay.reorg(4); // of blocks that the index has read for the token that is gone
            const { head } = await truth();
            await until(async () => (await progressOf(database)).hash === head.hash, 'the tip with one token');
            assertProblem(await dappd.get(`/tokens/${coin}/holders`), 'not_indexed');
            assertProblem(await dappd.get(`/tokens/${coin}/transfers`), 'not_indexed');
        }
        await dappd.stop();
    }
});

test('a start block: what is below it is not read', async (t) => {
    const { node, database, truth, chain } = await sceneFor(t, server, { blocks: 40, epoch: 2 });
    const from = 20;
    await indexingFor(t, { url: node.url, database, index_from: from });
    const { head, transfers } = await truth();
    await untilIndexed(database, head);
    const [[count, lowest]] = await database.sql('SELECT count(*), min(block_number) FROM transfers');
    const expected = transfers.filter(({ block }) => block.number >= from);
    assert.deepEqual([Number(count), Number(lowest)], [expected.length, expected[0].block.number]);
    assert.ok(chain && expected.length < transfers.length);
});

test('tokens whose transfers do not add up are marked and served live, with the reason', async (t) => {
    const { chain, replay, node, database, truth, untilRight } = await sceneFor(t, server, { blocks: 60, epoch: 2 });
    await replay.unsettle();
    const dappd = await indexingFor(t, { url: node.url, database });
    await untilRight('before');
    const drifts = async () =>
        new Map((await database.sql("SELECT '0x' || encode(address, 'hex'), drift, checked_block FROM tokens")).map(
            ([address, drift, block]) => [address, { drift, block }],
        ));
    const unsound = ['fee', 'silent', 'rebasing'].map((key) => [key, replay.tokens[key]]);
    await until(async () => {
        const now = await drifts();
        return unsound.every(([, { address }]) => now.get(address)?.drift);
    }, 'marks on all that drift');
    const balances = (await truth()).balances;
    for (const [key, { address, abi }] of unsound) {
        const { drift: before } = (await drifts()).get(address); // a later check may find another reason
        const [holder] = [...balances.get(address).keys()];
        const live = await chain.client.readContract({ address, abi, functionName: 'balanceOf', args: [holder] });
        const body = await dappd.json(`/balance/${holder}/${address}?source=auto`);
        assert.equal(body.balance, String(live), key);
        assert.equal(body.source, 'live', key);
        assertProblem(await dappd.get(`/tokens/${address}/holders`), 'balances_drift');
        assert.equal((await dappd.get(`/tokens/${address}/transfers`)).status, 200);
        const { items } = await dappd.json('/tokens?limit=1000');
        const { drift: after } = (await drifts()).get(address);
        const { index } = items.find((item) => item.token.toLowerCase() === address);
        assert.ok([before, after].includes(index.drift), `${key}: ${index.drift}, not ${before} or ${after}`);
    }
    const honest = Object.entries(replay.tokens).filter(([, token]) => token.honest && balances.has(token.address));
    await until(async () => {
        const now = await drifts();
        return honest.every(([, { address }]) => now.get(address).block !== null);
    }, 'a check of all the others');
    for (const [key, { address }] of honest) assert.equal((await drifts()).get(address).drift, null, key);
});

test('without a database everything live is served, and the index says that there is none', async (t) => {
    const { replay, node } = await sceneFor(t, server, { blocks: 3 });
    const dappd = await dappdFor(t, { chains: [chainConfig(node.url)] });
    const [coin] = addressesOf(replay, 'coin');
    const holder = replay.holders[0];
    assert.equal((await dappd.json(`/balance/${holder}/${coin}`)).source, 'live');
    const lists = [`/balances/${holder}`, '/transfers', `/transfers/${holder}`, '/tokens'];
    const ofToken = [`/tokens/${coin}/holders`, `/tokens/${coin}/transfers`];
    const indexed = `/balance/${holder}/${coin}?source=indexed`;
    for (const path of [...lists, ...ofToken, indexed]) assertProblem(await dappd.get(path), 'index_unavailable');
    assert.equal((await dappd.json(`/balance/${holder}/${coin}?source=auto`)).source, 'live');
    assert.equal((await dappd.get('/ready')).status, 200);
    const said = dappd.logs.filter(({ msg }) => /live only/.test(msg));
    assert.equal(said.length, 1, 'it says so once');
});
