// A seeded history of ERC-20 tokens, honest and odd, on anvil: blocks full of transfers, and reorgs that put other ones
// in their place. What must come of it is not known here: transfer_oracle.js reads that off the chain afterwards.
// Owns the lock that keeps nodes off the chain while it changes; the chain is the caller's.

import { encodeDeployData, encodeFunctionData, getContractAddress } from 'viem';
import { compileAll } from '../../../dev/chain/index.js';
import { emittedLogs } from './odd_logs.js';
import { generator } from './random.js';
import { SharedLock } from './shared_lock.js';

export const ZERO = `0x${'0'.repeat(40)}`;
const MAX_UINT256 = 2n ** 256n - 1n;
const GAS = 15_000_000; // of one transaction: chains cap it at 2^24
const STEPS_MAX = 60; // of one transaction, usually
const COIN = { wrapped: 5n * 10n ** 18n, announced: 5n * 10n ** 18n }; // goes with a call, to be wrapped

/** key: [contract, constructor arguments, whether its transfers add up to its balances]. */
const TOKENS = {
    coin: ['BatchToken', ['Replayed Coin', 'RCOIN', []], true],
    whole: ['BatchToken', ['Whole Numbers', 'WHOLE', []], true],
    wrapped: ['WrappedCoin', ['Wrapped Coin', 'WCOIN', false], true],
    announced: ['WrappedCoin', ['Announced Coin', 'ACOIN', true], true],
    usd: ['SampleToken', ['Replayed Dollar', 'RUSD', 6], true],
    bytes32: ['Bytes32Token', [], true],
    fee: ['FeeToken', ['Fee On Transfer', 'FEE', 3], false],
    silent: ['FeeToken', ['Silent Mint', 'SILENT', 0], false],
    rebasing: ['RebasingToken', [], false],
    emitter: ['LogEmitter', [[]], false],
};

/** Those whose steps are a list: how large their amounts are. */
const AMOUNTS = {
    coin: (random) => random.uint(1 + random.below(24)),
    whole: (random) => (random.below(3) > 0 ? MAX_UINT256 : random.uint(64)),
    wrapped: (random) => random.uint(15),
    announced: (random) => random.uint(15),
    fee: (random) => random.uint(18),
    silent: (random) => random.uint(18),
};

class Replay {
    lock = new SharedLock(); // for the nodes: startFaultyNode(url, { lock })
    tokens = {}; // key -> { address, abi, honest, hasSupply }
    #chain;
    #contracts;
    #random;
    #senders;
    #deployed = 0; // tokens made on the way

    constructor(chain, contracts, random, holders) {
        this.#chain = chain;
        this.#contracts = contracts;
        this.#random = random;
        this.holders = Array.from({ length: holders }, () => random.address());
    }

