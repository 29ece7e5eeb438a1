// Does dev/run.sh start everything, print lines that work, and leave nothing behind, however it ends?
// Runs it on a stand-in for dappd, in a build folder of its own; owns what it starts.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const RUN = fileURLToPath(new URL('run.sh', import.meta.url));
const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
const POSTGRES = fileURLToPath(new URL('postgres.sh', import.meta.url));
const ALICE = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';
const DAPPD = `#!${process.execPath}
const listen = process.env.DAPPD_LISTEN, colon = listen.lastIndexOf(':');
const status = Number(process.env.FAKE_READY ?? 200);
if (process.env.FAKE_EXIT) process.exit(Number(process.env.FAKE_EXIT));
require('node:http').createServer((request, response) => {
    response.writeHead(request.url === '/ready' ? status : 200);
    response.end(JSON.stringify({ chain_id: Number(process.env.FAKE_CHAIN ?? 31337), url: request.url,
        rpc: process.env.DAPPD_RPC_URLS, database: process.env.DATABASE_URL, indexed: process.env.DAPPD_INDEX_TOKENS,
        domains: process.env.DAPPD_AUTH_DOMAINS, admins: process.env.DAPPD_ADMINS, data: process.env.DAPPD_DATA_DIR,
        says: 'the fake answer', code: process.env.FAKE_REASON, pid: process.pid, as: request.headers.authorization,
        items: [{ id: 31337 }], nonce: '0123456789', access_token: 'a.b.c', user: { id: 'the fake user' },
        transaction: { type: '0x2', from: '${ALICE}', chainId: '0x7a69', nonce: '0x0', gas: '0x5208', data: '0x',
            value: '0x0', maxFeePerGas: '0x2', maxPriorityFeePerGas: '0x1' },
        address: '0xc0', hash: '0xabc', state: request.method === 'POST' ? 'pending' : 'confirmed' }));
}).listen(listen.startsWith('unix:') ? { path: listen.slice(5) }
    : { host: listen.slice(0, colon).replace(/[[\\]]/g, ''), port: listen.slice(colon + 1) });
process.on('SIGTERM', () => { console.error('fake dappd stops'); process.exit(0); });
`;

let build;
before(() => {
    build = mkdtempSync(path.join(tmpdir(), 'dappd-run-'));
    chmodSync(build, 0o755); // a root's PostgreSQL works as another user
    writeFileSync(path.join(build, 'dappd'), DAPPD, { mode: 0o755 });
});
after(() => {
    for (const pid of survivors()) process.kill(Number(pid), 'SIGKILL'); // of a test that failed
    rmSync(build, { recursive: true });
});

