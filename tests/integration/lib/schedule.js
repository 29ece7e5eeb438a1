// A play in acts for three nodes and a chain, drawn from a seed: in each act two nodes misbehave, one is good, and the
// chain goes on. The nodes and the ledger are the caller's.

import * as faults from './faults.js';
import { behind } from './lagging.js';
import { generator } from './random.js';
import { sleep } from './wait.js';

/** Blocks that the ledger must have when the play begins: nodes may be so many behind. */
export const FAR = 20;

/** What a node does wrong for a while: [fault, the methods it is about]. */
const TROUBLES = {
    delay: [faults.delay(200)],
    jitter: [faults.jitter(0, 300)],
    hang: [faults.hang()],
    'hang on reads': [faults.hang(), 'eth_call'],
    'hang on heads': [faults.hang(), 'eth_getBlockByNumber'],
    '429': [faults.rateLimited()],
    '429 with Retry-After': [faults.rateLimited(1)],
    '429 in a 200': [faults.rpcError(429, 'too many requests')],
    '500': [faults.status(500)],
    'internal error': [faults.rpcError(-32603, 'internal error'), 'eth_call'],
    'reset mid-body': [faults.resetMidBody()],
    'truncated JSON': [faults.truncatedJson()],
    'wrong id': [faults.wrongId()],
    'reordered batch': [faults.reordered()],
    'truncated batch': [faults.truncatedBatch()],
    'batch too long': [faults.maxBatch(3)],
    'head back': [faults.headBack(2)],
    behind: [behind(2)],
    'far behind': [behind(FAR)],
    'no state': [faults.noState()],
    'no history': [faults.noState('historical state 0xabc is not available')],
    'unknown block': [faults.rpcError(-32000, 'header not found'), 'eth_call'],
};

const STEPS_MAX = 6; // blocks and new troubles in one act
const PAUSE_MAX_MS = 200;

/**
 * Plays until going() is false. In: between(), awaited when all is well again after an act; told(line), what happens.
 */
export async function playSchedule({ seed, nodes, ledger, going, between, told }) {
    const random = generator(seed);
    while (going()) {
        const good = random.below(nodes.length);
        const bad = nodes.filter((_, i) => i !== good);
        const dead = random.below(4) === 0 ? random.pick(bad) : undefined;
        told(`node${good + 1} is good${dead ? `, node${nodes.indexOf(dead) + 1} is dead` : ''}`);
        await dead?.stop();
        for (let steps = 2 + random.below(STEPS_MAX - 1); steps > 0 && going(); steps--) {
            for (const node of bad) worsen(node, nodes.indexOf(node) + 1, random, told);
            await happen(ledger, random, told);
            await sleep(random.below(PAUSE_MAX_MS));
        }
        await dead?.restart();
        bad.forEach((node) => node.reset());
        await between();
    }
}

function worsen(node, number, random, told) {
    const name = random.pick(Object.keys(TROUBLES));
    const [fault, method = '*'] = TROUBLES[name];
    told(`node${number}: ${name}`);
    node.reset().on(method, fault);
}

async function happen(ledger, random, told) {
    const depth = random.below(8) === 0 ? 1 + random.below(3) : 0;
    if (depth > 0) {
        await ledger.reorg(depth);
        told(`reorg of ${depth}, head ${ledger.head.number}`);
    } else {
        await ledger.advance();
        told(`head ${ledger.head.number}`);
    }
}
