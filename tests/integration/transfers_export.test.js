// Exports of more rows than any buffer holds: to readers that are slow or go away, from a database that breaks off, in
// a process that ends, more of them than there are connections. Owns its PostgreSQL and its dappds.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { dappdFor } from './lib/dappd.js';
import * as rows from './lib/indexed_rows.js';
import { startServer } from './lib/postgres.js';
import { assertProblem } from './lib/problem.js';
import { bounded, until } from './lib/wait.js';

const CHAIN = 31337;
const ROWS = 40_000;
const TOKEN = `0x${'42'.repeat(20)}`;
const CSV = { accept: 'text/csv' };

let server, database;
const ends = [];

before(async () => {
    server = await startServer();
    database = await server.databaseFor({ after: (end) => ends.push(end) });
    await rows.migrate(database);
    await rows.putChain(database, CHAIN, { upTo: 399 });
    const [{ id }] = await rows.putTokens(database, CHAIN, [{ address: TOKEN, symbol: 'MANY', decimals: 2 }]);
    await database.sql(`
        INSERT INTO blocks SELECT ${CHAIN}, n, decode(md5(n::text) || md5(n::text), 'hex'), NULL, 1700000000 + n, 100
            FROM generate_series(0, 399) n;
        INSERT INTO transfers SELECT ${CHAIN}, n / 100, n % 100, ${id}, 0, n,
                decode(md5('from' || n % 7) || '00000000', 'hex'), decode(md5('to' || n) || '00000000', 'hex'),
                decode(md5(n::text) || md5('tx'), 'hex')
            FROM generate_series(0, ${ROWS - 1}) n;
        UPDATE chains SET (tip_number, tip_hash, tip_timestamp) =
            (SELECT number, hash, timestamp FROM blocks ORDER BY number DESC LIMIT 1)`);
});
after(async () => {
    for (const end of ends) end();
    await server?.stop();
});

const start = (t, settings = {}) =>
    dappdFor(t, {
        chains: [
            { name: 'dev', id: CHAIN, block_time_ms: 12_000, upstreams: [{ name: 'node', url: 'http://127.0.0.1:9' }] },
        ],
        database_url: database.url,
        index: 'off',
        ...settings,
    });

/** Asks for the export and hands the answer out with its head only: the body waits until somebody reads it. */
function begin(dappd, path = '/transfers') {
    const answered = new Promise((resolve, reject) => {
        const sent = http.request({ ...dappd.target, agent: false, path, headers: CSV }, resolve);
        sent.once('error', reject);
        sent.end();
    });
    return bounded(answered, 'head of the export');
}

/** Reads the rest. Returns { text, whole }. */
function read(response) {
    const chunks = [];
    response.on('data', (chunk) => chunks.push(chunk));
    const ended = new Promise((resolve) => {
        response.once('end', () => resolve(true));
        response.once('error', () => resolve(false));
        response.once('aborted', () => resolve(false));
    });
    const result = ended.then((whole) => ({ text: Buffer.concat(chunks).toString(), whole }));
    return bounded(result, 'end of the export');
}

const digest = (text) => createHash('sha256').update(text).digest('hex');

/** The export as PostgreSQL would write it, but for addresses: theirs are in lower case. */
async function expectedText() {
    const [[text]] = await database.sql(`SELECT string_agg(concat_ws(',', block_number, '0x' || encode(b.hash, 'hex'),
            b.timestamp, log_index, '0x' || encode(tx_hash, 'hex'), 'transfer', '${TOKEN}', 'MANY', 2,
            '0x' || encode(from_address, 'hex'), '0x' || encode(to_address, 'hex'), amount,
            trim_scale(amount / 100)), E'\\r\\n' ORDER BY block_number DESC, log_index DESC)
        FROM transfers t JOIN blocks b ON b.number = t.block_number`);
    return text;
}

const bodyOf = (text) => text.slice(text.indexOf('\r\n') + 2).trimEnd().toLowerCase();

const leased = async () => {
    const [[n]] = await database.sql(`SELECT count(*) FROM pg_stat_activity
        WHERE datname = '${database.name}' AND state = 'active' AND query LIKE 'WITH walk%'`);
    return Number(n);
};

