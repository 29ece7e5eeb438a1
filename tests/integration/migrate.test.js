// Bringing a database to dappd's schema: by several at once, killed half-way, on databases that are not dappd's to
// touch. What goes wrong is said, and no password is. Owns its PostgreSQL and what it starts.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { keccak256 } from 'viem';
import { startChain } from './lib/chain.js';
import { BINARY, chainConfig, environment, runDappd, startDappd } from './lib/dappd.js';
import { startServer } from './lib/postgres.js';
import { assertProblem } from './lib/problem.js';
import { CHECKOUT, startProcess, stopAll } from './lib/process.js';
import { bounded, until } from './lib/wait.js';

const PASSWORD = 'hunter2password';
const NODE = 'http://127.0.0.1:1'; // never asked

const files = readdirSync(path.join(CHECKOUT, 'sql')).sort();
const steps = files.map((file, i) => [
    String(i + 1),
    `sql/${file}`,
    keccak256(readFileSync(path.join(CHECKOUT, 'sql', file))),
]);

let server, chain;

before(async () => {
    [server, chain] = await Promise.all([startServer(), startChain()]);
});
after(() => stopAll(server, chain));

const urlOf = (database, parts = {}) => {
    const url = new URL(database.url);
    for (const [name, value] of Object.entries({ password: PASSWORD, ...parts })) url.searchParams.set(name, value);
    return url.href;
};

const migrate = (url) => runDappd(['migrate'], { database_url: url, rpc_urls: NODE });

const applied = (database) =>
    database.sql(`SELECT version, file, '0x' || encode(checksum, 'hex') FROM schema_migrations ORDER BY version`);

/** It must fail with this sentence, and say nothing of the password. */
async function assertRefused(url, sentence) {
    const { code, stdout, stderr } = await migrate(url);
    assert.deepEqual([code, stdout], [1, ''], stderr);
    assert.match(stderr, sentence);
    assert.ok(!stderr.includes(PASSWORD), stderr);
}

test('it asks no node, so it needs none; what does says what to set', async (t) => {
    const database = await server.databaseFor(t);
    const { code, stderr } = await runDappd(['migrate'], { database_url: urlOf(database) });
    assert.equal(code, 0, stderr);
    assert.deepEqual(await applied(database), steps);
    for (const command of ['serve', 'index', 'check-config']) {
        const refused = await runDappd([command], { database_url: urlOf(database) });
        assert.equal(refused.code, 2);
        assert.match(refused.stderr, /^dappd: no node to talk to: set DAPPD_RPC_URLS or --rpc-urls to /);
    }
});

