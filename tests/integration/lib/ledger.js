// What a crowd of wallets holds at every block, read by viem as each block is mined: the oracle for answers that name
// their block, also for blocks that a reorg has taken away since. Balances change with every block.
// Owns the lock that keeps the nodes off the chain meanwhile; the chain is the caller's.

import assert from 'node:assert/strict';
import { below, pick, randomAddress, randomUint256 } from './random.js';
import { SharedLock } from './shared_lock.js';

const TOKENS = ['settable', 'usd'];
const CHANGED = 10; // wallets whose balance one block changes

class Ledger {
    lock = new SharedLock(); // for the nodes: startFaultyNode(url, { lock })
    blocks = []; // the canonical ones since the start, as viem gives them
    #chain;
    #balances = new Map(); // block hash -> Map of `wallet/token` -> text

    constructor(chain, wallets) {
        this.#chain = chain;
        this.wallets = Array.from({ length: wallets }, randomAddress);
        this.tokens = TOKENS.map((key) => chain.tokens[key].address);
    }

    get head() {
        return this.blocks.at(-1);
    }

    /** { address, token }, where token is undefined for the native coin. */
    randomPair() {
        return { address: pick(this.wallets), token: pick([undefined, ...this.tokens]) };
    }

    /** Mines one block that changes balances. */
    advance() {
        return this.lock.alone(async () => {
            await pick(this.#changes)();
            await this.#record();
        });
    }

    /** Replaces the last blocks, as many as depth, by empty ones. */
    reorg(depth) {
        return this.lock.alone(async () => {
            await this.#chain.client.request({ method: 'anvil_reorg', params: [depth, []] });
            const { number } = this.blocks.at(-depth);
            this.blocks.splice(-depth);
            for (let i = 0n; i < depth; i++) await this.#record(number + i);
        });
    }

    /** Holds an answer, or an item of one, against what viem read. In: block, the one that the answer names. */
    check({ address, token, balance }, block) {
        const known = this.#balances.get(block.hash);
        assert.ok(known, `block ${block.number} ${block.hash} never was`);
        assert.deepEqual(block, known.block);
        const key = `${address}/${token ?? ''}`.toLowerCase();
        assert.equal(balance, known.balances.get(key), `${key} at block ${block.number}`);
    }

    #changes = [
        () => {
            const changed = Array.from({ length: CHANGED }, () => pick(this.wallets));
            return this.#write('settable', 'setBalances', [changed, changed.map(randomUint256)]);
        },
        () => this.#write('usd', 'mint', [pick(this.wallets), BigInt(1 + below(1_000_000))]),
        async () => {
            const { client, account } = this.#chain;
            const value = BigInt(1 + below(1_000_000));
            const hash = await client.sendTransaction({ to: pick(this.wallets), value, account, chain: null });
            await client.waitForTransactionReceipt({ hash });
        },
    ];

    #write(token, functionName, args) {
        return this.#chain.write(this.#chain.tokens[token], functionName, args);
    }

    async #record(blockNumber = undefined) {
        const block = await this.#chain.client.getBlock({ blockNumber });
        const at = { blockNumber: block.number };
        const pairs = this.wallets.flatMap((wallet) => [
            [`${wallet}/`, this.#chain.client.getBalance({ address: wallet, ...at })],
            ...TOKENS.map((key) => {
                const token = this.#chain.tokens[key];
                const balance = this.#chain.read(token, 'balanceOf', [wallet], block.number);
                return [`${wallet}/${token.address}`, balance];
            }),
        ]);
        const balances = await Promise.all(pairs.map(async ([key, balance]) => [key.toLowerCase(), String(await balance)]));
        const { hash, number, timestamp } = block;
        this.#balances.set(hash, {
            block: { number: Number(number), hash, timestamp: Number(timestamp) },
            balances: new Map(balances),
        });
        this.blocks.push(block);
    }
}

/** In: chain of startChain(); wallets, how many. The first block is there when it returns. */
export async function startLedger(chain, { wallets = 40 } = {}) {
    const ledger = new Ledger(chain, wallets);
    await ledger.advance();
    return ledger;
}
