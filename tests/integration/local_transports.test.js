// Nodes on the same machine, over Unix sockets: anvil's own IPC socket, and HTTP on a socket in front of the same
// anvil. Owns its chains, its sockets and its dappds.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startBareChain, startChain } from './lib/chain.js';
import { chainConfig, dappdFor } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { SCRATCH, stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { until } from './lib/wait.js';

const OTHER_CHAIN = 999;

let sockets = 0;
const socketPath = () => path.join(SCRATCH, `node-${++sockets}.sock`);

/** An HTTP server on a Unix socket that passes on what it is asked; it remembers the paths and headers. */
class SocketServer {
    requests = [];
    #server;
    #agent = new http.Agent({ keepAlive: true });

    async start(upstream, file) {
        this.#server = http.createServer((incoming, response) => {
            this.requests.push({ path: incoming.url, headers: incoming.headers });
            const options = { method: 'POST', agent: this.#agent, headers: { 'content-type': 'application/json' } };
            const outgoing = http.request(upstream, options, (reply) => {
                response.writeHead(reply.statusCode, reply.headers);
                reply.pipe(response);
            });
            outgoing.once('error', () => response.destroy());
            incoming.pipe(outgoing);
        });
        await new Promise((resolve, reject) => this.#server.once('error', reject).listen(file, resolve));
        return this;
    }

    async stop() {
        this.#agent.destroy();
        this.#server.closeAllConnections();
        await new Promise((resolve) => this.#server.close(resolve));
    }
}

const startSocketServer = (upstream, file) => new SocketServer().start(upstream, file);

let chain, ipcPath;

before(async () => {
    ipcPath = socketPath();
    chain = await startChain({ args: ['--ipc', ipcPath] });
});
after(() => stopAll(chain));

/** What is the same for both kinds of sockets. Each serve(t, file) puts a node on a socket and tells its URL. */
const kinds = {
    ipc: {
        url: (file) => `ipc:${file}`,
        /** anvil leaves its socket behind, and does not start where one is. */
        startNode: async (file, { chainId, ...where } = {}) => {
            rmSync(file, { force: true });
            return startBareChain({ args: ['--ipc', file, '--chain-id', String(chainId)], ...where });
        },
    },
    'http+unix': {
        url: (file) => `http+unix:${file}`,
        startNode: async (file, { chainId } = {}) => {
            rmSync(file, { force: true });
            const node = await startBareChain({ args: ['--chain-id', String(chainId)] });
            const server = await startSocketServer(node.url, file);
            return { ...node, stop: () => stopAll(server, node) };
        },
    },
};

async function assertBalances(dappd, { holders, tokens }) {
    const address = holders.alice;
    const token = tokens.usd;
    const answer = await dappd.json(`/balance/${address}/${token.address}`);
    assert.equal(answer.balance, String(await chain.read(token, 'balanceOf', [address])));
    const items = [{ address }, { address, token: token.address }, { address: randomAddress(), token: token.address }];
    const many = (await dappd.post('/balances', { items })).json();
    const native = await chain.client.getBalance({ address, blockNumber: BigInt(many.block.number) });
    assert.deepEqual(
        many.items.map(({ balance }) => balance),
        [String(native), answer.balance, '0'],
    );
}

test('balances by IPC are those that viem reads over TCP', async (t) => {
    const dappd = await dappdFor(t, { chains: [chainConfig(`ipc:${ipcPath}`, { id: chain.chainId })] });
    await assertBalances(dappd, chain);
    await chain.write(chain.tokens.usd, 'mint', [chain.holders.alice, 7n]);
    await dappd.untilHead(Number((await chain.latest()).number));
    await assertBalances(dappd, chain);
});

test('balances over HTTP on a Unix socket are those that viem reads over TCP', async (t) => {
    const file = socketPath();
    const server = await startSocketServer(chain.url, file);
    t.after(() => server.stop());
    const config = chainConfig(`http+unix:${file}:/rpc?key=1`, { id: chain.chainId });
    config.upstreams[0].headers = [{ name: 'X-Node-Key', value: 'secret ${NODE_KEY}' }];
    process.env.NODE_KEY = 'from-the-environment';
    t.after(() => delete process.env.NODE_KEY);
    const dappd = await dappdFor(t, { chains: [config] });
    await assertBalances(dappd, chain);
    for (const { path: asked, headers } of server.requests) {
        assert.equal(asked, '/rpc?key=1');
        assert.equal(headers['x-node-key'], 'secret from-the-environment');
    }
    assert.ok(!JSON.stringify(dappd.logs).includes('from-the-environment'));
});

test('a header that a node repeats in its errors is not logged', async (t) => {
    const node = await startFaultyNode(chain.url);
    t.after(() => node.stop());
    node.on('*', faults.rpcError(-32000, 'the key 0123456789abcdef is used up'));
    const config = chainConfig(node.url, { id: chain.chainId });
    config.upstreams[0].headers = [{ name: 'Authorization', value: 'Bearer 0123456789abcdef' }];
    const dappd = await dappdFor(t, { chains: [config], log: 'debug' });
    const answer = await dappd.get(`/balance/${randomAddress()}`);
    assert.ok(answer.status >= 500);
    assert.equal(node.requests[0].headers.authorization, 'Bearer 0123456789abcdef');
    const told = await dappd.untilLogged(({ msg }) => msg === 'node reports an error', 'the error of the node');
    assert.match(told.message, /withheld/);
    assert.ok(![answer.text, JSON.stringify(dappd.logs)].some((text) => text.includes('0123456789abcdef')));
});

test('many clients at once by IPC', async (t) => {
    const dappd = await dappdFor(t, { chains: [chainConfig(`ipc:${ipcPath}`, { id: chain.chainId })] });
    const usd = chain.tokens.usd;
    const expected = String(await chain.read(usd, 'balanceOf', [chain.holders.alice]));
    const answers = await Promise.all(
        Array.from({ length: 300 }, (_, i) => {
            const holder = i % 2 === 0 ? chain.holders.alice : randomAddress();
            return dappd.json(`/balance/${holder}/${usd.address}`).then(({ balance }) => ({ i, balance }));
        }),
    );
    for (const { i, balance } of answers) assert.equal(balance, i % 2 === 0 ? expected : '0');
});

for (const [name, kind] of Object.entries(kinds)) {
    test(`a node behind ${name}: goes away, and dappd recovers by itself when it is back`, async (t) => {
        const file = socketPath();
        let node = await kind.startNode(file, { chainId: chain.chainId });
        t.after(() => node.stop());
        const dappd = await dappdFor(t, { chains: [chainConfig(kind.url(file), { id: chain.chainId })] });
        const native = () => dappd.get(`/balance/${randomAddress()}`);
        assert.equal((await native()).status, 200);

        await node.stop();
        rmSync(file, { force: true });
        await until(async () => (await native()).status === 503, 'answer that no node is there');
        await until(async () => (await dappd.get('/ready')).status === 503, 'word that it is not ready');

        node = await kind.startNode(file, { chainId: chain.chainId });
        await until(async () => (await native()).status === 200, 'answer of the node that is back');
        await until(async () => (await dappd.get('/ready')).status === 200, 'word that it is ready');
    });

    test(`a node behind ${name}: that comes back with another chain is never used`, async (t) => {
        const file = socketPath();
        let node = await kind.startNode(file, { chainId: chain.chainId });
        t.after(() => node.stop());
        const dappd = await dappdFor(t, { chains: [chainConfig(kind.url(file), { id: chain.chainId })] });
        const address = randomAddress();
        assert.equal((await dappd.json(`/balance/${address}`)).balance, '0');

        await node.stop();
        rmSync(file, { force: true });
        node = await kind.startNode(file, { chainId: OTHER_CHAIN });
        await node.client.setBalance({ address, value: 5n });
        await node.client.mine({ blocks: 5 });
        const isFound = ({ msg }) => msg === 'upstream serves another chain and is not used';
        await until(async () => {
            const answer = await dappd.get(`/balance/${address}`);
            if (answer.status === 200) assert.equal(answer.json().balance, '0', 'a balance of another chain');
            return dappd.logs.some(isFound);
        }, 'word that the node serves another chain');
        for (let i = 0; i < 20; i++) assert.notEqual((await dappd.get(`/balance/${randomAddress()}`)).status, 200);
    });
}

test('the path of a socket is in no log, answer or metric', async (t) => {
    const file = socketPath();
    const dappd = await dappdFor(t, {
        chains: [chainConfig([`ipc:${file}`, `http+unix:${file}:/secret`])],
        log: 'debug',
    });
    const answers = [];
    for (const asked of [`/balance/${randomAddress()}`, '/status', '/ready', '/metrics']) {
        answers.push((await dappd.get(asked)).text);
    }
    for (const text of [...answers, JSON.stringify(dappd.logs)]) assert.ok(!text.includes(path.basename(file)), text);
});