const inFlight = async (dappd) => (await dappd.json('/status')).requests_in_flight;

test('a long export arrives whole, also to a reader that takes its time', async (t) => {
    const dappd = await start(t);
    const want = (await expectedText()).toLowerCase();
    const response = await begin(dappd);
    assert.equal(response.headers['transfer-encoding'], 'chunked');
    assert.equal(response.headers['x-block-number'], '399');
    response.on('data', () => {
        response.pause();
        setImmediate(() => response.resume());
    });
    const { text, whole } = await read(response);
    assert.ok(whole);
    assert.equal(text.split('\r\n').length - 2, ROWS);
    assert.equal(digest(bodyOf(text)), digest(want));
});

test('many exports at once are each whole, and lists are answered meanwhile', async (t) => {
    const dappd = await start(t, { threads: 1, database_sessions: 5 });
    const responses = await Promise.all(Array.from({ length: 4 }, () => begin(dappd)));
    assert.equal((await dappd.json('/transfers?limit=3')).items.length, 3);
    const texts = await Promise.all(responses.map(read));
    for (const { text, whole } of texts) {
        assert.ok(whole);
        assert.equal(digest(text), digest(texts[0].text));
    }
});

test('exports leave a connection to lists with several filters', async (t) => {
    const dappd = await start(t, { threads: 1, database_sessions: 2, request_timeout_ms: 5_000 });
    const first = await begin(dappd);
    const second = begin(dappd);
    await until(async () => (await inFlight(dappd)) === 3, 'two exports and this');
    const { from, to } = (await dappd.json('/transfers?limit=1')).items[0];
    assert.equal((await dappd.json(`/transfers?from=${from}&to=${to}`)).items.length, 1);
    assert.ok((await read(first)).whole);
    assert.ok((await read(await second)).whole);
});

test('an export that finds no connection in time is told so', async (t) => {
    const dappd = await start(t, { threads: 1, database_sessions: 1, request_timeout_ms: 300 });
    const first = await begin(dappd);
    const late = await dappd.get('/transfers', CSV);
    assert.ok([503, 504].includes(late.status), late.text.slice(0, 300));
    assertProblem(late, late.status === 503 ? 'index_unavailable' : 'timeout');
    first.destroy();
    const next = async () => (await dappd.get('/transfers?to_block=3', CSV)).status === 200;
    await until(next, 'an export once there is a connection');
});

test('a reader that goes away ends the export and gives its connection back', async (t) => {
    const dappd = await start(t, { threads: 1, database_sessions: 1, send_timeout_ms: 3_600_000 });
    for (let i = 0; i < 3; i++) {
        const response = await begin(dappd);
        response.destroy();
        await until(async () => (await inFlight(dappd)) === 1, 'end of the export');
    }
    assert.ok((await read(await begin(dappd))).whole);
    await until(async () => (await leased()) === 0, 'end of the queries');
});

test('a reader that stops reading is cut off', async (t) => {
    const dappd = await start(t, { send_timeout_ms: 300 });
    const response = await begin(dappd);
    await until(async () => (await inFlight(dappd)) === 1, 'end of the export');
    assert.equal((await read(response)).whole, false);
});

test('an export whose database breaks off is cut, not ended', async (t) => {
    const dappd = await start(t, { send_timeout_ms: 3_600_000 });
    const response = await begin(dappd);
    await database.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = '${database.name}' AND pid <> pg_backend_pid()`);
    const { whole } = await read(response);
    assert.equal(whole, false);
    await dappd.untilLogged(({ msg }) => msg === 'answer cut short', 'line of the cut');
    assert.ok((await read(await begin(dappd))).whole, 'the next one has a new connection');
});

test('a shutdown lets an export end', async (t) => {
    const dappd = await start(t);
    const response = await begin(dappd);
    dappd.signal('SIGTERM');
    await dappd.untilLogged(({ msg }) => msg === 'shutting down', 'line "shutting down"');
    assert.ok((await read(response)).whole);
});

test('a shutdown cuts an export that nobody reads at its limit', async (t) => {
    const dappd = await start(t, { request_timeout_ms: 500, send_timeout_ms: 3_600_000 });
    const response = await begin(dappd);
    await dappd.stop();
    assert.equal((await read(response)).whole, false);
});
