// How dappd starts: every kind of listener, every source of settings, and what it says when it cannot.
// Owns its chain and its dappds.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startBareChain } from './lib/chain.js';
import { BINARY, chainConfig, configFile, dappdFor, environment, runDappd, startDappd } from './lib/dappd.js';
import { SCRATCH, runProcess, startProcess } from './lib/process.js';
import { SETTINGS } from './lib/tables.js';
import { bounded, mapAtMost, until } from './lib/wait.js';

let chain, chains;

before(async () => {
    chain = await startBareChain();
    chains = [chainConfig(chain.url)];
});
after(() => chain.stop());

const ADDRESS = `/balance/0x${'0'.repeat(39)}1`;
const envName = (key) => (key === 'database_url' ? 'DATABASE_URL' : `DAPPD_${key.toUpperCase()}`);
const flagName = (key) => `--${key.replaceAll('_', '-')}`;

// --- listeners ---

test('a Unix socket is served, and its file is gone afterwards', async (t) => {
    const socket = path.join(SCRATCH, 'dappd.sock');
    const dappd = await dappdFor(t, { chains, listen: `unix:${socket}`, threads: 2 });
    assert.equal(dappd.address, `unix:${socket}`);
    for (let i = 0; i < 20; i++) assert.equal((await dappd.get(ADDRESS)).status, 200);
    const line = await dappd.untilLogged(({ module }) => module === 'access', 'access line');
    assert.equal(line.peer, 'unix');
    await dappd.stop();
    assert.ok(!existsSync(socket));
});

test('the file of a dead process is replaced, that of a living one and other files are not', async (t) => {
    const socket = path.join(SCRATCH, 'used.sock');
    const first = await startDappd({ chains, listen: `unix:${socket}` });
    const second = await runDappd(['serve'], { rpc_urls: chain.url, listen: `unix:${socket}` });
    assert.equal(second.code, 1);
    assert.match(second.stderr, /cannot listen on unix:.*another process listens there/);
    assert.equal((await first.get('/health')).status, 200);
    first.signal('SIGKILL');
    await first.untilExited();
    assert.ok(statSync(socket).isSocket());
    const heir = await dappdFor(t, { chains, listen: `unix:${socket}` });
    assert.equal((await heir.get('/health')).status, 200);
    const file = path.join(SCRATCH, 'precious');
    writeFileSync(file, 'data');
    const refused = await runDappd(['serve'], { rpc_urls: chain.url, listen: `unix:${file}` });
    assert.deepEqual([refused.code, statSync(file).size], [1, 4]);
});

test('IPv6 is served', async (t) => {
    const dappd = await dappdFor(t, { chains, listen: '[::1]:0' });
    assert.match(dappd.address, /^\[::1\]:\d+$/);
    assert.equal((await dappd.get(ADDRESS)).status, 200);
    const line = await dappd.untilLogged(({ module }) => module === 'access', 'access line');
    assert.equal(line.peer, '::1');
});

test('all addresses of the machine are served', async (t) => {
    const dappd = await dappdFor(t, { chains, listen: '0.0.0.0:0' });
    assert.match(dappd.address, /^0\.0\.0\.0:\d+$/);
});

test('a second instance on the same port refuses with a clear message, and the first goes on', async (t) => {
    const first = await dappdFor(t, { chains });
    for (const threads of [1, 2]) {
        const { code, stderr } = await runDappd(['serve'], { rpc_urls: chain.url, listen: first.address, threads });
        assert.equal(code, 1);
        assert.match(
            stderr,
            new RegExp(`cannot listen on ${first.address.replaceAll('.', '\\.')}: Address already in use`),
        );
    }
    assert.equal((await first.get('/health')).status, 200);
});

test('a port that another program holds is refused as well', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { code, stderr } = await runDappd(['serve'], {
        rpc_urls: chain.url,
        listen: `127.0.0.1:${server.address().port}`,
    });
    server.close();
    assert.equal(code, 1);
    assert.match(stderr, /Address already in use/);
});

test('the port can be used again at once', async () => {
    const first = await startDappd({ chains });
    await first.get(ADDRESS);
    await first.stop();
    const second = await startDappd({ chains, listen: first.address });
    assert.equal(second.address, first.address);
    await second.stop();
});

// --- commands ---

test('dappd health asks the dappd at its address', async (t) => {
    const socket = `unix:${path.join(SCRATCH, 'health.sock')}`;
    const settings = { rpc_urls: chain.url };
    for (const listen of ['127.0.0.1:0', '[::1]:0', socket]) {
        const dappd = await startDappd({ chains, listen });
        assert.equal((await runDappd(['health'], { ...settings, listen: dappd.address })).code, 0, listen);
        await dappd.stop();
        const { code, stderr } = await runDappd(['health'], { ...settings, listen: dappd.address });
        assert.equal(code, 1);
        assert.match(stderr, /^dappd: no health at /);
    }
});

