// Holds what a dappd serves from its index against what transfer_oracle.js says, while the chain stands still: tokens,
// transfers with every filter and as CSV, holders, portfolios and single balances. Plain functions.

import assert from 'node:assert/strict';
import { getAddress, parseAbi } from 'viem';
import { parseCsv } from './csv.js';
import { pick } from './random.js';

const ERC20 = parseAbi([
    'function balanceOf(address) view returns (uint256)',
    'function totalSupply() view returns (uint256)',
]);
const KINDS = ['transfer', 'deposit', 'withdrawal'];
const SAMPLES = process.env.DAPPD_SOAK ? 6 : 1; // how often each kind of list of transfers is asked for
const MILLION = 1_000_000n;

const lower = (text) => text.toLowerCase();
const isPossible = (amount) => amount >= 0n && amount < 2n ** 256n;

/** All items of a list, page by page; every page is true at the oracle's head. */
export async function wholeList(dappd, path, head) {
    const items = [];
    for (let cursor = ''; cursor !== null; ) {
        const answer = await dappd.get(cursor ? `${path}${path.includes('?') ? '&' : '?'}cursor=${cursor}` : path);
        assert.equal(answer.status, 200, `${path}: ${answer.text}`);
        const page = answer.json();
        assert.deepEqual(page.block, head, path);
        assert.equal(Boolean(answer.headers.link), page.next_cursor !== null, 'a link to the next page');
        items.push(...page.items);
        cursor = page.next_cursor;
    }
    return items;
}

/** A transfer as a line, from the oracle and from what is served. */
const lineOf = ({ block, logIndex, txHash, kind, token, from, to, amount }) =>
    [block.number, block.hash, block.timestamp, logIndex, txHash, KINDS[kind], token, from, to, amount].join(' ');

const servedLine = (item) =>
    [
        ...[item.block_number, item.block_hash, item.timestamp, item.log_index, item.tx_hash, item.kind],
        ...[lower(item.token.address), lower(item.from), lower(item.to), item.amount],
    ].join(' ');

/** [path, which of the oracle's transfers it shows]. */
function transferLists({ head, transfers }) {
    const { from, to, token, block } = pick(transfers);
    const middle = Math.floor(head.number / 2);
    const party = pick([from, to]);
    const isOf = (transfer) => transfer.from === party || transfer.to === party;
    return [
        ['/transfers?', () => true],
        [`/transfers?from=${from}&`, (transfer) => transfer.from === from],
        [`/transfers?to=${to}&`, (transfer) => transfer.to === to],
        [`/transfers?from=${from}&to=${to}&`, (transfer) => transfer.from === from && transfer.to === to],
        [`/transfers?token=${token}&`, (transfer) => transfer.token === token],
        [`/transfers?from_block=${middle}&`, (transfer) => transfer.block.number >= middle],
        [`/transfers?to_block=${middle}&`, (transfer) => transfer.block.number <= middle],
        [`/transfers?from_block=${block.number}&to_block=${block.number}&`, (transfer) => transfer.block === block],
        [`/transfers?since=${block.timestamp}&`, (transfer) => transfer.block.timestamp >= block.timestamp],
        [`/transfers?until=${block.timestamp}&`, (transfer) => transfer.block.timestamp <= block.timestamp],
        [`/transfers/${party}?`, isOf],
        [`/transfers/${party}?direction=in&`, (transfer) => transfer.to === party],
        [`/transfers/${party}?direction=out&`, (transfer) => transfer.from === party],
        [`/transfers/${party}?token=${token}&`, (transfer) => isOf(transfer) && transfer.token === token],
        [`/tokens/${token}/transfers?`, (transfer) => transfer.token === token],
        [`/tokens/${token}/transfers?to=${to}&`, (transfer) => transfer.token === token && transfer.to === to],
    ];
}

async function assertTransfers(dappd, truth) {
    for (const [path, isShown] of transferLists(truth)) {
        const expected = truth.transfers.filter(isShown).map(lineOf).reverse();
        const items = await wholeList(dappd, `${path}limit=${pick([1000, 333])}`, truth.head);
        assert.deepEqual(items.map(servedLine), expected, path);
    }
}

/** The whole list as CSV has the same rows. */
async function assertCsv(dappd, truth) {
    const answer = await dappd.get('/transfers', { accept: 'text/csv' });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(
        [Number(answer.headers['x-block-number']), answer.headers['x-block-hash']],
        [truth.head.number, truth.head.hash],
    );
    const rows = parseCsv(answer.text).map(({ token, ...row }) => servedLine({ ...row, token: { address: token } }));
    assert.deepEqual(rows, truth.transfers.map(lineOf).reverse(), 'CSV');
}

