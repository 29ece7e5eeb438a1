// What a newcomer tries first: every curl example runs against the dev chain and its index, signed in as the dev chain's
// first account where it needs somebody, and the container's file tree holds all that dappd needs. Owns its chain, its
// PostgreSQL and its dappds.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { mnemonicToAccount } from 'viem/accounts';
import { MNEMONIC } from '../../dev/chain/tokens.js';
import { startChain } from './lib/chain.js';
import { BINARY, VARIANT, environment } from './lib/dappd.js';
import { request } from './lib/http.js';
import { startIndexing, untilIndexed } from './lib/index.js';
import { startServer } from './lib/postgres.js';
import { CHECKOUT, SCRATCH, runProcess, startProcess, stopAll } from './lib/process.js';
import { DOMAIN, SIGN_IN, signIn } from './lib/siwe.js';
import { bounded, until } from './lib/wait.js';

const EXAMPLES = path.join(CHECKOUT, 'examples/curl');
const WALLET = mnemonicToAccount(MNEMONIC);

let chain, server, dappd;

before(async () => {
    chain = await startChain();
    server = await startServer();
    const database = await server.databaseFor();
    const settings = { ...SIGN_IN, admins: WALLET.address, rate_limit: 'on', rate_limit_list_per_min: 60_000, rate_limit_write_per_min: 6000 };
    dappd = await startIndexing({ url: chain.url, database, ...settings });
    await untilIndexed(database, await chain.latest());
    await registerToken();
});
after(() => stopAll(dappd, server, chain));

/** The token's events can be asked for once they have been read. */
async function registerToken() {
    const contract = `/contracts/${chain.tokens.usd.address}`;
    const { access_token: token } = await signIn(dappd, WALLET);
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const body = JSON.stringify({ abi: ['event Transfer(address indexed from, address indexed to, uint256 value)'] });
    const answer = await dappd.request({ method: 'PUT', path: contract, headers, body });
    assert.equal(answer.status, 201, answer.text);
    await until(async () => (await dappd.get(`${contract}/events`)).status === 200, 'events');
}

test('there are examples', () => {
    assert.ok(readdirSync(EXAMPLES).filter((name) => name.endsWith('.sh')).length >= 10);
});

for (const name of readdirSync(EXAMPLES).filter((file) => file.endsWith('.sh'))) {
    test(`examples/curl/${name} runs`, async () => {
        const { access_token: ACCESS_TOKEN, refresh_token: REFRESH_TOKEN, user } = await signIn(dappd, WALLET);
        const { code, stdout, stderr } = await runProcess(['sh', path.join(EXAMPLES, name)], {
            env: { ...process.env, DAPPD_URL: dappd.url, ACCESS_TOKEN, REFRESH_TOKEN, USER_ID: user.id },
        });
        assert.deepEqual([code, stderr], [0, ''], stdout);
        assert.ok(stdout.length > 2);
    });
}

test('examples/sign_in.mjs leaves a shell signed in', async () => {
    const signedIn = `eval "$(node ${CHECKOUT}/examples/sign_in.mjs)" && sh ${EXAMPLES}/user.sh`;
    const { code, stdout, stderr } = await runProcess(['sh', '-c', signedIn], {
        env: { ...process.env, DAPPD_URL: dappd.url, DOMAIN },
    });
    assert.equal(code, 0, stderr);
    assert.equal(stderr, `signed in as ${WALLET.address}\n`);
    assert.equal(JSON.parse(stdout).addresses[0].address, WALLET.address);
});

test('examples/sign_in.mjs says why it could not', async () => {
    const { code, stdout, stderr } = await runProcess(['node', path.join(CHECKOUT, 'examples/sign_in.mjs')], {
        env: { ...process.env, DAPPD_URL: dappd.url, DOMAIN: 'evil.example' },
    });
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /another domain/);
});

