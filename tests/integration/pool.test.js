// The connections to PostgreSQL under load: many requests on few of them, a server that is killed, stopped and started
// again in the middle, queries that do not come back. Owns its PostgreSQL and its dappd.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { withCrowd } from './lib/crowd.js';
import { dappdFor, runDappd, startDappd } from './lib/dappd.js';
import * as rows from './lib/indexed_rows.js';
import { startServer } from './lib/postgres.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { parseMetrics } from './lib/prometheus.js';
import { sleep, until } from './lib/wait.js';

const CHAIN = 31337;
const HOLDERS = 50;
const THREADS = 2;
const LANES = 2;
const MOST_LANES = THREADS * LANES + 1; // the watch of the index has one of its own
const TIMEOUT_MS = 1000;
const address = (n) => `0x${n.toString(16).padStart(40, '0')}`;
const holderOf = (n) => address(0x10000 + (n % HOLDERS));
const amountOf = (n) => String(10n ** 20n + BigInt(n % HOLDERS));

const ends = [];
let server, database, observer, dappd;

before(async () => {
    server = await startServer();
    database = await server.databaseFor({ after: (end) => ends.push(end) });
    observer = await server.databaseFor({ after: (end) => ends.push(end) }); // sees all databases
    assert.equal((await runDappd(['migrate'], { database_url: database.url, rpc_urls: 'http://127.0.0.1:9' })).code, 0);
    await rows.putChain(database, CHAIN, { upTo: 99 });
    const [token] = await rows.putTokens(database, CHAIN, [{ address: address(1), symbol: 'ONE', decimals: 18 }]);
    const transfers = Array.from({ length: HOLDERS }, (_, n) => ({
        logIndex: n,
        token,
        kind: 0,
        amount: BigInt(amountOf(n)),
        from: address(0),
        to: holderOf(n),
        txHash: rows.hashOf(`tx ${n}`),
    }));
    const block = { number: 10, hash: rows.hashOf('tip'), timestamp: rows.timeOf(10), transfers };
    await rows.putBlocks(database, CHAIN, [block]);
    await database.sql(`INSERT INTO balances SELECT token_id, to_address, amount FROM transfers`);
    await rows.putTip(database, CHAIN, block);
    dappd = await startDappd(settings());
});
after(async () => {
    for (const end of ends) end();
    await stopAll(dappd, server);
});

function settings(more = {}) {
    return {
        chains: [{ name: 'dev', id: CHAIN, block_time_ms: 12_000, upstreams: [{ name: 'n', url: 'http://127.0.0.1:9' }] }],
        database_url: database.url,
        database_lanes: LANES,
        database_sessions: 2,
        threads: THREADS,
        index: 'off',
        ...more,
    };
}

const portfolio = (n, { agent = false, of = dappd } = {}) => of.request({ path: `/balances/${holderOf(n)}`, agent });

/** The one right answer, or the one right way to have none. Returns whether it was an answer. */
function assertRight(answer, n) {
    if (answer.status !== 200) {
        assertProblem(answer, 'index_unavailable');
        return false;
    }
    assert.deepEqual(answer.json().items.map(({ balance }) => balance), [amountOf(n)]);
    return true;
}

/** How many of dappd's connections are so. The one that asks may have gone with the server. */
async function count(condition) {
    await until(() => observer.sql('SELECT 1').catch(() => false), 'connection');
    const [[n]] = await observer.sql(`SELECT count(*) FROM pg_stat_activity WHERE ${condition}`);
    return Number(n);
}

const lanesNow = () => count(`application_name = 'dappd lane'`);
const busyNow = () => count(`application_name LIKE 'dappd %' AND state = 'active'`);

test('500 requests at once share 4 connections', async () => {
    const answers = await Promise.all(Array.from({ length: 500 }, (_, n) => portfolio(n)));
    answers.forEach((answer, n) => assert.ok(assertRight(answer, n), answer.text));
    const connections = await lanesNow();
    assert.ok(connections > 1 && connections <= MOST_LANES, `${connections} connections`);
});

// --- PostgreSQL goes and comes back ---

