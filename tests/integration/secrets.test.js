// A node's URL holds an API key. It must not show anywhere: not in an answer, a header, the log at its most talkative,
// the metrics, the help or a sentence about a wrong configuration; whatever goes wrong, whatever the node says.
// Owns its chain, its node and its dappd.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startChain } from './lib/chain.js';
import { chainConfig, configFile, runDappd, startDappd } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { until } from './lib/wait.js';

const SECRETS = { user: 'secretuser', password: 'hunter2password', path: 'Pa7hKeyAbCdEf', query: 'Qu3ryKey012345' };
const UPSTREAM_WORDS = /upstream-secret/;

const seen = []; // all answers

let chain, node, dappd, url;

const withSecrets = (plain) =>
    `${plain.replace('http://', `http://${SECRETS.user}:${SECRETS.password}@`)}/v2/${SECRETS.path}?apikey=${SECRETS.query}`;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    url = withSecrets(node.url);
    dappd = await startDappd({
        chains: [chainConfig(url)],
        log: 'debug',
        rpc_attempt_timeout_ms: 200,
        rpc_connect_timeout_ms: 200,
        request_timeout_ms: 1500,
    });
});
after(() => stopAll(dappd, node, chain));

function assertNoSecret(text, where) {
    for (const [kind, secret] of Object.entries(SECRETS)) assert.ok(!text.includes(secret), `${kind} in ${where}`);
    assert.ok(!text.includes(`127.0.0.1:${node.port}`), `host and port of the node in ${where}`);
}

async function ask(path) {
    const answer = await dappd.get(path, { origin: 'https://app.example' });
    seen.push(answer);
    assertNoSecret(answer.text + JSON.stringify(answer.rawHeaders), path);
    assert.doesNotMatch(answer.text, UPSTREAM_WORDS, path);
    return answer;
}

test('the node gets the key: path, query and user', async () => {
    assert.equal((await ask(`/balance/${randomAddress()}`)).status, 200);
    const [request] = node.requests;
    assert.equal(request.path, `/v2/${SECRETS.path}?apikey=${SECRETS.query}`);
    assert.equal(
        request.headers.authorization,
        `Basic ${Buffer.from(`${SECRETS.user}:${SECRETS.password}`).toString('base64')}`,
    );
});

test('no answer of a healthy dappd shows it', async () => {
    for (const path of [
        '/',
        '/health',
        '/ready',
        '/status',
        '/metrics',
        '/openapi.yaml',
        '/openapi.json',
        '/nowhere',
        `/balance/${randomAddress()}?chain=x`,
    ]) {
        await ask(path);
    }
});

/** Nodes that repeat the URL they were asked at, as some do. */
const tellingNodes = () => ({
    'an error that repeats the URL': faults.rpcError(-32000, `upstream-secret: cannot serve ${url}`),
    'an error that repeats the key': faults.rpcError(-32600, `upstream-secret: invalid key ${SECRETS.path}`),
    'an error for all that repeats the query': faults.wholeError(
        -32005,
        `upstream-secret: ${SECRETS.query} has no credits left`,
    ),
    'a page that repeats the URL': faults.text(`<a href="${url}">upstream-secret</a>`, 403, {
        'content-type': 'text/html',
    }),
    'a redirect to the URL': faults.text('', 302, { location: url }),
    'a 401 that repeats the user': faults.text(`upstream-secret: who is ${SECRETS.user}?`, 401),
    'a 429 that repeats the key': faults.text(`upstream-secret: ${SECRETS.path} is limited`, 429, {
        'retry-after': '0',
    }),
    'broken JSON with the key': faults.text(`{"upstream-secret":"${SECRETS.path}`, 200),
    'a reset': faults.reset(),
    silence: faults.hang(),
    'what is not HTTP': faults.notHttp(),
});

test('whatever a failing node says, no answer shows it', async (t) => {
    for (const [name, fault] of Object.entries(tellingNodes())) {
        await t.test(name, async () => {
            node.reset().on('*', fault);
            for (const path of [
                `/balance/${randomAddress()}`,
                `/tokens/${randomAddress()}`,
                `/balance/${randomAddress()}?block=5`,
                '/ready',
                '/status',
                '/metrics',
            ]) {
                await ask(path);
            }
            node.reset();
            await until(async () => (await dappd.get('/ready')).status === 200, 'recovery');
        });
    }
    assert.ok(seen.some(({ status }) => status === 502) && seen.some(({ status }) => status === 503));
});

test('a dead node does not make it show either', async () => {
    const { port } = node;
    await node.stop();
    for (const path of [`/balance/${randomAddress()}`, '/ready', '/status', '/metrics']) await ask(path);
    node = await startFaultyNode(chain.url, { port });
    await until(async () => (await dappd.get('/ready')).status === 200, 'recovery');
});

test('the log at debug level shows none of it', async () => {
    await dappd.stop();
    assert.ok(dappd.logs.some(({ level }) => level === 'debug'));
    assert.ok(dappd.logs.some(({ module }) => module === 'rpc'));
    assertNoSecret(dappd.stderr(), 'the log');
});

test('neither help nor check-config nor a complaint about the configuration shows it', async () => {
    const settings = { rpc_urls: url };
    for (const args of [
        ['--help'],
        ['help'],
        ['version'],
        ['check-config'],
        ['serve', '--help'],
        ['check-config', '--threads', 'x'],
    ]) {
        const { stdout, stderr } = await runDappd(args, settings);
        assertNoSecret(stdout + stderr, args.join(' '));
    }
    const wrong = [
        url.replace('http:', 'ws:'),
        url.replace('http:', 'gopher:'),
        `${url}\t`,
        url.replace(/:\d+\//, ':99999/'),
        url.slice(7),
    ];
    for (const value of wrong) {
        const ways = [
            [['check-config'], { rpc_urls: value }],
            [['check-config', '--rpc-urls', value]],
            [['check-config', `--rpc-urls=${value}`]],
            [['check-config', '--config', configFile({ chains: [chainConfig(value)] })]],
        ];
        for (const [args, env] of ways) {
            const { code, stdout, stderr } = await runDappd(args, env);
            assert.equal(code, 2, stdout + stderr);
            assertNoSecret(stdout + stderr, `${args} ${JSON.stringify(env)}`);
        }
    }
    for (const args of [[`--rpc-url=${url}`], [url], ['--rpc_urls', url]]) {
        const { code, stdout, stderr } = await runDappd(['check-config', ...args]);
        assert.equal(code, 2);
        assertNoSecret(stdout + stderr, args.join(' '));
    }
});