/** Returns token -> what the index says of it. */
async function assertTokens(dappd, truth) {
    const items = await wholeList(dappd, '/tokens?limit=7', truth.head);
    const expected = [...new Set(truth.transfers.map(({ token }) => token))].sort();
    assert.deepEqual(items.map(({ token }) => lower(token)), expected, 'tokens, by address');
    for (const { token, live } of items) {
        assert.equal(token, getAddress(token), 'EIP-55');
        assert.ok(live, `${token} is live`);
    }
    return new Map(items.map(({ token, index }) => [lower(token), index]));
}

const largestFirst = ([a, x], [b, y]) => (x === y ? (a < b ? -1 : 1) : x > y ? -1 : 1);

const shareOf = (amount, supply) => {
    const digits = String((amount * MILLION) / supply).padStart(7, '0');
    return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
};

/** Of one token: the list, or the refusal of one that drifts. */
async function assertHolders(dappd, client, truth, token) {
    const holders = [...(truth.balances.get(token) ?? [])].sort(largestFirst);
    const path = `/tokens/${token}/holders`;
    const answer = await dappd.get(path);
    if (answer.status === 422) {
        assert.equal(answer.json().code, 'balances_drift');
        const { drift } = (await wholeList(dappd, '/tokens?limit=1000', truth.head)).find(
            (item) => lower(item.token) === token,
        ).index;
        assert.ok(drift || holders.some(([, amount]) => !isPossible(amount)), `${token} drifts`);
        return;
    }
    assert.equal(answer.status, 200, answer.text);
    for (const [holder, amount] of holders) assert.ok(isPossible(amount), `${token} drifts by ${amount} of ${holder}`);
    const { total_supply } = answer.json();
    const items = await wholeList(dappd, `${path}?limit=${pick([13, 1000])}`, truth.head);
    const shown = items.map(({ address, balance }) => `${lower(address)} ${balance}`);
    assert.deepEqual(shown, holders.map(([holder, amount]) => `${holder} ${amount}`), `holders of ${token}`);
    const blockNumber = BigInt(truth.head.number);
    const read = { address: token, abi: ERC20, functionName: 'totalSupply', blockNumber };
    const supply = await client.readContract(read).catch(() => null);
    assert.equal(total_supply, supply ? String(supply) : null, `supply of ${token}`);
    for (const { balance, share } of items) {
        if (supply && BigInt(balance) <= supply) assert.equal(share, shareOf(BigInt(balance), supply));
    }
}

/** Of one holder: what is indexed is the sum of transfers, what drifts is what balanceOf says; nothing is missing. */
async function assertPortfolio(dappd, client, truth, holder) {
    const items = await wholeList(dappd, `/balances/${holder}?limit=${pick([3, 1000])}`, truth.head);
    const shown = new Map(items.map((item) => [lower(item.token), item]));
    assert.equal(shown.size, items.length, 'no token twice');
    for (const [token, holders] of truth.balances) {
        const amount = holders.get(lower(holder)) ?? 0n;
        const item = shown.get(token);
        shown.delete(token);
        if (item?.error) continue;
        if (item?.source === 'indexed') {
            assert.equal(item.balance, String(amount), `${token} of ${holder}`);
        } else if (item || amount !== 0n) {
            const blockNumber = BigInt(truth.head.number);
            const read = { address: token, abi: ERC20, functionName: 'balanceOf', args: [holder], blockNumber };
            assert.equal(item?.balance ?? '0', String(await client.readContract(read)), `live ${token} of ${holder}`);
        }
    }
    assert.equal(shown.size, 0, `tokens that ${holder} never had: ${[...shown.keys()]}`);
}

async function assertBalance(dappd, truth, token, holder) {
    const answer = await dappd.get(`/balance/${holder}/${token}?source=indexed`);
    const amount = truth.balances.get(token)?.get(lower(holder)) ?? 0n;
    if (answer.status === 422) return;
    assert.equal(answer.status, 200, answer.text);
    const { balance, block, source } = answer.json();
    assert.deepEqual({ balance, block, source }, { balance: String(amount), block: truth.head, source: 'indexed' });
}

/** All that is served is true. In: client, viem's; holders, whose lists are asked for. */
export async function assertServed(dappd, client, truth, holders) {
    const tokens = [...(await assertTokens(dappd, truth)).keys()];
    for (let i = 0; i < SAMPLES; i++) await assertTransfers(dappd, truth);
    await assertCsv(dappd, truth);
    for (const token of tokens) await assertHolders(dappd, client, truth, token);
    for (const holder of holders) {
        await assertPortfolio(dappd, client, truth, holder);
        await assertBalance(dappd, truth, pick(tokens), holder);
    }
}