test('several at once apply each file once', async (t) => {
    const database = await server.databaseFor(t);
    const ends = await Promise.all(Array.from({ length: 4 }, () => migrate(urlOf(database))));
    assert.deepEqual(ends.map(({ code }) => code), [0, 0, 0, 0]);
    const said = ends.map(({ stdout }) => /(\d+) migrations? applied/.exec(stdout)[1]).sort();
    assert.deepEqual(said, ['0', '0', '0', String(files.length)]);
    assert.deepEqual(await applied(database), steps);
    assert.deepEqual(await database.sql(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'`), [['0']]);
});

test('killed half-way it has done nothing, and the next one goes on', async (t) => {
    const database = await server.databaseFor(t);
    await database.sql('BEGIN; CREATE TABLE odd_logs (a int)'); // the name is taken until this ends
    const first = startProcess([BINARY, 'migrate'], {
        env: environment({ database_url: urlOf(database), rpc_urls: NODE }),
    });
    const waiting = 'SELECT 1 FROM pg_locks WHERE NOT granted';
    await until(async () => (await database.sql(waiting)).length === 1, 'a migration half-way');
    process.kill(first.pid, 'SIGKILL');
    await bounded(first.exited, 'end of dappd');
    await database.sql('ROLLBACK');
    const { code, stderr } = await migrate(urlOf(database));
    assert.equal(code, 0, stderr);
    assert.deepEqual(await applied(database), steps);
});

test('a schema that is newer, was made by other files, or has gaps is refused', async (t) => {
    const cases = {
        [`INSERT INTO schema_migrations VALUES (${files.length + 1}, 'sql/later.sql', sha256('x'))`]: new RegExp(
            `at schema version ${files.length + 1}, and this dappd knows versions up to ${files.length}`,
        ),
        [`UPDATE schema_migrations SET checksum = sha256('x') WHERE version = 1`]:
            /schema version 1 of the database was made by another sql\/0001_init\.sql than this dappd's/,
        'UPDATE schema_migrations SET version = 0 WHERE version = 1': /schema_migrations lacks version 1 below a later/,
    };
    for (const [sql, sentence] of Object.entries(cases)) {
        const database = await server.databaseFor(t);
        assert.equal((await migrate(urlOf(database))).code, 0);
        await database.sql(sql);
        await assertRefused(urlOf(database), sentence);
        for (const command of ['serve', 'index']) {
            const { code, stderr } = await runDappd([command], {
                database_url: urlOf(database),
                rpc_urls: NODE,
                listen: '127.0.0.1:0',
                index_tokens: 'every',
            });
            assert.equal(code, 1, command);
            assert.match(stderr, sentence);
            assert.doesNotMatch(stderr, /"listening"/);
        }
    }
});

test('a database of another encoding than UTF8, which some names do not fit, is refused', async (t) => {
    const database = await server.databaseFor(t);
    await database.sql(`CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII'`);
    const url = new URL(urlOf(database));
    url.pathname = '/ascii';
    await assertRefused(url.href, /another encoding than UTF8/);
});

test('what the database does not allow is said, without its password', async (t) => {
    const database = await server.databaseFor(t);
    await database.sql('CREATE ROLE guest LOGIN');
    await assertRefused(urlOf(database, { user: 'guest' }), /user lacks a right that sql\/0001_init\.sql takes/);
    assert.deepEqual(await database.sql(`SELECT to_regclass('schema_migrations')`), [[null]]);
    await assertRefused(urlOf(database, { user: 'nobody_here' }), /role \\?"nobody_here\\?" does not exist/);
    await assertRefused(urlOf({ url: database.url.replace(database.name, 'nowhere') }), /\\?"nowhere\\?" does not exist/);
    await assertRefused(urlOf(database, { host: '/tmp/nothing' }), /cannot be reached/);
});

test('without a database, or anything to index, it says what to set', async (t) => {
    const database = await server.databaseFor(t);
    for (const command of ['migrate', 'index']) {
        const { code, stderr } = await runDappd([command], { rpc_urls: NODE, index_tokens: 'every' });
        assert.equal(code, 2);
        assert.match(stderr, /^dappd: no database: set DATABASE_URL/);
    }
    const { code, stderr } = await runDappd(['index'], { rpc_urls: NODE, database_url: database.url });
    assert.equal(code, 2);
    assert.match(stderr, /^dappd: nothing to index: set DAPPD_INDEX_TOKENS/);
});

test('a database that comes after the start is migrated then; until then answers are live', async (t) => {
    const database = await server.databaseFor(t);
    const alice = chain.holders.alice;
    await database.sql(`ALTER DATABASE ${database.name} CONNECTION LIMIT 0; CREATE ROLE late LOGIN`);
    await database.sql(`GRANT ALL ON SCHEMA public TO late`);
    const dappd = await startDappd({
        chains: [chainConfig(chain.url)],
        database_url: urlOf(database, { user: 'late' }),
        index_tokens: 'every',
    });
    t.after(() => dappd.stop());
    assert.equal((await dappd.get(`/balance/${alice}`)).status, 200);
    assertProblem(await dappd.get(`/balances/${alice}`), 'index_unavailable');
    assert.deepEqual(await database.sql(`SELECT to_regclass('schema_migrations')`), [[null]]);
    await database.sql(`ALTER DATABASE ${database.name} CONNECTION LIMIT -1`);
    await until(async () => (await dappd.get(`/balances/${alice}`)).status === 200, 'an index');
    assert.deepEqual(await applied(database), steps);
    assert.equal((await dappd.get('/ready')).status, 200);
});