/** A shell in the checkout, signed in as the admin. */
async function runSignedIn(script) {
    const { access_token: ACCESS_TOKEN } = await signIn(dappd, WALLET);
    return runProcess(['sh', '-c', `set -e; cd ${CHECKOUT}; ${script}`], {
        env: { ...process.env, DAPPD_URL: dappd.url, ACCESS_TOKEN },
    });
}

test('examples/send_tx.mjs takes the guestbook from its creation to its first event', async () => {
    const sign = JSON.stringify({ function: 'sign', args: ['I was here'], from: WALLET.address });
    const { code, stdout, stderr } = await runSignedIn(`
        eval "$(curl -s "$DAPPD_URL/deploy" --json @examples/guestbook/deploy.json | node examples/send_tx.mjs)"
        curl -sf -o /dev/null -X PUT -H "Authorization: Bearer $ACCESS_TOKEN" "$DAPPD_URL/contracts/$CONTRACT" \
            --json @examples/guestbook/register.json
        eval "$(curl -s "$DAPPD_URL/contracts/$CONTRACT/encode" --json '${sign}' | node examples/send_tx.mjs)"
        curl -s "$DAPPD_URL/tx/$TX"`);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^(0x[0-9a-f]{64}: (pending|confirmed)\n)+$/);
    const { state, to, call, events } = JSON.parse(stdout);
    assert.deepEqual([state, call.function, call.args], ['confirmed', 'sign', { text: 'I was here' }]);
    assert.deepEqual(events.map(({ name, args }) => [name, args.id, args.text]), [['Signed', '0', 'I was here']]);
    const byEvent = `/contracts/${to}/events?event=Signed&arg.guest=${WALLET.address}`;
    await until(async () => (await dappd.get(byEvent)).json().items?.length === 1, 'event');
});

test('examples/send_tx.mjs says why it could not', async () => {
    const deploy = `curl -s "$DAPPD_URL/deploy" --json @examples/guestbook/deploy.json | ACCOUNT=1 node examples/send_tx.mjs`;
    const others = await runSignedIn(deploy);
    assert.deepEqual([others.code, others.stdout], [1, '']);
    assert.match(others.stderr, /the transaction is from 0xf39F.* this wallet is 0x7099/);
    const refused = await runSignedIn(`curl -s "$DAPPD_URL/deploy" --json '{"bytecode":"0xfe"}' | node examples/send_tx.mjs`);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /is from undefined/);
});

const isRoot = process.getuid() === 0;
const whyNot = !isRoot ? 'chroot needs root' : VARIANT === 'tsan' && 'TSan takes a /proc';

test("the container's file tree holds all that dappd needs", { skip: whyNot }, async (t) => {
    const root = path.join(SCRATCH, 'rootfs');
    const made = await runProcess(['sh', path.join(CHECKOUT, 'docker/rootfs.sh'), BINARY, root]);
    assert.equal(made.code, 0, made.stderr);
    t.diagnostic(made.stdout.trim());
    const settings = { rpc_urls: chain.url, listen: '127.0.0.1:0', log_format: 'json' };
    const inside = startProcess(['chroot', '--userspec=65532:65532', root, `/${path.basename(BINARY)}`, 'serve'], {
        env: environment(settings),
    });
    t.after(() => inside.hasExited() || process.kill(inside.pid, 'SIGKILL'));
    const line = await until(() => {
        if (inside.hasExited()) throw new Error(inside.stderr());
        return inside
            .stderr()
            .split('\n')
            .find((text) => text.includes('"listening"'));
    }, 'line "listening"');
    const [host, port] = JSON.parse(line).address.split(':');
    const answer = await request({ host, port, path: `/balance/${chain.holders.alice}/${chain.tokens.usd.address}` });
    assert.equal(answer.status, 200, answer.text);
    process.kill(inside.pid, 'SIGTERM');
    const { code } = await bounded(inside.exited, 'end');
    assert.match(inside.stderr(), /"stopped"/);
    if (VARIANT !== 'asan') assert.equal(code, 0, inside.stderr()); // its search for leaks fails without a /proc
});
