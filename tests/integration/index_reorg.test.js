// Reorgs as an operator and a client meet them: one that no index may follow, and pages that are walked meanwhile.
// Owns a PostgreSQL; a chain and a dappd for each test.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { indexingFor, sceneFor, startIndexing, untilHalted, untilIndexed } from './lib/index.js';
import * as faults from './lib/faults.js';
import { assertSameDump, dumpIndex } from './lib/index_truth.js';
import { isRange } from './lib/log_limits.js';
import { startServer } from './lib/postgres.js';
import { assertProblem } from './lib/problem.js';
import { parseMetrics, sumOf } from './lib/prometheus.js';
import { SEED } from './lib/random.js';
import { until } from './lib/wait.js';

let server;
before(async () => {
    server = await startServer();
});
after(() => server.stop());

/** Of tokens, metadata may still become known. */
const rowsOf = async (database) => {
    const { tip, tokens, ...rows } = await dumpIndex(database);
    return rows;
};

test('a reorg deeper than finality halts the chain, alerts and deletes nothing', async (t) => {
    const { replay, node, database, truth } = await sceneFor(t, server, { blocks: 60, epoch: 1 });
    const dappd = await indexingFor(t, { url: node.url, database });
    const { head } = await truth();
    await untilIndexed(database, head);
    const kept = await rowsOf(database);
    await replay.reorg(20);
    const reason = await untilHalted(database);
    assert.match(reason, /final/);
    assertSameDump(await rowsOf(database), kept, 'what there was');
    await dappd.untilLogged(({ level, msg }) => level === 'error' && /halt/.test(msg), 'alert in the log');
    const { index } = (await dappd.json('/status')).chains[0];
    assert.equal(index.phase, 'halted');
    assert.equal(index.halted, reason);
    const metrics = parseMetrics((await dappd.get('/metrics')).text);
    assert.equal(sumOf(metrics, 'dappd_index_halted'), 1);
    assert.deepEqual((await dappd.json('/tokens?limit=1')).block, head, 'what was true is served with its block');
    await replay.play(5);
    await dappd.stop();
    const again = await startIndexing({ url: node.url, database });
    t.after(() => again.stop());
    await until(async () => (await again.json('/status')).chains[0].index.phase === 'halted', 'halt after a restart');
    assertSameDump(await rowsOf(database), kept, 'what there was, after a restart');
});

test('a history that was half read is not gone on with from another one', async (t) => {
    const { node, database } = await sceneFor(t, server, { blocks: 30, epoch: 1 });
    const isLate = (call) => isRange(call) && Number(call.params[0].toBlock) > 20;
    node.on('eth_getLogs', faults.errorFor(isLate, -32000, 'not now'));
    const dappd = await startIndexing({ url: node.url, database, waits: false });
    const isHalfRead = async () => {
        const [stream] = await database.sql('SELECT next_block FROM streams').catch(() => []);
        return Number(stream?.[0]) > 10;
    };
    await until(isHalfRead, 'a part of the history');
    await dappd.stop();
    const other = await sceneFor(t, server, { blocks: 40, epoch: 1, seed: SEED + 1 });
    await indexingFor(t, { url: other.node.url, database });
    assert.match(await untilHalted(database), /another chain or history/);
});

/** Walks a list from its first page to its last; undefined when a reorg took the ground away. */
async function walk(dappd, path, between) {
    const rows = [];
    let block;
    for (let cursor; ; ) {
        const answer = await dappd.get(cursor ? `${path}&cursor=${encodeURIComponent(cursor)}` : path);
        if (answer.status === 410) {
            assertProblem(answer, 'cursor_expired');
            return undefined;
        }
        assert.equal(answer.status, 200, answer.text);
        const page = answer.json();
        block ??= page.block;
        rows.push(...page.items);
        if (page.next_cursor === null) return { rows, block };
        cursor = page.next_cursor;
        await between();
    }
}

/** The transfers of every version of every block that has been canonical: number -> [rows as text]. */
class History {
    #versions = new Map();

    add({ blocks }) {
        for (const { block, transfers } of blocks) {
            const rows = transfers.map(({ logIndex, amount }) => `${logIndex} ${amount}`).reverse().join(',');
            this.#versions.set(block.number, (this.#versions.get(block.number) ?? new Set()).add(rows));
        }
    }

    /** No row twice, none missing up to the block that the first page names. */
    check({ rows, block }) {
        const places = rows.map((row) => [row.block_number, row.log_index]);
        places.slice(1).forEach(([number, logIndex], i) => {
            const [above, aboveIndex] = places[i];
            assert.ok(number < above || (number === above && logIndex < aboveIndex), 'newest first, none twice');
        });
        for (let number = 0; number <= block.number; number++) {
            const inBlock = rows.filter((row) => row.block_number === number);
            const text = inBlock.map(({ log_index, amount }) => `${log_index} ${amount}`).join(',');
            assert.ok(this.#versions.get(number).has(text), `block ${number}: ${text}`);
        }
    }
}

test('pages walked while blocks and reorgs arrive have no row twice and no gap', async (t) => {
    const { replay, node, database, truth, untilRight } = await sceneFor(t, server, { blocks: 60 });
    const dappd = await indexingFor(t, { url: node.url, database });
    await untilRight('before');
    const history = new History();
    history.add(await truth());
    let changes = 0;
    const goOn = async () => {
        if (++changes % 3 !== 0) return;
        if (changes % 4 === 0) await replay.reorg(1 + (changes % 5));
        else await replay.play(1);
        history.add(await truth());
    };
    let walked = 0;
    for (let tries = 0; walked < 3; tries++) {
        assert.ok(tries < 30, 'a walk comes to its end');
        const list = await walk(dappd, '/transfers?limit=97', goOn);
        if (!list) continue;
        history.check(list);
        walked++;
    }
    await untilRight('afterwards');
});