test('help lists every setting with flag, variable and default', async () => {
    for (const args of [['help'], ['--help'], ['-h'], ['serve', '--help']]) {
        const { code, stdout } = await runDappd(args);
        assert.equal(code, 0);
        for (const { key, fallback } of SETTINGS) {
            const line = stdout.split('\n').find((row) => row.includes(` ${flagName(key)} `));
            assert.ok(line?.includes(envName(key)) && line.includes(fallback), key);
            assert.equal(line.indexOf(envName(key)), stdout.match(/^.*ENVIRONMENT/m)[0].indexOf('ENVIRONMENT'), key);
        }
    }
});

test('version, and what is no command', async () => {
    for (const args of [['version'], ['--version']]) {
        const { code, stdout } = await runDappd(args);
        assert.equal(code, 0);
        assert.match(stdout, /^dappd \d+\.\d+\.\d+\n$/);
    }
    for (const args of [[], ['serv'], ['--listen', '127.0.0.1:0']]) {
        const { code, stdout, stderr } = await runDappd(args);
        assert.deepEqual([code, stdout], [2, '']);
        assert.match(stderr, /dappd/);
    }
});

test('check-config says that all is well, and starts nothing', async () => {
    const { code, stdout, stderr } = await runDappd(['check-config', '--config', configFile({ chains })]);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /valid: 1 chain.*\n +dev: 1 upstream\n/);
});

test('check-config says why nothing is indexed', async () => {
    const database_url = 'postgresql:///dappd';
    const indexed = [{ ...chains[0], index_tokens: ['every'] }];
    const cases = [
        [{ chains: indexed }, 'No database is configured: nothing is indexed.\n'],
        [{ chains, database_url }, 'No tokens to index are configured: nothing is indexed here.\n'],
        [{ chains: indexed, database_url }, ''],
    ];
    for (const [settings, said] of cases) {
        const { stdout } = await runDappd(['check-config', '--config', configFile(settings)]);
        assert.equal(stdout.split('\n').slice(2).join('\n'), said);
    }
});

test('one that has a database and no tokens to index says so', async (t) => {
    const dappd = await dappdFor(t, { chains, database_url: 'host=/nowhere' });
    await dappd.untilLogged(({ msg }) => msg === 'without index_tokens nothing is indexed here', 'why nothing is indexed');
});

// --- settings ---

/** What each setting refuses. Counts follow from the table. */
const wrongTexts = {
    listen: [
        '8080',
        'localhost:8080',
        '127.0.0.1',
        '127.0.0.1:65536',
        '::1:80',
        '[::1]',
        'unix:relative',
        `unix:/${'x'.repeat(200)}`,
        '127.0.0.1:',
    ],
    database_url: ['mysql://node.example/x', 'database'],
    index: ['yes', 'ON'],
    index_tokens: ['all', `every,0x${'1'.repeat(40)}`, `0x${'1'.repeat(39)}`, `0x${'1'.repeat(40)},0x${'1'.repeat(40)}`],
    index_from: ['-1', 'latest', '0x10'],
    rpc_urls: ['node.example', 'ws://node.example', 'http://', 'ftp://node.example', 'http://a b'],
    log: ['loud', 'info,database=debug', 'info,rpc=', ',', 'info,,rpc=debug'],
    log_format: ['xml', 'JSON'],
    cors_origins: ['app.example', 'https://app.example/', 'https://App.example', 'https://app.example,,'],
    auth_domains: ['https://app.example', 'App.example', 'app.example/', 'user@app.example', 'app.example:0', 'a,,b'],
    auth_keys: ['current', 'current:', 'current:c2hvcnQ', ':' + 'A'.repeat(43), `a:${'A'.repeat(43)},a:${'A'.repeat(43)}`],
    data_dir: [''],
    admins: ['0x12', 'alice', `0x${'1'.repeat(40)},`, '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96046'],
    trusted_proxies: ['nginx', '10.0.0.1/8', '10.0.0.0/33', '127.0.0.1:80', 'unix:/run/nginx.sock', '::1,,::2', '*'],
    rate_limit: ['yes', 'ON', '0'],
};

function wrongValues({ key, type, min, max }) {
    if (type === 'TEXT') return wrongTexts[key];
    return [
        '',
        'x',
        '-1',
        '1.5',
        '1s',
        '0x10',
        ' 1',
        '010',
        '1e3',
        '99999999999999999999999',
        String(max + 1),
        ...(min > 0 ? [String(min - 1)] : []),
    ];
}

async function assertRefused(args, env, source) {
    const { code, stdout, stderr } = await runDappd(['serve', ...args], { rpc_urls: chain.url, ...env });
    assert.deepEqual([code, stdout], [2, ''], `${source} ${JSON.stringify(env)}: ${stderr}`);
    assert.match(stderr, /^dappd: [^\n]+\n$/);
    assert.ok(stderr.includes(source), stderr);
}