/** Starts run.sh. Returns { child, output(), ended, until(pattern) }. */
function run(environment = {}) {
    const { DAPPD_INDEX_TOKENS, DAPPD_AUTH_DOMAINS, DAPPD_ADMINS, DAPPD_DATA_DIR, ...inherited } = process.env;
    const env = { ...inherited, DAPPD_RPC_URLS: '', DATABASE_URL: '', BUILD: build, ...environment };
    const child = spawn(RUN, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => { text += chunk; });
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    const until = async (pattern) => {
        while (!pattern.test(text)) {
            assert.equal(child.exitCode, null, `ended without ${pattern}:\n${text}`);
            await sleep(10);
        }
    };
    return { child, output: () => text, ended, until };
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function freePort() {
    return new Promise((resolve) => {
        const server = net.createServer().listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}

const listenFree = async () => `127.0.0.1:${await freePort()}`;

/** Every living process that was started with our build folder. */
function survivors() {
    const pids = execFileSync('ps', ['-eo', 'pid='], { encoding: 'utf8' }).split(/\s+/).filter(Boolean);
    return pids.filter((pid) => {
        try {
            return Number(pid) !== process.pid && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`BUILD=${build}\0`);
        } catch {
            return false;
        }
    });
}

async function nothingSurvives() {
    const deadline = Date.now() + 10_000;
    while (Date.now() < deadline && survivors().length > 0) await sleep(20);
    assert.deepEqual(survivors(), []);
}

const curlLines = (output) => output.split('\n').filter((line) => line.trim().startsWith('curl '));

/** Runs every line that is to be tried, in one shell, as somebody would who pastes them all. Returns what curl got. */
function tryAll(output) {
    const lines = output.split('\n').filter((line) => /^  (curl|eval) /.test(line));
    const script = `set -e\n${lines.map((line) => `${line}\necho`).join('\n')}`;
    const tried = execFileSync('sh', ['-c', script], { cwd: CHECKOUT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const answers = tried.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    assert.equal(answers.length, curlLines(output).length);
    return answers;
}

test('starts the chain, PostgreSQL and dappd, and prints lines that work', async () => {
    const { child, output, ended, until } = run({ DAPPD_LISTEN: await listenFree() });
    await until(/Ctrl-C stops everything/);
    const lines = curlLines(output());
    assert.equal(lines.length, 20);
    const answers = tryAll(output());
    const { rpc, database, indexed } = answers[0];
    assert.match(database, /^postgresql:\/\/\/devchain\?/);
    assert.equal(indexed, 'every');
    assert.match(rpc, /^http:\/\/127\.0\.0\.1:\d+$/);
    const bearer = 'Bearer a.b.c';
    assert.deepEqual(answers.map(({ as }) => as).slice(10, 16), [undefined, bearer, bearer, bearer, bearer, bearer]);
    const ofContract = ['', '/call', '/tx', '/simulate', '/events?event=Signed&arg.guest=' + ALICE];
    const urls = ofContract.map((path) => path === '/tx' ? '/tx/0xabc' : `/contracts/0xc0${path}`);
    assert.deepEqual(answers.map(({ url }) => url).slice(-5), urls);
    assert.equal(JSON.parse(readFileSync(path.join(build, 'devchain.json'))).url, rpc);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, { code: 0, signal: null });
    assert.match(output(), /fake dappd stops/);
    await nothingSurvives();
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    test(`${signal} stops everything at any moment of the start`, async () => {
        for (const delay_ms of [0, 20, 60, 150, 300, 600]) {
            const { child, ended } = run({ DAPPD_LISTEN: await listenFree(), FAKE_READY: '503' });
            await sleep(delay_ms);
            child.kill(signal);
            await ended;
            await nothingSurvives();
        }
    });
}

test('killed outright, it takes everything along', async () => {
    const { child, until, ended } = run({ DAPPD_LISTEN: await listenFree() });
    await until(/Ctrl-C stops everything/);
    assert.ok(survivors().length >= 5);
    child.kill('SIGKILL');
    await ended;
    await nothingSurvives();
});

test('says which one ended by itself', async () => {
    for (const victim of ['dappd', 'the dev chain', 'PostgreSQL']) {
        const { output, ended, until } = run({ DAPPD_LISTEN: await listenFree() });
        await until(/Ctrl-C stops everything/);
        const dappd = JSON.parse(execFileSync('sh', ['-c', curlLines(output())[0]])).pid;
        const anvil = JSON.parse(readFileSync(path.join(build, 'devchain.json'))).pid;
        const [postmaster] = readFileSync(path.join(build, 'postgres/data/postmaster.pid'), 'utf8').split('\n');
        const pids = { dappd, 'the dev chain': anvil, PostgreSQL: Number(postmaster) };
        process.kill(pids[victim], 'SIGKILL');
        assert.equal((await ended).code, 1);
        assert.match(output(), new RegExp(`run: ${victim} ended by itself`));
        await nothingSurvives();
    }
});

test('a dappd that does not start is reported', async () => {
    const { output, ended } = run({ DAPPD_LISTEN: await listenFree(), FAKE_EXIT: '7' });
    assert.equal((await ended).code, 1);
    assert.match(output(), /dappd ended while starting \(status 7\)/);
    await nothingSurvives();
});

test('a dappd that does not get ready is reported with its answer', async () => {
    const { output, ended } = run({
        DAPPD_LISTEN: await listenFree(), DAPPD_RPC_URLS: 'http://node.example', DATABASE_URL: 'postgresql://db.example/x',
        FAKE_READY: '503', RUN_TIMEOUT_S: '2',
    });
    assert.equal((await ended).code, 1);
    assert.match(output(), /dappd is not ready after 2 s; it says: .*the fake answer/);
    await nothingSurvives();
});

test('a port that is taken is said so, with what to set', async () => {
    const server = net.createServer().listen(0, '127.0.0.1').unref();
    await new Promise((resolve) => server.once('listening', resolve));
    const { output, ended } = run({ DAPPD_LISTEN: `127.0.0.1:${server.address().port}` });
    assert.equal((await ended).code, 1);
    assert.match(output(), /is taken by another program.*DAPPD_LISTEN=/);
});

test('given nodes and a given database are used instead of those of one\'s own', async () => {
    const expected = { 1: [11, /0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48/], 137: [7, /0x0{40}/] };
    for (const [chainId, [count, pattern]] of Object.entries(expected)) {
        const { child, output, ended, until } = run({
            DAPPD_LISTEN: await listenFree(), DAPPD_RPC_URLS: 'http://node.example', FAKE_CHAIN: chainId,
            DATABASE_URL: 'postgresql://db.example/dappd',
        });
        await until(/Ctrl-C stops everything/);
        assert.equal(survivors().length, 2); // the script and dappd: no chain, no PostgreSQL
        const lines = curlLines(output());
        assert.equal(lines.length, count);
        assert.match(lines[0], pattern);
        child.kill('SIGINT');
        assert.equal((await ended).code, 0);
        await nothingSurvives();
    }
});

test('what was indexed of given nodes is there the next time; of the dev chain nothing is', async () => {
    const marks = [];
    for (const [settings, name] of [
        [{ DAPPD_RPC_URLS: 'http://node.example' }, 'postgres'],
        [{}, 'devchain'],
        [{ DAPPD_RPC_URLS: 'http://node.example' }, 'postgres'],
        [{}, 'devchain'],
    ]) {
        const { child, ended, until } = run({ DAPPD_LISTEN: await listenFree(), ...settings });
        await until(/Ctrl-C stops everything/);
        const count = `CREATE TABLE IF NOT EXISTS mark (a int); INSERT INTO mark VALUES (1); SELECT count(*) FROM mark`;
        const psql = ['psql', path.join(build, 'postgres'), '-qtA', '-d', name, '-c', count];
        marks.push(execFileSync(POSTGRES, psql, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim());
        child.kill('SIGTERM');
        await ended;
    }
    assert.deepEqual(marks, ['1', '1', '2', '1']);
    await nothingSurvives();
});

test('pages on this machine may sign users in; only on the dev chain is anybody an admin', async () => {
    const DAPPD_LISTEN = await listenFree();
    for (const [settings, domains, admins] of [
        [{}, `${DAPPD_LISTEN},localhost:3000,localhost:5173`, ALICE],
        [{ DAPPD_RPC_URLS: 'http://node.example' }, `${DAPPD_LISTEN},localhost:3000,localhost:5173`, undefined],
        [{ DAPPD_AUTH_DOMAINS: 'app.example', DAPPD_ADMINS: '' }, 'app.example', ''],
    ]) {
        const { child, output, ended, until } = run({ DAPPD_LISTEN, ...settings });
        await until(/Ctrl-C stops everything/);
        const { data, ...said } = JSON.parse(execFileSync('sh', ['-c', curlLines(output())[0]]));
        assert.deepEqual([said.domains, said.admins], [domains, admins]);
        assert.equal(data, path.join(build, 'data'));
        child.kill('SIGTERM');
        await ended;
    }
    await nothingSurvives();
});

test('an index of given nodes that is not there yet holds nothing up', async () => {
    const { child, ended, until } = run({
        DAPPD_LISTEN: await listenFree(), DAPPD_RPC_URLS: 'http://node.example', FAKE_READY: '503',
        FAKE_REASON: 'index_unavailable',
    });
    await until(/Ctrl-C stops everything/);
    child.kill('SIGTERM');
    await ended;
});

test('every form of DAPPD_LISTEN gives lines that work', async () => {
    const forms = [`unix:${build}/socket`, `[::1]:${await freePort()}`, `0.0.0.0:${await freePort()}`];
    for (const DAPPD_LISTEN of forms) {
        const { child, output, ended, until } = run({ DAPPD_LISTEN, DAPPD_RPC_URLS: 'http://node.example' });
        await until(/Ctrl-C stops everything/);
        tryAll(output());
        child.kill('SIGTERM');
        await ended;
    }
    await nothingSurvives();
});