/** Each event loop finds out for itself: new connections reach all of them. */
async function allAnswer() {
    const answers = await Promise.all(Array.from({ length: 24 }, (_, n) => portfolio(n)));
    return answers.every(({ status }) => status === 200);
}

/** Clients ask on while it is away; then each is answered again, and right, without anybody's help. */
async function assertSurvived(stop) {
    let refused = 0;
    let recovered = false;
    const once = async (agent, index) => {
        const answer = await portfolio(index, { agent });
        if (assertRight(answer, index)) return;
        assert.ok(!recovered, 'refused after it had recovered');
        refused++;
        await sleep(5);
    };
    const answered = await withCrowd(32, once, async (crowd) => {
        await until(() => !crowd.well || crowd.answered > 100, 'load');
        await stop();
        await until(() => !crowd.well || refused > 20, 'answers without a database');
        await server.start();
        await until(async () => !crowd.well || (await allAnswer()), 'recovery');
        await crowd.turnOver();
        recovered = true;
        const now = crowd.answered;
        await until(() => !crowd.well || crowd.answered > now + 100, 'load after the recovery');
    });
    assert.ok(answered > 200);
    assert.ok((await lanesNow()) <= MOST_LANES);
}

test('PostgreSQL is killed under load: 503 with Retry-After, then all is well again', () =>
    assertSurvived(() => server.kill()));

test('PostgreSQL is restarted under load: 503 with Retry-After, then all is well again', () =>
    assertSurvived(() => server.stop()));

// --- queries that do not come back ---

/** Holds a table while fn runs: whoever reads it waits. */
async function withTableHeld(table, fn) {
    await until(() => database.sql('SELECT 1').catch(() => false), 'connection');
    await database.sql(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    try {
        await fn();
    } finally {
        await database.sql('ROLLBACK');
    }
}

test('a read that waits too long is a timeout, and PostgreSQL gives it up', async (t) => {
    const hasty = await dappdFor(t, settings({ request_timeout_ms: TIMEOUT_MS }));
    await until(async () => (await portfolio(1, { of: hasty })).status === 200, 'connection');
    await withTableHeld('balances', async () => {
        const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => portfolio(n, { of: hasty })));
        for (const answer of answers) assertProblem(answer, 'timeout');
        await until(async () => (await busyNow()) === 0, 'end of the queries');
    });
    await until(async () => assertRight(await portfolio(1, { of: hasty }), 1), 'answer');
    await assertCounted(hasty, { result: 'timeout' }, 20);
});

test('an export that waits past its deadline is cancelled, and its connection is replaced', async (t) => {
    const hasty = await dappdFor(t, settings({ request_timeout_ms: TIMEOUT_MS }));
    const csv = () => hasty.request({ path: '/transfers', agent: false, headers: { accept: 'text/csv' } });
    await withTableHeld('transfers', async () => {
        const answers = await Promise.all(Array.from({ length: 6 }, csv));
        for (const answer of answers) assertProblem(answer, 'timeout');
        await until(async () => (await busyNow()) === 0, 'end of the queries');
    });
    const answer = await csv();
    assert.equal(answer.status, 200);
    assert.equal(answer.text.trim().split(/\r?\n/).length, 1 + HOLDERS);
    const leased = () => metric(hasty, 'dappd_db_connections', { state: 'leased' });
    await until(async () => (await leased()) === 0, 'return of the connections');
});

// --- metrics ---

async function metric(from, name, labels = {}) {
    const { samples } = parseMetrics((await from.get('/metrics')).text);
    const fits = (one) => one.name === name && Object.entries(labels).every(([k, v]) => one.labels[k] === v);
    return samples.find(fits)?.value;
}

async function assertCounted(from, labels, least) {
    assert.ok((await metric(from, 'dappd_db_queries_total', labels)) >= least);
}

test('the metrics tell of connections, results and reconnections', async () => {
    await assertCounted(dappd, { result: 'ok' }, 700);
    await assertCounted(dappd, { result: 'unavailable' }, 1);
    assert.ok((await metric(dappd, 'dappd_db_reconnects_total')) > 0);
    const lanes = await metric(dappd, 'dappd_db_connections', { state: 'lane' });
    assert.ok(lanes > 0 && lanes <= MOST_LANES);
});