    async start() {
        const { client } = this.#chain;
        this.#senders = (await client.getAddresses()).slice(3, 8);
        this.holders.push(...this.#senders);
        await client.setAutomine(false);
        const [deployer] = this.#senders;
        const nonce = await client.getTransactionCount({ address: deployer });
        const deployments = Object.values(TOKENS).map(([contract, args]) => this.#deployment(contract, args, deployer));
        Object.entries(TOKENS).forEach(([key, [contract, , honest]], i) => {
            const address = getContractAddress({ from: deployer, nonce: BigInt(nonce + i) }).toLowerCase();
            const { abi } = this.#contracts[contract];
            const hasSupply = abi.some(({ name }) => name === 'totalSupply');
            this.tokens[key] = { address, abi, honest, hasSupply };
        });
        await this.#mine(deployments);
        return this;
    }

    /** Mines so many blocks. */
    async play(blocks) {
        for (let i = 0; i < blocks; i++) await this.lock.alone(() => this.#mine(this.#transactions()));
    }

    /** One block with this many transfers of `coin` in one transaction. */
    flood(transfers) {
        return this.lock.alone(() => this.#mine([this.#batch('coin', transfers)]));
    }

    /** One block after which every token that is not honest has balances that its transfers do not add up to. */
    unsettle() {
        const amounts = this.holders.map((_, i) => BigInt(i + 1));
        const [holder] = this.holders;
        const steps = this.holders.map((to) => ({ from: ZERO, to, amount: 1000n }));
        const calls = [
            this.#call('fee', 'run', [steps]),
            this.#call('silent', 'run', [steps]),
            this.#call('silent', 'setBalances', [this.holders, amounts]),
            this.#call('rebasing', 'setBalances', [this.holders, amounts]),
            this.#call('rebasing', 'transfer', [holder, 1n]),
        ];
        return this.lock.alone(() => this.#mine(calls));
    }

    /** One block in which a token of this name is made that nobody has heard of; it mints to a holder at once. */
    create(name) {
        const args = [name, name.toUpperCase(), [{ from: ZERO, to: this.holders[0], amount: 5n }]];
        return this.lock.alone(() => this.#mine([this.#deployment('BatchToken', args, this.#senders[0])]));
    }

    /** Replaces the last blocks, as many as depth, by others with other transactions in them, or by empty ones. */
    async reorg(depth, { empty = false } = {}) {
        const { client } = this.#chain;
        await this.lock.alone(async () => {
            const others = () => (empty ? [] : this.#transactions());
            const replaced = Array.from({ length: depth }, (_, i) => others().map((tx) => [tx, i])).flat();
            await client.request({ method: 'anvil_reorg', params: [depth, replaced] });
        });
    }

    /** Takes the last blocks away and mines others; in between, the chain is shorter than it was. */
    async rollback(depth, { more = 1 } = {}) {
        const { client } = this.#chain;
        await this.lock.alone(() => client.request({ method: 'anvil_rollback', params: [depth] }));
        await this.play(depth + more);
    }

    async #mine(transactions) {
        const { client } = this.#chain;
        const sent = transactions.map((tx) => client.request({ method: 'eth_sendTransaction', params: [tx] }));
        await Promise.all(sent);
        await client.request({ method: 'evm_mine', params: [] });
    }

    /** Those of one block: none in some, many in others. */
    #transactions() {
        const { below, pick } = this.#random;
        return Array.from({ length: below(5) }, () => pick(this.#actions)());
    }

    #actions = [
        () => this.#batch('coin', STEPS_MAX),
        () => this.#batch('coin', STEPS_MAX),
        () => this.#batch('whole', 12),
        () => this.#batch('wrapped', 20),
        () => this.#batch('announced', 12),
        () => this.#batch('fee', 20),
        () => this.#batch('silent', 20),
        () => this.#call('usd', 'mint', [this.#holder(), this.#random.uint(8)]),
        () => this.#call('usd', 'approve', [this.#holder(), this.#random.uint(8)]),
        () => this.#call('usd', 'transfer', [this.#holder(), this.#random.uint(7)]), // reverts without funds
        () => this.#call('bytes32', 'transfer', [this.#holder(), 0n]),
        () => this.#call('silent', 'setBalances', this.#someBalances()),
        () => this.#call('rebasing', 'setBalances', this.#someBalances()),
        () => this.#call('rebasing', 'rebase', [BigInt(100 + this.#random.below(50))]),
        () => this.#call('rebasing', 'transfer', [this.#holder(), this.#random.uint(12)]),
        () => this.#call('emitter', 'emitLogs', [emittedLogs(this.#random, this.holders)]),
        () => this.#newToken(),
    ];

    #holder() {
        return this.#random.pick(this.holders);
    }

    /** Mints, burns, payments, payments to oneself; amounts of zero among them. */
    #steps(key, most) {
        const { below } = this.#random;
        return Array.from({ length: 1 + below(most) }, () => {
            const kind = below(8);
            const from = kind < 3 ? ZERO : this.#holder();
            const to = kind === 3 ? ZERO : kind === 4 && from !== ZERO ? from : this.#holder();
            return { from, to, amount: below(12) === 0 ? 0n : AMOUNTS[key](this.#random) };
        });
    }

    #batch(key, most) {
        return this.#call(key, 'run', [this.#steps(key, most)]);
    }

    #someBalances() {
        const owners = Array.from({ length: 1 + this.#random.below(3) }, () => this.#holder());
        return [owners, owners.map(() => this.#random.uint(15))];
    }

    #call(key, functionName, args) {
        const { address, abi } = this.tokens[key];
        const value = `0x${(COIN[key] ?? 0n).toString(16)}`;
        return this.#transaction({ to: address, data: encodeFunctionData({ abi, functionName, args }), value });
    }

    /** A token whose constructor mints and pays. */
    #newToken() {
        const name = `Newcomer ${++this.#deployed}`;
        return this.#deployment('BatchToken', [name, `NEW${this.#deployed}`, this.#steps('coin', 20)]);
    }

    #deployment(contract, args, from) {
        return this.#transaction({ data: encodeDeployData({ ...this.#contracts[contract], args }), from });
    }

    #transaction(given) {
        return { from: this.#random.pick(this.#senders), gas: `0x${GAS.toString(16)}`, ...given };
    }
}

/** The generator of random.js with addresses and numbers: uint(digits) has at most so many digits in hex. */
export function replayGenerator(seed) {
    const random = generator(seed);
    const hex = (digits) => Array.from({ length: digits }, () => random.below(16).toString(16)).join('');
    return { ...random, hex, address: () => `0x${hex(40)}`, uint: (digits) => BigInt(`0x${hex(digits)}`) };
}

/** In: chain of startChain() or startBareChain() with a --gas-limit for several transactions; holders, how many. */
export async function startReplay(chain, { seed, holders = 40 }) {
    return new Replay(chain, await compileAll(), replayGenerator(seed), holders).start();
}
