#!/usr/bin/env node
// Signs the transaction that dappd made ready (an answer of /deploy or of .../encode, with "from"), sends it, and waits
// until it is in a block. Prints what a shell needs to go on: TX, and CONTRACT where one was created.
//   curl -s http://127.0.0.1:8080/deploy --json @examples/guestbook/deploy.json | node examples/send_tx.mjs
// Environment: DAPPD_URL; PRIVATE_KEY, or else ACCOUNT, which of the dev chain's accounts (default: 0). Their keys are
// known to everybody: use them for nothing else.

import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { mnemonicToAccount, privateKeyToAccount } from 'viem/accounts';

const { DAPPD_URL: url = 'http://127.0.0.1:8080', PRIVATE_KEY: key, ACCOUNT: index = '0' } = process.env;
const DEV_MNEMONIC = 'test test test test test test test test test test test junk';
const UNDER_WAY = ['accepted', 'pending'];
const POLL_MS = 200;

/** dappd's answer. Throws what a problem document says. */
async function ask(path, body) {
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    return unlessProblem(await (await fetch(url + path, body && post)).json());
}

function unlessProblem(answer) {
    if (answer.code) throw new Error(`${answer.title}: ${answer.detail}`);
    return answer;
}

/** As wallets take it, so all numbers are hex; viem takes bigints. */
function sign(wallet, { from, type, to, data, chainId, nonce, ...amounts }) {
    if (from !== wallet.address) throw new Error(`the transaction is from ${from}, and this wallet is ${wallet.address}`);
    const bigints = Object.entries(amounts).map(([name, hex]) => [name, BigInt(hex)]);
    return wallet.signTransaction({
        ...Object.fromEntries(bigints),
        type: type === '0x2' ? 'eip1559' : 'legacy',
        to,
        data,
        chainId: Number(chainId),
        nonce: Number(nonce),
    });
}

/** Tells of each state as it comes. Returns the last. */
async function follow(chain, { hash, state }) {
    console.error(`${hash}: ${state}`);
    if (!UNDER_WAY.includes(state)) return state;
    let seen = await ask(`/tx/${hash}?chain=${chain}`);
    while (seen.state === state) {
        await setTimeout(POLL_MS);
        seen = await ask(`/tx/${hash}?chain=${chain}`);
    }
    return follow(chain, seen);
}

const wallet = key ? privateKeyToAccount(key) : mnemonicToAccount(DEV_MNEMONIC, { addressIndex: Number(index) });
try {
    const { chain_id: chain, transaction, address } = unlessProblem(JSON.parse(await text(process.stdin)));
    const sent = await ask('/tx', { raw: await sign(wallet, transaction) });
    console.log(`export TX='${sent.hash}'`);
    if (address) console.log(`export CONTRACT='${address}'`);
    if (await follow(chain, sent) !== 'confirmed') process.exitCode = 1;
} catch (error) {
    console.error(error.message);
    process.exitCode = 1;
}
