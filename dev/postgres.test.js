// Does the private PostgreSQL start on whatever was left behind, keep what was committed, and end with its caller?
// Owns the servers it starts and their folders.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startPostgres } from './postgres.js';

const KILLED = { code: 1, signal: null }; // of the script, which says that the server ended by itself

let scratch;
before(() => {
    scratch = mkdtempSync(path.join(tmpdir(), 'dappd-pg-test-'));
    chmodSync(scratch, 0o755); // a root's server works as another user
});
after(() => rmSync(scratch, { recursive: true, force: true }));

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function isAlive(pid) {
    try {
        return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
    } catch {
        return false;
    }
}

async function untilGone(pid) {
    for (const deadline = Date.now() + 20_000; isAlive(pid); await sleep(10)) {
        assert.ok(Date.now() < deadline, `process ${pid} is still there`);
    }
}

test('two side by side have databases of their own, reached by nobody else', async () => {
    const servers = await Promise.all([startPostgres(), startPostgres()]);
    try {
        const [one, other] = servers;
        assert.notEqual(one.url, other.url);
        assert.equal(await one.createDatabase('shop'), one.databaseUrl('shop'));
        await one.sql("CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, E'x\\ny'), (2, NULL)", 'shop');
        assert.deepEqual(await one.sql('SELECT * FROM t ORDER BY a; SELECT 3', 'shop'), [['1', 'x\ny'], ['2', null], ['3']]);
        await assert.rejects(other.sql('SELECT 1', 'shop'), /database "shop" does not exist/);
        assert.deepEqual(await one.sql('SHOW listen_addresses'), [['']]);
        assert.equal(statSync(new URL(one.url).searchParams.get('host')).mode & 0o777, 0o700);
    } finally {
        for (const server of servers) await server.stop();
    }
    assert.ok(!existsSync(servers[0].dir));
});

test('killed, it starts again on what it left, with all that was committed', async () => {
    const dir = path.join(scratch, 'killed');
    let server = await startPostgres({ dir });
    await server.sql('CREATE TABLE t (a int)');
    for (let i = 0; i < 3; i++) {
        await server.sql(`INSERT INTO t VALUES (${i})`);
        await server.kill();
        assert.deepEqual(await server.exited, KILLED);
        const { url } = server;
        server = await startPostgres({ dir, durable: i === 1 });
        assert.equal(server.url, url);
    }
    assert.deepEqual(await server.sql('SELECT a FROM t ORDER BY a'), [['0'], ['1'], ['2']]);
    await server.stop();
});

test('files of a dead server do not keep it from starting, even where another process has its number now', async (t) => {
    const dir = path.join(scratch, 'stale');
    await (await startPostgres({ dir })).stop();
    const other = await startPostgres();
    t.after(() => other.stop());
    const pidFile = `${other.pid}\n${dir}/data\n1700000000\n5432\n${dir}\n\n 1 2\nready\n`;
    writeFileSync(path.join(dir, 'data/postmaster.pid'), pidFile);
    writeFileSync(path.join(dir, '.s.PGSQL.5432'), '');
    writeFileSync(path.join(dir, '.s.PGSQL.5432.lock'), pidFile);
    const server = await startPostgres({ dir });
    assert.deepEqual(await server.sql('SELECT 1'), [['1']]);
    await server.stop();
});

test('the script killed outright takes the server along, and so does its caller', async () => {
    const dir = path.join(scratch, 'orphan');
    const program = `import { startPostgres } from ${JSON.stringify(new URL('postgres.js', import.meta.url).href)};
        console.log((await startPostgres({ dir: ${JSON.stringify(dir)} })).pid); setInterval(() => {}, 1000);`;
    const caller = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = Number(await new Promise((resolve) => caller.stdout.once('data', resolve)));
    assert.ok(isAlive(pid));
    caller.kill('SIGKILL');
    await untilGone(pid);

    const server = await startPostgres({ dir });
    const script = Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]);
    process.kill(script, 'SIGKILL');
    await untilGone(server.pid);
    await (await startPostgres({ dir })).stop();
});

test('a folder too deep for a socket is served from a short one, the same each time', async () => {
    const dir = path.join(scratch, 'deep'.repeat(30));
    const first = await startPostgres({ dir });
    await first.sql('CREATE TABLE t (a int)');
    await first.stop();
    const second = await startPostgres({ dir });
    assert.equal(second.url, first.url);
    assert.deepEqual(await second.sql('SELECT count(*) FROM t'), [['0']]);
    await second.stop();
    rmSync(readlinkSync(path.join(dir, 'elsewhere')), { recursive: true });
});
