// Whatever happens, in whatever order: nodes fail in all ways, blocks come and are replaced, clients ask for everything.
// No answer is wrong, none is undocumented, and while one node is good none is a server's error. DAPPD_SEED repeats the
// schedule; DAPPD_SOAK makes it long: to seconds, or to 1 for three minutes. Owns its chain, its nodes and its dappd.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startChain } from './lib/chain.js';
import { withCrowd } from './lib/crowd.js';
import { chainConfig, dappdFor } from './lib/dappd.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { startLedger } from './lib/ledger.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { SEED, below, pick } from './lib/random.js';
import { FAR, playSchedule } from './lib/schedule.js';
import { ERRORS } from './lib/tables.js';
import { mapAtMost } from './lib/wait.js';

const { DAPPD_SOAK } = process.env;
const SECONDS = DAPPD_SOAK === '1' ? 180 : Number(DAPPD_SOAK ?? 8);
const CLIENTS = 40;
const BATCH_MAX = 60;
const LAST_LINES = 60; // of what happened, shown with a failure

const pathOf = ({ address, token }) => `/balance/${address}${token ? `/${token}` : ''}`;

/** How an answer to a question about the chain must be. In: named, whether the question names a block. */
function judge(answer, named, check) {
    if (answer.status === 200) return check(answer.json());
    if (answer.status === 304) return undefined;
    const { code } = assertProblem(answer, answer.json().code);
    const excused = named ? ['block_not_found', 'state_unavailable'] : [];
    assert.ok(excused.includes(code), answer.text);
    return undefined;
}

/** [weight, one request and its check]: what clients ask. */
function questions(dappd, ledger) {
    const get = async (agent, path, { named = false, headers = {} } = {}) => {
        const answer = await dappd.request({ path, agent, headers });
        judge(answer, named, (body) => ledger.check(body));
        return answer;
    };
    const recentBlock = () => {
        const { number, hash } = ledger.blocks[Math.max(0, ledger.blocks.length - 1 - below(10))];
        return pick([number, hash, `0x${number.toString(16)}`]);
    };
    return [
        [40, (agent) => get(agent, pathOf(ledger.randomPair()))],
        [10, (agent) => get(agent, `${pathOf(ledger.randomPair())}?block=${recentBlock()}`, { named: true })],
        [8, (agent) => get(agent, `/tokens/${ledger.usd}`)],
        [8, (agent) => get(agent, `/allowance/${ledger.owner}/${ledger.spender}/${ledger.usd}`)],
        [15, (agent) => postMany(dappd, ledger, agent)],
        [
            10,
            async (agent) => {
                const path = pathOf(ledger.randomPair());
                const { etag } = (await get(agent, path)).headers;
                await get(agent, path, { headers: { 'if-none-match': etag } });
            },
        ],
        [2, async (agent) => assert.equal((await dappd.request({ path: '/health', agent })).status, 200)],
        // it does not wait for as long as a request does, so it may say no in between
        [2, async (agent) => assert.ok([200, 503].includes((await dappd.request({ path: '/ready', agent })).status))],
        [2, async (agent) => assert.equal((await dappd.request({ path: '/status', agent })).status, 200)],
        [1, async (agent) => assert.equal((await dappd.request({ path: '/metrics', agent })).status, 200)],
        [1, async (agent) => assertProblem(await dappd.request({ path: '/balance/0x', agent }), 'invalid_address')],
        [1, async (agent) => assertProblem(await dappd.request({ path: '/nowhere', agent }), 'not_found')],
    ];
}

async function postMany(dappd, ledger, agent) {
    const items = Array.from({ length: 1 + below(BATCH_MAX) }, () => ledger.randomPair());
    const body = JSON.stringify({ items });
    const headers = { 'content-type': 'application/json' };
    judge(await dappd.request({ method: 'POST', path: '/balances', headers, body, agent }), false, (given) => {
        assert.equal(given.items.length, items.length);
        for (const [i, item] of given.items.entries()) {
            assert.equal(item.address.toLowerCase(), items[i].address);
            assert.equal(item.token?.toLowerCase(), items[i].token?.toLowerCase());
            if (item.error) assert.fail(`${ERRORS[item.error.code].status} ${JSON.stringify(item)}`);
            ledger.check(item, given.block);
        }
    });
}

const weighted = (choices) => choices.flatMap(([weight, choice]) => Array(weight).fill(choice));

/** Once all is well, everything is right at the newest block. */
async function assertAllWell(dappd, ledger) {
    await dappd.untilHead(ledger.head.number);
    assert.deepEqual(await dappd.json('/ready'), { ready: true, reasons: [] });
    await mapAtMost(20, ledger.wallets, async (wallet) => {
        for (const token of [undefined, ...ledger.tokens]) {
            const body = await dappd.json(pathOf({ address: wallet, token }));
            assert.equal(body.block.hash, ledger.head.hash);
            ledger.check(body);
        }
    });
}

test(`whatever happens for ${SECONDS} s, no answer is wrong and one good node is enough`, async (t) => {
    t.diagnostic(`DAPPD_SEED=${SEED}`);
    const chain = await startChain();
    t.after(() => chain.stop());
    const ledger = await startLedger(chain, { blocks: FAR + 10 });
    const start = () => startFaultyNode(chain.url, { lock: ledger.lock });
    const nodes = [await start(), await start(), await start()];
    t.after(() => stopAll(...nodes));
    const dappd = await dappdFor(t, {
        chains: [
            chainConfig(
                nodes.map(({ url }) => url),
                { id: chain.chainId },
            ),
        ],
        rpc_attempt_timeout_ms: 1000,
        log: 'info,access=error',
    });
    const choices = weighted(questions(dappd, ledger));
    const lines = [];
    const end = Date.now() + SECONDS * 1000;
    const play = (crowd) =>
        playSchedule({
            seed: SEED,
            nodes,
            ledger,
            going: () => crowd.well && Date.now() < end,
            between: () => crowd.turnOver(),
            told: (line) => lines.push(line),
        });
    try {
        const answered = await withCrowd(CLIENTS, (agent) => pick(choices)(agent), play);
        t.diagnostic(`${answered} requests, ${lines.length} events, ${ledger.blocks.length} blocks`);
        assert.ok(answered > CLIENTS);
        await assertAllWell(dappd, ledger);
    } catch (error) {
        console.error(lines.slice(-LAST_LINES).join('\n'));
        throw error;
    }
});