test('a wrong setting exits 2 with a sentence that names setting, source and what is allowed', async (t) => {
    for (const setting of SETTINGS) {
        await t.test(setting.key, async () => {
            const values = wrongValues(setting);
            assert.ok(values?.length > 0, 'wrong values are listed');
            await mapAtMost(4, values, async (value) => {
                await assertRefused([`${flagName(setting.key)}=${value}`], {}, flagName(setting.key));
                // an empty variable counts as not set
                if (value !== '') await assertRefused([], { [setting.key]: value }, envName(setting.key));
            });
        });
    }
});

test('without a node dappd says what to set', async () => {
    for (const args of [[], ['--config', configFile('chains: []')], ['--config', configFile('threads: 1')]]) {
        const { code, stderr } = await runDappd(['serve', ...args]);
        assert.equal(code, 2);
        assert.match(stderr, /DAPPD_RPC_URLS/);
    }
});

test('a file with a mistake is named with the line', async () => {
    const url = chain.url;
    const files = [
        [`listen: 127.0.0.1:0\nthreds: 2\n`, /:2: .*"threds".*"threads"/],
        [`threads: many\n`, /threads.*"many".*:1/],
        [`chains:\n  - upstreams: [{url: ${url}, key: x}]\n`, /"key"/],
        [`threads: 1\nthreads: 2\n`, /twice/],
        [`threads: [1]\n`, /single value/],
        [`chains:\n  - name: a b\n    upstreams: [{url: ${url}}]\n`, /name/],
        [`{\n`, /YAML/],
        ['\t- x: [\n', /./],
        [`chains:\n  - name: a\n    id: 0\n    upstreams: [{url: ${url}}]\n`, /id/],
        [`chains:\n  - {name: a, upstreams: [{url: ${url}}]}\n  - {name: a, upstreams: [{url: ${url}}]}\n`, /name/],
    ];
    for (const [content, sentence] of files) {
        const file = configFile(content);
        const { code, stderr } = await runDappd(['serve', '--config', file]);
        assert.equal(code, 2, content);
        assert.match(stderr, sentence);
        assert.ok(stderr.includes(file), stderr);
    }
    const missing = path.join(SCRATCH, 'missing.yaml');
    const { code, stderr } = await runDappd(['serve', '--config', missing]);
    assert.equal(code, 2);
    assert.ok(stderr.includes(missing));
});

test('flags override the environment, which overrides the file, which overrides the defaults', async (t) => {
    const file = configFile({ chains, cors_max_age_s: 111, compress_min_bytes: 5000, max_uri_bytes: 300 });
    const dappd = await dappdFor(t, {
        args: ['--config', file, '--cors-max-age-s', '333'],
        cors_max_age_s: 222,
        compress_min_bytes: 100,
    });
    const preflight = { origin: 'https://a.example', 'access-control-request-method': 'GET' };
    const { headers } = await dappd.request({ method: 'OPTIONS', path: '/health', headers: preflight });
    assert.equal(headers['access-control-max-age'], '333');
    assert.equal((await dappd.get(ADDRESS, { 'accept-encoding': 'gzip' })).headers['content-encoding'], 'gzip');
    assert.equal((await dappd.get(`/${'a'.repeat(300)}`)).status, 414);
});

test('dappd.yaml in the working directory is read, and DAPPD_CONFIG names another', async () => {
    const cwd = path.join(SCRATCH, 'with-config');
    mkdirSync(cwd);
    writeFileSync(
        path.join(cwd, 'dappd.yaml'),
        JSON.stringify({ chains: [chainConfig(chain.url, { name: 'from-the-folder' })] }),
    );
    const check = (env) => runProcess([BINARY, 'check-config'], { cwd, env: { ...environment(), ...env } });
    assert.match((await check({})).stdout, /from-the-folder: 1 upstream/);
    const other = configFile({ chains: [chainConfig(chain.url, { name: 'from-the-variable' })] });
    assert.match((await check({ DAPPD_CONFIG: other })).stdout, /from-the-variable/);
});

test('0 threads means one per core', async (t) => {
    const dappd = await dappdFor(t, { chains, threads: 0 });
    const { threads } = await dappd.json('/status');
    const { stdout } = await runProcess(['nproc']);
    assert.equal(threads, Number(stdout));
});

test('with log_format=text the log is for people, on one line each', async () => {
    const started = startProcess([BINARY, 'serve'], {
        env: environment({ rpc_urls: chain.url, listen: '127.0.0.1:0', log_format: 'text' }),
    });
    await until(() => started.hasExited() || /\n/.test(started.stderr()), 'first line');
    process.kill(started.pid, 'SIGTERM');
    assert.deepEqual(await bounded(started.exited, 'end'), { code: 0, signal: null });
    const lines = started
        .stderr()
        .trimEnd()
        .split('\n')
        .filter((line) => !line.includes('makecontext'));
    assert.ok(lines.length >= 3);
    for (const line of lines) assert.match(line, /^\d\d:\d\d:\d\d\.\d{3} (ERROR|WARN |INFO |DEBUG) \w+ +\S/);
    assert.match(lines[0], /INFO  app +listening .*address=127\.0\.0\.1:\d+/);
});
