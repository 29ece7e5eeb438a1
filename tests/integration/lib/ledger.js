// What a crowd of wallets holds at every block, read by viem as each block is mined: the oracle for answers that name
// their block, also for blocks that a reorg has taken away since. Something changes with every block.
// Owns the lock that keeps the nodes off the chain meanwhile; the chain is the caller's.

import assert from 'node:assert/strict';
import { below, pick, randomAddress, randomUint256 } from './random.js';
import { SharedLock } from './shared_lock.js';

const CHANGED = 10; // wallets whose balance one block changes

class Ledger {
    lock = new SharedLock(); // for the nodes: startFaultyNode(url, { lock })
    blocks = []; // the canonical ones since the start, as dappd shows them
    #chain;
    #amounts = new Map(); // block hash -> { block, amounts: key -> text }

    constructor(chain, wallets) {
        this.#chain = chain;
        this.wallets = Array.from({ length: wallets }, randomAddress);
        this.owner = chain.account;
        this.spender = this.wallets[0];
        this.tokens = [chain.tokens.settable.address, chain.tokens.usd.address];
        this.usd = chain.tokens.usd.address;
    }

    get head() {
        return this.blocks.at(-1);
    }

    /** { address, token }, where token is undefined for the native coin. */
    randomPair() {
        return { address: pick(this.wallets), token: pick([undefined, ...this.tokens]) };
    }

    /** Mines one block in which something changes. */
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
            for (let i = 0; i < depth; i++) await this.#record(BigInt(number + i));
        });
    }

    /** Holds a balance, an allowance or a supply that dappd gives against what viem read at the block it names. */
    check(body, block = body.block) {
        const known = this.#amounts.get(block.hash);
        assert.ok(known, `block ${block.number} ${block.hash} never was`);
        assert.deepEqual(block, known.block);
        const key = keyOf(body);
        const given = body.balance ?? body.allowance ?? body.total_supply;
        assert.equal(given, known.amounts.get(key), `${key} at block ${block.number}`);
    }

    #changes = [
        () => {
            const changed = Array.from({ length: CHANGED }, () => pick(this.wallets));
            return this.#write('settable', 'setBalances', [changed, changed.map(randomUint256)]);
        },
        () => this.#write('usd', 'mint', [pick(this.wallets), someMore()]),
        () => this.#write('usd', 'approve', [this.spender, someMore()]),
        async () => {
            const { client, account } = this.#chain;
            const hash = await client.sendTransaction({
                to: pick(this.wallets),
                value: someMore(),
                account,
                chain: null,
            });
            await client.waitForTransactionReceipt({ hash });
        },
    ];

    #write(token, functionName, args) {
        return this.#chain.write(this.#chain.tokens[token], functionName, args);
    }

    async #record(number = undefined) {
        const { hash, timestamp, ...block } = await this.#chain.client.getBlock({ blockNumber: number });
        const entries = this.#reads(block.number).map(async ([what, read]) => [keyOf(what), String(await read)]);
        const shown = { number: Number(block.number), hash, timestamp: Number(timestamp) };
        this.#amounts.set(hash, { block: shown, amounts: new Map(await Promise.all(entries)) });
        this.blocks.push(shown);
    }

    /** All that is asked of viem at a block: [what, promise of the amount]. */
    #reads(blockNumber) {
        const { client, tokens, read } = this.#chain;
        const { owner, spender, usd: token } = this;
        const balancesOf = (key) =>
            this.wallets.map((address) => [
                { address, token: tokens[key].address },
                read(tokens[key], 'balanceOf', [address], blockNumber),
            ]);
        return [
            ...this.wallets.map((address) => [{ address }, client.getBalance({ address, blockNumber })]),
            ...balancesOf('settable'),
            ...balancesOf('usd'),
            [{ owner, spender, token }, read(tokens.usd, 'allowance', [owner, spender], blockNumber)],
            [{ token }, read(tokens.usd, 'totalSupply', [], blockNumber)],
        ];
    }
}

const someMore = () => BigInt(1 + below(1_000_000));

const keyOf = ({ address, owner, spender, token }) =>
    [address, owner, spender, token].map((text) => text?.toLowerCase()).join('/');

/** In: chain of startChain(); wallets, how many; blocks, how many are there when it returns. */
export async function startLedger(chain, { wallets = 40, blocks = 1 } = {}) {
    const ledger = new Ledger(chain, wallets);
    while (ledger.blocks.length < blocks) await ledger.advance();
    return ledger;
}
